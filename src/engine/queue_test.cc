// Proves what queues promise: leases, order, groups, delays, deduplication, dead letters, retention, counts, listeners,
// and that all of it is the same after a restart. Time is moved by hand.
#include <gtest/gtest.h>

#include <set>

#include "engine/testing/queue_calls.h"

namespace millrace::engine {
namespace {

using namespace std::chrono_literals;
using testing::Bodies;
using testing::ChangeVisibility;
using testing::Delayed;
using testing::Delete;
using testing::MakeQueue;
using testing::Message;
using testing::Receipts;
using testing::Receive;
using testing::Send;
using testing::TestNode;
using Texts = std::vector<std::string>;
using Outcomes = std::vector<ReceiptOutcome>;

QueueSettings Fifo() {
  QueueSettings settings;
  settings.fifo = true;
  return settings;
}

class QueueTest : public ::testing::Test {
 protected:
  Engine& engine() { return node_.engine(); }
  void SendAll(QueueId queue, const Texts& bodies) {
    for (const std::string& body : bodies) ASSERT_TRUE(Send(engine(), queue, Message(body)).ok());
  }
  // "a1" goes to group "a".
  void SendFifo(QueueId queue, const Texts& bodies) {
    for (const std::string& body : bodies)
      ASSERT_TRUE(Send(engine(), queue, Message(body, body.substr(0, 1), body)).ok());
  }
  QueueCounts Counts(QueueId queue) { return MUST(engine().queues().Counts(queue)); }
  std::size_t Rows(store::Space space, std::string_view prefix) {
    std::size_t count = 0;
    const auto rows =
        node_.store().NewIterator(space, {.lower = std::string(prefix), .upper = store::PrefixEnd(prefix)});
    for (rows->SeekToFirst(); rows->Valid(); rows->Next()) ++count;
    return count;
  }

  TestNode node_;
};

TEST_F(QueueTest, GivesMessagesOldestFirstAndEachToOneUntilItsLeaseEnds) {
  const QueueId queue = MakeQueue(engine(), "q");
  SendAll(queue, {"1", "2", "3"});
  const auto first = MUST(Receive(engine(), queue, 2));
  EXPECT_EQ(Bodies(first), (Texts{"1", "2"}));
  EXPECT_FALSE(first.at_end);
  EXPECT_EQ(first.messages[0].receives, 1u);
  EXPECT_EQ(first.messages[0].first_received_ms, node_.clock().NowMillis());
  EXPECT_EQ(first.messages[0].id.size(), 36u);
  const auto second = MUST(Receive(engine(), queue));
  EXPECT_EQ(Bodies(second), Texts{"3"});
  EXPECT_TRUE(second.at_end);
  EXPECT_TRUE(MUST(Receive(engine(), queue)).messages.empty());

  node_.clock().Advance(30s - 1ms);
  EXPECT_TRUE(MUST(Receive(engine(), queue)).messages.empty());
  node_.clock().Advance(1ms);
  const auto again = MUST(Receive(engine(), queue));
  EXPECT_EQ(Bodies(again), (Texts{"1", "2", "3"}));
  EXPECT_EQ(again.messages[0].receives, 2u);
  EXPECT_EQ(again.messages[0].id, first.messages[0].id);
  EXPECT_NE(again.messages[0].receipt, first.messages[0].receipt);
  EXPECT_EQ(again.messages[0].first_received_ms, first.messages[0].first_received_ms);
}

TEST_F(QueueTest, DeletesByTheReceiptOfTheLatestLeaseOnly) {
  const QueueId queue = MakeQueue(engine(), "q");
  const QueueId other = MakeQueue(engine(), "other");
  SendAll(queue, {"1"});
  const std::string old = MUST(Receive(engine(), queue)).messages[0].receipt;
  node_.clock().Advance(30s);
  const std::string current = MUST(Receive(engine(), queue)).messages[0].receipt;
  EXPECT_EQ(MUST(Delete(engine(), queue, {old, "no receipt"})),
            (Outcomes{ReceiptOutcome::kUnknown, ReceiptOutcome::kMalformed}));
  EXPECT_EQ(MUST(Delete(engine(), other, {current})), Outcomes{ReceiptOutcome::kMalformed});
  EXPECT_EQ(Counts(queue).in_flight, 1u);
  node_.clock().Advance(30s);  // visible again, but nobody has received it since
  EXPECT_EQ(MUST(Delete(engine(), queue, {current, current})),
            (Outcomes{ReceiptOutcome::kDone, ReceiptOutcome::kDone}));
  EXPECT_EQ(MUST(Delete(engine(), queue, {current})), Outcomes{ReceiptOutcome::kUnknown});
  EXPECT_TRUE(MUST(Receive(engine(), queue)).messages.empty());
  const QueueCounts counts = Counts(queue);
  EXPECT_EQ(counts.visible + counts.in_flight + counts.delayed, 0u);
  EXPECT_EQ(Rows(store::Space::kLog, ""), 0u);
  EXPECT_EQ(Rows(store::Space::kState, "el"), 0u);
}

TEST_F(QueueTest, VisibilityCanBeExtendedCutShortAndGivenBackAtOnce) {
  const QueueId queue = MakeQueue(engine(), "q");
  SendAll(queue, {"1", "2"});
  const auto received = MUST(Receive(engine(), queue, 10, 10s));
  EXPECT_EQ(MUST(ChangeVisibility(
                engine(), queue, {{received.messages[0].receipt, 0s}, {received.messages[1].receipt, 60s}, {"x", 1s}})),
            (Outcomes{ReceiptOutcome::kDone, ReceiptOutcome::kDone, ReceiptOutcome::kMalformed}));
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue, 10, 0s))), Texts{"1"});
  EXPECT_EQ(MUST(ChangeVisibility(engine(), queue, {{received.messages[0].receipt, 5s}})),
            Outcomes{ReceiptOutcome::kUnknown});
  node_.clock().Advance(59s);
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue))), Texts{"1"});
  node_.clock().Advance(1s);
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue))), Texts{"2"});
}

