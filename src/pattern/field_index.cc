#include "pattern/field_index.h"

#include <cstring>
#include <variant>

#include "base/check.h"
#include "pattern/comparable_number.h"

namespace millrace::pattern {

// Adds the entries of one condition to an index, or removes them. Both go through the alternatives in the same order,
// so that each finds the exclusions of the other.
class FieldIndex::Editor {
 public:
  Editor(FieldIndex& index, ConditionId id, bool add) : index_(index), id_(id), add_(add) {}

  void Edit(const Condition& condition) {
    for (const std::string& text : condition.strings) Edit(index_.strings_, text, id_);
    for (const std::string& text : condition.literals) {
      // Other numbers are found by value.
      if (!(IsNumber(text) && ComparableNumber(text))) Edit(index_.literals_, text, id_);
    }
    for (const double number : condition.numbers) EditNumber(number, id_);
    for (const Alternative& alternative : condition.others) {
      if (!std::visit(*this, alternative)) EditPlain(alternative);
    }
  }

  // Each is false, having done nothing, if the index has no place for the alternative.
  bool operator()(const Prefix& a) { return Edit(index_.prefixes_, a.text, id_); }
  bool operator()(const Suffix& a) { return Edit(index_.suffixes_, a.text, id_); }
  bool operator()(const EqualsIgnoreCase& a) { return EditFold(index_.folded_, a.fold); }
  bool operator()(const PrefixIgnoreCase& a) { return EditFold(index_.folded_prefixes_, a.fold); }
  bool operator()(const SuffixIgnoreCase& a) { return EditFold(index_.folded_suffixes_, a.fold); }
  bool operator()(const NumberRange& a) {
    // Between two numbers that can be compared lie keys enough.
    return Edit(index_.ranges_, RangeList::Range{.low = NumberKeyOf(a.low) + (a.low_open ? 1 : 0),
                                                 .high = NumberKeyOf(a.high) - (a.high_open ? 1 : 0),
                                                 .tag = id_});
  }
  bool operator()(const Wildcard& a) {
    if (!Fits(a)) return false;
    EditWildcard(a, id_);
    return true;
  }
  bool operator()(const IpRange& a) {
    CHECK(a.first.family == a.last.family, "a range of addresses has one family");
    const bool v4 = a.first.family == IpAddress::Family::kV4;
    return Edit(v4 ? index_.addresses_v4_ : index_.addresses_v6_,
                RangeList::Range{.low = AddressKey(a.first), .high = AddressKey(a.last), .tag = id_});
  }
  bool operator()(const Regex& a) {
    auto& expressions = index_.expressions_;
    if (add_) {
      expressions.push_back({id_, a});
    } else {
      const auto found = std::ranges::find_if(
          expressions, [&](const Expression& each) { return each.id == id_ && each.regex.text() == a.text(); });
      CHECK(found != expressions.end(), "what is removed is there");
      expressions.erase(found);
    }
    return true;
  }
  bool operator()(const Exists&) {
    if (add_) {
      index_.any_.push_back(id_);
    } else {
      const auto found = std::ranges::find(index_.any_, id_);
      CHECK(found != index_.any_.end(), "what is removed is there");
      index_.any_.erase(found);
    }
    return true;
  }
  bool operator()(const AnythingButStrings& a) { return EditExclusion(index_.strings_, a.texts); }
  bool operator()(const AnythingButNumbers& a) {
    const Tag tag = Exclusion();
    for (const double number : a.numbers) EditNumber(number, tag);
    return true;
  }
  bool operator()(const AnythingButPrefixes& a) { return EditExclusion(index_.prefixes_, a.texts); }
  bool operator()(const AnythingButSuffixes& a) { return EditExclusion(index_.suffixes_, a.texts); }
  bool operator()(const AnythingButIgnoreCase& a) {
    for (const Fold& fold : a.folds)
      if (!fold.AsciiLower()) return false;
    const Tag tag = Exclusion();
    for (const Fold& fold : a.folds) Edit(index_.folded_, *fold.AsciiLower(), tag);
    return true;
  }
  bool operator()(const AnythingButWildcards& a) {
    if (!std::ranges::all_of(a.wildcards, Fits)) return false;
    const Tag tag = Exclusion();
    for (const Wildcard& wildcard : a.wildcards) EditWildcard(wildcard, tag);
    return true;
  }
  template <class T>
  bool operator()(const T&) {
    return false;
  }

