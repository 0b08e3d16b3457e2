// Random operations on a standard and a FIFO queue, each with a dead-letter queue, against a model that is a list; with
// restarts. Every answer and every count is compared. Of a standard queue with groups, whose order depends on what it
// has read, the model says which messages may come and how many, and anything else. MILLRACE_SEED repeats a run; a
// failure prints its seed.
#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/testing/queue_calls.h"

namespace millrace::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kRetentionMs = 600'000;
constexpr std::uint32_t kReceivesMax = 3;

struct ModelMessage {
  std::string id;
  std::string body;
  std::string group;
  std::int64_t sent_ms = 0;
  std::int64_t visible_ms = 0;  // the end of its delay or of its lease
  bool leased = false;          // visible_ms is a lease's
  std::uint32_t receives = 0;
  std::string receipt;
};

// What a queue has to do, said as simply as possible.
class ModelQueue {
 public:
  ModelQueue(bool fifo, ModelQueue* dead_letters) : fifo_(fifo), dead_letters_(dead_letters) {}

  std::vector<ModelMessage> messages;  // in the order they were sent

  bool Leased(const ModelMessage& message, std::int64_t now) const {
    return message.leased && message.visible_ms > now;
  }
  std::vector<ModelMessage*> Receive(std::size_t max, std::int64_t visibility_ms, std::int64_t now) {
    std::vector<std::size_t> taken, gone;
    const auto give = [&](std::size_t i) {  // false: no more, or no more of its group
      ModelMessage& message = messages[i];
      if (taken.size() >= max) return false;
      if (message.sent_ms < now - kRetentionMs) return gone.push_back(i), true;
      if (dead_letters_ != nullptr && message.receives >= kReceivesMax) {
        gone.push_back(i);
        ModelMessage moved = message;
        moved.receives = 0;
        if (fifo_) moved.sent_ms = now;
        moved.leased = false;
        moved.visible_ms = now;
        moved.receipt.clear();
        dead_letters_->messages.push_back(moved);
        return !fifo_;
      }
      taken.push_back(i);
      return true;
    };
    if (!fifo_) {
      for (std::size_t i = 0; i < messages.size() && taken.size() < max; ++i)
        if (messages[i].visible_ms <= now) give(i);
    } else {
      std::set<std::string> locked;
      for (const ModelMessage& message : messages)
        if (Leased(message, now)) locked.insert(message.group);
      for (std::size_t i = 0; i < messages.size() && taken.size() < max; ++i) {
        const std::string group = messages[i].group;
        if (!locked.insert(group).second) continue;
        for (std::size_t j = i; j < messages.size(); ++j) {
          if (messages[j].group != group) continue;
          if (messages[j].visible_ms > now || !give(j)) break;
        }
      }
    }
    std::vector<std::string> ids;
    for (const std::size_t i : taken) {
      messages[i].receives += 1;
      messages[i].leased = true;
      messages[i].visible_ms = now + visibility_ms;
      ids.push_back(messages[i].id);
    }
    std::ranges::sort(gone, std::greater<>());
    for (const std::size_t i : gone) messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(i));
    std::vector<ModelMessage*> received;
    for (const std::string& id : ids) received.push_back(Find(id));
    return received;
  }
  // Those that were received, if they could be: as many as there are, each once.
  std::vector<ModelMessage*> Take(const ReceiveResult& received, std::size_t max, std::int64_t visibility_ms,
                                  std::int64_t now) {
    const auto free = std::ranges::count_if(messages, [&](const auto& message) { return message.visible_ms <= now; });
    EXPECT_EQ(received.messages.size(), std::min(max, static_cast<std::size_t>(free)));
    std::vector<ModelMessage*> taken;
    for (const ReceivedMessage& each : received.messages) {
      ModelMessage* const message = Find(each.id);
      EXPECT_TRUE(message != nullptr && message->visible_ms <= now) << each.body;
      if (message == nullptr) continue;
      message->receives += 1;
      message->leased = true;
      message->visible_ms = std::max(now + visibility_ms, now + (visibility_ms == 0 ? 0 : 1));
      taken.push_back(message);
    }
    return taken;
  }
  ReceiptOutcome Delete(const std::string& receipt, std::int64_t now) {
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (messages[i].receipt != receipt) continue;
      if (fifo_ && !Leased(messages[i], now)) return ReceiptOutcome::kExpired;
      messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(i));
      return ReceiptOutcome::kDone;
    }
    return ReceiptOutcome::kUnknown;
  }
  // Dead letters keep the time they were sent, so one that has not expired may stand before one that has: that stays.
  void Expire(std::int64_t now) {
    for (auto it = messages.begin(); it != messages.end() && it->sent_ms < now - kRetentionMs;)
      it = Leased(*it, now) ? it + 1 : messages.erase(it);
  }
  ModelMessage* Find(std::string_view id) {
    for (ModelMessage& message : messages)
      if (message.id == id) return &message;
    return nullptr;
  }

 private:
  const bool fifo_;
  ModelQueue* const dead_letters_;
};

