// Fold is a text prepared for comparison without regard to case, the way EventBridge compares: each character of the
// pattern stands for its lower and its upper case form, "ß" for "ß" and "SS". The value is not folded, so "SS" does not
// stand for "ß".
//
// Characters beyond the Basic Multilingual Plane are compared too; EventBridge takes each for two question marks.
//
// Threads:   immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::pattern {

class Fold {
 public:
  // What a character beyond the Basic Multilingual Plane stands for.
  enum class BeyondBmp : std::uint8_t { kItsCases, kTwoQuestionMarks };
  // What one character of the text stands for. Neither form begins or ends with the other, unless they are equal.
  struct Forms {
    std::string lower;
    std::string upper;
  };

  // `text` is valid UTF-8.
  explicit Fold(std::string_view text, BeyondBmp beyond_bmp = BeyondBmp::kItsCases);

  bool Equals(std::string_view value) const { return TakeFront(value) == value.size(); }
  bool IsPrefixOf(std::string_view value) const { return TakeFront(value) != kNothing; }
  bool IsSuffixOf(std::string_view value) const { return TakeBack(value) != kNothing; }

  // The text in lower case if nothing but ASCII can match it: then the fold is a comparison of lower case.
  std::optional<std::string> AsciiLower() const;

  // The bytes that the whole fold takes from the front or the back of `value`, or kNothing if it does not fit there.
  static constexpr std::size_t kNothing = std::string_view::npos;
  std::size_t TakeFront(std::string_view value) const;
  std::size_t TakeBack(std::string_view value) const;

  const std::vector<Forms>& characters() const { return characters_; }

 private:
  std::vector<Forms> characters_;
};

}  // namespace millrace::pattern
