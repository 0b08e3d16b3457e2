// Call is one request of the EventBridge API while it is answered, and what answers share.
//
// Threads:   confined to the thread of the Service's operations.
// Ownership: everything in it outlives it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/events/plant.h"
#include "api/events/registry.h"
#include "aws/request_reader.h"
#include "base/random.h"
#include "json/value.h"
#include "json/write.h"

namespace millrace::api::events {

struct Call {
  Registry& registry;
  Plant& plant;
  Random& random;
  std::int64_t now_ms = 0;
  const json::Value& request;

  const aws::Home& home() const { return registry.home; }
};

// "Tags": [{"Key": …, "Value": …}]. Nothing: it was not given.
Result<std::optional<Tags>> ReadTags(const json::Value& request);
void AppendTags(json::Writer& writer, const Tags& tags);
// An object or an array of the request as JSON text; empty: there is none.
std::string TextOf(const json::Value* value);
// Seconds since the epoch, with thousandths.
void AppendTime(json::Writer& writer, std::string_view name, std::int64_t time_ms);
// A member that is left out if it is empty.
void AppendText(json::Writer& writer, std::string_view name, std::string_view value);

// A list in pages: NextToken is where the page before ended.
struct Paging {
  std::string after;  // the key of the last one that was listed; empty: from the beginning
  std::size_t limit = 100;
};
Result<Paging> ReadPaging(aws::RequestReader& reader, aws::Constraints& constraints);
void AppendNextToken(json::Writer& writer, std::string_view after);

}  // namespace millrace::api::events
