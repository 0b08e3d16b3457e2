// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html
#include <algorithm>
#include <array>

#include "api/streams/operations.h"
#include "api/streams/shard_iterator.h"
#include "api/streams/stream_lookup.h"
#include "aws/request_reader.h"
#include "json/write.h"

namespace millrace::api::streams {
namespace {

using engine::SequenceNumber;

constexpr std::string_view kTrimHorizon = "TRIM_HORIZON";
constexpr std::string_view kLatest = "LATEST";
constexpr std::string_view kAt = "AT_SEQUENCE_NUMBER";
constexpr std::string_view kAfter = "AFTER_SEQUENCE_NUMBER";
constexpr std::array kTypes = {kAfter, kAt, kLatest, kTrimHorizon};
constexpr std::size_t kSequenceNumberBytesMin = 21;
constexpr std::size_t kSequenceNumberBytesMax = 40;

Result<SequenceNumber> PositionOf(const engine::Shard& shard, std::string_view type, std::string_view text,
                                  SequenceNumber committed) {
  const auto sequence = engine::ParseSequenceNumber(text);
  // An open shard reaches as far as anything was written; a shard that was just born begins behind that.
  const SequenceNumber end = shard.end ? *shard.end : std::max(committed, shard.start);
  if (!sequence || *sequence < shard.start || *sequence > end)
    return InvalidArgument("Invalid SequenceNumber: {} is not within shard {}", text, shard.id);
  const SequenceNumber after = type == kAt ? SequenceNumber(sequence->value() - 1) : *sequence;
  if (after < shard.trimmed)
    return Err(ErrorCode::kFailedPrecondition, engine::reason::kTrimmed, "sequence number {} was trimmed", text);
  return after;
}

}  // namespace

Result<std::string> GetShardIterator(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto arn = reader.String("StreamArn");
  const auto shard_id = reader.String("ShardId");
  const auto type = reader.String("ShardIteratorType");
  const auto sequence = reader.String("SequenceNumber");
  TRY(reader.status());

  aws::Constraints constraints;
  constraints.NotNull(arn.has_value(), "streamArn");
  CheckStreamArnLength(constraints, arn, "streamArn");
  constraints.NotNull(shard_id.has_value(), "shardId");
  CheckShardIdLength(constraints, shard_id, "shardId");
  constraints.NotNull(type.has_value(), "shardIteratorType");
  constraints.OneOf(type, "shardIteratorType", kTypes);
  constraints.Length(sequence, "sequenceNumber", kSequenceNumberBytesMin, kSequenceNumberBytesMax);
  TRY(constraints.Check());
  const bool wants_sequence = *type == kAt || *type == kAfter;
  if (wants_sequence && !sequence)
    return InvalidArgument("SequenceNumber must be specified when ShardIteratorType is {}", *type);
  if (!wants_sequence && sequence)
    return InvalidArgument("SequenceNumber must not be specified when ShardIteratorType is {}", *type);

  // Before the shard is looked at: whatever is written from here on is behind this position.
  const SequenceNumber committed = call.engine.committed();
  ASSIGN_OR_RETURN(const auto stream, FindStream(call, *arn));
  ASSIGN_OR_RETURN(const engine::Shard* shard, FindShard(*stream, *shard_id));
  ShardIterator iterator{.stream_arn = stream->arn, .shard_id = shard->id, .after = {}, .issued_ms = call.now_ms};
  if (*type == kTrimHorizon) {
    iterator.after = shard->trimmed;
  } else if (*type == kLatest) {
    iterator.after = shard->end ? *shard->end : std::max(committed, shard->trimmed);
  } else {
    ASSIGN_OR_RETURN(iterator.after, PositionOf(*shard, *type, *sequence, committed));
  }

  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("ShardIterator");
  writer.String(FormatShardIterator(iterator));
  writer.EndObject();
  return body;
}

}  // namespace millrace::api::streams
