#include "pattern/condition_key.h"

#include <bit>
#include <cstdint>
#include <variant>

namespace millrace::pattern {
namespace {

constexpr char kOnlyText = 't';
constexpr char kAnything = 'c';

class Writer {
 public:
  void Number(std::uint64_t value) { out_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void Put(const std::string& text) {
    Number(text.size());
    out_.append(text);
  }
  void Put(double value) { Number(std::bit_cast<std::uint64_t>(value)); }
  void Put(const Fold& fold) {
    const auto lower = fold.AsciiLower();
    complete_ = complete_ && lower;
    if (lower) Put(*lower);
  }
  void Put(const Wildcard& wildcard) { Put(wildcard.literals()); }
  template <class T>
  void Put(const std::vector<T>& values) {
    Number(values.size());
    for (const T& value : values) Put(value);
  }

  void operator()(const Prefix& a) { Put(a.text); }
  void operator()(const Suffix& a) { Put(a.text); }
  void operator()(const EqualsIgnoreCase& a) { Put(a.fold); }
  void operator()(const PrefixIgnoreCase& a) { Put(a.fold); }
  void operator()(const SuffixIgnoreCase& a) { Put(a.fold); }
  void operator()(const NumberRange& a) {
    Put(a.low);
    Put(a.high);
    Number((a.low_open ? 1u : 0u) | (a.high_open ? 2u : 0u));
  }
  void operator()(const Wildcard& a) { Put(a); }
  void operator()(const IpRange& a) {
    for (const IpAddress& address : {a.first, a.last}) {
      Number(static_cast<std::uint64_t>(address.family));
      out_.append(reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size());
    }
  }
  void operator()(const Exists&) {}
  void operator()(const AnythingButStrings& a) { Put(a.texts); }
  void operator()(const AnythingButNumbers& a) { Put(a.numbers); }
  void operator()(const AnythingButPrefixes& a) { Put(a.texts); }
  void operator()(const AnythingButSuffixes& a) { Put(a.texts); }
  void operator()(const AnythingButIgnoreCase& a) { Put(a.folds); }
  void operator()(const AnythingButWildcards& a) { Put(a.wildcards); }
  template <class T>
  void operator()(const T&) {
    complete_ = false;
  }

  std::optional<std::string> Take() { return complete_ ? std::optional(std::move(out_)) : std::nullopt; }

 private:
  std::string out_{kAnything};
  bool complete_ = true;
};

struct HoldsForMost {
  bool operator()(const Exists&) const { return true; }
  bool operator()(const AnythingButStrings&) const { return true; }
  bool operator()(const AnythingButNumbers&) const { return true; }
  bool operator()(const AnythingButPrefixes&) const { return true; }
  bool operator()(const AnythingButSuffixes&) const { return true; }
  bool operator()(const AnythingButIgnoreCase&) const { return true; }
  bool operator()(const AnythingButWildcards&) const { return true; }
  template <class T>
  bool operator()(const T&) const {
    return false;
  }
};

}  // namespace

std::optional<std::string> ConditionKey(const Condition& condition) {
  if (condition.strings.size() == 1 && condition.literals.empty() && condition.numbers.empty() &&
      condition.others.empty() && !condition.or_absent)
    return kOnlyText + condition.strings[0];
  Writer writer;
  writer.Put(condition.strings);
  writer.Put(condition.literals);
  writer.Put(condition.numbers);
  writer.Number(condition.or_absent ? 1 : 0);
  for (const Alternative& alternative : condition.others) {
    writer.Number(alternative.index());
    std::visit(writer, alternative);
  }
  return writer.Take();
}

std::optional<std::string_view> OnlyTextOf(std::string_view condition_key) {
  if (condition_key[0] != kOnlyText) return std::nullopt;
  return condition_key.substr(1);
}

Selectivity SelectivityOf(const Condition& condition) {
  if (condition.others.empty()) return Selectivity::kListed;
  for (const Alternative& alternative : condition.others)
    if (std::visit(HoldsForMost(), alternative)) return Selectivity::kMost;
  return Selectivity::kSome;
}

}  // namespace millrace::pattern
