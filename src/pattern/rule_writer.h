// RuleWriter keeps the rules of a Matcher and makes a new RuleTable for each change.
//
// Threads:   thread-safe. Changes take turns; whoever takes a table waits only for pointers to be copied.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/published.h"
#include "pattern/condition_key.h"
#include "pattern/pattern.h"
#include "pattern/rule_table.h"

namespace millrace::pattern {

class RuleWriter {
 public:
  Status Add(RuleId id, const Pattern& pattern);
  void Put(RuleId id, const Pattern& pattern);
  bool Remove(RuleId id);
  std::size_t rule_count() const;

  // Changes with every table.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  std::shared_ptr<const RuleTable> Table() const { return table_.Get(); }

 private:
  // A demand on a field that some rules share.
  struct Shared {
    const std::string* key = nullptr;            // in slots_
    std::shared_ptr<const Condition> condition;  // null: the key tells it
    std::uint32_t uses = 0;
  };
  struct Path {
    std::uint32_t number;
    std::uint32_t conditions;
  };
  // For each conjunction: the number of its conditions, which of them has it as candidate (kNobody: none), their ids.
  using Record = std::vector<std::uint32_t>;
  static constexpr std::uint32_t kNobody = UINT32_MAX;

  void AddTo(RuleTable& table, RuleId id, const Pattern& pattern);
  void RemoveFrom(RuleTable& table, RuleId id);
  ConditionId Take(RuleTable& table, const Condition& condition, bool beside_others);
  void Release(RuleTable& table, ConditionId id);
  std::uint32_t PathNumber(RuleTable& table, const std::string& path);
  void AddConjunction(RuleTable& table, RuleId rule, const Pattern& pattern, const std::vector<std::uint32_t>& indexes,
                      Record& record);
  void Publish(RuleTable table);

  mutable std::mutex mutex_;
  // Everything below but version_ and table_ is guarded by mutex_.
  std::unordered_map<RuleId, std::unique_ptr<const Record>> rules_;
  std::unordered_map<std::string, std::uint32_t> slots_;  // by path and demand
  std::vector<Shared> shared_;                            // by slot
  std::vector<std::uint32_t> free_slots_;
  std::unordered_map<std::string, Path> paths_;
  std::vector<std::uint32_t> free_paths_;
  std::uint64_t unnamed_ = 0;  // demands without a key
  Published<RuleTable> table_;
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace millrace::pattern
