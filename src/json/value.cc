#include "json/value.h"

#include "base/check.h"

namespace millrace::json {

std::string_view TypeName(Type type) {
  switch (type) {
    case Type::kNull:
      return "null";
    case Type::kBool:
      return "boolean";
    case Type::kNumber:
      return "number";
    case Type::kString:
      return "string";
    case Type::kArray:
      return "array";
    case Type::kObject:
      return "object";
  }
  CHECK(false, "unknown json::Type");
}

const Value* Value::Find(std::string_view name) const {
  if (!is_object()) return nullptr;
  for (const Member& member : object()) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

Value Value::Bool(bool value) {
  Value result;
  result.type_ = Type::kBool;
  result.count_ = value ? 1 : 0;
  return result;
}

Value Value::Number(std::string_view text) {
  Value result = String(text);
  result.type_ = Type::kNumber;
  return result;
}

Value Value::String(std::string_view text) {
  Value result;
  result.type_ = Type::kString;
  result.count_ = static_cast<std::uint32_t>(text.size());
  result.text_ = text.data();
  return result;
}

Value Value::Array(std::span<const Value> elements) {
  Value result;
  result.type_ = Type::kArray;
  result.count_ = static_cast<std::uint32_t>(elements.size());
  result.elements_ = elements.data();
  return result;
}

Value Value::Object(std::span<const Member> members) {
  Value result;
  result.type_ = Type::kObject;
  result.count_ = static_cast<std::uint32_t>(members.size());
  result.members_ = members.data();
  return result;
}

}  // namespace millrace::json
