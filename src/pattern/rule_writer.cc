#include "pattern/rule_writer.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"

namespace millrace::pattern {
namespace {

std::string KeyOf(const Condition& condition, std::string_view demand, bool beside_others) {
  std::string key = condition.path;
  // The lengths keep path and demand apart whatever they hold.
  const auto size = static_cast<std::uint32_t>(key.size());
  key.append(demand);
  key.append(reinterpret_cast<const char*>(&size), sizeof size);
  key.push_back(beside_others ? '+' : '.');
  return key;
}

constexpr std::size_t kKeyTail = sizeof(std::uint32_t) + 1;

std::string_view PathIn(std::string_view key) {
  std::uint32_t size;
  std::memcpy(&size, key.data() + key.size() - kKeyTail, sizeof size);
  return key.substr(0, size);
}

// How many rules a condition may lead to before the next kind is better.
std::size_t CostOf(Selectivity selectivity) {
  switch (selectivity) {
    case Selectivity::kListed:
      return 0;
    case Selectivity::kSome:
      return 4;
    case Selectivity::kMost:
      return 1'000'000;
  }
  return 0;
}

std::string_view DemandIn(std::string_view key) {
  key.remove_suffix(kKeyTail);
  return key.substr(PathIn({key.data(), key.size() + kKeyTail}).size());
}

}  // namespace

std::size_t RuleWriter::rule_count() const {
  std::lock_guard lock(mutex_);
  return rules_.size();
}

Status RuleWriter::Add(RuleId id, const Pattern& pattern) {
  std::lock_guard lock(mutex_);
  if (rules_.contains(id)) return Err(ErrorCode::kAlreadyExists, {}, "there is a rule with the number {}", id);
  RuleTable table = *table_.Get();
  AddTo(table, id, pattern);
  Publish(std::move(table));
  return Ok();
}

void RuleWriter::Put(RuleId id, const Pattern& pattern) {
  std::lock_guard lock(mutex_);
  RuleTable table = *table_.Get();
  if (rules_.contains(id)) RemoveFrom(table, id);
  AddTo(table, id, pattern);
  Publish(std::move(table));
}

void RuleWriter::AddTo(RuleTable& table, RuleId id, const Pattern& pattern) {
  auto record = std::make_unique<Record>();
  for (const std::vector<std::uint32_t>& indexes : pattern.combinations())
    AddConjunction(table, id, pattern, indexes, *record);
  record->shrink_to_fit();
  rules_.emplace(id, std::move(record));
}

void RuleWriter::AddConjunction(RuleTable& table, RuleId rule, const Pattern& pattern,
                                const std::vector<std::uint32_t>& indexes, Record& record) {
  Conjunction conjunction{rule, {}};
  // The condition that leads to the fewest rules leads to this one, unless nearly every value meets it. So rules that
  // share a source are found by what tells them apart.
  std::uint32_t best = kNobody;
  std::size_t best_cost = 0;
  for (const std::uint32_t index : indexes) {
    const Condition& condition = pattern.conditions()[index];
    const ConditionId id = Take(table, condition, indexes.size() > 1);
    const auto* candidates = table.CandidatesOf(SlotOf(id));
    const std::size_t cost = CostOf(SelectivityOf(condition)) + (candidates == nullptr ? 0 : candidates->size());
    if (!condition.or_absent && (best == kNobody || cost < best_cost)) {
      best = static_cast<std::uint32_t>(conjunction.parts.size());
      best_cost = cost;
    }
    conjunction.parts.push_back({id, paths_.at(condition.path).number, condition.or_absent});
  }

  record.push_back(static_cast<std::uint32_t>(conjunction.parts.size()));
  record.push_back(best);
  for (const Conjunction::Part& part : conjunction.parts) record.push_back(part.condition);

  if (best == kNobody) {
    table.without_fields.push_back(std::make_shared<const Conjunction>(std::move(conjunction)));
    return;
  }
  const ConditionId leader = conjunction.parts[best].condition;
  Candidate candidate{.rule = rule};
  if (conjunction.parts.size() == 2 && !conjunction.parts[1 - best].or_absent) {
    candidate.other = conjunction.parts[1 - best].condition;
  } else if (conjunction.parts.size() > 1) {
    candidate.conjunction = std::make_shared<const Conjunction>(std::move(conjunction));
  }
  const auto* before = table.CandidatesOf(SlotOf(leader));
  auto candidates = std::make_shared<RuleTable::Candidates>();
  candidates->reserve(before == nullptr ? 1 : before->size() + 1);
  if (before != nullptr) *candidates = *before;
  candidates->push_back(std::move(candidate));
  table.SetCandidates(SlotOf(leader), std::move(candidates));
}

bool RuleWriter::Remove(RuleId id) {
  std::lock_guard lock(mutex_);
  if (!rules_.contains(id)) return false;
  RuleTable table = *table_.Get();
  RemoveFrom(table, id);
  Publish(std::move(table));
  return true;
}

// REQUIRES: the rule is there.
void RuleWriter::RemoveFrom(RuleTable& table, RuleId id) {
  const auto found = rules_.find(id);
  const Record& record = *found->second;
  for (std::size_t at = 0; at < record.size(); at += 2 + record[at]) {
    const std::uint32_t count = record[at], best = record[at + 1];
    if (best == kNobody) {
      const auto mine = std::ranges::find(table.without_fields, id, [](const auto& each) { return each->rule; });
      CHECK(mine != table.without_fields.end());
      table.without_fields.erase(mine);
    } else {
      const std::uint32_t slot = SlotOf(record[at + 2 + best]);
      auto candidates = std::make_shared<RuleTable::Candidates>(*table.CandidatesOf(slot));
      const auto mine = std::ranges::find(*candidates, id, &Candidate::rule);
      CHECK(mine != candidates->end());
      candidates->erase(mine);
      table.SetCandidates(slot, candidates->empty() ? nullptr : std::move(candidates));
    }
    for (std::uint32_t i = 0; i < count; ++i) Release(table, record[at + 2 + i]);
  }
  rules_.erase(found);
}

ConditionId RuleWriter::Take(RuleTable& table, const Condition& condition, bool beside_others) {
  std::optional<std::string> demand = ConditionKey(condition);
  if (!demand) demand = fmt::format("unnamed {}", unnamed_++);
  const auto [entry, is_new] = slots_.try_emplace(KeyOf(condition, *demand, beside_others), 0);
  if (is_new) {
    if (free_slots_.empty()) {
      CHECK(shared_.size() < (std::size_t{1} << 30), "conditions fit their numbers");
      free_slots_.push_back(static_cast<std::uint32_t>(shared_.size()));
      shared_.emplace_back();
      table.slot_count = static_cast<std::uint32_t>(shared_.size());
      table.SetCandidates(free_slots_.back(), nullptr);
    }
    entry->second = free_slots_.back();
    free_slots_.pop_back();
    shared_[entry->second] = {&entry->first,
                              OnlyTextOf(*demand) ? nullptr : std::make_shared<const Condition>(condition), 0};
  }
  const ConditionId id = entry->second << 1 | (beside_others ? 1 : 0);
  ++shared_[entry->second].uses;
  if (is_new) {
    const auto before = table.fields.At(condition.path);
    auto index = before == nullptr ? std::make_shared<FieldIndex>(PathNumber(table, condition.path))
                                   : std::make_shared<FieldIndex>(*before);
    index->Add(condition, id);
    ++paths_.at(condition.path).conditions;
    table.fields.Set(condition.path, std::move(index));
  }
  return id;
}

std::uint32_t RuleWriter::PathNumber(RuleTable& table, const std::string& path) {
  if (free_paths_.empty()) free_paths_.push_back(table.path_count++);
  const std::uint32_t number = free_paths_.back();
  free_paths_.pop_back();
  paths_.emplace(path, Path{number, 0});
  return number;
}

void RuleWriter::Release(RuleTable& table, ConditionId id) {
  const std::uint32_t slot = SlotOf(id);
  Shared& shared = shared_[slot];
  if (--shared.uses > 0) return;
  const std::string path(PathIn(*shared.key));
  Condition only_text;
  if (const auto text = OnlyTextOf(DemandIn(*shared.key))) only_text.strings.emplace_back(*text);
  auto index = std::make_shared<FieldIndex>(*table.fields.At(path));
  index->Remove(shared.condition != nullptr ? *shared.condition : only_text, id);
  if (--paths_.at(path).conditions == 0) {
    free_paths_.push_back(index->path());
    paths_.erase(path);
    index = nullptr;
  }
  table.fields.Set(path, std::move(index));
  slots_.erase(*shared.key);
  shared = {};
  free_slots_.push_back(slot);
}

void RuleWriter::Publish(RuleTable table) {
  table_.Set(std::make_shared<const RuleTable>(std::move(table)));
  version_.fetch_add(1, std::memory_order_release);
}

}  // namespace millrace::pattern
