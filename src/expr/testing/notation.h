// A short notation for items in tests, so that this module's tests need no JSON:
//
//   "text"  -12.5  true  null  {"name": value, …}  [value, …]  b"bytes"  ss<"a","b">  ns<1,2>  bs<"x","y">
//
// Sets are read in any order. A mistake in a test's notation ends the test program.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "model/attribute_value.h"

namespace millrace::expr::testing {

class NotationReader {
 public:
  explicit NotationReader(std::string_view text) : text_(text) {}

  model::AttributeValue Value() {
    if (Take("ss<")) return Set<model::StringSet>([this] { return String(); });
    if (Take("ns<")) return Set<model::NumberSet>([this] { return Number(); });
    if (Take("bs<")) return Set<model::BinarySet>([this] { return String(); });
    if (Take("true")) return model::AttributeValue(true);
    if (Take("false")) return model::AttributeValue(false);
    if (Take("null")) return model::AttributeValue(model::Null{});
    if (TakeWithoutSpace("b\"")) {
      --at_;
      return model::AttributeValue(model::Binary{String()});
    }
    if (Peek() == '"') return model::AttributeValue(String());
    if (Peek() == '{') return model::AttributeValue(Map());
    if (Take("[")) return model::AttributeValue(List());
    return model::AttributeValue(Number());
  }

  model::AttributeMap Map() {
    CHECK(Take("{"), "a map begins with {");
    model::AttributeMap map;
    if (Take("}")) return map;
    do {
      std::string name = String();
      CHECK(Take(":"), "a colon stands after a name");
      map.Set(std::move(name), Value());
    } while (Take(","));
    CHECK(Take("}"), "a map ends with }");
    return map;
  }

  void End() {
    SkipSpace();
    CHECK(at_ == text_.size(), "nothing stands after the value");
  }

 private:
  void SkipSpace() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  char Peek() {
    SkipSpace();
    CHECK(at_ < text_.size(), "the notation ends too early");
    return text_[at_];
  }
  bool TakeWithoutSpace(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  bool Take(std::string_view word) {
    SkipSpace();
    return TakeWithoutSpace(word);
  }
  std::string String() {
    CHECK(Take("\""), "a string begins with a quotation mark");
    const std::size_t end = text_.find('"', at_);
    CHECK(end != std::string_view::npos, "a string ends with a quotation mark");
    std::string out(text_.substr(at_, end - at_));
    at_ = end + 1;
    return out;
  }
  model::Number Number() {
    SkipSpace();
    const std::size_t end = std::min(text_.find_first_of(" ,]}>", at_), text_.size());
    // A test's number is well formed.
    model::Number number = MUST(model::Number::Parse(text_.substr(at_, end - at_)));
    at_ = end;
    return number;
  }
  model::List List() {
    model::List list;
    if (Take("]")) return list;
    do {
      list.push_back(Value());
    } while (Take(","));
    CHECK(Take("]"), "a list ends with ]");
    return list;
  }
  template <class T, class Read>
  model::AttributeValue Set(Read read) {
    T set;
    do {
      set.values.push_back(read());
    } while (Take(","));
    CHECK(Take(">"), "a set ends with >");
    std::sort(set.values.begin(), set.values.end());
    return model::AttributeValue(std::move(set));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

inline model::AttributeValue ReadValue(std::string_view text) {
  NotationReader reader(text);
  model::AttributeValue value = reader.Value();
  reader.End();
  return value;
}

inline model::Item ReadItem(std::string_view text) {
  NotationReader reader(text);
  model::Item item = reader.Map();
  reader.End();
  return item;
}

inline void AppendNotation(std::string& out, const model::AttributeValue& value);

inline void AppendNotation(std::string& out, const model::AttributeMap& map) {
  out += "{";
  for (const auto& [name, value] : map) {
    if (out.back() != '{') out += ", ";
    out += '"' + name + "\": ";
    AppendNotation(out, value);
  }
  out += "}";
}

inline void AppendNotation(std::string& out, const model::AttributeValue& value) {
  const auto join = [&out](const auto& values, auto append, std::string_view begin, std::string_view end) {
    out += begin;
    bool first = true;
    for (const auto& element : values) {
      if (!first) out += ", ";
      first = false;
      append(element);
    }
    out += end;
  };
  const auto quote = [&out](const std::string& text) { out += '"' + text + '"'; };
  const auto number = [&out](const model::Number& n) { n.AppendTo(out); };
  if (value.s() != nullptr) return quote(*value.s());
  if (value.n() != nullptr) return number(*value.n());
  if (value.b() != nullptr) {
    out += 'b';
    return quote(value.b()->bytes);
  }
  if (const bool* boolean = value.As<bool>()) {
    out += *boolean ? "true" : "false";
    return;
  }
  if (value.m() != nullptr) return AppendNotation(out, *value.m());
  if (value.l() != nullptr) {
    return join(
        *value.l(), [&out](const model::AttributeValue& element) { AppendNotation(out, element); }, "[", "]");
  }
  if (const auto* set = value.As<model::StringSet>()) return join(set->values, quote, "ss<", ">");
  if (const auto* set = value.As<model::NumberSet>()) return join(set->values, number, "ns<", ">");
  if (const auto* set = value.As<model::BinarySet>()) return join(set->values, quote, "bs<", ">");
  out += "null";
}

template <class T>
std::string Notation(const T& value) {
  std::string out;
  AppendNotation(out, value);
  return out;
}

}  // namespace millrace::expr::testing
