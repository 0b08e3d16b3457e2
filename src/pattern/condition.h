// Condition is what a pattern demands of one field: a list of alternatives of which one must hold.
//
// Threads:   immutable once built.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "json/value.h"
#include "pattern/fold.h"
#include "pattern/folded_wildcard.h"
#include "pattern/ip_address.h"
#include "pattern/regex.h"
#include "pattern/wildcard.h"

namespace millrace::pattern {

// The alternatives besides exact values.
struct Prefix {
  std::string text;
};
struct Suffix {
  std::string text;
};
struct EqualsIgnoreCase {
  Fold fold;
};
struct PrefixIgnoreCase {
  Fold fold;
};
struct SuffixIgnoreCase {
  Fold fold;
};
struct NumberRange {
  double low;
  double high;
  bool low_open;
  bool high_open;
};
struct Exists {};

// anything-but: any leaf that none of these match. Values of another type are something else, so they do.
struct AnythingButStrings {
  std::vector<std::string> texts;  // sorted
};
struct AnythingButNumbers {
  std::vector<double> numbers;  // sorted
};
struct AnythingButPrefixes {
  std::vector<std::string> texts;
};
struct AnythingButSuffixes {
  std::vector<std::string> texts;
};
struct AnythingButIgnoreCase {
  std::vector<Fold> folds;
};
struct AnythingButWildcards {
  std::vector<Wildcard> wildcards;
};

using Alternative =
    std::variant<Prefix, Suffix, EqualsIgnoreCase, PrefixIgnoreCase, SuffixIgnoreCase, NumberRange, Wildcard, IpRange,
                 Exists, AnythingButStrings, AnythingButNumbers, AnythingButPrefixes, AnythingButSuffixes,
                 AnythingButIgnoreCase, AnythingButWildcards, FoldedWildcard, Regex>;

struct Condition {
  std::string path;  // names joined with dots
  // Exact values: strings, the text of numbers, true, false and null, and numbers by value. Sorted after Seal.
  std::vector<std::string> strings;
  std::vector<std::string> literals;
  std::vector<double> numbers;
  std::vector<Alternative> others;
  std::string source;      // what it was made of, if ParseOptions::keep_source
  bool or_absent = false;  // {"exists": false}: holds also if there is no such field

  // Sorts the exact values. Call once, after the last one was added.
  void Seal();
  // Whether one alternative holds for a scalar found at `path`.
  bool Matches(const json::Value& leaf) const;
  // A measure of the work that Matches does, for the matcher's budget.
  std::size_t Cost(const json::Value& leaf) const;
};

}  // namespace millrace::pattern
