// Proves what the one writer promises: conditional writes form one chain, transactions happen wholly or not at all and
// only once per token, writes that change nothing leave no trace, groups and the queue keep their limits, and counters
// are exact. The engine is real, over a store in memory; threads are real, without sleeps.
#include "engine/writer.h"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "engine/testing/node.h"
#include "model/codec.h"

namespace millrace::engine {
namespace {

using testing::Check;
using testing::Delete;
using testing::If;
using testing::MakeCondition;
using testing::MakeItem;
using testing::MakeUpdate;
using testing::N;
using testing::Put;
using testing::ReadStream;
using testing::S;
using testing::TestNode;
using testing::Transact;
using testing::UpdateItem;
using testing::Write;
using Kind = ItemOutcome::Kind;

model::Item Key(std::string_view key) {
  return MakeItem({{"pk", S(key)}});
}
model::Item Register(std::string_view key, std::int64_t version, std::int64_t writer) {
  return MakeItem({{"pk", S(key)}, {"version", N(version)}, {"writer", N(writer)}});
}
std::int64_t NumberIn(const model::Item& item, std::string_view name) {
  const auto* value = item.Find(name);
  CHECK(value != nullptr && value->n() != nullptr, "the attribute is a number");
  return std::stoll(value->n()->ToString());
}
std::optional<model::Item> ReadItem(Engine& engine, const testing::TablePtr& table, const model::Item& key) {
  const auto item_key = MUST(model::KeyOfKeyItem(table->schema, key));
  const auto stored = MUST(engine.Get(*table, item_key));
  if (!stored) return std::nullopt;
  return MUST(model::DecodeItem(*stored));
}

// Runs `work(thread)` on many threads that start together.
void OnThreads(int count, const std::function<void(int)>& work) {
  std::latch start(count);
  std::vector<std::jthread> threads;
  for (int i = 0; i < count; ++i)
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      work(i);
    });
}

TEST(Writer, ConditionalWritesOfManyThreadsFormOneChainPerKey) {
  constexpr int kThreads = 32, kKeys = 8, kAttempts = 60;
  TestNode node;
  const auto table = node.CreateTable("registers");
  std::atomic<std::int64_t> applied{0};
  OnThreads(kThreads, [&](int thread) {
    SeededRandom random(static_cast<std::uint64_t>(thread));
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const std::string key = fmt::format("key-{}", random.Below(kKeys));
      const auto current = ReadItem(node.engine(), table, Key(key));
      const std::int64_t version = current ? NumberIn(*current, "version") : 0;
      auto action = Put(table, Register(key, version + 1, thread));
      action.condition =
          current ? MakeCondition("version = :v", {{":v", N(version)}}) : MakeCondition("attribute_not_exists(pk)");
      const auto outcome = Write(node.engine(), std::move(action));
      ASSERT_TRUE(outcome.ok());
      ASSERT_TRUE(outcome->kind == Kind::kApplied || outcome->kind == Kind::kConditionFailed);
      if (outcome->kind == Kind::kApplied) ++applied;
    }
  });
  // The stream has each acknowledged write once, and each key counts up by one from one.
  const auto changes = ReadStream(node.engine(), *table->stream);
  ASSERT_TRUE(changes.ok());
  EXPECT_EQ(static_cast<std::int64_t>(changes->size()), applied.load());
  EXPECT_GT(applied.load(), kKeys);
  std::map<std::string, std::int64_t> versions;
  SequenceNumber last;
  for (const model::Change& change : *changes) {
    EXPECT_GT(change.sequence, last);
    last = change.sequence;
    std::int64_t& version = versions[*change.keys.Find("pk")->s()];
    EXPECT_EQ(NumberIn(*change.new_image, "version"), version + 1);
    EXPECT_EQ(change.old_image.has_value(), version > 0);
    if (change.old_image) {
      EXPECT_EQ(NumberIn(*change.old_image, "version"), version);
    }
    ++version;
  }
  for (const auto& [key, version] : versions)
    EXPECT_EQ(NumberIn(*ReadItem(node.engine(), table, Key(key)), "version"), version);
}

TEST(Writer, UpdatesOfManyThreadsAreAllCounted) {
  constexpr int kThreads = 16, kEach = 50;
  TestNode node;
  const auto table = node.CreateTable("counters");
  OnThreads(kThreads, [&](int) {
    for (int i = 0; i < kEach; ++i)
      ASSERT_TRUE(Write(node.engine(), UpdateItem(table, Key("n"), MakeUpdate("ADD v :one", {{":one", N(1)}}))).ok());
  });
  EXPECT_EQ(NumberIn(*ReadItem(node.engine(), table, Key("n")), "v"), kThreads * kEach);
}

