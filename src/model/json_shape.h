// The JSON types that the parts of an AttributeValue must have on the wire, and AWS's words when they have others.
//
// Internal to model. The service deserialises a request before it validates anything, so these errors are of their own
// kind: SerializationException.
//
// Threads: functions without state.
// Failure: InvalidArgument with reason::kSerialization.
#pragma once

#include <string_view>

#include "base/error.h"
#include "json/value.h"

namespace millrace::model {

Status CheckStringShape(const json::Value& json);
// A string; whether it is base64 is found out by decoding it, and said by NotBase64.
Status CheckBinaryShape(const json::Value& json);
Status CheckBooleanShape(const json::Value& json);
Status CheckListShape(const json::Value& json);
Status CheckMapShape(const json::Value& json);
// {"S": …}, as an element of a list or map.
Status CheckAttributeValueShape(const json::Value& json);

// Everything within an AttributeValue, base64 included. Recursion is bounded by the parser's depth.
Status CheckDeepShape(const json::Value& json);

Error NotBase64(std::string_view text);

}  // namespace millrace::model
