// Value is a parsed JSON value: a small handle into the Document that owns it.
//
// Numbers keep the text they were written with, so that nothing between the wire and the target rounds them.
// Objects keep the order of their members; a duplicate name is an error unless ParseOptions allows it.
//
// Threads:   immutable after parsing.
// Ownership: a Value and every string_view from it are valid while the Document lives and is not parsed into again.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace millrace::json {

enum class Type : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };
// "null", "boolean", "number", "string", "array", "object".
std::string_view TypeName(Type type);

struct Member;

class Value {
 public:
  Value() = default;

  Type type() const { return type_; }
  bool is_null() const { return type_ == Type::kNull; }
  bool is_bool() const { return type_ == Type::kBool; }
  bool is_number() const { return type_ == Type::kNumber; }
  bool is_string() const { return type_ == Type::kString; }
  bool is_array() const { return type_ == Type::kArray; }
  bool is_object() const { return type_ == Type::kObject; }

  // REQUIRES for each: the matching type.
  bool boolean() const { return count_ != 0; }
  std::string_view string() const { return {text_, count_}; }  // unescaped, valid UTF-8
  std::string_view number() const { return {text_, count_}; }  // the source text, e.g. "1.50e3"
  std::span<const Value> array() const { return {elements_, count_}; }
  inline std::span<const Member> object() const;

  // The member of that name, or null if there is none or this is not an object.
  const Value* Find(std::string_view name) const;

  // For the parser: builds a node. Storage must outlive it.
  static Value Null() { return Value(); }
  static Value Bool(bool value);
  static Value Number(std::string_view text);
  static Value String(std::string_view text);
  static Value Array(std::span<const Value> elements);
  static Value Object(std::span<const Member> members);

 private:
  Type type_ = Type::kNull;
  std::uint32_t count_ = 0;  // characters, elements, members, or the boolean
  union {
    const char* text_ = nullptr;
    const Value* elements_;
    const Member* members_;
  };
};

struct Member {
  std::string_view name;
  Value value;
};

inline std::span<const Member> Value::object() const {
  return {members_, count_};
}

}  // namespace millrace::json