TEST(Writer, TransactionsMoveMoneyWithoutMakingOrLosingAny) {
  constexpr int kThreads = 12, kAccounts = 5, kTransfers = 60, kInitial = 100;
  TestNode node;
  const auto table = node.CreateTable("accounts"), audit = node.CreateTable("audit");
  for (int i = 0; i < kAccounts; ++i)
    ASSERT_TRUE(Write(node.engine(), Put(table, MakeItem({{"pk", S(std::to_string(i))}, {"v", N(kInitial)}}))).ok());
  std::atomic<std::int64_t> happened{0}, refused{0};
  std::atomic<bool> wrong_sum{false};
  OnThreads(kThreads, [&](int thread) {
    SeededRandom random(static_cast<std::uint64_t>(thread) + 100);
    for (int i = 0; i < kTransfers; ++i) {
      const auto from = random.Below(kAccounts), to = (from + 1 + random.Below(kAccounts - 1)) % kAccounts;
      const auto amount = static_cast<std::int64_t>(1 + random.Below(60));
      std::vector<ItemAction> actions;
      actions.push_back(If(UpdateItem(table, Key(std::to_string(from)), MakeUpdate("ADD v :a", {{":a", N(-amount)}})),
                           MakeCondition("v >= :a", {{":a", N(amount)}})));
      actions.push_back(UpdateItem(table, Key(std::to_string(to)), MakeUpdate("ADD v :a", {{":a", N(amount)}})));
      actions.push_back(Put(audit, MakeItem({{"pk", S(fmt::format("{}-{}", thread, i))}})));
      const auto result = Transact(node.engine(), std::move(actions));
      ASSERT_TRUE(result.ok());
      ASSERT_EQ(result->outcomes.size(), 3u);
      const bool applied = result->outcomes[0].kind == Kind::kApplied;
      for (std::size_t k = 1; k < 3; ++k)
        EXPECT_EQ(result->outcomes[k].kind, applied ? Kind::kApplied : Kind::kSkipped);
      ++(applied ? happened : refused);
      // A snapshot sees whole transactions only.
      const auto snapshot = node.engine().NewSnapshot();
      std::int64_t sum = 0;
      for (int account = 0; account < kAccounts; ++account) {
        const auto key = MUST(model::KeyOfKeyItem(table->schema, Key(std::to_string(account))));
        const auto stored = *node.engine().Get(*table, key, snapshot.get());
        sum += NumberIn(*model::DecodeItem(*stored), "v");
      }
      if (sum != kAccounts * kInitial) wrong_sum = true;
    }
  });
  EXPECT_FALSE(wrong_sum.load());
  EXPECT_GT(refused.load(), 0);
  std::int64_t sum = 0;
  for (int i = 0; i < kAccounts; ++i) {
    const std::int64_t value = NumberIn(*ReadItem(node.engine(), table, Key(std::to_string(i))), "v");
    EXPECT_GE(value, 0);
    sum += value;
  }
  EXPECT_EQ(sum, kAccounts * kInitial);
  EXPECT_EQ(static_cast<std::int64_t>(ReadStream(node.engine(), *audit->stream)->size()), happened.load());
}

TEST(Writer, ATransactionThatFailsSaysWhyAndWritesNothing) {
  TestNode node;
  const auto table = node.CreateTable("orders");
  ASSERT_TRUE(Write(node.engine(), Put(table, MakeItem({{"pk", S("text")}, {"v", S("x")}}))).ok());
  const SequenceNumber before = node.engine().committed();
  std::vector<ItemAction> actions;
  actions.push_back(Put(table, Key("new")));
  actions.push_back(Check(table, Key("absent"), MakeCondition("attribute_exists(pk)")));
  actions.push_back(UpdateItem(table, Key("text"), MakeUpdate("ADD v :one", {{":one", N(1)}})));
  const auto result = Transact(node.engine(), std::move(actions), "token", 1);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->outcomes[0].kind, Kind::kSkipped);
  EXPECT_EQ(result->outcomes[1].kind, Kind::kConditionFailed);
  EXPECT_EQ(result->outcomes[2].kind, Kind::kInvalid);
  EXPECT_EQ(ReadItem(node.engine(), table, Key("new")), std::nullopt);
  EXPECT_EQ(node.engine().committed(), before);
  // The token of a transaction that did not happen is free.
  const auto retried = Transact(node.engine(), {Put(table, Key("new"))}, "token", 2);
  ASSERT_TRUE(retried.ok());
  EXPECT_FALSE(retried->replayed);
}

