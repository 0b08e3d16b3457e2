// Parser reads one pattern text into conditions and the combinations of $or branches.
//
// It reads token by token, because the service's messages tell at which token they came up, and the first mistake in
// that order is the one reported.
//
// Threads:   externally synchronised; one use.
// Ownership: the text outlives the parser. It must be valid JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pattern/condition.h"
#include "pattern/token_reader.h"

namespace millrace::pattern {

class Parser {
 public:
  using Token = TokenReader::Token;
  // Whether "$or" joins alternatives or is a field like any other.
  enum class OrMeans : std::uint8_t { kOperator, kField };

  Parser(std::string_view text, OrMeans or_means) : reader_(text), or_means_(or_means) {}

  Status Parse();

  // After success. A combination maps paths to conditions.
  std::vector<Condition>& conditions() { return conditions_; }
  using Combination = std::map<std::string, std::uint32_t>;
  const std::vector<Combination>& combinations() const { return combinations_; }

  // After failure: where, if the service names a place, and how often it does.
  std::optional<TokenReader::Position> failed_at() const { return failed_at_; }
  int place_repeats() const { return place_repeats_; }

 private:
  enum class Inside : std::uint8_t { kTop, kOr };
  enum class But : std::uint8_t { kPrefix, kSuffix, kIgnoreCase, kWildcard };

  Status ParseObject(const std::string& path, Inside inside);
  Status ParseOr(const std::string& path);
  Status ParseField(const std::string& path);
  Status ParseExact(Token token, Condition& condition);
  Status ParseMatch(Condition& condition);
  Status ParseText(const std::string& type, Condition& condition);
  Status ParseNestedIgnoreCase(const std::string& type, Condition& condition);
  Status ParseNumeric(Condition& condition);
  Result<double> ParseBound(Token token, const std::string& name);
  Status ParseExists(Condition& condition);
  Status ParseAnythingBut(Condition& condition);
  Status ParseAnythingButExact(Token token, Condition& condition);
  Status ParseAnythingButNested(But but, Token token, Condition& condition);

  Status Expect(Token token, std::string_view otherwise);
  Status EndOfMatch() { return Expect(Token::kEndObject, "Only one key allowed in match expression"); }

  Error Fail(std::string message);
  // As a list inside anything-but reports: with the place twice.
  Error FailInList(std::string message);
  Error FailWithoutPlace(std::string message);

  TokenReader reader_;
  const OrMeans or_means_;
  std::vector<Condition> conditions_;
  std::vector<Combination> combinations_;
  std::optional<TokenReader::Position> failed_at_;
  int place_repeats_ = 0;
};

}  // namespace millrace::pattern