 private:
  static bool IsNumber(std::string_view literal) {
    return literal[0] == '-' || (literal[0] >= '0' && literal[0] <= '9');
  }
  static bool Fits(const Wildcard& wildcard) { return wildcard.literals().size() == 1 || WildcardSet::Fits(wildcard); }

  template <class Table>
  bool Edit(Table& table, std::string_view text, Tag tag) {
    add_ ? table.Add(text, tag) : table.Remove(text, tag);
    return true;
  }
  bool Edit(RangeList& ranges, const RangeList::Range& range) {
    add_ ? ranges.Add(range) : ranges.Remove(range);
    return true;
  }
  template <class Table>
  bool EditFold(Table& table, const Fold& fold) {
    const auto lower = fold.AsciiLower();
    return lower && Edit(table, *lower, id_);
  }
  template <class Table>
  bool EditExclusion(Table& table, const std::vector<std::string>& texts) {
    const Tag tag = Exclusion();
    for (const std::string& text : texts) Edit(table, text, tag);
    return true;
  }
  void EditNumber(double number, Tag tag) {
    const NumberKey key = NumberKeyOf(number);
    Edit(index_.numbers_, BytesOf(key), tag);
  }
  void EditWildcard(const Wildcard& wildcard, Tag tag) {
    if (wildcard.literals().size() == 1) {
      Edit(index_.strings_, wildcard.literals()[0], tag);
    } else {
      add_ ? index_.wildcards_.Add(wildcard, tag) : index_.wildcards_.Remove(wildcard, tag);
    }
  }
  void EditPlain(const Alternative& alternative) {
    if (add_) {
      auto condition = std::make_shared<Condition>();
      condition->others.push_back(alternative);
      index_.plain_.push_back({id_, std::move(condition)});
    } else {
      const auto found = std::ranges::find(index_.plain_, id_, &Plain::id);
      CHECK(found != index_.plain_.end(), "what is removed is there");
      index_.plain_.erase(found);  // of several the first, as they were added
    }
  }

  // The next one of this condition: a free one, or when removing the one that was made at this point.
  Tag Exclusion() {
    auto& exclusions = index_.exclusions_;
    const auto is_it = [&](const auto& each) { return add_ ? !each.used : each.used && each.id == id_; };
    while (next_ < exclusions.size() && !is_it(exclusions[next_])) ++next_;
    if (next_ == exclusions.size()) {
      CHECK(add_, "what is removed is there");
      exclusions.push_back({});
    }
    exclusions[next_] = {id_, add_};
    return kExcludes | static_cast<Tag>(next_);
  }

  FieldIndex& index_;
  const ConditionId id_;
  const bool add_;
  std::size_t next_ = 0;  // exclusion
};

void FieldIndex::Add(const Condition& condition, ConditionId id) {
  ++condition_count_;
  watches_absence_ += condition.or_absent;
  Editor(*this, id, true).Edit(condition);
}

void FieldIndex::Remove(const Condition& condition, ConditionId id) {
  --condition_count_;
  watches_absence_ -= condition.or_absent;
  Editor(*this, id, false).Edit(condition);
}

std::string_view FieldIndex::FoldAscii(std::string_view text, std::string& space) {
  if (space.size() < text.size()) space.resize(text.size() + 64);
  char* const out = space.data();
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, text.data() + at, 8);
    // The highest bit of each byte: set in the sums from 'A' on and from behind 'Z' on, clear in what is not ASCII.
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    const std::uint64_t low = bytes & 0x7f * kOnes;
    const std::uint64_t letters =
        (low + (0x80 - 'A') * kOnes) & ~(low + (0x80 - 'Z' - 1) * kOnes) & ~bytes & 0x80 * kOnes;
    bytes |= letters >> 2;
    std::memcpy(out + at, &bytes, 8);
  }
  for (; at < text.size(); ++at) {
    const unsigned char c = static_cast<unsigned char>(text[at]);
    out[at] = static_cast<char>(c | (static_cast<unsigned char>(c - 'A') < 26 ? 0x20 : 0));
  }
  return {out, text.size()};
}

Uint128 FieldIndex::AddressKey(const IpAddress& address) {
  Uint128 key = 0;
  for (const std::uint8_t byte : address.bytes) key = key << 8 | byte;
  return key;
}

}  // namespace millrace::pattern
