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

namespace millrace::model {

namespace reason {
inline constexpr std::string_view kSerialization = "Serialization";
}

// Checks one type per value, sets non-empty and without duplicates (numerically for NS), base64, number range.
// Does not check key rules, item size or nesting: those depend on where the value is used.
Result<AttributeValue> ParseAttributeValue(const json::Value& json);
Result<Item> ParseItem(const json::Value& json);

void AppendDynamoDbJson(std::string& out, const AttributeValue& value);
void AppendDynamoDbJson(std::string& out, const Item& item);

// {"name": "Ada", "age": 36}: S → string, N → number with all its digits, B → base64 string, sets → arrays.
void AppendPlainJson(std::string& out, const AttributeValue& value);
void AppendPlainJson(std::string& out, const Item& item);

std::string Base64Encode(std::string_view bytes);
// Strict: alphabet, padding, no white space. nullopt if it is not base64.
std::optional<std::string> Base64Decode(std::string_view text);

}  // namespace millrace::model