class Tokens : public ::testing::Test {
 protected:
  Result<WriteResult> Add(std::uint64_t hash) {
    return Transact(node_.engine(), {UpdateItem(table_, Key("n"), MakeUpdate("ADD v :one", {{":one", N(1)}}))}, "token",
                    hash);
  }
  std::int64_t Count() { return NumberIn(*ReadItem(node_.engine(), table_, Key("n")), "v"); }

  TestNode node_;
  testing::TablePtr table_ = node_.CreateTable("counters");
};

TEST_F(Tokens, MakeATransactionHappenOnceAlsoAcrossARestart) {
  EXPECT_FALSE(Add(7)->replayed);
  const auto again = Add(7);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->replayed);
  EXPECT_TRUE(again->outcomes.empty());
  node_.Restart();
  EXPECT_TRUE(Add(7)->replayed);
  EXPECT_EQ(Count(), 1);
}

TEST_F(Tokens, AreRefusedForAnotherTransaction) {
  ASSERT_TRUE(Add(7).ok());
  const auto other = Add(8);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().reason(), reason::kTokenMismatch);
  EXPECT_EQ(Count(), 1);
}

TEST_F(Tokens, AreForgottenAfterTenMinutes) {
  for (int round = 1; round <= 5; ++round) {
    SCOPED_TRACE(round);
    EXPECT_FALSE(Add(static_cast<std::uint64_t>(round))->replayed);
    EXPECT_EQ(Count(), round);
    node_.clock().Advance(std::chrono::minutes(10) - std::chrono::milliseconds(1));
    ASSERT_TRUE(node_.engine().Maintain().ok());
    EXPECT_TRUE(Add(static_cast<std::uint64_t>(round))->replayed);
    node_.clock().Advance(std::chrono::milliseconds(1));
    ASSERT_TRUE(node_.engine().Maintain().ok());
  }
}

TEST_F(Tokens, OfOldTransactionsAreDeletedFromTheStore) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(Transact(node_.engine(), {Put(table_, Key("x"))}, fmt::format("token-{}", i), 1).ok());
    node_.clock().Advance(std::chrono::minutes(5));
    ASSERT_TRUE(node_.engine().Maintain().ok());
  }
  std::size_t rows = 0;
  const auto tokens = node_.store().NewIterator(store::Space::kState, {.lower = "et", .upper = "eu"});
  for (tokens->SeekToFirst(); tokens->Valid(); tokens->Next()) ++rows;
  EXPECT_GE(rows, 2u);
  EXPECT_LE(rows, 5u);
}

TEST_F(Tokens, GivenTwiceAtOnceCountOnce) {
  constexpr int kThreads = 16;
  std::atomic<int> happened{0};
  OnThreads(kThreads, [&](int) {
    const auto result = Add(7);
    ASSERT_TRUE(result.ok());
    if (!result->replayed) ++happened;
  });
  EXPECT_EQ(happened.load(), 1);
  EXPECT_EQ(Count(), 1);
}

TEST(Writer, AWriteThatChangesNothingLeavesNoRecord) {
  TestNode node;
  const auto table = node.CreateTable("orders");
  const auto item = MakeItem({{"pk", S("a")}, {"v", N(1)}});
  ASSERT_TRUE(Write(node.engine(), Put(table, item)).ok());
  const SequenceNumber before = node.engine().committed();
  ASSERT_TRUE(Write(node.engine(), Put(table, item)).ok());
  ASSERT_TRUE(Write(node.engine(), UpdateItem(table, Key("a"), MakeUpdate("SET v = :v", {{":v", N(1)}}))).ok());
  ASSERT_TRUE(Write(node.engine(), UpdateItem(table, Key("a"), MakeUpdate("REMOVE absent"))).ok());
  ASSERT_TRUE(Write(node.engine(), Delete(table, Key("absent"))).ok());
  ASSERT_TRUE(Write(node.engine(), UpdateItem(table, Key("b"), MakeUpdate("REMOVE v"))).ok());
  const auto failed = Write(node.engine(), If(Put(table, MakeItem({{"pk", S("a")}, {"v", N(2)}})),
                                              MakeCondition("attribute_not_exists(pk)")));
  EXPECT_EQ(failed->kind, Kind::kConditionFailed);
  ASSERT_TRUE(
      Transact(node.engine(), {Put(table, item), Check(table, Key("a"), MakeCondition("v = :v", {{":v", N(1)}}))})
          .ok());
  EXPECT_EQ(node.engine().committed(), before);
  EXPECT_EQ(ReadStream(node.engine(), *table->stream)->size(), 1u);
  EXPECT_EQ(ReadItem(node.engine(), table, Key("b")), std::nullopt);
}

