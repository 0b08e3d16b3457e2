// Several threads send to one queue and several receive and delete: every message is processed once, and those
// of a group in their order, whatever is given back in between.
#include <gtest/gtest.h>

#include <condition_variable>

#include "base/thread.h"
#include "engine/testing/queue_calls.h"

namespace millrace::engine {
namespace {

class QueueThreads : public ::testing::TestWithParam<bool> {};

TEST_P(QueueThreads, ShareAQueueWithoutLossDuplicatesOrDisorder) {
  constexpr int kSenders = 3, kReceivers = 4, kGroups = 7, kEach = 1000;
  const bool fifo = GetParam();
  store::MemoryStore store;
  SystemClock clock;
  SystemRandom random;
  const auto engine = MUST(Engine::Open({}, store, clock, random));
  QueueSettings settings;
  settings.fifo = fifo;
  settings.visibility = std::chrono::hours(1);
  const QueueId queue = testing::MakeQueue(*engine, fifo ? "q.fifo" : "q", settings);

  std::mutex mutex;
  std::condition_variable wake;
  std::uint64_t notes = 0;               // guarded by mutex: calls of the listener
  std::map<std::string, int> processed;  // guarded by mutex
  std::map<std::string, int> next;       // guarded by mutex: of each sender's messages in each group
  int left = kSenders * kEach;           // guarded by mutex
  const auto listener = engine->queues().AddListener(queue, [&] {
    std::lock_guard lock(mutex);
    ++notes;
    wake.notify_all();
  });

  std::vector<Thread> threads;
  for (int sender = 0; sender < kSenders; ++sender) {
    threads.emplace_back(ThreadRole::kRequest, "sender", [&, sender] {
      for (int i = 0; i < kEach; ++i) {
        // "1/g3/17": the 17th of sender 1 in group g3.
        const std::string group = "g" + std::to_string(i % kGroups);
        const std::string body = fmt::format("{}/{}/{}", sender, group, i / kGroups);
        EXPECT_TRUE(testing::Send(*engine, queue, testing::Message(body, group, body)).ok());
      }
    });
  }
  for (int receiver = 0; receiver < kReceivers; ++receiver) {
    threads.emplace_back(ThreadRole::kRequest, "receiver", [&, receiver] {
      SeededRandom dice(static_cast<std::uint64_t>(receiver));
      for (;;) {
        std::uint64_t seen = 0;
        {
          std::lock_guard lock(mutex);
          if (left == 0) return;
          seen = notes;
        }
        const auto received = MUST(testing::Receive(*engine, queue, 1 + dice.Below(10)));
        if (received.messages.empty()) {
          std::unique_lock lock(mutex);
          if (received.at_end) wake.wait(lock, [&] { return notes != seen || left == 0; });
          continue;
        }
        // Some are given back, and all behind them, or their group would be out of order.
        const std::size_t keep = dice.Below(5) == 0 ? dice.Below(received.messages.size()) : received.messages.size();
        std::vector<VisibilityChange> back;
        std::vector<std::string> done;
        {
          std::lock_guard lock(mutex);
          for (std::size_t i = 0; i < received.messages.size(); ++i) {
            const ReceivedMessage& message = received.messages[i];
            if (i >= keep) {
              back.push_back({message.receipt, std::chrono::milliseconds(0)});
              continue;
            }
            done.push_back(message.receipt);
            EXPECT_EQ(++processed[message.body], 1) << message.body;
            const std::size_t slash = message.body.rfind('/');
            if (fifo) {
              EXPECT_EQ(next[message.body.substr(0, slash)]++, std::stoi(message.body.substr(slash + 1)))
                  << message.body;
            }
          }
        }
        if (!done.empty()) {
          for (const ReceiptOutcome outcome : MUST(testing::Delete(*engine, queue, done)))
            EXPECT_EQ(outcome, ReceiptOutcome::kDone);
        }
        if (!back.empty()) {
          EXPECT_TRUE(testing::ChangeVisibility(*engine, queue, back).ok());
        }
        std::lock_guard lock(mutex);
        left -= static_cast<int>(done.size());
        if (left == 0) wake.notify_all();
      }
    });
  }
  for (Thread& thread : threads) thread.Join();
  EXPECT_EQ(processed.size(), static_cast<std::size_t>(kSenders * kEach));
  const QueueCounts counts = MUST(engine->queues().Counts(queue));
  EXPECT_EQ(counts.visible + counts.in_flight + counts.delayed, 0u);
  engine->queues().RemoveListener(listener);
  engine->Stop();
}

TEST(QueueTimer, WakesListenersByTheClockWithoutBeingAsked) {
  store::MemoryStore store;
  SystemClock clock;
  SystemRandom random;
  const auto engine = MUST(Engine::Open({}, store, clock, random));
  const QueueId queue = testing::MakeQueue(*engine, "q");
  std::mutex mutex;
  std::condition_variable wake;
  int calls = 0;  // guarded by mutex
  const auto listener = engine->queues().AddListener(queue, [&] {
    std::lock_guard lock(mutex);
    ++calls;
    wake.notify_all();
  });
  ASSERT_TRUE(testing::Send(*engine, queue, testing::Delayed("later", std::chrono::milliseconds(30))).ok());
  {
    std::unique_lock lock(mutex);
    wake.wait(lock, [&] { return calls == 1; });
  }
  const auto received = MUST(testing::Receive(*engine, queue, 1, std::chrono::milliseconds(20)));
  EXPECT_EQ(testing::Bodies(received), std::vector<std::string>{"later"});
  {
    std::unique_lock lock(mutex);
    wake.wait(lock, [&] { return calls == 2; });
  }
  engine->queues().RemoveListener(listener);
  engine->Stop();
}

INSTANTIATE_TEST_SUITE_P(Kinds, QueueThreads, ::testing::Bool(),
                         [](const auto& kind) { return kind.param ? "Fifo" : "Standard"; });

}  // namespace
}  // namespace millrace::engine
