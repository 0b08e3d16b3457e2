// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html
#include "api/streams/error_map.h"
#include "api/streams/operations.h"
#include "api/streams/record.h"
#include "api/streams/shard_iterator.h"
#include "api/streams/stream_lookup.h"
#include "aws/request_reader.h"
#include "json/write.h"
#include "model/limits.h"

namespace millrace::api::streams {
namespace {

constexpr std::int64_t kLimitMax = model::limits::kGetRecordsMax;

Error Trimmed(const ShardIterator& iterator) {
  return Err(ErrorCode::kFailedPrecondition, engine::reason::kTrimmed, "shard {} was trimmed", iterator.shard_id);
}

Result<std::string> Render(const engine::Log& stream, const engine::LogPage& page) {
  std::size_t stored_bytes = 0;
  for (const engine::LogRecord& record : page.records) stored_bytes += record.value.size();
  std::string body;
  body.reserve(2 * stored_bytes + 640 * page.records.size() + 512);
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("Records");
  writer.BeginArray();
  for (const engine::LogRecord& record : page.records) {
    ASSIGN_OR_RETURN(const model::Change change, engine::DecodeChange(stream, record));
    AppendRecord(writer, stream, change);
  }
  writer.EndArray();
  return body;
}

}  // namespace

Result<std::string> GetRecords(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto token = reader.String("ShardIterator");
  const auto limit = reader.Integer("Limit");
  TRY(reader.status());

  aws::Constraints constraints;
  constraints.NotNull(token.has_value(), "shardIterator");
  constraints.Length(token, "shardIterator", 1, kIteratorBytesMax);
  constraints.Between(limit, "limit", 1, kLimitMax);
  TRY(constraints.Check());
  ASSIGN_OR_RETURN(ShardIterator iterator, ParseShardIterator(*token));
  if (iterator.expired(call.now_ms))
    return Err(ErrorCode::kFailedPrecondition, reason::kExpiredIterator, "the iterator was issued at {} ms",
               iterator.issued_ms);

  ASSIGN_OR_RETURN(const auto stream, FindStream(call, iterator.stream_arn));
  const engine::Shard* shard = stream->FindShard(iterator.shard_id);
  // It existed when the iterator was issued.
  if (shard == nullptr) return Trimmed(iterator);
  ASSIGN_OR_RETURN(const engine::LogPage page,
                   call.engine.ReadLog(stream->id, shard->number,
                                       {.after = iterator.after,
                                        .records_max = static_cast<std::size_t>(limit.value_or(kLimitMax)),
                                        .bytes_max = model::limits::kGetRecordsBytesMax}));
  ASSIGN_OR_RETURN(std::string body, Render(*stream, page));
  // At the end of a closed shard there is nothing to go on with: its children have what comes next.
  if (!(page.at_end && shard->end && page.next >= *shard->end)) {
    iterator.after = page.next;
    iterator.issued_ms = call.now_ms;
    body += R"(,"NextShardIterator":)";
    json::AppendString(body, FormatShardIterator(iterator));
  }
  body += '}';
  return body;
}

}  // namespace millrace::api::streams
