// Proves that whichever write to the disk fails, a queue loses nothing that it said it has, brings back nothing that it
// said is deleted, and gives nobody what another still holds, once it is opened again.
#include <gtest/gtest.h>

#include <set>

#include "engine/testing/queue_calls.h"
#include "store/fault_store.h"

namespace millrace::engine {
namespace {

using namespace std::chrono_literals;
using store::FaultStore;

class QueueFailure : public ::testing::TestWithParam<bool> {
 protected:
  void Open() { engine_ = MUST(Engine::Open({}, *store_, clock_, random_)); }

  // Sends, receives, deletes and moves to the dead letters; notes what was promised until something failed.
  void Run() {
    QueueSettings settings;
    settings.fifo = GetParam();
    const std::string suffix = settings.fifo ? ".fifo" : "";
    const auto dead = engine_->queues().Create({testing::kScope, "dead" + suffix, settings});
    if (!dead.ok()) return Note(dead.error());
    dead_ = (*dead)->id;
    settings.redrive = RedrivePolicy{(*dead)->arn, 1};
    const auto queue = engine_->queues().Create({testing::kScope, "q" + suffix, settings});
    if (!queue.ok()) return Note(queue.error());
    queue_ = (*queue)->id;
    for (int i = 0; i < 12; ++i) {
      const std::string text = std::to_string(i);
      SendRequest request{.queue = *queue_, .messages = {}, .state = {{"f", text}}};
      request.messages.push_back(testing::Message(text, "g" + std::to_string(i % 5), text));
      const auto sent = testing::Send(*engine_, std::move(request));
      if (!sent.ok()) {
        Note(sent.error());
        unsure_.insert(text);
        continue;
      }
      EXPECT_EQ(errors_, 0) << "acknowledged after a failure";
      sent_.insert(text);
      if (i % 3 != 2) continue;
      // One lease that ends at once, so that the message is moved next time; one that stays; one that is deleted.
      Take(i == 2 ? 0s : 1h);
    }
  }
  void Take(std::chrono::milliseconds visibility) {
    const auto received = testing::Receive(*engine_, *queue_, 2, visibility);
    if (!received.ok()) return Note(received.error());
    for (const ReceivedMessage& message : received->messages) {
      if (message.receipt == received->messages.front().receipt) {
        if (visibility > 0s) held_.insert(message.body);
        continue;
      }
      const auto deleted = testing::Delete(*engine_, *queue_, {message.receipt});
      if (deleted.ok() && deleted->front() == ReceiptOutcome::kExpired) continue;  // FIFO, at once visible again
      if (deleted.ok()) {
        sent_.erase(message.body);
        deleted_.insert(message.body);
      } else {
        Note(deleted.error());
        sent_.erase(message.body);
        unsure_.insert(message.body);
      }
    }
  }
  void Note(const Error& error) {
    ++errors_;
    EXPECT_TRUE(error.code() == ErrorCode::kIo || error.code() == ErrorCode::kUnavailable) << error.ToString();
  }
  // What is in a queue, received until nothing comes.
  std::multiset<std::string> Drain(QueueId queue) {
    std::multiset<std::string> bodies;
    for (;;) {
      const auto received = MUST(testing::Receive(*engine_, queue, 10, 1h));
      for (const ReceivedMessage& message : received.messages) bodies.insert(message.body);
      if (received.messages.empty() && received.at_end) return bodies;
      EXPECT_TRUE(testing::Delete(*engine_, queue, testing::Receipts(received)).ok());
    }
  }

  std::unique_ptr<FaultStore> store_ = std::make_unique<FaultStore>(std::make_unique<store::MemoryStore>());
  ManualClock clock_;
  SeededRandom random_{1};
  std::unique_ptr<Engine> engine_;
  std::optional<QueueId> queue_, dead_;
  std::set<std::string> sent_, deleted_, held_, unsure_;
  int errors_ = 0;
};

TEST_P(QueueFailure, OfAnyWriteBreaksNoPromise) {
  Open();
  Run();
  ASSERT_EQ(errors_, 0);
  ASSERT_FALSE(held_.empty());
  ASSERT_FALSE(deleted_.empty());
  EXPECT_FALSE(Drain(*dead_).empty());
  const std::uint64_t writes = store_->Calls(FaultStore::Operation::kWrite);
  engine_.reset();
  for (const auto effect : {FaultStore::Effect::kNotDone, FaultStore::Effect::kDone}) {
    for (std::uint64_t k = 1; k <= writes; ++k) {
      SCOPED_TRACE(fmt::format("write {} of {}, {}", k, writes, effect == FaultStore::Effect::kDone ? "done" : "not"));
      store_ = std::make_unique<FaultStore>(std::make_unique<store::MemoryStore>());
      queue_.reset();
      dead_.reset();
      sent_.clear();
      deleted_.clear();
      held_.clear();
      unsure_.clear();
      errors_ = 0;
      Open();
      store_->Order({.operation = FaultStore::Operation::kWrite, .nth = k, .effect = effect});
      Run();
      engine_.reset();
      store_->Restart();
      Open();
      if (!queue_) continue;

      // Held messages are not given out before their time.
      std::multiset<std::string> all = Drain(*queue_);
      for (const std::string& body : held_) EXPECT_FALSE(all.contains(body)) << body << " is held";
      clock_.Advance(2h);
      all.merge(Drain(*queue_));
      // Those that come now were received before, so they went to the dead letters.
      all.merge(Drain(*dead_));
      for (const std::string& body : sent_) EXPECT_EQ(all.count(body), 1u) << body << " was sent";
      for (const std::string& body : deleted_) EXPECT_EQ(all.count(body), 0u) << body << " was deleted";
      for (const std::string& body : all) {
        EXPECT_EQ(all.count(body), 1u) << body;
        EXPECT_TRUE(sent_.contains(body) || unsure_.contains(body)) << body;
      }
      for (const QueueId queue : {*queue_, *dead_}) {
        const QueueCounts counts = MUST(engine_->queues().Counts(queue));
        EXPECT_EQ(counts.visible + counts.in_flight + counts.delayed, 0u);
      }
    }
  }
}

TEST_P(QueueFailure, OfAReadIsThatReceivesOnly) {
  Open();
  Run();
  const std::size_t left = sent_.size();
  engine_.reset();
  Open();
  clock_.Advance(2h);
  for (const auto operation : {FaultStore::Operation::kIteratorStep, FaultStore::Operation::kGet}) {
    store_->Order({.operation = operation, .nth = 1});
    const auto received = testing::Receive(*engine_, *queue_, 10, 0s);
    if (!received.ok()) {
      EXPECT_EQ(received.error().code(), ErrorCode::kIo);
    }
    store_->Restart();  // if it was not struck
  }
  EXPECT_TRUE(engine_->Health().ok());
  clock_.Advance(2h);
  auto all = Drain(*queue_);
  all.merge(Drain(*dead_));
  EXPECT_EQ(all.size(), left);
}

INSTANTIATE_TEST_SUITE_P(Kinds, QueueFailure, ::testing::Bool(),
                         [](const auto& kind) { return kind.param ? "Fifo" : "Standard"; });

}  // namespace
}  // namespace millrace::engine
