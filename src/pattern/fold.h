// Fold is a text prepared for comparison without regard to case, the way EventBridge compares: each character of the
// pattern stands for its lower and its upper case form, "ß" for "ß" and "SS". The value is not folded, so "SS" does not
// stand for "ß".
//
// Characters beyond the Basic Multilingual Plane are compared too; in EventBridge they match nothing, not even
// themselves.
//
// Threads:   immutable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace::pattern {

class Fold {
 public:
  // `text` is valid UTF-8.
  explicit Fold(std::string_view text);

  bool Equals(std::string_view value) const;
  bool IsPrefixOf(std::string_view value) const;
  bool IsSuffixOf(std::string_view value) const;

 private:
  struct Forms {
    std::string lower;
    std::string upper;
  };
  // The bytes of `value` that the whole fold takes from the front, or npos.
  std::size_t TakeFront(std::string_view value) const;

  std::vector<Forms> characters_;
};

}  // namespace millrace::pattern
