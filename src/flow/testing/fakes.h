// A log and a target in memory that do what a test tells them: for the tests of subscriptions and of what builds on
// them.
//
// Threads: FakeLog and FakeTarget are thread-safe.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/checkpoint.h"
#include "flow/log.h"
#include "flow/state_store.h"
#include "flow/target.h"

namespace millrace::flow::testing {

// A log that tests write to.
class TestLog : public Log {
 public:
  virtual void Append(int shard, std::string key, std::string body) = 0;
  // As a bus has them.
  void AppendMatched(std::vector<std::uint32_t> rules, std::string body) {
    matched_ = std::move(rules);
    Append(0, "event", std::move(body));
    matched_.clear();
  }

 protected:
  std::vector<std::uint32_t> matched_;
};

// Several shards; a record's offset is its index in its shard plus one, in decimal.
class FakeLog final : public TestLog {
 public:
  explicit FakeLog(int shards, const Clock* clock = nullptr)
      : clock_(clock), shards_(static_cast<std::size_t>(shards)) {}

  void Append(int shard, std::string key, std::string body) override {
    std::map<std::uint64_t, std::function<void()>> watchers;
    {
      std::lock_guard lock(mutex_);
      auto& records = shards_[static_cast<std::size_t>(shard)];
      Record record;
      record.shard = std::to_string(shard);
      record.offset = std::to_string(records.size() + 1);
      record.id = record.shard + "/" + record.offset;
      record.order_key = std::move(key);
      record.body = std::move(body);
      record.matched_rules = matched_;
      record.time_ms = clock_ == nullptr ? 0 : clock_->NowMillis();
      records.push_back(std::move(record));
      watchers = watchers_;
    }
    for (auto& [id, wake] : watchers) wake();
  }

  const std::string& name() const override { return name_; }
  Result<Position> Resolve(const Start& start) override {
    std::lock_guard lock(mutex_);
    Position position;
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      std::size_t after = 0;
      if (start.kind == Start::Kind::kLatest) after = shards_[i].size();
      if (start.kind == Start::Kind::kOffset)
        after = std::min<std::size_t>(shards_[i].size(), std::stoul(start.offset) - 1);
      if (start.kind == Start::Kind::kTime)
        while (after < shards_[i].size() && shards_[i][after].time_ms < start.time_ms) ++after;
      if (after > 0) position.Set(std::to_string(i), std::to_string(after));
    }
    return position;
  }
  Result<LogBatch> Read(const Position& from, const ReadLimits& limits) override {
    std::lock_guard lock(mutex_);
    if (failure) return *failure;
    ++reads;
    LogBatch batch;
    batch.next = from;
    batch.at_end = true;
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      const std::string* offset = from.Find(std::to_string(i));
      std::size_t next = offset == nullptr ? 0 : std::stoull(*offset);
      for (; next < shards_[i].size() && batch.records.size() < limits.records_max; ++next)
        batch.records.push_back(shards_[i][next]);
      if (next < shards_[i].size()) batch.at_end = false;
      batch.next.Set(std::to_string(i), std::to_string(next));
    }
    return batch;
  }
  std::uint64_t Watch(std::function<void()> wake) override {
    std::lock_guard lock(mutex_);
    watchers_[++next_watcher_] = std::move(wake);
    return next_watcher_;
  }
  void Unwatch(std::uint64_t id) override {
    std::lock_guard lock(mutex_);
    watchers_.erase(id);
  }

  std::optional<Error> failure;  // set before use
  int reads = 0;

 private:
  const std::string name_ = "table/fake";
  const Clock* const clock_;
  std::mutex mutex_;
  std::vector<std::vector<Record>> shards_;
  std::map<std::uint64_t, std::function<void()>> watchers_;
  std::uint64_t next_watcher_ = 0;
};

// Keeps what it took. `decide` says what becomes of a record; without it everything is taken. Answers at once, or when
// the test calls Release() while `hold` is set.
class FakeTarget final : public Target {
 public:
  explicit FakeTarget(TargetTraits traits) : traits_(traits) {}

