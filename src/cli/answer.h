// Answer is what the server said, as a command reads it.
//
// Threads:   externally synchronised.
// Ownership: texts and values are valid while it lives.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "json/parse.h"

namespace millrace::cli {

class Answer {
 public:
  // Unavailable if it is no JSON object: then it is no answer of ours.
  static Result<Answer> Parse(std::string text);

  const std::string& text() const { return text_; }
  const json::Value& root() const { return document_.root(); }

 private:
  std::string text_;
  json::Document document_;
};

// A member's text, or its number as it was written; empty if there is none.
std::string_view TextOf(const json::Value& object, std::string_view name);
bool IsTrue(const json::Value& object, std::string_view name);
// The members of that list; none if there is no such list.
std::span<const json::Value> ListOf(const json::Value& object, std::string_view name);

}  // namespace millrace::cli