TEST_F(QueueTest, DelaysAreTheQueuesOrTheMessages) {
  QueueSettings settings;
  settings.delay = 10s;
  const QueueId queue = MakeQueue(engine(), "q", settings);
  ASSERT_TRUE(Send(engine(), queue, Message("queue's")).ok());
  ASSERT_TRUE(Send(engine(), queue, Delayed("none", 0s)).ok());
  ASSERT_TRUE(Send(engine(), queue, Delayed("5 s", 5s)).ok());
  EXPECT_EQ(Counts(queue).delayed, 2u);
  EXPECT_EQ(Counts(queue).visible, 1u);
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue, 10, 1h))), Texts{"none"});
  node_.clock().Advance(5s);
  node_.Restart();
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue, 10, 1h))), Texts{"5 s"});
  node_.clock().Advance(5s - 1ms);
  EXPECT_TRUE(MUST(Receive(engine(), queue)).messages.empty());
  node_.clock().Advance(1ms);
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue))), Texts{"queue's"});
}

TEST_F(QueueTest, ABacklogOfOneGroupDoesNotHoldUpTheOthers) {
  QueueId queue = MakeQueue(engine(), "q");
  constexpr int kBacklog = 3000;
  SendRequest request{.queue = queue, .messages = {}, .state = {}};
  for (int i = 0; i < kBacklog; ++i) request.messages.push_back(Message("a" + std::to_string(i), "a", ""));
  ASSERT_TRUE(Send(engine(), std::move(request)).ok());
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue, 3))), (Texts{"a0", "a1", "a2"}));
  ASSERT_TRUE(Send(engine(), queue, Message("b0", "b", "")).ok());
  ASSERT_TRUE(Send(engine(), queue, Message("alone")).ok());
  ASSERT_TRUE(Send(engine(), queue, Message("b1", "b", "")).ok());
  // Of "a" three are held, of "b" none: it comes first, until it has its share.
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue, 1))), Texts{"b0"});
  // "a" is still ahead of its share by one; what has no group stands in line behind the backlog.
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue, 4))), (Texts{"a3", "b1", "a4", "a5"}));
  EXPECT_EQ(Counts(queue).in_flight, 8u);

  // Over a restart whoever holds a message holds it, though it stands far behind, and nothing comes twice.
  ASSERT_TRUE(Send(engine(), queue, Message("b2", "b", "")).ok());
  node_.Restart();
  EXPECT_EQ(Counts(queue).in_flight, 8u);
  std::set<std::string> seen;
  for (;;) {
    const auto received = MUST(Receive(engine(), queue, 500, 60s));
    for (const std::string& body : Bodies(received)) EXPECT_TRUE(seen.insert(body).second) << body;
    MUST(Delete(engine(), queue, Receipts(received)));
    if (received.messages.empty()) break;
  }
  EXPECT_EQ(seen.size(), kBacklog + 4u - 8u);
  node_.clock().Advance(61s);
  EXPECT_EQ(MUST(Receive(engine(), queue, 500)).messages.size(), 8u);
}