enum class Kind : std::uint8_t { kStandard, kFifo, kFair };

class QueueModel : public ::testing::TestWithParam<Kind> {
 protected:
  void Run(std::uint64_t seed, int steps);
};

void QueueModel::Run(std::uint64_t seed, int steps) {
  const bool fifo = GetParam() == Kind::kFifo;
  const bool fair = GetParam() == Kind::kFair;
  SeededRandom random(seed);
  testing::TestNode node;
  QueueSettings settings;
  settings.fifo = fifo;
  settings.retention = std::chrono::milliseconds(kRetentionMs);
  const std::string suffix = fifo ? ".fifo" : "";
  const auto dead = MUST(node.engine().queues().Create({testing::kScope, "dead" + suffix, settings}));
  // Which message is moved away, or found to have expired, depends on the order too.
  if (fair) settings.retention = std::chrono::hours(24);
  if (!fair) settings.redrive = RedrivePolicy{dead->arn, kReceivesMax};
  const QueueId queue = testing::MakeQueue(node.engine(), "q" + suffix, settings);
  ModelQueue dead_model(fifo, nullptr);
  ModelQueue model(fifo, &dead_model);
  std::map<std::string, std::pair<std::int64_t, std::string>> remembered;  // FIFO: by deduplication id
  std::vector<std::string> receipts;                                       // of all times
  std::uint64_t sent_count = 0;

  for (int step = 0; step < steps; ++step) {
    Engine& engine = node.engine();
    const std::int64_t now = node.clock().NowMillis();
    const std::uint64_t what = random.Below(100);
    SCOPED_TRACE(fmt::format("seed {} step {} operation {}", seed, step, what));
    if (what < 35) {
      SendRequest request{.queue = queue, .messages = {}, .state = {}};
      const std::uint64_t count = 1 + random.Below(5);
      for (std::uint64_t i = 0; i < count; ++i) {
        OutgoingMessage message = testing::Message(std::to_string(sent_count++));
        if (fifo) {
          message.group = std::to_string(random.Below(8));
          message.deduplication_id = std::to_string(random.Below(2000));
        } else if (fair && random.Below(5) != 0) {
          message.group = std::to_string(random.Below(6));
        }
        if (!fifo && random.Below(4) == 0) {
          message.delay = std::chrono::seconds(random.Below(60));
        }
        request.messages.push_back(std::move(message));
      }
      const auto given = request.messages;
      const auto sent = MUST(testing::Send(engine, std::move(request)));
      ASSERT_EQ(sent.size(), given.size());
      for (std::size_t i = 0; i < sent.size(); ++i) {
        if (fifo) {
          auto& known = remembered[given[i].deduplication_id];
          const bool duplicate = !known.second.empty() && now - known.first < 300'000;
          ASSERT_EQ(sent[i].duplicate, duplicate);
          if (duplicate) {
            ASSERT_EQ(sent[i].id, known.second);
            continue;
          }
          known = {now, sent[i].id};
        }
        ModelMessage message;
        message.id = sent[i].id;
        message.body = given[i].body;
        message.group = given[i].group;
        message.sent_ms = now;
        message.visible_ms = now + given[i].delay.value_or(0ms).count();
        model.messages.push_back(std::move(message));
      }
    } else if (what < 65) {
      const bool from_dead = !fair && random.Below(6) == 0;
      ModelQueue& from = from_dead ? dead_model : model;
      const std::size_t max = 1 + random.Below(12);
      const auto visibility = std::chrono::seconds(random.Below(40));
      const auto received = MUST(testing::Receive(engine, from_dead ? dead->id : queue, max, visibility));
      const auto visibility_ms = std::chrono::milliseconds(visibility).count();
      const auto expected = fair ? from.Take(received, max, visibility_ms, now) : from.Receive(max, visibility_ms, now);
      std::vector<std::string> bodies, expected_bodies;
      for (const ModelMessage* message : expected) expected_bodies.push_back(message->body);
      ASSERT_EQ(testing::Bodies(received), expected_bodies);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(received.messages[i].receives, expected[i]->receives);
        ASSERT_EQ(received.messages[i].id, expected[i]->id);
        ASSERT_EQ(received.messages[i].sent_ms, expected[i]->sent_ms);
        expected[i]->receipt = received.messages[i].receipt;
        receipts.push_back(received.messages[i].receipt);
      }
    } else if (what < 80 && !receipts.empty()) {
      const std::string receipt =
          receipts[receipts.size() - 1 - random.Below(std::min<std::size_t>(receipts.size(), 30))];
      const auto is = [&](ModelQueue& in) {
        return std::ranges::any_of(in.messages, [&](const auto& message) { return message.receipt == receipt; });
      };
      if (!is(model) && !is(dead_model)) continue;  // the model forgets what is gone
      const bool from_dead = is(dead_model);
      const auto outcome = MUST(testing::Delete(engine, from_dead ? dead->id : queue, {receipt}));
      ASSERT_EQ(outcome[0], (from_dead ? dead_model : model).Delete(receipt, now));
    } else if (what < 88 && !receipts.empty()) {
      const std::string receipt = receipts[random.Below(receipts.size())];
      ModelMessage* message = nullptr;
      for (ModelMessage& candidate : model.messages)
        if (candidate.receipt == receipt) message = &candidate;
      if (message == nullptr) continue;
      const auto visibility = std::chrono::seconds(random.Below(20));
      const bool leased = model.Leased(*message, now);
      const auto outcome = MUST(testing::ChangeVisibility(engine, queue, {{receipt, visibility}}));
      ASSERT_EQ(outcome[0], leased ? ReceiptOutcome::kDone : ReceiptOutcome::kExpired);
      if (leased) message->visible_ms = now + std::chrono::milliseconds(visibility).count();
    } else if (what < 95) {
      node.clock().Advance(std::chrono::milliseconds(random.Below(20'000)));
    } else if (what < 97) {
      ASSERT_TRUE(engine.Maintain().ok());
      if (!fair) model.Expire(now);
      dead_model.Expire(now);
    } else if (what < 99) {
      node.Restart();
    } else if (random.Below(10) == 0) {
      ASSERT_TRUE(engine.queues().Purge(queue).ok());
      model.messages.clear();
    }

    // Nobody waits for the removal of what has expired; whoever writes after it does.
    ASSERT_TRUE(testing::Await<Unit>([&](auto done) { node.engine().WriteState({}, std::move(done)); }).ok());
    const std::int64_t then = node.clock().NowMillis();
    QueueCounts expected;
    for (const ModelMessage& message : model.messages) {
      const bool waits = message.visible_ms > then;
      (waits ? (message.leased ? expected.in_flight : expected.delayed) : expected.visible) += 1;
    }
    const QueueCounts counts = MUST(node.engine().queues().Counts(queue));
    ASSERT_EQ(counts.visible + counts.in_flight + counts.delayed, model.messages.size());
    ASSERT_EQ(counts.in_flight, expected.in_flight);
    ASSERT_EQ(
        MUST(node.engine().queues().Counts(dead->id)).visible + MUST(node.engine().queues().Counts(dead->id)).in_flight,
        dead_model.messages.size());
  }
}

TEST_P(QueueModel, AgreesOnEverything) {
  const char* given = std::getenv("MILLRACE_SEED");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : SystemRandom().Next();
  RecordProperty("seed", std::to_string(first));
  for (std::uint64_t run = 0; run < 6 && !HasFatalFailure(); ++run) Run(first + run, 1500);
}

INSTANTIATE_TEST_SUITE_P(Kinds, QueueModel, ::testing::Values(Kind::kStandard, Kind::kFifo, Kind::kFair),
                         [](const auto& kind) {
                           return kind.param == Kind::kFair ? "Fair" : kind.param == Kind::kFifo ? "Fifo" : "Standard";
                         });

}  // namespace
}  // namespace millrace::engine
