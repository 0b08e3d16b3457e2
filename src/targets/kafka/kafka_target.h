// KafkaTarget sends records to Kafka topics.
//
// What "once" rests on: a producer that is idempotent as long as it lives; after a restart, or when it had to be
// renewed (kafka/producer.h), messages may come twice, in an order in which the first occurrences of each key are in
// order. Records of one key go one after the other: it is a per-entry target.
//
// A message that is too large, or of which no message can be made, is rejected, with the reason.
//
// Threads:   thread-safe; completions come from the producer's thread, or from Write.
// Ownership: the producer may be shared; Close closes it. The options' function is called by several threads at once.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "flow/target.h"
#include "kafka/producer.h"

namespace millrace::targets {

// What is sent of a record. Its value may point into the record's body, or into `value`, which is the call's own.
using KafkaMessageOf = std::function<Result<kafka::Message>(const flow::Record& record, std::string& value)>;

struct KafkaTargetOptions {
  std::string name;  // "target/orders"
  KafkaMessageOf message;
  std::size_t batch_records_max = 1000;
};

class KafkaTarget final : public flow::Target {
 public:
  KafkaTarget(KafkaTargetOptions options, std::shared_ptr<kafka::Producer> producer);

  const std::string& name() const override { return options_.name; }
  const flow::TargetTraits& traits() const override { return traits_; }
  Status Open() override { return Ok(); }
  void Write(std::span<const flow::Record> batch, std::vector<flow::StateRow> state, Done done) override;
  void Close() override { producer_->Close(); }

 private:
  const KafkaTargetOptions options_;
  const std::shared_ptr<kafka::Producer> producer_;
  const flow::TargetTraits traits_;
};

}  // namespace millrace::targets
