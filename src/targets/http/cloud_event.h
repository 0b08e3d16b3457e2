// CloudEvent reads a record's body as a CloudEvent, and writes it in the modes of the HTTP binding.
//
// A body is a CloudEvent in JSON format ("specversion" is there), or an event as a bus delivers it, which becomes one
// (transform/cloudevents.h).
//
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
//
// Threads: functions without state.
// Failure: InvalidArgument that says what the body lacks to be one.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "http/headers.h"

namespace millrace::targets {

struct BinaryCloudEvent {
  std::string content_type;  // empty: the event has no data
  http::Headers headers;     // ce-id and so on
  std::string body;
};

Result<BinaryCloudEvent> ToBinaryCloudEvent(std::string_view body);
// The JSON document: the body itself if it is one already.
Result<std::string> ToStructuredCloudEvent(std::string_view body);

// What a header may carry: spaces, quotes, percent signs and everything beyond ASCII as %XX.
std::string EncodeCloudEventHeader(std::string_view value);

}  // namespace millrace::targets
