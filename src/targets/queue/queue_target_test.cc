// QueueTarget keeps the contract of targets, standard and FIFO; groups and deduplication ids are the record's or what
// the options say, and the checkpoint is in the commit of the messages.
#include "targets/queue/queue_target.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "engine/layout.h"
#include "engine/queue_message.h"
#include "flow/testing/target_contract.h"
#include "store/memory_store.h"

namespace millrace::flow::testing {
namespace {

class EngineState final : public StateStore {
 public:
  explicit EngineState(engine::Engine& engine) : engine_(engine) {}
  Result<std::optional<std::string>> Load(std::string_view key) override { return engine_.ReadState(key); }
  Result<std::vector<StateRow>> Scan(std::string_view prefix, std::string_view after, std::size_t rows_max) override {
    ASSIGN_OR_RETURN(const auto rows, engine_.ScanState(prefix, after, rows_max));
    std::vector<StateRow> found;
    for (const engine::StateRow& row : rows) found.push_back({row.key, row.value});
    return found;
  }
  void Write(std::vector<StateRow> rows, Done done) override {
    std::vector<engine::StateRow> written;
    for (StateRow& row : rows) written.push_back({std::move(row.key), std::move(row.value)});
    engine_.WriteState(std::move(written), std::move(done));
  }

 private:
  engine::Engine& engine_;
};

struct Stored {
  std::string group;
  std::string deduplication_id;
  std::string body;
  std::int64_t delay_ms = 0;
};

template <bool kFifo>
class QueueRig : public TargetRig {
 public:
  explicit QueueRig(targets::QueueTargetOptions options = {}) {
    engine_ = MUST(engine::Engine::Open({}, store_, clock_, random_));
    engine::QueueSettings settings;
    settings.fifo = kFifo;
    settings.message_bytes_max = 4096;
    queue_ = MUST(engine_->queues().Create({{"000000000000", "us-east-1"}, kFifo ? "q.fifo" : "q", settings}));
    target_ = std::make_unique<targets::QueueTarget>(*engine_, *queue_, std::move(options));
    state_ = std::make_unique<EngineState>(*engine_);
  }
  ~QueueRig() override { engine_->Stop(); }
  Target& target() override { return *target_; }
  StateStore& state() override { return *state_; }
  std::string Body(const std::string& key, int number) override { return fmt::format("{}-{}", key, number); }
  std::vector<Stored> Messages() {
    std::vector<Stored> messages;
    const std::string prefix = engine::layout::MessagePrefix(queue_->scope, queue_->id);
    const auto rows = store_.NewIterator(store::Space::kLog, {.lower = prefix, .upper = store::PrefixEnd(prefix)});
    for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
      const std::string value(rows->value());
      const auto message = MUST(engine::DecodeMessage(value));
      messages.push_back({std::string(message.group), std::string(message.deduplication_id), std::string(message.body),
                          message.delay_ms});
    }
    return messages;
  }
  std::vector<std::string> Effects() override {
    std::vector<std::string> bodies;
    for (Stored& message : Messages()) bodies.push_back(std::move(message.body));
    return bodies;
  }
  void Break() override { engine_->Stop(); }
  bool mends() const override { return false; }
  engine::Engine& engine() { return *engine_; }
  engine::QueueId queue() const { return queue_->id; }

 private:
  store::MemoryStore store_;
  ManualClock clock_;
  SeededRandom random_{3};
  std::unique_ptr<engine::Engine> engine_;
  std::shared_ptr<const engine::Queue> queue_;
  std::unique_ptr<targets::QueueTarget> target_;
  std::unique_ptr<EngineState> state_;
};
using StandardRig = QueueRig<false>;
using FifoRig = QueueRig<true>;

using Rigs = ::testing::Types<StandardRig, FifoRig>;
INSTANTIATE_TYPED_TEST_SUITE_P(Queue, TargetContract, Rigs);

WriteReport WriteTo(TargetRig& rig, const std::vector<Record>& batch, std::vector<StateRow> state = {}) {
  std::mutex mutex;
  std::condition_variable ready;
  std::optional<WriteReport> report;
  rig.target().Write(batch, std::move(state), [&](WriteReport given) {
    std::lock_guard lock(mutex);
    report = std::move(given);
    ready.notify_one();
  });
  std::unique_lock lock(mutex);
  ready.wait(lock, [&] { return report.has_value(); });
  return *std::move(report);
}

Record RecordOf(std::string id, std::string order_key, std::string body) {
  Record record;
  record.id = std::move(id);
  record.order_key = std::move(order_key);
  record.body = std::move(body);
  return record;
}

TEST(QueueTarget, SendsInTheOrderKeysGroupOnceForEachIdWithTheCheckpoint) {
  FifoRig rig;
  WriteTo(rig, {RecordOf("1", "a", "one"), RecordOf("2", std::string("k\0", 2), "two"), RecordOf("1", "a", "again")},
          {{"fc-row", "checkpoint"}});
  const auto messages = rig.Messages();
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].group, "a");
  EXPECT_EQ(messages[0].deduplication_id, "1");
  EXPECT_EQ(messages[0].body, "one");
  EXPECT_EQ(messages[1].group.size(), 64u) << "what a group may not be is hashed";
  EXPECT_EQ(*rig.state().Load("fc-row"), "checkpoint");
}

TEST(QueueTarget, ARecordsParametersMaySayWhatGroupAndDeduplicationIdAre) {
  FifoRig rig;
  Record first = RecordOf("1", "a", "x");
  first.parameters = std::make_shared<flow::RecordParameters>(
      flow::RecordParameters{.group = "g-x", .deduplication_id = "d-x", .headers = {}, .query = {}, .path = {}});
  Record second = RecordOf("2", "a", "y");
  second.parameters = std::make_shared<flow::RecordParameters>(
      flow::RecordParameters{.group = "two words", .deduplication_id = {}, .headers = {}, .query = {}, .path = {}});
  WriteTo(rig, {first, second});
  const auto messages = rig.Messages();
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].group, "g-x");
  EXPECT_EQ(messages[0].deduplication_id, "d-x");
  EXPECT_EQ(messages[1].group.size(), 64u) << "what a group may not be is hashed";
  EXPECT_EQ(messages[1].deduplication_id, "2");
}

TEST(QueueTarget, ADelayIsTheOptions) {
  targets::QueueTargetOptions options;
  options.delay = std::chrono::seconds(7);
  StandardRig rig(options);
  WriteTo(rig, {RecordOf("1", "a", "x")});
  EXPECT_EQ(rig.Messages()[0].delay_ms, 7000);
}

TEST(QueueTarget, WhatIsTooLargeOrEmptyIsRejectedAlone) {
  StandardRig rig;
  const auto report =
      WriteTo(rig, {RecordOf("1", "a", "x"), RecordOf("2", "a", std::string(4097, 'x')), RecordOf("3", "a", "")});
  EXPECT_EQ(report.entries, (std::vector{EntryOutcome::kRetry, EntryOutcome::kReject, EntryOutcome::kReject}));
  EXPECT_NE(report.error->message().find("4097"), std::string::npos);
  EXPECT_TRUE(rig.Messages().empty());
}

TEST(QueueTarget, AQueueThatIsGoneIsATargetThatIsDown) {
  StandardRig rig;
  ASSERT_TRUE(rig.engine().queues().Remove(rig.queue()).ok());
  const auto report = WriteTo(rig, {RecordOf("1", "a", "x")});
  EXPECT_EQ(report.entries, std::vector{EntryOutcome::kRetry});
  EXPECT_TRUE(report.target_down);
}

}  // namespace
}  // namespace millrace::flow::testing
