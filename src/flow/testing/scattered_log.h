// ScatteredLog is a log as a remote DynamoDB stream is: the keys are scattered over sibling shards that split at any
// moment, pages are short or empty, shards come in any order, records are trimmed after 24 hours. Only the order of one
// key's records is kept, parents before children. What holds on it leans on no total order.
//
// Threads: thread-safe.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "flow/testing/fakes.h"

namespace millrace::flow::testing {

class ScatteredLog final : public TestLog {
 public:
  static constexpr std::int64_t kRetentionMs = 24 * 3600 * 1000;

  ScatteredLog(int shards, Random& random, const Clock& clock) : random_(random), clock_(clock) {
    for (int i = 0; i < shards; ++i) AddShard(nullptr);
    roots_ = shards_.size();
  }

  void Append(int, std::string key, std::string body) override {
    std::map<std::uint64_t, std::function<void()>> watchers;
    {
      std::lock_guard lock(mutex_);
      Shard* shard = Leaf(key);
      if (random_.Below(20) == 0) {
        Split(*shard);
        shard = Leaf(key);
      }
      Record record;
      record.shard = shard->id;
      shard->last += 1 + random_.Below(1'000'000);
      record.offset = std::to_string(shard->last);
      record.id = record.shard + "/" + record.offset;
      record.order_key = std::move(key);
      record.body = std::move(body);
      record.matched_rules = matched_;
      record.time_ms = clock_.NowMillis();
      shard->records.push_back(std::move(record));
      watchers = watchers_;
    }
    for (auto& [id, wake] : watchers) wake();
  }
  // Drops what is older than the retention, and shards that have nothing else.
  void Trim() {
    std::lock_guard lock(mutex_);
    for (const auto& shard : shards_) {
      const auto old = std::ranges::find_if(
          shard->records, [&](const Record& record) { return record.time_ms > clock_.NowMillis() - kRetentionMs; });
      if (old != shard->records.begin()) shard->trimmed = std::stoull(std::prev(old)->offset);
      shard->records.erase(shard->records.begin(), old);
    }
  }

  const std::string& name() const override { return name_; }
  Result<Position> Resolve(const Start& start) override {
    std::lock_guard lock(mutex_);
    Position position;
    for (const auto& shard : shards_) {
      std::uint64_t after = shard->trimmed;
      if (start.kind == Start::Kind::kLatest) after = shard->last;
      for (const Record& record : shard->records)
        if (start.kind == Start::Kind::kTime && record.time_ms < start.time_ms) after = std::stoull(record.offset);
      if (start.kind != Start::Kind::kTrimHorizon && after > 0) position.Set(shard->id, std::to_string(after));
    }
    return position;
  }
  Result<LogBatch> Read(const Position& from, const ReadLimits& limits) override {
    std::lock_guard lock(mutex_);
    LogBatch batch;
    batch.next = from;
    std::vector<Shard*> readable;
    for (const auto& shard : shards_)
      if (shard->parent == nullptr || Finished(*shard->parent, from)) readable.push_back(shard.get());
    const std::size_t first = readable.empty() ? 0 : random_.Below(readable.size());
    for (std::size_t i = 0; i < readable.size(); ++i) {
      Shard& shard = *readable[(first + i) % readable.size()];
      const std::string* read = from.Find(shard.id);
      const std::uint64_t after = read == nullptr ? 0 : std::stoull(*read);
      if (read != nullptr && after < shard.trimmed)
        return Err(ErrorCode::kFailedPrecondition, reason::kTrimmed, "shard {} was trimmed", shard.id);
      std::size_t page = random_.Below(5) == 0 ? 0 : 1 + random_.Below(limits.records_max);
      for (const Record& record : shard.records) {
        if (std::stoull(record.offset) <= after) continue;
        if (page == 0 || batch.records.size() >= limits.records_max) break;
        --page;
        batch.records.push_back(record);
        batch.next.Set(shard.id, record.offset);
      }
      // A shard without a record is passed too, or its children would wait for ever.
      if (shard.closed && shard.records.empty() && read == nullptr)
        batch.next.Set(shard.id, std::to_string(shard.last));
    }
    batch.at_end = std::ranges::all_of(shards_, [&](const auto& shard) {
      const std::string* read = batch.next.Find(shard->id);
      return shard->records.empty() || (read != nullptr && std::stoull(*read) >= shard->last);
    });
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
  std::size_t shards() {
    std::lock_guard lock(mutex_);
    return shards_.size();
  }

 private:
  struct Shard {
    std::string id;
    Shard* parent = nullptr;
    Shard* left = nullptr;
    Shard* right = nullptr;
    int depth = 0;
    bool closed = false;
    std::uint64_t last = 0;
    std::uint64_t trimmed = 0;
    std::vector<Record> records;
  };

  Shard* AddShard(Shard* parent) {
    auto shard = std::make_unique<Shard>();
    // Their order by name says nothing about their order in time.
    shard->id = fmt::format("shard-{:08x}-{}", static_cast<std::uint32_t>(random_.Next()), shards_.size());
    shard->parent = parent;
    shard->depth = parent == nullptr ? 0 : parent->depth + 1;
    shard->last = random_.Below(1'000'000'000);
    shard->trimmed = shard->last;
    shards_.push_back(std::move(shard));
    return shards_.back().get();
  }
  void Split(Shard& shard) {
    if (shard.depth > 30) return;
    shard.closed = true;
    shard.left = AddShard(&shard);
    shard.right = random_.Below(4) == 0 ? shard.left : AddShard(&shard);  // sometimes a shard only rotates
  }
  Shard* Leaf(const std::string& key) {
    std::uint64_t hash = std::hash<std::string>()(key);
    Shard* shard = shards_[hash % roots_].get();
    hash /= roots_;
    while (shard->closed) {
      shard = (hash & 1) == 0 ? shard->left : shard->right;
      hash >>= 1;
    }
    return shard;
  }
  bool Finished(const Shard& shard, const Position& position) const {
    const std::string* read = position.Find(shard.id);
    return shard.closed && read != nullptr && std::stoull(*read) >= shard.last;
  }

  const std::string name_ = "table/scattered";
  Random& random_;
  const Clock& clock_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::size_t roots_ = 0;
  std::map<std::uint64_t, std::function<void()>> watchers_;
  std::uint64_t next_watcher_ = 0;
};

}  // namespace millrace::flow::testing
