#include "logs/kafka/kafka_log.h"

#include <charconv>

#include "http/digest.h"
#include "transform/kafka_record.h"

namespace millrace::logs {
namespace {

constexpr std::size_t kIdBytes = 16;

std::optional<std::int64_t> NumberOf(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

// A position holds the last offset that was read, the cluster wants the next one.
Result<kafka::Offsets> OffsetsOf(const flow::Position& position) {
  kafka::Offsets offsets;
  for (const auto& [shard, text] : position.entries()) {
    const auto partition = NumberOf(shard);
    const auto offset = NumberOf(text);
    if (!partition || !offset)
      return Err(ErrorCode::kCorruption, {}, "'{}' in '{}' is not a position in a Kafka topic", text, shard);
    offsets[static_cast<std::int32_t>(*partition)] = *offset + 1;
  }
  return offsets;
}

flow::Position PositionOf(const kafka::Offsets& offsets) {
  flow::Position position;
  for (const auto& [partition, next] : offsets)
    if (next > 0) position.Set(std::to_string(partition), std::to_string(next - 1));
  return position;
}

std::string OrderKey(const std::optional<std::string>& key, std::string_view partition) {
  return key ? "k" + *key : fmt::format("p{}", partition);
}

}  // namespace

Result<std::unique_ptr<KafkaLog>> KafkaLog::Open(kafka::ClientOptions client, std::string topic) {
  std::unique_ptr<KafkaLog> log(new KafkaLog("kafka/" + topic, client.servers, topic));
  kafka::ConsumerOptions options{
      .client = std::move(client), .topic = std::move(topic), .wake = [raw = log.get()] { raw->Wake(); }};
  ASSIGN_OR_RETURN(log->consumer_, kafka::Consumer::Create(std::move(options)));
  return log;
}

void KafkaLog::Wake() {
  std::lock_guard lock(mutex_);
  for (const auto& [id, wake] : watchers_) wake();
}

std::uint64_t KafkaLog::Watch(std::function<void()> wake) {
  std::lock_guard lock(mutex_);
  watchers_.emplace(next_id_, std::move(wake));
  return next_id_++;
}

void KafkaLog::Unwatch(std::uint64_t id) {
  std::lock_guard lock(mutex_);
  watchers_.erase(id);
}

Result<flow::Position> KafkaLog::Resolve(const flow::Start& start) {
  switch (start.kind) {
    case flow::Start::Kind::kTrimHorizon:
      break;
    case flow::Start::Kind::kLatest: {
      ASSIGN_OR_RETURN(const kafka::Offsets end, consumer_->End());
      return PositionOf(end);
    }
    case flow::Start::Kind::kTime: {
      ASSIGN_OR_RETURN(const kafka::Offsets offsets, consumer_->AtTime(start.time_ms));
      return PositionOf(offsets);
    }
    case flow::Start::Kind::kOffset: {
      const auto offset = NumberOf(start.offset);
      if (!offset) return InvalidArgument("'{}' is not an offset of {}", start.offset, name_);
      ASSIGN_OR_RETURN(kafka::Offsets offsets, consumer_->End());
      for (auto& [partition, next] : offsets) next = std::min(next, *offset);
      return PositionOf(offsets);
    }
  }
  return flow::Position();
}

Result<flow::LogBatch> KafkaLog::Read(const flow::Position& from, const flow::ReadLimits& limits) {
  ASSIGN_OR_RETURN(const kafka::Offsets offsets, OffsetsOf(from));
  auto taken = consumer_->Take(offsets, limits.records_max, limits.bytes_max);
  if (!taken.ok()) {
    if (taken.error().reason() != kafka::reason::kGone) return std::move(taken).error();
    return Err(ErrorCode::kFailedPrecondition, flow::reason::kTrimmed, "{}", taken.error().message());
  }
  flow::LogBatch batch;
  batch.records.reserve(taken->messages.size());
  for (const kafka::Received& message : taken->messages) batch.records.push_back(RecordOf(message));
  batch.next = PositionOf(taken->next);
  batch.at_end = taken->at_end;
  return batch;
}

flow::Record KafkaLog::RecordOf(const kafka::Received& message) const {
  flow::Record record;
  record.shard = std::to_string(message.partition);
  record.offset = std::to_string(message.offset);
  // A topic that was made anew has the same offsets, at other times.
  record.id =
      http::Hex(http::Sha256(fmt::format("{}\n{}\n{}\n{}", topic_, message.partition, message.offset, message.time_ms))
                    .substr(0, kIdBytes));
  record.order_key = OrderKey(message.key, record.shard);
  record.time_ms = message.time_ms;
  transform::AppendKafkaRecord(record.body, {.servers = servers_,
                                             .topic = topic_,
                                             .partition = message.partition,
                                             .offset = message.offset,
                                             .time_ms = message.time_ms,
                                             .append_time = message.append_time,
                                             .key = message.key,
                                             .value = message.value,
                                             .headers = message.headers});
  return record;
}

Status KafkaLog::Restore(flow::Record& record) const {
  const auto key = transform::KeyOfKafkaRecord(record.body);
  if (!key.ok())
    return Err(ErrorCode::kCorruption, {}, "a stored record of {} is damaged: {}", name_, key.error().message());
  record.order_key = OrderKey(*key, record.shard);
  return Ok();
}

Result<flow::LogLag> KafkaLog::Lag(const flow::Position& from, std::size_t records_max) {
  ASSIGN_OR_RETURN(const kafka::Offsets offsets, OffsetsOf(from));
  const std::uint64_t behind = consumer_->Behind(offsets);
  return flow::LogLag{.records = std::min<std::uint64_t>(behind, records_max), .more = behind > records_max};
}

}  // namespace millrace::logs