TEST(Writer, ABatchMayNameOneItemTwice) {
  TestNode node;
  const auto table = node.CreateTable("orders");
  ItemWriteRequest request;
  for (int i = 1; i <= 3; ++i)
    request.actions.push_back(UpdateItem(table, Key("a"), MakeUpdate("ADD v :i", {{":i", N(i)}})));
  request.actions.push_back(Delete(table, Key("a")));
  request.actions.push_back(Put(table, MakeItem({{"pk", S("a")}, {"v", N(9)}})));
  const auto result = Write(node.engine(), std::move(request));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->outcomes[2].after, model::EncodeItem(MakeItem({{"pk", S("a")}, {"v", N(6)}})));
  EXPECT_EQ(NumberIn(*ReadItem(node.engine(), table, Key("a")), "v"), 9);
  EXPECT_EQ(ReadStream(node.engine(), *table->stream)->size(), 5u);
}

TEST(Writer, CountersAreExactAcrossRestarts) {
  constexpr std::uint64_t kSeed = 17;
  SCOPED_TRACE(kSeed);
  SeededRandom random(kSeed);
  TestNode node;
  node.CreateTable("orders");
  std::map<std::string, std::size_t> sizes;
  for (int round = 0; round < 4; ++round) {
    const auto table = node.FindTable("orders");
    for (int i = 0; i < 200; ++i) {
      const std::string key = fmt::format("key-{}", random.Below(40));
      if (random.Below(4) == 0) {
        ASSERT_TRUE(Write(node.engine(), Delete(table, Key(key))).ok());
        sizes.erase(key);
      } else {
        const auto item = MakeItem({{"pk", S(key)}, {"v", S(std::string(random.Below(50), 'x'))}});
        ASSERT_TRUE(Write(node.engine(), Put(table, item)).ok());
        sizes[key] = model::SizeBytes(item);
      }
    }
    if (round % 2 == 1) node.Restart();
    std::size_t bytes = 0;
    for (const auto& [key, size] : sizes) bytes += size;
    EXPECT_EQ(node.FindTable("orders")->counters->items.load(), static_cast<std::int64_t>(sizes.size()));
    EXPECT_EQ(node.FindTable("orders")->counters->bytes.load(), static_cast<std::int64_t>(bytes));
  }
}

TEST(Writer, StateRowsAreReadBackAndScanned) {
  TestNode node;
  const auto write = [&](std::vector<StateRow> rows) {
    std::promise<Status> done;
    node.engine().WriteState(std::move(rows), [&](Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  };
  ASSERT_TRUE(write({{"c/2", "two"}, {"c/1", "one"}, {"d/1", "other"}}).ok());
  EXPECT_EQ(*node.engine().ReadState("c/1"), "one");
  ASSERT_TRUE(write({{"c/1", std::nullopt}, {"c/3", "three"}}).ok());
  EXPECT_EQ(*node.engine().ReadState("c/1"), std::nullopt);
  node.Restart();
  const auto rows = node.engine().ScanState("c/", "", 10);
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].key, "c/2");
  EXPECT_EQ((*rows)[1].value, "three");
  EXPECT_EQ(node.engine().ScanState("c/", "", 1)->size(), 1u);
}

// A store whose writes wait until they are let through, so that a queue builds up behind them. It notes batch sizes.
class GateStore final : public store::Store {
 public:
  std::unique_ptr<store::Batch> NewBatch() override { return inner_.NewBatch(); }
  Status Write(store::Batch& batch, store::Durability durability) override {
    {
      std::unique_lock lock(mutex_);
      sizes_.push_back(batch.SizeBytes());
      ++waiting_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return open_; });
      --waiting_;
    }
    return inner_.Write(batch, durability);
  }
  Status Sync() override { return inner_.Sync(); }
  Result<bool> Get(store::Space space, std::string_view key, std::string* value,
                   const store::Snapshot* snapshot) const override {
    return inner_.Get(space, key, value, snapshot);
  }
  std::unique_ptr<store::Snapshot> NewSnapshot() const override { return inner_.NewSnapshot(); }
  std::unique_ptr<store::Iterator> NewIterator(store::Space space, store::IterateOptions options) const override {
    return inner_.NewIterator(space, std::move(options));
  }
  Status Health() const override { return Ok(); }

  void Close() {
    std::lock_guard lock(mutex_);
    open_ = false;
    sizes_.clear();
  }
  void Open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  // Until a write stands at the gate.
  void AwaitWrite() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }
  std::vector<std::size_t> sizes() const {
    std::lock_guard lock(mutex_);
    return sizes_;
  }

 private:
  store::MemoryStore inner_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;                // guarded by mutex_
  int waiting_ = 0;                 // guarded by mutex_
  std::vector<std::size_t> sizes_;  // guarded by mutex_
};

