// CloudEvent is a change of a table, or an event of a bus, as a CloudEvent 1.0: the `cloudevents` format.
//
// Structured mode is one JSON object (media type application/cloudevents+json):
//
//   {"specversion":"1.0","id":…,"source":…,"type":…,"subject":…,"time":"2026-01-01T00:00:00.999Z",
//    "sequence":…,"datacontenttype":"application/json","data":{…}}
//
// For binary mode a target puts the attributes in headers and `data` in the body.
//
// Of a table's change:
//   id         the id of the stream record: the same whenever it is delivered again
//   source     the table's ARN, which is a URI
//   type       com.amazonaws.dynamodb.insert, .modify or .remove. The adapters of the CloudEvents project name AWS's
//              events com.amazonaws.<service>.<event>; lower case, as all types in the specification are
//   subject    the item's key: the value alone if the key is one attribute, else the key as JSON
//   time       of the commit
//   sequence   the sequence number (the `sequence` extension: orders the events of one source)
//   data       {"keys":{…},"new":{…},"old":{…}} as plain JSON, images as far as the stream has them, and "expired":true
//              if the service removed the item
// Of an event of a bus: id, source and time are the event's, type is its detail-type, data its detail.
//
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
// https://github.com/cloudevents/spec/blob/main/cloudevents/adapters/README.md
//
// Threads:   functions without state.
// Failure:   InvalidArgument if what is said to be a bus event is not one.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "json/value.h"
#include "model/change.h"

namespace millrace::transform {

inline constexpr std::string_view kCloudEventContentType = "application/cloudevents+json";

struct CloudEvent {
  std::string id;
  std::string source;  // a URI reference
  std::string type;
  std::string subject;   // empty: absent
  std::string time;      // RFC 3339
  std::string sequence;  // empty: absent
  std::string data;      // JSON
};

// What the change itself does not know.
struct CloudEventContext {
  std::string_view event_id = {};
  std::string_view sequence_number = {};  // as text
  std::string_view table_arn = {};
};

CloudEvent CloudEventOfChange(const model::Change& change, const CloudEventContext& context);
// `event` is an envelope (transform/envelope.h).
Result<CloudEvent> CloudEventOfBusEvent(const json::Value& event);

// Structured mode.
void AppendCloudEvent(std::string& out, const CloudEvent& event);

}  // namespace millrace::transform