  const std::string& name() const override { return name_; }
  const TargetTraits& traits() const override { return traits_; }
  Status Open() override { return Ok(); }
  void Close() override {}
  void Write(std::span<const Record> batch, std::vector<StateRow> state, Done done) override {
    WriteReport report;
    {
      std::lock_guard lock(mutex_);
      ++writes;
      if (before) before(batch);
      largest_batch = std::max(largest_batch, batch.size());
      std::set<std::string> keys;
      for (const Record& record : batch) {
        if (!keys.insert(record.order_key).second) ++repeated_keys;
        const EntryOutcome outcome = down || throttled ? EntryOutcome::kRetry
                                     : decide          ? decide(record)
                                                       : EntryOutcome::kTaken;
        if (outcome != EntryOutcome::kTaken && cause) report.causes.emplace(report.entries.size(), cause(record));
        report.entries.push_back(outcome);
        if (outcome == EntryOutcome::kTaken) taken.push_back(record);
      }
      if (down) report.error = Error(ErrorCode::kUnavailable, {}, "down");
      report.target_down = down;
      report.throttled = throttled;
      if (!down && std::ranges::any_of(report.entries, [](EntryOutcome o) { return o != EntryOutcome::kTaken; }))
        report.error = Error(ErrorCode::kUnavailable, {}, "no");
      const bool all_taken =
          std::ranges::all_of(report.entries, [](EntryOutcome o) { return o == EntryOutcome::kTaken; });
      if (all_taken && !state.empty()) {
        commits.push_back(state);
        if (store != nullptr) store->Write(std::move(state), [](const Status&) {});
      }
      if (hold) {
        held_.push_back([report, done = std::move(done)]() mutable { done(std::move(report)); });
        return;
      }
    }
    done(std::move(report));
  }
  void Release() {
    std::vector<std::function<void()>> held;
    {
      std::lock_guard lock(mutex_);
      held.swap(held_);
    }
    for (auto& answer : held) answer();
  }
  std::size_t held() {
    std::lock_guard lock(mutex_);
    return held_.size();
  }

  std::vector<std::string> BodiesOf(std::string_view key) const {
    std::vector<std::string> bodies;
    for (const Record& record : taken)
      if (record.order_key == key) bodies.push_back(record.body);
    return bodies;
  }

  std::function<EntryOutcome(const Record&)> decide;
  std::function<Error(const Record&)> cause;            // why it is not taken; without it all share one
  std::function<void(std::span<const Record>)> before;  // called with each batch
  bool down = false;
  bool throttled = false;
  bool hold = false;
  int writes = 0;
  int repeated_keys = 0;
  std::size_t largest_batch = 0;
  std::vector<Record> taken;
  std::vector<std::vector<StateRow>> commits;  // what batches brought along
  StateStore* store = nullptr;                 // where that goes

 private:
  const std::string name_ = "target/fake";
  const TargetTraits traits_;
  std::mutex mutex_;
  std::vector<std::function<void()>> held_;
};

class MemoryState final : public StateStore {
 public:
  Result<std::optional<std::string>> Load(std::string_view key) override {
    std::lock_guard lock(mutex_);
    const auto found = rows_.find(key);
    return found == rows_.end() ? std::optional<std::string>() : std::optional(found->second);
  }
  Result<std::vector<StateRow>> Scan(std::string_view prefix, std::string_view after, std::size_t rows_max) override {
    std::lock_guard lock(mutex_);
    std::vector<StateRow> rows;
    for (auto at = after < prefix ? rows_.lower_bound(prefix) : rows_.upper_bound(after);
         at != rows_.end() && at->first.starts_with(prefix) && rows.size() < rows_max; ++at)
      rows.push_back({at->first, at->second});
    return rows;
  }
  void Write(std::vector<StateRow> rows, Done done) override {
    {
      std::lock_guard lock(mutex_);
      ++writes;
      for (StateRow& row : rows) {
        if (row.value) {
          rows_.insert_or_assign(std::move(row.key), *std::move(row.value));
        } else if (const auto found = rows_.find(row.key); found != rows_.end()) {
          rows_.erase(found);
        }
      }
    }
    done(Ok());
  }
  std::size_t size() {
    std::lock_guard lock(mutex_);
    return rows_.size();
  }

  int writes = 0;

 private:
  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> rows_;
};

}  // namespace millrace::flow::testing