TEST_F(QueueTest, FifoGivesAGroupInOrderAndToOneAtATime) {
  const QueueId queue = MakeQueue(engine(), "q.fifo", Fifo());
  SendFifo(queue, {"a1", "b1", "a2", "b2", "a3", "c1"});
  const auto first = MUST(Receive(engine(), queue, 2));
  EXPECT_EQ(Bodies(first), (Texts{"a1", "a2"}));
  const auto second = MUST(Receive(engine(), queue, 10));
  EXPECT_EQ(Bodies(second), (Texts{"b1", "b2", "c1"})) << "as much as there is of a group, then the next";
  EXPECT_TRUE(second.at_end);
  EXPECT_EQ(MUST(Delete(engine(), queue, {first.messages[0].receipt})), Outcomes{ReceiptOutcome::kDone});
  EXPECT_TRUE(MUST(Receive(engine(), queue)).messages.empty()) << "a2 is still held";
  ASSERT_TRUE(ChangeVisibility(engine(), queue, {{first.messages[1].receipt, 0s}}).ok());
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue))), (Texts{"a2", "a3"}));
}

TEST_F(QueueTest, AReceiveThatIsRepeatedUnderItsNameGivesTheSame) {
  const QueueId queue = MakeQueue(engine(), "q.fifo", Fifo());
  SendFifo(queue, {"a1", "a2", "b1", "c1"});
  const auto receive = [&](std::string attempt, std::size_t max) {
    ReceiveRequest request;
    request.queue = queue;
    request.messages_max = max;
    request.attempt = std::move(attempt);
    return MUST(Receive(engine(), std::move(request)));
  };
  const auto first = receive("x", 2);
  EXPECT_EQ(Bodies(first), (Texts{"a1", "a2"}));
  node_.clock().Advance(20s);
  const auto again = receive("x", 10);
  EXPECT_EQ(Bodies(again), Bodies(first));
  EXPECT_EQ(Receipts(again), Receipts(first));
  EXPECT_EQ(again.messages[0].receives, 1u) << "it is the same receive";
  node_.clock().Advance(20s);  // held anew
  EXPECT_EQ(Bodies(receive("y", 1)), Texts{"b1"});
  EXPECT_EQ(MUST(Delete(engine(), queue, {first.messages[0].receipt})), Outcomes{ReceiptOutcome::kDone});
  EXPECT_EQ(Bodies(receive("x", 1)), Texts{"c1"}) << "one of them is gone: it is another receive";
  node_.clock().Advance(31s);  // nobody holds anything
  EXPECT_EQ(Bodies(receive("y", 10)), (Texts{"a2", "b1", "c1"}));
}

TEST_F(QueueTest, FifoRefusesReceiptsWhoseLeaseEnded) {
  const QueueId queue = MakeQueue(engine(), "q.fifo", Fifo());
  SendFifo(queue, {"a1"});
  const auto first = MUST(Receive(engine(), queue));
  node_.clock().Advance(30s);
  EXPECT_EQ(MUST(Delete(engine(), queue, Receipts(first))), Outcomes{ReceiptOutcome::kExpired});
  const auto second = MUST(Receive(engine(), queue));
  EXPECT_EQ(MUST(Delete(engine(), queue, Receipts(first))), Outcomes{ReceiptOutcome::kExpired});
  EXPECT_EQ(MUST(Delete(engine(), queue, Receipts(second))), Outcomes{ReceiptOutcome::kDone});
}

