#include "logs/bus/bus_log.h"

#include "flow/bus_event.h"

namespace millrace::logs {

BusLog::BusLog(engine::Engine& engine, const engine::Log& bus)
    : engine_(engine), id_(bus.id), name_("bus/" + bus.name) {}

Result<flow::Position> BusLog::Resolve(const flow::Start& start) {
  flow::Position position;
  if (start.kind == flow::Start::Kind::kTrimHorizon) return position;
  const engine::SequenceNumber now = engine_.committed();
  const auto bus = engine_.catalogue()->FindLog(id_);
  if (bus == nullptr) return Err(ErrorCode::kNotFound, {}, "{} does not exist", name_);
  engine::SequenceNumber before;
  if (start.kind == flow::Start::Kind::kOffset) {
    const auto at = engine::ParseSequenceNumber(start.offset);
    if (!at || at->value() == 0)
      return Err(ErrorCode::kInvalidArgument, {}, "'{}' is not a sequence number of {}", start.offset, name_);
    before = engine::SequenceNumber(at->value() - 1);
  }
  for (const engine::Shard& shard : bus->shards) {
    engine::SequenceNumber after = std::max(start.kind == flow::Start::Kind::kOffset ? before : now, shard.trimmed);
    if (start.kind == flow::Start::Kind::kTime) {
      ASSIGN_OR_RETURN(after, engine::BeforeTime(engine_, id_, shard.number, start.time_ms));
    }
    position.Set(shard.id, engine::FormatSequenceNumber(after));
  }
  return position;
}

// How far a shard has been read; a shard without an entry is read from its oldest record.
Result<engine::SequenceNumber> BusLog::OffsetIn(const flow::Position& position, const engine::Shard& shard) const {
  const std::string* offset = position.Find(shard.id);
  if (offset == nullptr) return shard.trimmed;
  const auto sequence = engine::ParseSequenceNumber(*offset);
  if (!sequence) return Err(ErrorCode::kCorruption, {}, "'{}' is not a position in {}", *offset, name_);
  return *sequence;
}

Result<flow::LogLag> BusLog::Lag(const flow::Position& from, std::size_t records_max) {
  const auto bus = engine_.catalogue()->FindLog(id_);
  if (bus == nullptr) return Err(ErrorCode::kNotFound, {}, "{} does not exist", name_);
  flow::LogLag lag;
  for (const engine::Shard& shard : bus->shards) {
    ASSIGN_OR_RETURN(const engine::SequenceNumber after, OffsetIn(from, shard));
    ASSIGN_OR_RETURN(const engine::LogCount count,
                     engine_.CountLog(id_, shard.number, after, records_max - lag.records));
    lag.records += count.records;
    lag.more |= count.more;
    if (count.first_ms != 0 && (lag.oldest_ms == 0 || count.first_ms < lag.oldest_ms)) lag.oldest_ms = count.first_ms;
  }
  return lag;
}

Result<flow::LogBatch> BusLog::Read(const flow::Position& from, const flow::ReadLimits& limits) {
  const auto bus = engine_.catalogue()->FindLog(id_);
  if (bus == nullptr) return Err(ErrorCode::kNotFound, {}, "{} does not exist", name_);
  flow::LogBatch batch;
  batch.at_end = true;
  for (const engine::Shard& shard : bus->shards) {
    ASSIGN_OR_RETURN(const engine::SequenceNumber after, OffsetIn(from, shard));
    ASSIGN_OR_RETURN(
        const engine::LogPage page,
        engine_.ReadLog(id_, shard.number,
                        {.after = after, .records_max = limits.records_max, .bytes_max = limits.bytes_max}));
    for (const engine::LogRecord& stored : page.records) {
      ASSIGN_OR_RETURN(const engine::StoredEvent event, engine::DecodeEvent(stored));
      ASSIGN_OR_RETURN(flow::BusEvent decoded, flow::BusEvent::Decode(event.value));
      flow::Record record;
      record.shard = shard.id;
      record.offset = engine::FormatSequenceNumber(stored.sequence);
      record.id = std::move(decoded.id);
      record.order_key = std::move(decoded.order_key);
      record.time_ms = event.time_ms;
      record.body = std::move(decoded.envelope);
      record.forwarded = decoded.forwarded;
      record.matched_rules = std::move(decoded.matched_rules);
      batch.records.push_back(std::move(record));
    }
    batch.next.Set(shard.id, engine::FormatSequenceNumber(page.next));
    batch.at_end &= page.at_end;
  }
  return batch;
}

}  // namespace millrace::logs
