// EventOfRow makes a message of a row of an event store: its key is `streamId`, its value the bytes of `data`, its
// headers those of `headers` and, over them, messageId, messageType, streamType, streamId, version and timestamp.
//
//   {id: "order:1", version: 7, streamType: "order", streamId: "1", eventId: …, eventType: "Paid", timestamp: …,
//    data: <bytes>, headers: {causationId: …}}
//
// A header's value is text as it is, a number's digits, true or false, nothing for NULL, a list's and a set's elements
// with commas between, bytes as they are; a map is JSON, with DynamoDB's types left out. What the row lacks is left
// out, but for streamId and data.
//
// Threads:   function without state.
// Failure:   InvalidArgument if the row has no streamId or data, or they are of other types than text and bytes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "model/attribute_value.h"

namespace millrace::transform {

struct StoredEvent {
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;  // by name, each once
};

Result<StoredEvent> EventOfRow(const model::Item& row);

}  // namespace millrace::transform
