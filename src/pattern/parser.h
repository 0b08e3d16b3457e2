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
#include "pattern/parse_options.h"
#include "pattern/token_reader.h"

namespace millrace::pattern {

class Parser {
 public:
  using Token = TokenReader::Token;
  // Whether "$or" joins alternatives or is a field like any other.
  enum class OrMeans : std::uint8_t { kOperator, kField };

  Parser(std::string_view text, OrMeans or_means, const ParseOptions& options)
      : reader_(text), or_means_(or_means), options_(options) {}

  Status Parse();

  // After success. A combination maps paths to the conditions on what is there.
  std::vector<Condition>& conditions() { return conditions_; }
  using Combination = std::map<std::string, std::vector<std::uint32_t>>;
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
  // Conditions on one field, all of which must hold.
  using AllOf = std::vector<Condition>;
  // `all_ofs` receives what is no alternative of one condition; null where that may not stand.
  Status ParseMatch(Condition& condition, std::vector<AllOf>* all_ofs);
  Status ParseAllOf(const std::string& path, AllOf& all_of);
  Status ParseExtension(std::string_view type, Condition& condition);
  Status ParseText(const std::string& type, Condition& condition);
  Status ParseNestedIgnoreCase(const std::string& type, Condition& condition);
  Status ParseNumeric(Condition& condition);
  Result<double> ParseBound(Token token, const std::string& name);
  Status ParseExists(Condition& condition);
  Status ParseAnythingBut(Condition& condition);
  Status ParseAnythingButExact(Token token, Condition& condition);
  Status ParseAnythingButNested(But but, Token token, Condition& condition);

  Fold FoldOf(std::string_view text) const;
  void AddRange(const IpRange& range, Condition& condition) const;
  // Lets the condition know its text, from that byte to the end of the current token.
  void KeepSource(std::size_t from, Condition& condition) const;
  // Makes each combination end with each of the branches at `path`.
  Status Branch(const std::string& path, std::vector<AllOf> branches);

  Status Expect(Token token, std::string_view otherwise);
  Status EndOfMatch() { return Expect(Token::kEndObject, "Only one key allowed in match expression"); }

  Error Fail(std::string message);
  // As a list inside anything-but reports: with the place twice.
  Error FailInList(std::string message);
  Error FailWithoutPlace(std::string message);

  TokenReader reader_;
  const OrMeans or_means_;
  const ParseOptions options_;
  std::vector<Condition> conditions_;
  std::vector<Combination> combinations_;
  std::optional<TokenReader::Position> failed_at_;
  int place_repeats_ = 0;
};

}  // namespace millrace::pattern
