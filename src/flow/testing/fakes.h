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

#include "flow/checkpoint.h"
#include "flow/log.h"
#include "flow/target.h"

namespace millrace::flow::testing {

// Several shards; a record's offset is its index in its shard plus one, in decimal.
class FakeLog final : public Log {
 public:
  explicit FakeLog(int shards) : shards_(static_cast<std::size_t>(shards)) {}

  void Append(int shard, std::string key, std::string body) {
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
      records.push_back(std::move(record));
      watchers = watchers_;
    }
    for (auto& [id, wake] : watchers) wake();
  }

  const std::string& name() const override { return name_; }
  Result<Position> Resolve(Start start) override {
    std::lock_guard lock(mutex_);
    Position position;
    for (std::size_t i = 0; start == Start::kLatest && i < shards_.size(); ++i)
      position.Set(std::to_string(i), std::to_string(shards_[i].size()));
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
  void Write(std::span<const Record> batch, std::optional<CheckpointRow> checkpoint, Done done) override {
    WriteReport report;
    {
      std::lock_guard lock(mutex_);
      ++writes;
      largest_batch = std::max(largest_batch, batch.size());
      std::set<std::string> keys;
      for (const Record& record : batch) {
        if (!keys.insert(record.order_key).second) ++repeated_keys;
        const EntryOutcome outcome = down ? EntryOutcome::kRetry : decide ? decide(record) : EntryOutcome::kTaken;
        report.entries.push_back(outcome);
        if (outcome == EntryOutcome::kTaken) taken.push_back(record);
      }
      if (down) report.error = Error(ErrorCode::kUnavailable, {}, "down");
      report.target_down = down;
      const bool all_taken =
          std::ranges::all_of(report.entries, [](EntryOutcome o) { return o == EntryOutcome::kTaken; });
      if (checkpoint && all_taken) checkpoints.push_back(*checkpoint);
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
  bool down = false;
  bool hold = false;
  int writes = 0;
  int repeated_keys = 0;
  std::size_t largest_batch = 0;
  std::vector<Record> taken;
  std::vector<CheckpointRow> checkpoints;

 private:
  const std::string name_ = "target/fake";
  const TargetTraits traits_;
  std::mutex mutex_;
  std::vector<std::function<void()>> held_;
};

class MemoryCheckpoints final : public CheckpointStore {
 public:
  Result<std::optional<std::string>> Load(std::string_view key) override {
    std::lock_guard lock(mutex_);
    const auto found = rows_.find(std::string(key));
    return found == rows_.end() ? std::optional<std::string>() : std::optional(found->second);
  }
  void Save(std::string key, std::string value, std::function<void(Status)> done) override {
    {
      std::lock_guard lock(mutex_);
      rows_[std::move(key)] = std::move(value);
      ++saves;
    }
    done(Ok());
  }
  void Put(const CheckpointRow& row) {
    std::lock_guard lock(mutex_);
    rows_[row.key] = row.value;
  }

  int saves = 0;

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> rows_;
};

}  // namespace millrace::flow::testing