TEST_F(QueueTest, FifoDelayHoldsAGroupBack) {
  QueueSettings settings = Fifo();
  const QueueId queue = MakeQueue(engine(), "q.fifo", settings);
  ASSERT_TRUE(engine().queues().Update(queue, [](QueueSettings& s) { return s.delay = 10s, Ok(); }).ok());
  SendFifo(queue, {"a1"});
  ASSERT_TRUE(engine().queues().Update(queue, [](QueueSettings& s) { return s.delay = 0s, Ok(); }).ok());
  SendFifo(queue, {"a2", "b1"});
  EXPECT_EQ(Counts(queue).delayed, 1u);
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue, 10, 1h))), Texts{"b1"});
  node_.clock().Advance(10s);
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue))), (Texts{"a1", "a2"}));
}

TEST_F(QueueTest, FifoTakesADeduplicationIdOnceInFiveMinutesAlsoAcrossARestart) {
  const QueueId queue = MakeQueue(engine(), "q.fifo", Fifo());
  const auto first = MUST(Send(engine(), queue, Message("1", "a", "id")));
  EXPECT_FALSE(first.duplicate);
  SendRequest both{.queue = queue, .messages = {Message("2", "b", "id"), Message("3", "a", "x")}, .state = {}};
  both.messages.push_back(Message("4", "a", "x"));
  const auto sent = MUST(Send(engine(), std::move(both)));
  EXPECT_TRUE(sent[0].duplicate);
  EXPECT_EQ(sent[0].id, first.id);
  EXPECT_EQ(sent[0].sequence, first.sequence);
  EXPECT_FALSE(sent[1].duplicate);
  EXPECT_TRUE(sent[2].duplicate) << "of the same request";
  EXPECT_EQ(sent[2].id, sent[1].id);
  EXPECT_GT(sent[1].sequence, first.sequence);
  EXPECT_GT(FormatMessageSequence(sent[1].sequence), FormatMessageSequence(first.sequence));
  EXPECT_EQ(FormatMessageSequence(first.sequence).size(), 20u);
  ASSERT_TRUE(Delete(engine(), queue, Receipts(MUST(Receive(engine(), queue)))).ok());
  node_.clock().Advance(5min - 1ms);
  node_.Restart();
  EXPECT_TRUE(MUST(Send(engine(), queue, Message("5", "a", "id"))).duplicate);
  node_.clock().Advance(1ms);
  EXPECT_FALSE(MUST(Send(engine(), queue, Message("6", "a", "id"))).duplicate);
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue))), Texts{"6"});
  node_.clock().Advance(20min);
  ASSERT_TRUE(engine().Maintain().ok());
  EXPECT_EQ(Rows(store::Space::kState, "ed"), 0u);
}

TEST_F(QueueTest, DeduplicationMayBePerGroup) {
  QueueSettings settings = Fifo();
  settings.deduplication_scope = DeduplicationScope::kMessageGroup;
  const QueueId queue = MakeQueue(engine(), "q.fifo", settings);
  EXPECT_FALSE(MUST(Send(engine(), queue, Message("1", "a", "id"))).duplicate);
  EXPECT_FALSE(MUST(Send(engine(), queue, Message("2", "b", "id"))).duplicate);
  EXPECT_TRUE(MUST(Send(engine(), queue, Message("3", "a", "id"))).duplicate);
}