class Queue : public ::testing::Test {
 protected:
  static EngineOptions Options() {
    EngineOptions options;
    options.group_bytes_max = 64 << 10;
    options.queue_bytes_max = 256 << 10;
    return options;
  }
  // `bytes` of text under a key of its own.
  void Submit(int key, std::size_t bytes) {
    ++pending_;
    ItemWriteRequest request;
    request.actions.push_back(
        Put(table_, MakeItem({{"pk", S(std::to_string(key))}, {"v", S(std::string(bytes, 'x'))}})));
    node_.engine().Write(std::move(request), [this](Result<WriteResult> result) {
      std::lock_guard lock(mutex_);
      if (!result.ok()) refusals_.push_back(result.error());
      if (--pending_ == 0) idle_.notify_all();
    });
  }
  void AwaitAll() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return pending_ == 0; });
  }

  std::unique_ptr<GateStore> made_ = std::make_unique<GateStore>();
  GateStore* const gate_ = made_.get();  // the node's
  TestNode node_{Options(), std::move(made_)};
  testing::TablePtr table_ = node_.CreateTable("orders", testing::StringKey(), std::nullopt);
  std::mutex mutex_;
  std::condition_variable idle_;
  std::atomic<int> pending_{0};
  std::vector<Error> refusals_;
};

TEST_F(Queue, WhatWaitsIsCommittedInGroupsOfBoundedSize) {
  gate_->Close();
  Submit(0, 10);
  gate_->AwaitWrite();
  for (int i = 1; i <= 20; ++i) Submit(i, 10'000);
  gate_->Open();
  AwaitAll();
  EXPECT_TRUE(refusals_.empty());
  const std::vector<std::size_t> sizes = gate_->sizes();
  // 20 × 10 kB in groups of at most 64 KiB, of more than one write each.
  EXPECT_GE(sizes.size(), 5u);
  EXPECT_LE(sizes.size(), 12u);
  for (const std::size_t size : sizes) EXPECT_LE(size, 80'000u);
  EXPECT_EQ(node_.FindTable("orders")->counters->items.load(), 21);
}

TEST_F(Queue, ARequestBeyondTheGroupsSizeGoesAlone) {
  gate_->Close();
  Submit(0, 10);
  gate_->AwaitWrite();
  Submit(1, 200'000);
  gate_->Open();
  AwaitAll();
  EXPECT_TRUE(refusals_.empty());
}

TEST_F(Queue, RefusesWhatItCannotHoldAndGoesOnAfterwards) {
  gate_->Close();
  Submit(0, 10);
  gate_->AwaitWrite();
  for (int i = 1; i <= 40; ++i) Submit(i, 10'000);
  std::size_t refused = 0;
  {
    std::lock_guard lock(mutex_);
    refused = refusals_.size();
    EXPECT_GE(refused, 10u);
    EXPECT_LE(refused, 20u);
    for (const Error& error : refusals_) {
      EXPECT_EQ(error.code(), ErrorCode::kResourceExhausted);
      EXPECT_EQ(error.reason(), reason::kOverloaded);
    }
  }
  gate_->Open();
  AwaitAll();
  EXPECT_EQ(refusals_.size(), refused);
  EXPECT_EQ(node_.FindTable("orders")->counters->items.load(), static_cast<std::int64_t>(41 - refused));
  Submit(100, 10'000);
  AwaitAll();
  EXPECT_EQ(refusals_.size(), refused);
}

TEST_F(Queue, StopFinishesWhatWaitsAndRefusesTheRest) {
  gate_->Close();
  Submit(0, 10);
  gate_->AwaitWrite();
  for (int i = 1; i <= 5; ++i) Submit(i, 10);
  std::jthread stopper([&] { node_.engine().Stop(); });
  gate_->Open();
  AwaitAll();
  stopper.join();
  EXPECT_TRUE(refusals_.empty());
  Submit(9, 10);
  AwaitAll();
  ASSERT_EQ(refusals_.size(), 1u);
  EXPECT_EQ(refusals_[0].reason(), reason::kStopped);
  node_.engine().Stop();
  EXPECT_TRUE(node_.engine().Health().ok());
}

}  // namespace
}  // namespace millrace::engine
