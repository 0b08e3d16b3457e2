// Writer appends compact JSON to a string. It puts the commas; the caller pairs Begin and End.
//
//   Writer w(&out);  w.BeginObject();  w.Key("Count");  w.Integer(3);  w.EndObject();   // {"Count":3}
//
// Threads:   externally synchronised.
// Ownership: the string outlives the writer and may already hold text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "json/value.h"

namespace millrace::json {

// Appends `text` with quotes and escapes. `text` must be UTF-8.
void AppendString(std::string& out, std::string_view text);
// The same without the quotes, for a place within a string.
void AppendEscaped(std::string& out, std::string_view text);
// Appends a parsed value, numbers as they were written.
void AppendValue(std::string& out, const Value& value);

class Writer {
 public:
  explicit Writer(std::string* out) : out_(out) {}

  void BeginObject() {
    Separate();
    out_->push_back('{');
    first_ = true;
  }
  void EndObject() {
    out_->push_back('}');
    first_ = false;
  }
  void BeginArray() {
    Separate();
    out_->push_back('[');
    first_ = true;
  }
  void EndArray() {
    out_->push_back(']');
    first_ = false;
  }
  void Key(std::string_view name) {
    Separate();
    AppendString(*out_, name);
    out_->push_back(':');
    first_ = true;  // the value follows without a comma
  }
  void String(std::string_view text) {
    Separate();
    AppendString(*out_, text);
  }
  void Bool(bool value) { Raw(value ? "true" : "false"); }
  void Null() { Raw("null"); }
  void Integer(std::int64_t value) { Raw(std::to_string(value)); }
  void Unsigned(std::uint64_t value) { Raw(std::to_string(value)); }
  // Text that is already JSON: a number's digits, a rendered object.
  void Raw(std::string_view json) {
    Separate();
    out_->append(json);
  }
  void Value(const json::Value& value) {
    Separate();
    AppendValue(*out_, value);
  }
  // Where a renderer may append one value itself; accounts for the comma.
  std::string& RawValue() {
    Separate();
    return *out_;
  }

 private:
  void Separate() {
    if (!first_) out_->push_back(',');
    first_ = false;
  }

  std::string* out_;
  bool first_ = true;
};

}  // namespace millrace::json