TEST_F(QueueTest, WhatWasReceivedTooOftenIsMovedToTheDeadLetters) {
  for (const bool fifo : {false, true}) {
    SCOPED_TRACE(fifo);
    QueueSettings settings;
    settings.fifo = fifo;
    const std::string suffix = fifo ? ".fifo" : "";
    const auto dead = MUST(engine().queues().Create({testing::kScope, "dead" + suffix, settings}));
    settings.redrive = RedrivePolicy{dead->arn, 2};
    const QueueId queue = MakeQueue(engine(), "q" + suffix, settings);
    const auto sent = MUST(Send(engine(), queue, Message("bad", "a", "1")));
    ASSERT_TRUE(Send(engine(), queue, Message("good", "b", "2")).ok());
    ASSERT_TRUE(Delete(engine(), queue, {MUST(Receive(engine(), queue, 2, 5s)).messages[1].receipt}).ok());
    const std::int64_t sent_ms = node_.clock().NowMillis();
    node_.clock().Advance(5s);
    EXPECT_EQ(Bodies(MUST(Receive(engine(), queue, 10, 5s))), Texts{"bad"});
    node_.clock().Advance(5s);
    EXPECT_TRUE(MUST(Receive(engine(), queue)).messages.empty());
    const std::int64_t moved_ms = node_.clock().NowMillis();
    EXPECT_EQ(Counts(queue).visible + Counts(queue).in_flight, 0u);
    EXPECT_EQ(Counts(dead->id).visible, 1u);
    node_.Restart();
    const auto moved = MUST(Receive(engine(), dead->id));
    ASSERT_EQ(Bodies(moved), Texts{"bad"});
    EXPECT_EQ(moved.messages[0].id, sent.id);
    EXPECT_EQ(moved.messages[0].sent_ms, fifo ? moved_ms : sent_ms);
    EXPECT_EQ(moved.messages[0].group, "a");
    EXPECT_EQ(moved.messages[0].dead_letter_source, "arn:aws:sqs:us-east-1:000000000000:q" + suffix);
    // Back to where it came from.
    EXPECT_EQ(MUST(testing::Move(engine(), dead->id, Receipts(moved), queue)), Outcomes{ReceiptOutcome::kDone});
    EXPECT_EQ(Counts(dead->id).in_flight, 0u);
    const auto back = MUST(Receive(engine(), queue));
    ASSERT_EQ(Bodies(back), Texts{"bad"});
    EXPECT_NE(back.messages[0].id, sent.id);
    EXPECT_EQ(back.messages[0].receives, 1u);
    EXPECT_EQ(back.messages[0].dead_letter_source, "");
  }
}

TEST_F(QueueTest, WithoutTheDeadLetterQueueMessagesKeepComing) {
  const auto dead = MUST(engine().queues().Create({testing::kScope, "dead", {}}));
  QueueSettings settings;
  settings.redrive = RedrivePolicy{dead->arn, 1};
  const QueueId queue = MakeQueue(engine(), "q", settings);
  SendAll(queue, {"1"});
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue, 10, 0s))), Texts{"1"});
  ASSERT_TRUE(engine().queues().Remove(dead->id).ok());
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue, 10, 0s))), Texts{"1"});
}

TEST_F(QueueTest, LeasesDelaysAndCountsSurviveARestart) {
  for (const bool fifo : {false, true}) {
    SCOPED_TRACE(fifo);
    QueueSettings settings;
    settings.fifo = fifo;
    const QueueId queue = MakeQueue(engine(), fifo ? "q.fifo" : "q", settings);
    for (int i = 0; i < 600; ++i) {
      const auto text = std::to_string(i);
      ASSERT_TRUE(Send(engine(), queue, Message(text, "g" + std::to_string(i % 300), text)).ok());
    }
    const auto held = MUST(Receive(engine(), queue, 100, 10s));
    ASSERT_EQ(held.messages.size(), 100u);
    std::vector<std::string> half;
    for (std::size_t i = 0; i < 100; i += 2) half.push_back(held.messages[i].receipt);
    ASSERT_TRUE(Delete(engine(), queue, half).ok());
    node_.Restart();
    EXPECT_EQ(Counts(queue).in_flight, 50u);
    EXPECT_EQ(Counts(queue).visible, 500u);
    std::set<std::string> seen;
    for (const auto& message : held.messages) seen.insert(message.id);
    for (;;) {
      const auto more = MUST(Receive(engine(), queue, 1000, 10s));
      if (more.messages.empty()) break;
      for (const auto& message : more.messages) EXPECT_TRUE(seen.insert(message.id).second) << "inside its visibility";
    }
    EXPECT_EQ(seen.size(), 600u);
    EXPECT_EQ(MUST(Delete(engine(), queue, {held.messages[1].receipt})), Outcomes{ReceiptOutcome::kDone});
    node_.clock().Advance(10s);
    node_.Restart();
    EXPECT_EQ(MUST(Receive(engine(), queue, 1000)).messages.size(), 549u);
    ASSERT_TRUE(engine().queues().Remove(queue).ok());
  }
  EXPECT_EQ(Rows(store::Space::kLog, ""), 0u);
  EXPECT_EQ(Rows(store::Space::kState, "ek") + Rows(store::Space::kState, "el"), 0u);
}

