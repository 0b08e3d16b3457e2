#include "model/json_shape.h"

#include "model/attribute_value.h"
#include "model/base64.h"
#include "model/dynamodb_json.h"

namespace millrace::model {
namespace {

using json::Type;
using json::Value;

Error Serialization(std::string message) {
  return Error(ErrorCode::kInvalidArgument, reason::kSerialization, std::move(message));
}
Error UnexpectedStructure() {
  return Serialization("Start of structure or map found where not expected");
}
Error UnexpectedCollection(std::string_view java_type) {
  return Serialization(fmt::format("Unrecognized collection type {}", java_type));
}

// What the service's parser calls a scalar.
std::string_view TokenName(const Value& json) {
  switch (json.type()) {
    case Type::kBool:
      return json.boolean() ? "TRUE_VALUE" : "FALSE_VALUE";
    case Type::kNumber:
      return json.number().find_first_of(".eE") == std::string_view::npos ? "NUMBER_VALUE" : "DECIMAL_VALUE";
    case Type::kNull:
      return "NULL_VALUE";
    default:
      return "STRING_VALUE";
  }
}

Status CheckEach(std::span<const Value> elements, Status (*check)(const Value&)) {
  for (const Value& element : elements)
    if (!element.is_null()) TRY(check(element));
  return Ok();
}

Status CheckBase64(const Value& json) {
  TRY(CheckBinaryShape(json));
  if (!Base64Decode(json.string())) return NotBase64(json.string());
  return Ok();
}

Status CheckTyped(AttributeType type, const Value& json) {
  switch (type) {
    case AttributeType::kS:
    case AttributeType::kN:
      return CheckStringShape(json);
    case AttributeType::kB:
      return CheckBase64(json);
    case AttributeType::kBool:
    case AttributeType::kNull:
      return CheckBooleanShape(json);
    case AttributeType::kM:
      TRY(CheckMapShape(json));
      for (const json::Member& member : json.object()) TRY(CheckDeepShape(member.value));
      return Ok();
    case AttributeType::kL:
      TRY(CheckListShape(json));
      return CheckEach(json.array(), CheckDeepShape);
    case AttributeType::kSs:
    case AttributeType::kNs:
      TRY(CheckListShape(json));
      return CheckEach(json.array(), CheckStringShape);
    case AttributeType::kBs:
      TRY(CheckListShape(json));
      return CheckEach(json.array(), CheckBase64);
  }
  return Ok();
}

}  // namespace

Status CheckStringShape(const Value& json) {
  if (json.is_string()) [[likely]]
    return Ok();
  if (json.is_array()) return UnexpectedCollection("class java.lang.String");
  if (json.is_object()) return UnexpectedStructure();
  return Serialization(fmt::format("{} cannot be converted to String", TokenName(json)));
}

Status CheckBinaryShape(const Value& json) {
  if (json.is_string()) [[likely]]
    return Ok();
  if (json.is_array()) return UnexpectedCollection("class java.nio.ByteBuffer");
  if (json.is_object()) return UnexpectedStructure();
  return Serialization("only base-64-encoded strings are convertible to bytes");
}

Status CheckBooleanShape(const Value& json) {
  if (json.is_bool()) [[likely]]
    return Ok();
  if (json.is_array()) return UnexpectedCollection("class java.lang.Boolean");
  if (json.is_object()) return UnexpectedStructure();
  if (json.is_string()) return Serialization("Unexpected token received from parser");
  return Serialization(fmt::format("{} cannot be converted to Boolean", TokenName(json)));
}

Status CheckListShape(const Value& json) {
  if (json.is_array()) [[likely]]
    return Ok();
  return json.is_object() ? UnexpectedStructure() : Serialization("Unexpected field type");
}

Status CheckMapShape(const Value& json) {
  if (json.is_object()) [[likely]]
    return Ok();
  if (json.is_array())
    return UnexpectedCollection("java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>");
  return Serialization("Unexpected field type");
}

Status CheckAttributeValueShape(const Value& json) {
  if (json.is_object()) [[likely]]
    return Ok();
  if (json.is_array()) return UnexpectedCollection("class com.amazonaws.dynamodb.v20120810.AttributeValue");
  return Serialization("Unexpected value type in payload");
}

Status CheckDeepShape(const Value& json) {
  if (json.is_null()) return Ok();
  TRY(CheckAttributeValueShape(json));
  for (const json::Member& member : json.object()) {
    const auto type = ParseAttributeType(member.name);
    if (type && !member.value.is_null()) TRY(CheckTyped(*type, member.value));
  }
  return Ok();
}

Error NotBase64(std::string_view text) {
  if (text.size() % 4 != 0)
    return Serialization(
        fmt::format("Base64 encoded length is expected a multiple of 4 bytes but found: {}", text.size()));
  return Serialization("Invalid last non-pad Base64 character dectected");  // the spelling is AWS's
}

}  // namespace millrace::model
