#include "pattern/condition.h"

#include <algorithm>
#include <functional>

#include "pattern/comparable_number.h"

namespace millrace::pattern {
namespace {

template <class T, class U>
bool Holds(const std::vector<T>& sorted, const U& value) {
  return std::binary_search(sorted.begin(), sorted.end(), value, std::less<>());
}

template <class T>
void SortUnique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

// One leaf, with what several alternatives would otherwise each derive from it.
class Leaf {
 public:
  explicit Leaf(const json::Value& value) : value_(value) {}

  std::optional<std::string_view> string() const {
    return value_.is_string() ? std::optional(value_.string()) : std::nullopt;
  }
  std::optional<double> number() {
    if (!number_) number_ = value_.is_number() ? ComparableNumber(value_.number()) : std::nullopt;
    return *number_;
  }
  std::optional<IpAddress> ip() {
    if (!ip_) ip_ = value_.is_string() ? IpAddress::Parse(value_.string()) : std::nullopt;
    return *ip_;
  }
  std::string_view literal() const {
    switch (value_.type()) {
      case json::Type::kNumber:
        return value_.number();
      case json::Type::kBool:
        return value_.boolean() ? "true" : "false";
      default:
        return "null";
    }
  }

 private:
  const json::Value& value_;
  std::optional<std::optional<double>> number_;
  std::optional<std::optional<IpAddress>> ip_;
};

// Whether one alternative holds for a leaf.
class Holder {
 public:
  explicit Holder(Leaf& leaf) : leaf_(leaf), string_(leaf.string()) {}

  bool operator()(const Prefix& a) const { return string_ && string_->starts_with(a.text); }
  bool operator()(const Suffix& a) const { return string_ && string_->ends_with(a.text); }
  bool operator()(const EqualsIgnoreCase& a) const { return string_ && a.fold.Equals(*string_); }
  bool operator()(const PrefixIgnoreCase& a) const { return string_ && a.fold.IsPrefixOf(*string_); }
  bool operator()(const SuffixIgnoreCase& a) const { return string_ && a.fold.IsSuffixOf(*string_); }
  bool operator()(const NumberRange& a) const {
    const std::optional<double> number = leaf_.number();
    return number && (a.low_open ? *number > a.low : *number >= a.low) &&
           (a.high_open ? *number < a.high : *number <= a.high);
  }
  bool operator()(const Wildcard& a) const { return string_ && a.Matches(*string_); }
  bool operator()(const FoldedWildcard& a) const { return string_ && a.Matches(*string_); }
  bool operator()(const Regex& a) const { return string_ && a.Matches(*string_); }
  bool operator()(const IpRange& a) const {
    const std::optional<IpAddress> ip = leaf_.ip();
    return ip && a.Contains(*ip);
  }
  bool operator()(const Exists&) const { return true; }

  bool operator()(const AnythingButStrings& a) const { return !string_ || !Holds(a.texts, *string_); }
  bool operator()(const AnythingButNumbers& a) const {
    const std::optional<double> number = leaf_.number();
    return !number || !Holds(a.numbers, *number);
  }
  bool operator()(const AnythingButPrefixes& a) const {
    return None(a.texts, [this](const std::string& text) { return string_->starts_with(text); });
  }
  bool operator()(const AnythingButSuffixes& a) const {
    return None(a.texts, [this](const std::string& text) { return string_->ends_with(text); });
  }
  bool operator()(const AnythingButIgnoreCase& a) const {
    return None(a.folds, [this](const Fold& fold) { return fold.Equals(*string_); });
  }
  bool operator()(const AnythingButWildcards& a) const {
    return None(a.wildcards, [this](const Wildcard& wildcard) { return wildcard.Matches(*string_); });
  }

 private:
  template <class T, class Test>
  bool None(const std::vector<T>& values, Test test) const {
    return !string_ || std::none_of(values.begin(), values.end(), test);
  }

  Leaf& leaf_;
  std::optional<std::string_view> string_;
};

struct AlternativeCount {
  static constexpr std::size_t kSlowly = 16;  // what goes byte by byte, against what compares runs of bytes
  std::size_t operator()(const AnythingButPrefixes& a) const { return a.texts.size(); }
  std::size_t operator()(const AnythingButSuffixes& a) const { return a.texts.size(); }
  std::size_t operator()(const AnythingButIgnoreCase& a) const { return a.folds.size(); }
  std::size_t operator()(const AnythingButWildcards& a) const { return a.wildcards.size(); }
  std::size_t operator()(const FoldedWildcard& a) const { return kSlowly * a.literals().size(); }
  std::size_t operator()(const Regex&) const { return kSlowly; }
  template <class T>
  std::size_t operator()(const T&) const {
    return 1;
  }
};

}  // namespace

void Condition::Seal() {
  SortUnique(strings);
  SortUnique(literals);
  SortUnique(numbers);
}

bool Condition::Matches(const json::Value& value) const {
  Leaf leaf(value);
  if (const auto string = leaf.string()) {
    if (Holds(strings, *string)) return true;
  } else if (Holds(literals, leaf.literal())) {
    return true;
  } else if (!numbers.empty() && leaf.number() && Holds(numbers, *leaf.number())) {
    return true;
  }
  Holder holds(leaf);
  return std::any_of(others.begin(), others.end(), [&](const Alternative& other) { return std::visit(holds, other); });
}

std::size_t Condition::Cost(const json::Value& leaf) const {
  constexpr std::size_t kBytesPerStep = 64;
  std::size_t count = 1;
  for (const Alternative& other : others) count += std::visit(AlternativeCount(), other);
  const std::size_t bytes = leaf.is_string() ? leaf.string().size() : leaf.is_number() ? leaf.number().size() : 0;
  return count * (1 + bytes / kBytesPerStep);
}

}  // namespace millrace::pattern