TEST_F(QueueTest, PurgeTakesWhatWasSentBefore) {
  const QueueId queue = MakeQueue(engine(), "q");
  SendAll(queue, {"1", "2", "3"});
  ASSERT_TRUE(Send(engine(), queue, Delayed("4", 10s)).ok());
  const auto held = MUST(Receive(engine(), queue, 1));
  ASSERT_TRUE(engine().queues().Purge(queue).ok());
  const QueueCounts counts = Counts(queue);
  EXPECT_EQ(counts.visible + counts.in_flight + counts.delayed, 0u);
  EXPECT_EQ(counts.oldest_ms, 0);
  EXPECT_EQ(MUST(Delete(engine(), queue, Receipts(held))), Outcomes{ReceiptOutcome::kUnknown});
  SendAll(queue, {"5"});
  node_.clock().Advance(1min);
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue))), Texts{"5"});
}

TEST_F(QueueTest, MessagesExpireWhetherAnybodyLooksOrNot) {
  QueueSettings settings;
  settings.retention = 60s;
  const QueueId queue = MakeQueue(engine(), "q", settings);
  const QueueId watched = MakeQueue(engine(), "watched", settings);
  for (int i = 0; i < 1500; ++i) SendAll(queue, {"old"});
  SendAll(watched, {"old"});
  node_.clock().Advance(60s);
  SendAll(queue, {"new"});
  SendAll(watched, {"new"});
  EXPECT_EQ(Counts(queue).visible, 1501u);
  node_.clock().Advance(1ms);
  EXPECT_EQ(Bodies(MUST(Receive(engine(), watched))), Texts{"new"});
  ASSERT_TRUE(engine().Maintain().ok());
  EXPECT_EQ(Counts(queue).visible, 1u);
  EXPECT_EQ(Rows(store::Space::kLog, ""), 2u);
  EXPECT_EQ(Bodies(MUST(Receive(engine(), queue))), Texts{"new"});
}

TEST_F(QueueTest, SaysHowOldTheOldestIs) {
  const QueueId queue = MakeQueue(engine(), "q");
  EXPECT_EQ(Counts(queue).oldest_ms, 0);
  SendAll(queue, {"1"});
  const std::int64_t first_ms = node_.clock().NowMillis();
  node_.clock().Advance(1s);
  SendAll(queue, {"2"});
  EXPECT_EQ(Counts(queue).oldest_ms, first_ms);
  node_.Restart();
  EXPECT_EQ(Counts(queue).oldest_ms, first_ms);
  ASSERT_TRUE(Delete(engine(), queue, Receipts(MUST(Receive(engine(), queue, 1)))).ok());
  EXPECT_EQ(Counts(queue).oldest_ms, first_ms + 1000);
}

TEST_F(QueueTest, TheRowsOfASenderAreInTheCommitOfItsMessages) {
  const QueueId queue = MakeQueue(engine(), "q");
  SendRequest request{.queue = queue, .messages = {Message("1")}, .state = {{"fc", "checkpoint"}}};
  ASSERT_TRUE(Send(engine(), request).ok());
  EXPECT_EQ(MUST(engine().ReadState("fc")), "checkpoint");
  request.queue = QueueId(99);
  request.state[0].value = "other";
  const auto refused = Send(engine(), request);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason(), reason::kQueueNotFound);
  EXPECT_EQ(MUST(engine().ReadState("fc")), "checkpoint");
}

TEST_F(QueueTest, RefusesWhatDoesNotFit) {
  QueueSettings settings = Fifo();
  settings.message_bytes_max = 1024;
  const QueueId queue = MakeQueue(engine(), "q.fifo", settings);
  EXPECT_EQ(Send(engine(), queue, Message(std::string(1025, 'x'), "a", "1")).error().reason(), reason::kMessageTooLong);
  EXPECT_EQ(Send(engine(), queue, Message("x", "", "1")).error().reason(), reason::kGroupMissing);
  EXPECT_EQ(Send(engine(), queue, Message("x", "a", "")).error().reason(), reason::kDeduplicationMissing);
  EXPECT_EQ(Counts(queue).visible, 0u);
  EXPECT_EQ(engine().queues().Create({testing::kScope, "q.fifo", settings}).error().reason(), reason::kQueueExists);
  EXPECT_FALSE(engine().queues().Update(queue, [](QueueSettings& s) { return s.fifo = false, Ok(); }).ok());
}

