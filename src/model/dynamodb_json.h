// DynamoDB JSON ({"S": "…"}, {"N": "1"}, …) to values and back, without loss; and plain JSON out.
//
// Failure: InvalidArgument. reason::kSerialization marks a wrong JSON type ({"S": 1}), which AWS answers with
//          SerializationException; everything else is a ValidationException with AWS's words.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "json/value.h"
#include "model/attribute_value.h"
#include "model/base64.h"

namespace millrace::model {

namespace reason {
inline constexpr std::string_view kSerialization = "Serialization";
}

// Checks one type per value, sets non-empty and without duplicates (numerically for NS), base64, number range, and that
// a value has fewer than limits::kNestingMax levels. Does not check key rules or item size: those depend on where the
// value is used. As the service reads a request before it judges it, a wrong JSON type anywhere comes before any other
// error. A member that is null or of no known type counts as absent.
Result<AttributeValue> ParseAttributeValue(const json::Value& json);
Result<Item> ParseItem(const json::Value& json);

// The opposite of AppendPlainJson as far as there is one: text → S, number → N with all its digits, boolean → BOOL,
// null → NULL, array → L, object → M. InvalidArgument for what no item can hold: a number out of range, nesting.
Result<AttributeValue> ParsePlainValue(const json::Value& json);
Result<Item> ParsePlainItem(const json::Value& json);

void AppendDynamoDbJson(std::string& out, const AttributeValue& value);
void AppendDynamoDbJson(std::string& out, const Item& item);

// {"name": "Ada", "age": 36}: S → string, N → number with all its digits, B → base64 string, sets → arrays.
void AppendPlainJson(std::string& out, const AttributeValue& value);
void AppendPlainJson(std::string& out, const Item& item);

}  // namespace millrace::model
