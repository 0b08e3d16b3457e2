// FieldIndex answers for one field which of the conditions of all rules a value meets, however many there are: exact
// values by hash, prefixes and suffixes by hash per length, wildcards side by side, numbers and addresses in ranges.
//
// A condition goes by its number. anything-but is indexed by what it excludes: a value meets all of them but those that
// the index finds.
//
// Threads:   immutable; changing a copy leaves the original as it is.
// Ownership: plain value; a copy shares what is large.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pattern/affix_table.h"
#include "pattern/condition.h"
#include "pattern/number_key.h"
#include "pattern/range_list.h"
#include "pattern/regex.h"
#include "pattern/text_table.h"
#include "pattern/wildcard_set.h"

namespace millrace::pattern {

using ConditionId = Tag;

enum class LeafKind : std::uint8_t { kString, kNumber, kOther };

// What one thread needs while it asks; kept from one value to the next.
struct FieldScratch {
  std::string folded;                    // room for the value in lower case
  std::vector<std::uint32_t> exclusion;  // by exclusion: the last question that it excluded
  std::uint32_t question = 0;
};

class FieldIndex {
 public:
  explicit FieldIndex(std::uint32_t path) : path_(path) {}

  // The number of the path, for whoever keeps something by path.
  std::uint32_t path() const { return path_; }
  // Whether some condition holds if there is no such field.
  bool watches_absence() const { return watches_absence_ > 0; }
  bool empty() const { return condition_count_ == 0; }

  // REQUIRES: `id` is not in use here and below 2^31.
  void Add(const Condition& condition, ConditionId id);
  // REQUIRES: it was added with this id.
  void Remove(const Condition& condition, ConditionId id);

  // Calls meet(id) for each condition that the value meets, some perhaps twice. `text` is a string's text, a number's
  // as written, or true, false or null. If wants(id) is false, the caller has no use for the condition.
  template <class Wants, class Meet>
  void Ask(LeafKind kind, std::string_view text, FieldScratch& scratch, Wants wants, Meet meet) const;

 private:
  // Tags with this bit are numbers of exclusions.
  static constexpr Tag kExcludes = Tag{1} << 31;

  // One anything-but.
  struct Exclusion {
    ConditionId id;
    bool used;
  };
  struct Expression {
    ConditionId id;
    Regex regex;
  };
  // What no index takes is evaluated as it stands.
  struct Plain {
    ConditionId id;
    std::shared_ptr<const Condition> condition;
  };
  class Editor;

  template <class Hit>
  void AskString(std::string_view text, FieldScratch& scratch, Hit hit) const;
  template <class Wants, class Hit>
  void AskNumber(std::string_view text, Wants wants, Hit hit) const;
  template <class Meet>
  void AskPlain(LeafKind kind, std::string_view text, Meet meet) const;
  // In lower case, in `space`.
  static std::string_view FoldAscii(std::string_view text, std::string& space);
  static Uint128 AddressKey(const IpAddress& address);
  static std::string_view BytesOf(const NumberKey& key) { return {reinterpret_cast<const char*>(&key), sizeof key}; }

  std::uint32_t path_;
  std::uint32_t condition_count_ = 0;
  std::uint32_t watches_absence_ = 0;
  TextTable strings_;
  TextTable literals_;
  TextTable numbers_;  // by the bytes of their keys
  AffixTable prefixes_;
  AffixTable suffixes_;
  TextTable folded_;
  AffixTable folded_prefixes_;
  AffixTable folded_suffixes_;
  WildcardSet wildcards_;
  std::vector<Expression> expressions_;
  RangeList ranges_;
  RangeList addresses_v4_;
  RangeList addresses_v6_;
  std::vector<Exclusion> exclusions_;
  std::vector<ConditionId> any_;  // met by every value
  std::vector<Plain> plain_;
};

template <class Wants, class Meet>
void FieldIndex::Ask(LeafKind kind, std::string_view text, FieldScratch& scratch, Wants wants, Meet meet) const {
  bool excluded = false;
  const auto hit = [&](Tag tag) {
    if ((tag & kExcludes) == 0) return meet(tag);
    if (!excluded) {
      excluded = true;
      if (++scratch.question == 0) scratch.exclusion.clear();  // wrapped around
      if (scratch.exclusion.size() < exclusions_.size()) scratch.exclusion.resize(exclusions_.size());
    }
    scratch.exclusion[tag & ~kExcludes] = scratch.question;
  };
  if (kind == LeafKind::kString) {
    AskString(text, scratch, hit);
  } else {
    for (const Tag tag : literals_.Find(text)) hit(tag);
    if (kind == LeafKind::kNumber && !(numbers_.empty() && ranges_.empty())) AskNumber(text, wants, hit);
  }
  for (const ConditionId id : any_) meet(id);
  if (!plain_.empty()) AskPlain(kind, text, meet);
  for (std::size_t i = 0; i < exclusions_.size(); ++i) {
    if (exclusions_[i].used && !(excluded && scratch.exclusion[i] == scratch.question)) meet(exclusions_[i].id);
  }
}

template <class Hit>
void FieldIndex::AskString(std::string_view text, FieldScratch& scratch, Hit hit) const {
  for (const Tag tag : strings_.Find(text)) hit(tag);
  if (!prefixes_.empty()) prefixes_.FindBeginningsOf(text, hit);
  if (!suffixes_.empty()) suffixes_.FindEndingsOf(text, hit);
  if (!wildcards_.empty()) wildcards_.Match(text, hit);
  for (const Expression& each : expressions_)
    if (each.regex.Matches(text)) hit(each.id);
  if (!(folded_.empty() && folded_prefixes_.empty() && folded_suffixes_.empty())) {
    const std::string_view folded = FoldAscii(text, scratch.folded);
    for (const Tag tag : folded_.Find(folded)) hit(tag);
    folded_prefixes_.FindBeginningsOf(folded, hit);
    folded_suffixes_.FindEndingsOf(folded, hit);
  }
  if (!(addresses_v4_.empty() && addresses_v6_.empty())) {
    if (const auto address = IpAddress::Parse(text)) {
      const bool v4 = address->family == IpAddress::Family::kV4;
      (v4 ? addresses_v4_ : addresses_v6_).Find(AddressKey(*address), hit);
    }
  }
}

template <class Wants, class Hit>
void FieldIndex::AskNumber(std::string_view text, Wants wants, Hit hit) const {
  const auto read = ReadNumberKey(text);
  if (!read) return;
  // A number that no double prints as equals nothing and lies in no range. That is asked only if it makes a difference.
  bool asked = read->certain;
  bool comparable = true;
  const auto hit_if_comparable = [&](Tag tag) {
    if ((tag & kExcludes) == 0 && !wants(tag)) return;
    if (!std::exchange(asked, true)) comparable = IsComparable(text, read->key);
    if (comparable) hit(tag);
  };
  ranges_.Find(read->key, hit_if_comparable);
  if (numbers_.empty()) return;
  for (const Tag tag : numbers_.Find(BytesOf(read->key))) hit_if_comparable(tag);
}

template <class Meet>
void FieldIndex::AskPlain(LeafKind kind, std::string_view text, Meet meet) const {
  const json::Value value = kind == LeafKind::kString   ? json::Value::String(text)
                            : kind == LeafKind::kNumber ? json::Value::Number(text)
                            : text == "null"            ? json::Value::Null()
                                                        : json::Value::Bool(text == "true");
  for (const Plain& each : plain_)
    if (each.condition->Matches(value)) meet(each.id);
}

}  // namespace millrace::pattern
