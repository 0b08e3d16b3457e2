// Proves what becomes of messages whose fate is in doubt: the client is renewed, what it held is answered, and what is
// sent again arrives; that a message that is too large is refused alone; and what options are refused.
#include "kafka/producer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/check.h"
#include "kafka/mock_cluster.h"

namespace millrace::kafka {
namespace {

using Outcome = Delivery::Outcome;

class ProducerTest : public ::testing::Test {
 protected:
  ProducerOptions Options() {
    return {.client = {.name = "target/t", .servers = cluster_.servers(), .timeout = std::chrono::milliseconds(2000)},
            .message_bytes_max = 10'000};
  }
  static std::vector<Delivery> Send(Producer& producer, const std::vector<Message>& messages) {
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<std::vector<Delivery>> answer;
    producer.Send(messages, [&](std::vector<Delivery> deliveries) {
      std::lock_guard lock(mutex);
      answer = std::move(deliveries);
      ready.notify_one();
    });
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return answer.has_value(); });
    return *std::move(answer);
  }
  // What a lane does: again and again until it is stored or refused.
  static Delivery Insist(Producer& producer, const Message& message, int* doubts = nullptr) {
    while (true) {
      Delivery delivery = Send(producer, {message}).front();
      if (delivery.outcome != Outcome::kRetry) return delivery;
      if (doubts != nullptr && !delivery.wait) ++*doubts;
    }
  }
  static Message Make(std::string key, std::string_view value) {
    return {.topic = "events", .key = std::move(key), .value = value, .headers = {}, .partition = {}};
  }

  MockCluster cluster_{"events", 1};
};

TEST_F(ProducerTest, AFatalErrorRenewsTheClientAndNothingIsMissing) {
  auto producer = MUST(Producer::Create(Options()));
  EXPECT_EQ(Insist(*producer, Make("k", "0")).outcome, Outcome::kStored);
  cluster_.FailProduce(MockCluster::Fault::kOutOfOrderSequence, 1);
  int doubts = 0;
  EXPECT_EQ(Insist(*producer, Make("k", "1"), &doubts).outcome, Outcome::kStored);
  EXPECT_EQ(Insist(*producer, Make("k", "2")).outcome, Outcome::kStored);
  EXPECT_EQ(producer->renewals(), 1u);
  EXPECT_GE(doubts, 1);
  std::vector<std::string> values;
  for (const auto& message : cluster_.Messages())
    if (std::ranges::find(values, message.value) == values.end()) values.push_back(message.value);
  EXPECT_EQ(values, (std::vector<std::string>{"0", "1", "2"}));
}

TEST_F(ProducerTest, ABatchThatIsTooLargeIsSentMessageByMessageAndOnlyTheGuiltyOneIsRefused) {
  auto producer = MUST(Producer::Create(Options()));
  cluster_.FailProduce(MockCluster::Fault::kTooLarge, 1);
  const auto first = Send(*producer, {Make("a", "1"), Make("b", "2"), Make("c", "3")});
  for (const Delivery& delivery : first) {
    EXPECT_EQ(delivery.outcome, Outcome::kRetry);
    EXPECT_TRUE(delivery.wait) << "no try: the message is not known to be at fault";
  }
  while (producer->renewals() == 0) (void)Send(*producer, {Make("a", "1")});
  EXPECT_EQ(Insist(*producer, Make("a", "1")).outcome, Outcome::kStored);
  cluster_.FailProduce(MockCluster::Fault::kTooLarge, 1);
  const Delivery guilty = Insist(*producer, Make("b", "2"));
  EXPECT_EQ(guilty.outcome, Outcome::kRefused);
  EXPECT_NE(guilty.error->message().find("2 bytes, more than topic events takes"), std::string::npos)
      << guilty.error->message();
  EXPECT_EQ(Insist(*producer, Make("c", "3")).outcome, Outcome::kStored);
}

TEST_F(ProducerTest, WhatIsLargerThanAllowedIsRefusedBeforeItIsSent) {
  auto producer = MUST(Producer::Create(Options()));
  const std::string large(20'000, 'x');
  const Delivery refused = Insist(*producer, Make("a", large));
  EXPECT_EQ(refused.outcome, Outcome::kRefused);
  EXPECT_NE(refused.error->message().find("20001 bytes, more than 10000"), std::string::npos);
}

TEST_F(ProducerTest, NoKeyAndNoValueAreNotTheSameAsEmptyOnes) {
  auto producer = MUST(Producer::Create(Options()));
  Message message{.topic = "events", .key = {}, .value = "", .headers = {{"h", ""}, {"i", "j"}}, .partition = 0};
  EXPECT_EQ(Insist(*producer, message).outcome, Outcome::kStored);
  message.key = "";
  EXPECT_EQ(Insist(*producer, message).outcome, Outcome::kStored);
  const auto stored = cluster_.Messages();
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_EQ(stored[0].key, std::nullopt);
  EXPECT_EQ(stored[1].key, "");
  EXPECT_EQ(stored[0].headers, (std::map<std::string, std::string>{{"h", ""}, {"i", "j"}}));
}

TEST_F(ProducerTest, AnUnreachableClusterIsDownAndSaysWhy) {
  ProducerOptions options = Options();
  options.client.servers = "127.0.0.1:1";
  options.client.timeout = std::chrono::milliseconds(1000);
  auto producer = MUST(Producer::Create(std::move(options)));
  const auto deliveries = Send(*producer, {Make("a", "1")});
  EXPECT_EQ(deliveries[0].outcome, Outcome::kRetry);
  EXPECT_TRUE(deliveries[0].down);
  EXPECT_NE(deliveries[0].error->message().find("efused"), std::string::npos) << deliveries[0].error->message();
}

TEST_F(ProducerTest, AKeyThatIsNoneIsSaidAndNotShown) {
  ProducerOptions options = Options();
  options.client.tls = Tls{.ca_file = {}, .certificate_file = {}, .key = Secret("no key at all")};
  auto producer = MUST(Producer::Create(std::move(options)));
  const auto deliveries = Send(*producer, {Make("a", "1")});
  EXPECT_EQ(deliveries[0].outcome, Outcome::kRetry);
  EXPECT_TRUE(deliveries[0].down);
  EXPECT_NE(deliveries[0].error->message().find("ssl.key.pem"), std::string::npos) << deliveries[0].error->message();
  EXPECT_EQ(deliveries[0].error->message().find("no key at all"), std::string::npos);
}

TEST_F(ProducerTest, OptionsThatNoClientCanBeMadeOfAreRefusedByName) {
  ProducerOptions options = Options();
  options.compression = "brotli";
  const auto refused = Producer::Create(std::move(options));
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.error().message().starts_with("target/t: ")) << refused.error().message();
}

}  // namespace
}  // namespace millrace::kafka
