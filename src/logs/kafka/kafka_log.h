// KafkaLog is a Kafka topic as a Log: a shard for each partition, with Kafka's own offsets.
//
// Its records are what transform/kafka_record.h says; they share a lane by the message's key, and those without a key
// by their partition. There is order within a partition only, as in Kafka. New partitions are read from their oldest
// message on.
//
// Several who read at different places make it jump between them: each subscription has a log of its own.
//
// Threads:   thread-safe.
// Ownership: Close, before the watchers are gone.
// Failure:   as Log says; the cluster being away is Unavailable.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "flow/log.h"
#include "kafka/consumer.h"

namespace millrace::logs {

class KafkaLog final : public flow::Log {
 public:
  // "kafka/orders" as its name: the options' client says whose it is in messages.
  static Result<std::unique_ptr<KafkaLog>> Open(kafka::ClientOptions client, std::string topic);

  const std::string& name() const override { return name_; }
  Result<flow::Position> Resolve(const flow::Start& start) override;
  Result<flow::LogBatch> Read(const flow::Position& from, const flow::ReadLimits& limits) override;
  Result<flow::LogLag> Lag(const flow::Position& from, std::size_t records_max) override;
  Status Restore(flow::Record& record) const override;
  std::uint64_t Watch(std::function<void()> wake) override;
  void Unwatch(std::uint64_t id) override;
  void Close() { consumer_->Close(); }

 private:
  KafkaLog(std::string name, std::string servers, std::string topic)
      : name_(std::move(name)), servers_(std::move(servers)), topic_(std::move(topic)) {}
  void Wake();
  flow::Record RecordOf(const kafka::Received& message) const;

  const std::string name_;
  const std::string servers_;
  const std::string topic_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::function<void()>> watchers_;  // guarded by mutex_, which is held while they are called
  std::uint64_t next_id_ = 1;                                // guarded by mutex_
  std::unique_ptr<kafka::Consumer> consumer_;                // the first to go: it calls Wake
};

}  // namespace millrace::logs
