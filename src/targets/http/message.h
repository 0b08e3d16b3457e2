// Message is what one request carries: one record's body, or an array of the bodies of a batch.
//
// A record that goes alone may have headers, query parameters and parts of the path of its own
// (flow::RecordParameters).
//
// A record whose body cannot be sent (it is no CloudEvent, or not the JSON that an array needs) is rejected here, and
// the others go without it. In a kPrefix batch the ones behind it wait for their turn.
//
// Threads: a function without state.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "flow/target.h"
#include "http/headers.h"
#include "targets/http/http_options.h"

namespace millrace::targets {

struct Message {
  std::string url;           // empty: the target's
  std::string content_type;  // empty: none
  http::Headers headers;
  std::string body;
  // The same whenever the same records are sent: the record's id, or a digest of the batch's ids.
  std::string idempotency_key;
  std::vector<std::size_t> sent;  // which records of the batch it carries, ascending; if none, there is nothing to send
  // For each record of the batch that is not sent, what becomes of it, and why for the first of them.
  std::vector<flow::EntryOutcome> entries;
  std::optional<Error> error;
};

// `url`: the target's, with its query.
Message Compose(std::span<const flow::Record> batch, const HttpTargetOptions& options, std::string_view url);

}  // namespace millrace::targets
