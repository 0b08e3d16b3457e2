// QueueSource gives a queue's messages as Lambda's SQS event has them, and keeps the contract of flow::Queue: leases,
// returns with a delay, extensions, order within a group, watchers.
#include "sources/queue/queue_source.h"

#include <gtest/gtest.h>

#include <future>

#include "aws/message_attributes.h"
#include "base/check.h"
#include "engine/engine.h"
#include "json/parse.h"
#include "store/memory_store.h"

namespace millrace::sources {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

class QueueSourceTest : public ::testing::Test {
 protected:
  QueueSourceTest() { engine_ = MUST(engine::Engine::Open({}, store_, clock_, random_)); }
  ~QueueSourceTest() override { engine_->Stop(); }

  QueueSource& Open(bool fifo) {
    engine::QueueSettings settings;
    settings.fifo = fifo;
    settings.visibility = 20s;
    queue_ = MUST(engine_->queues().Create({{"000000000000", "eu-west-1"}, fifo ? "orders.fifo" : "orders", settings}));
    source_ = std::make_unique<QueueSource>(*engine_, *queue_);
    return *source_;
  }
  engine::SentMessage Send(std::string body, std::string group = {}, std::string attributes = {}) {
    engine::SendRequest request{.queue = queue_->id, .messages = {}, .state = {}};
    engine::OutgoingMessage message;
    message.deduplication_id = group.empty() ? "" : body;
    message.body = std::move(body);
    message.group = std::move(group);
    message.attributes = std::move(attributes);
    request.messages.push_back(std::move(message));
    std::promise<engine::SentMessage> sent;
    engine_->queues().Send(std::move(request), [&](auto result) { sent.set_value(MUST(std::move(result))[0]); });
    return sent.get_future().get();
  }
  flow::Received Receive(std::size_t max = 100) {
    std::promise<flow::Received> received;
    source_->Receive({.records_max = max}, [&](auto result) { received.set_value(MUST(std::move(result))); });
    return received.get_future().get();
  }
  template <class Start>
  Status Wait(Start start) {
    std::promise<Status> done;
    start([&](Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }
  static Texts Offsets(const flow::Received& received) {
    Texts offsets;
    for (const flow::Record& record : received.records) offsets.push_back(record.offset);
    return offsets;
  }
  static Texts Bodies(const flow::Received& received) {
    Texts bodies;
    for (const flow::Record& record : received.records) {
      json::Document document;
      EXPECT_TRUE(document.Parse(record.body).ok());
      bodies.emplace_back(document.root().Find("body")->string());
    }
    return bodies;
  }

  store::MemoryStore store_;
  ManualClock clock_;
  SeededRandom random_{5};
  std::unique_ptr<engine::Engine> engine_;
  std::shared_ptr<const engine::Queue> queue_;
  std::unique_ptr<QueueSource> source_;
};

TEST_F(QueueSourceTest, RecordsAreThoseOfLambdasEvents) {
  Open(true);
  const std::string attributes = aws::EncodeMessageAttributes({{"kind", "String", "a\"b", false, false},
                                                               {"raw", "Binary", "\xff", true, false},
                                                               {"AWSTraceHeader", "String", "Root=1", false, true}});
  const auto sent = Send("{\"n\":1}", "g1", attributes);
  const auto received = Receive();
  EXPECT_TRUE(received.at_end);
  ASSERT_EQ(received.records.size(), 1u);
  const flow::Record& record = received.records[0];
  EXPECT_EQ(record.id, sent.id);
  EXPECT_EQ(record.order_key, "g1");
  EXPECT_EQ(record.time_ms, 1'700'000'000'000);
  EXPECT_EQ(record.receives, 1u);
  EXPECT_EQ(
      record.body,
      fmt::format(
          R"({{"messageId":"{}","receiptHandle":"{}","body":"{{\"n\":1}}","attributes":{{"ApproximateReceiveCount":"1",)"
          R"("SentTimestamp":"1700000000000","SenderId":"000000000000","ApproximateFirstReceiveTimestamp":"1700000000000",)"
          R"("SequenceNumber":"{}","MessageDeduplicationId":"{{\"n\":1}}","MessageGroupId":"g1","AWSTraceHeader":"Root=1"}},)"
          R"("messageAttributes":{{"kind":{{"stringValue":"a\"b","stringListValues":[],"binaryListValues":[],"dataType":"String"}},)"
          R"("raw":{{"binaryValue":"/w==","stringListValues":[],"binaryListValues":[],"dataType":"Binary"}}}},)"
          R"("md5OfBody":"{}","md5OfMessageAttributes":"{}","eventSource":"aws:sqs",)"
          R"("eventSourceARN":"arn:aws:sqs:eu-west-1:000000000000:orders.fifo","awsRegion":"eu-west-1"}})",
          sent.id, record.offset, engine::FormatMessageSequence(sent.sequence), aws::Md5OfMessageBody("{\"n\":1}"),
          aws::Md5OfMessageAttributes(MUST(aws::DecodeMessageAttributes(attributes)), aws::AttributeKind::kUser)));
}

TEST_F(QueueSourceTest, MessagesAreLeasedAcknowledgedReturnedAndExtended) {
  QueueSource& source = Open(false);
  EXPECT_EQ(source.name(), "queue/orders");
  EXPECT_EQ(source.lease(), 10s) << "not the queue's 20 s: whoever is gone holds it up no longer";
  for (const char* body : {"1", "2", "3"}) Send(body);
  const auto first = Receive();
  ASSERT_EQ(Bodies(first), (Texts{"1", "2", "3"}));
  EXPECT_EQ(first.records[0].order_key, first.records[0].id);
  EXPECT_TRUE(Wait([&](auto done) { source.Acknowledge({first.records[0].offset}, done); }).ok());
  EXPECT_TRUE(Wait([&](auto done) { source.Return({{first.records[1].offset, 5s}}, done); }).ok());
  clock_.Advance(9s);
  EXPECT_TRUE(Wait([&](auto done) { source.Extend({first.records[2].offset, "gone"}, done); }).ok());
  const auto second = Receive();
  EXPECT_EQ(Bodies(second), Texts{"2"});
  EXPECT_EQ(second.records[0].receives, 2u);
  clock_.Advance(9s);
  EXPECT_TRUE(Receive().records.empty());
  clock_.Advance(1s);
  EXPECT_EQ(Bodies(Receive()), (Texts{"2", "3"}));
}

TEST_F(QueueSourceTest, AGroupComesInOrderAndBehindWhoHoldsIt) {
  QueueSource& source = Open(true);
  for (const char* body : {"a1", "a2", "a3", "b1"}) Send(body, std::string(body).substr(0, 1));
  const auto first = Receive(2);
  EXPECT_EQ(Bodies(first), (Texts{"a1", "a2"}));
  EXPECT_EQ(Bodies(Receive()), Texts{"b1"});
  EXPECT_TRUE(Wait([&](auto done) { source.Acknowledge({first.records[0].offset}, done); }).ok());
  EXPECT_TRUE(Wait([&](auto done) { source.Return({{first.records[1].offset, 0s}}, done); }).ok());
  EXPECT_EQ(Bodies(Receive()), (Texts{"a2", "a3"}));
}

TEST_F(QueueSourceTest, WhatWasNotTriedDoesNotCountAsReceived) {
  QueueSource& source = Open(true);
  for (const char* body : {"a1", "a2"}) Send(body, "a");
  for (std::uint32_t round = 1; round <= 5; ++round) {
    const auto received = Receive();
    ASSERT_EQ(Bodies(received), (Texts{"a1", "a2"}));
    EXPECT_EQ(received.records[0].receives, round);
    EXPECT_EQ(received.records[1].receives, 1u);
    EXPECT_TRUE(
        Wait([&](auto done) {
          source.Return(
              {{.receipt = received.records[0].offset}, {.receipt = received.records[1].offset, .tried = false}}, done);
        }).ok());
  }
}

TEST_F(QueueSourceTest, SaysHowMuchIsInItAndWakesItsWatchers) {
  QueueSource& source = Open(false);
  EXPECT_EQ(MUST(source.Lag(10)).records, 0u);
  int calls = 0;
  const auto watch = source.Watch([&] { ++calls; });
  for (const char* body : {"1", "2", "3"}) Send(body);
  EXPECT_EQ(calls, 3);
  Receive(1);
  const auto lag = MUST(source.Lag(2));
  EXPECT_EQ(lag.records, 2u);
  EXPECT_TRUE(lag.more);
  EXPECT_EQ(lag.oldest_ms, 1'700'000'000'000);
  source.Unwatch(watch);
  Send("4");
  EXPECT_EQ(calls, 3);
}

TEST_F(QueueSourceTest, AQueueThatWasDeletedIsUnavailable) {
  QueueSource& source = Open(false);
  ASSERT_TRUE(engine_->queues().Remove(queue_->id).ok());
  std::promise<ErrorCode> code;
  source.Receive({}, [&](auto result) { code.set_value(result.error().code()); });
  EXPECT_EQ(code.get_future().get(), ErrorCode::kUnavailable);
  EXPECT_EQ(source.Lag(10).error().message(), "queue/orders was deleted");
}

}  // namespace
}  // namespace millrace::sources
