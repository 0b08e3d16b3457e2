#include "logs/table/table_log.h"

#include "model/key.h"
#include "transform/stream_record.h"

namespace millrace::logs {
namespace {

// How far a shard has been read; a shard without an entry is read from its oldest record.
Result<engine::SequenceNumber> OffsetIn(const flow::Position& position, const engine::Shard& shard) {
  const std::string* offset = position.Find(shard.id);
  if (offset == nullptr) return shard.trimmed;
  const auto sequence = engine::ParseSequenceNumber(*offset);
  if (!sequence) return Err(ErrorCode::kCorruption, {}, "'{}' is not a position in shard {}", *offset, shard.id);
  return *sequence;
}

// The fourth part of an ARN.
std::string RegionOf(std::string_view arn) {
  for (int colons = 0; colons < 3 && !arn.empty(); ++colons) arn.remove_prefix(std::min(arn.size(), arn.find(':') + 1));
  return std::string(arn.substr(0, arn.find(':')));
}

bool Finished(const engine::Shard& shard, engine::SequenceNumber offset) {
  return shard.end && offset >= *shard.end;
}

}  // namespace

TableLog::TableLog(engine::Engine& engine, const engine::Log& stream)
    : engine_(engine),
      id_(stream.id),
      name_("table/" + stream.name),
      arn_(stream.arn),
      region_(RegionOf(stream.arn)),
      view_(stream.view) {}

Result<std::shared_ptr<const engine::Log>> TableLog::Stream() const {
  auto stream = engine_.catalogue()->FindLog(id_);
  if (stream == nullptr)
    return Err(ErrorCode::kNotFound, flow::reason::kTrimmed, "the stream of {} was disabled and its retention is over",
               name_);
  return stream;
}

Result<flow::Position> TableLog::Resolve(const flow::Start& start) {
  flow::Position position;
  if (start.kind == flow::Start::Kind::kTrimHorizon) return position;
  const engine::SequenceNumber now = engine_.committed();
  ASSIGN_OR_RETURN(const auto stream, Stream());
  engine::SequenceNumber before;
  if (start.kind == flow::Start::Kind::kOffset) {
    const auto at = engine::ParseSequenceNumber(start.offset);
    if (!at || at->value() == 0)
      return Err(ErrorCode::kInvalidArgument, {}, "'{}' is not a sequence number of {}", start.offset, name_);
    before = engine::SequenceNumber(at->value() - 1);
  }
  for (const engine::Shard& shard : stream->shards) {
    engine::SequenceNumber after = std::max(now, shard.trimmed);
    if (start.kind == flow::Start::Kind::kOffset) after = std::max(before, shard.trimmed);
    if (start.kind == flow::Start::Kind::kTime) {
      ASSIGN_OR_RETURN(after, engine::BeforeTime(engine_, id_, shard.number, start.time_ms));
    }
    if (shard.end) after = start.kind == flow::Start::Kind::kLatest ? *shard.end : std::min(after, *shard.end);
    position.Set(shard.id, engine::FormatSequenceNumber(after));
  }
  return position;
}

void TableLog::Describe(flow::Record& record) const {
  if (record.change == nullptr || !record.body.empty()) return;
  transform::AppendStreamRecord(record.body, *record.change,
                                {.event_id = record.id,
                                 .sequence_number = record.offset,
                                 .region = region_,
                                 .stream_arn = arn_,
                                 .view_type = view_});
}

Status TableLog::Restore(flow::Record& record) const {
  const auto sequence = engine::ParseSequenceNumber(record.offset);
  auto change = transform::ParseStreamRecord(record.body);
  if (!sequence || !change.ok())
    return Err(ErrorCode::kCorruption, {}, "a stored record of {} is damaged: {}", name_,
               change.ok() ? "its sequence number is none" : change.error().message());
  change->sequence = *sequence;
  change->time_ms = record.time_ms;
  record.change = std::make_shared<const model::Change>(*std::move(change));
  return Ok();
}

// Also of children whose parents are not read yet: their records are just as much behind.
Result<flow::LogLag> TableLog::Lag(const flow::Position& from, std::size_t records_max) {
  ASSIGN_OR_RETURN(const auto stream, Stream());
  flow::LogLag lag;
  for (const engine::Shard& shard : stream->shards) {
    ASSIGN_OR_RETURN(const auto after, OffsetIn(from, shard));
    if (Finished(shard, after)) continue;
    ASSIGN_OR_RETURN(const engine::LogCount count,
                     engine_.CountLog(id_, shard.number, after, records_max - lag.records));
    lag.records += count.records;
    lag.more |= count.more;
    if (count.first_ms != 0 && (lag.oldest_ms == 0 || count.first_ms < lag.oldest_ms)) lag.oldest_ms = count.first_ms;
  }
  return lag;
}

Result<flow::LogBatch> TableLog::Read(const flow::Position& from, const flow::ReadLimits& limits) {
  ASSIGN_OR_RETURN(const auto stream, Stream());
  flow::LogBatch batch;
  for (const auto& [shard_id, offset] : from.entries())
    if (stream->FindShard(shard_id) != nullptr) batch.next.Set(shard_id, offset);  // trimmed shards drop out

  std::vector<const engine::Shard*> readable;
  for (const engine::Shard& shard : stream->shards) {
    ASSIGN_OR_RETURN(const auto offset, OffsetIn(from, shard));
    if (Finished(shard, offset) && from.Find(shard.id) != nullptr) continue;
    const engine::Shard* parent = shard.parent_id.empty() ? nullptr : stream->FindShard(shard.parent_id);
    if (parent != nullptr) {
      ASSIGN_OR_RETURN(const auto parent_offset, OffsetIn(from, *parent));
      if (!Finished(*parent, parent_offset)) continue;
    }
    readable.push_back(&shard);
  }
  batch.at_end = true;
  const std::size_t first = readable.empty() ? 0 : turn_.fetch_add(1) % readable.size();
  for (std::size_t i = 0; i < readable.size(); ++i) {
    const engine::Shard& shard = *readable[(first + i) % readable.size()];
    if (batch.records.size() >= limits.records_max) {
      batch.at_end = false;
      break;
    }
    TRY(ReadShard(*stream, shard, limits, batch));
  }
  // A shard that ended just now may have let its children go.
  for (const engine::Shard* shard : readable) {
    ASSIGN_OR_RETURN(const auto offset, OffsetIn(batch.next, *shard));
    if (Finished(*shard, offset)) batch.at_end = false;
  }
  return batch;
}

Status TableLog::ReadShard(const engine::Log& stream, const engine::Shard& shard, const flow::ReadLimits& limits,
                           flow::LogBatch& batch) const {
  ASSIGN_OR_RETURN(const auto after, OffsetIn(batch.next, shard));
  auto page = engine_.ReadLog(
      id_, shard.number,
      {.after = after, .records_max = limits.records_max - batch.records.size(), .bytes_max = limits.bytes_max});
  if (!page.ok()) return std::move(page).error();
  for (const engine::LogRecord& stored : page->records) {
    ASSIGN_OR_RETURN(model::Change change, engine::DecodeChange(stream, stored));
    ASSIGN_OR_RETURN(const model::ItemKey key, model::KeyOfKeyItem(stream.schema, change.keys));
    flow::Record record;
    record.shard = shard.id;
    record.offset = engine::FormatSequenceNumber(stored.sequence);
    record.id = engine::EventId(stream, stored.sequence);
    record.order_key = key.bytes();
    record.time_ms = change.time_ms;
    record.change = std::make_shared<const model::Change>(std::move(change));
    batch.records.push_back(std::move(record));
  }
  batch.next.Set(shard.id, engine::FormatSequenceNumber(page->next));
  if (!page->at_end) batch.at_end = false;
  return Ok();
}

}  // namespace millrace::logs