TEST_F(QueueTest, SettingsAreInTheCatalogueAndStay) {
  QueueSettings settings = Fifo();
  settings.content_deduplication = true;
  settings.deduplication_scope = DeduplicationScope::kMessageGroup;
  settings.visibility = 7s;
  settings.delay = 3s;
  settings.retention = 61s;
  settings.message_bytes_max = 2048;
  settings.receive_wait = 10s;
  settings.redrive = RedrivePolicy{"arn:aws:sqs:us-east-1:000000000000:dead.fifo", 4};
  settings.echoed = {{"Policy", "{}"}};
  settings.tags = {{"team", "a"}};
  const QueueId queue = MakeQueue(engine(), "q.fifo", settings);
  node_.Restart();
  const auto catalogue = engine().catalogue();
  const auto found = catalogue->FindQueue(*catalogue->FindScope(testing::kScope), "q.fifo");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->id, queue);
  EXPECT_EQ(found->settings, settings);
  EXPECT_EQ(found->arn, "arn:aws:sqs:us-east-1:000000000000:q.fifo");
  EXPECT_EQ(catalogue->FindQueueByArn(found->arn), found);
  node_.clock().Advance(1s);
  const auto changed = MUST(engine().queues().Update(queue, [](QueueSettings& s) { return s.redrive.reset(), Ok(); }));
  EXPECT_EQ(changed->settings.redrive, std::nullopt);
  EXPECT_EQ(changed->modified_ms, changed->created_ms + 1000);
  ASSERT_TRUE(engine().queues().Remove(queue).ok());
  EXPECT_EQ(engine().catalogue()->FindQueueByArn(found->arn), nullptr);
  EXPECT_EQ(Receive(engine(), queue).error().reason(), reason::kQueueNotFound);
  EXPECT_NE(MakeQueue(engine(), "q.fifo", Fifo()), queue);
}

TEST_F(QueueTest, ListenersHearOfMessagesAndOfTimesThatEnd) {
  const QueueId queue = MakeQueue(engine(), "q");
  std::atomic<int> calls{0};
  const auto id = engine().queues().AddListener(queue, [&] { ++calls; });
  SendAll(queue, {"1"});
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(engine().queues().NextDueMs(), std::nullopt);
  ASSERT_TRUE(Send(engine(), queue, Delayed("2", 10s)).ok());
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(engine().queues().NextDueMs(), node_.clock().NowMillis() + 10'000);
  const auto received = MUST(Receive(engine(), queue, 10, 5s));
  EXPECT_EQ(engine().queues().NextDueMs(), node_.clock().NowMillis() + 5'000);
  ASSERT_TRUE(ChangeVisibility(engine(), queue, {{received.messages[0].receipt, 0s}}).ok());
  EXPECT_EQ(calls, 2);
  ASSERT_EQ(Bodies(MUST(Receive(engine(), queue, 10, 5s))), Texts{"1"});
  engine().queues().Tick();
  EXPECT_EQ(calls, 2);
  node_.clock().Advance(5s);
  engine().queues().Tick();
  EXPECT_EQ(calls, 3);
  node_.clock().Advance(5s);
  engine().queues().Tick();
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(engine().queues().NextDueMs(), std::nullopt);
  engine().queues().RemoveListener(id);
  SendAll(queue, {"3"});
  EXPECT_EQ(calls, 4);
}

TEST_F(QueueTest, ALargeReceiveStopsAtItsBytesAndABacklogIsReadAsItIsNeeded) {
  const QueueId queue = MakeQueue(engine(), "q");
  for (int i = 0; i < 700; ++i) SendAll(queue, {std::to_string(i) + std::string(2000, 'x')});
  ReceiveRequest request;
  request.queue = queue;
  request.messages_max = 1000;
  request.bytes_max = 100'000;
  const auto some = MUST(Receive(engine(), request));
  EXPECT_GT(some.messages.size(), 40u);
  EXPECT_LT(some.messages.size(), 51u);
  EXPECT_FALSE(some.at_end);
  request.bytes_max = 1;
  EXPECT_EQ(MUST(Receive(engine(), request)).messages.size(), 1u);
  request.bytes_max = 1 << 30;
  const auto rest = MUST(Receive(engine(), request));
  EXPECT_EQ(rest.messages.size(), 699 - some.messages.size());
  EXPECT_TRUE(rest.at_end);
}

}  // namespace
}  // namespace millrace::engine
