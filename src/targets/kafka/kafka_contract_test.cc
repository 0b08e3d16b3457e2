// KafkaTarget keeps the contract of targets, over the library's own broker in this process, whose sockets are real.
#include <gtest/gtest.h>

#include "base/check.h"
#include "flow/testing/target_contract.h"
#include "kafka/mock_cluster.h"
#include "targets/kafka/message.h"

namespace millrace::flow::testing {
namespace {

class KafkaRig final : public TargetRig {
 public:
  KafkaRig()
      : cluster_("events", 2),
        target_({.name = "target/kafka",
                 .message = targets::MessageOfBody({.topic = MUST(transform::Parameter::Parse("topic", "events")),
                                                    .key = {},
                                                    .partition = {},
                                                    .headers = {},
                                                    .partition_attribute = {}}),
                 .batch_records_max = 50},
                MUST(kafka::Producer::Create({.client = {.name = "target/kafka",
                                                         .servers = cluster_.servers(),
                                                         .timeout = std::chrono::seconds(10)}}))) {}
  ~KafkaRig() override { target_.Close(); }
  Target& target() override { return target_; }
  std::string Body(const std::string& key, int number) override {
    return fmt::format(R"({{"key":"{}","number":{}}})", key, number);
  }
  std::vector<std::string> Effects() override {
    std::vector<std::string> values;
    for (auto& message : cluster_.Messages()) values.push_back(std::move(message.value));
    return values;
  }
  void Break() override { cluster_.Down(); }
  void Mend() override { cluster_.Up(); }

 private:
  kafka::MockCluster cluster_;
  targets::KafkaTarget target_;
};

using Rigs = ::testing::Types<KafkaRig>;
INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, TargetContract, Rigs);

}  // namespace
}  // namespace millrace::flow::testing
