// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_DescribeStream.html
#include <algorithm>
#include <array>

#include "api/streams/operations.h"
#include "api/streams/stream_lookup.h"
#include "aws/request_reader.h"
#include "json/write.h"

namespace millrace::api::streams {
namespace {

constexpr std::int64_t kLimitMax = 100;
constexpr std::array<std::string_view, 1> kFilterTypes = {"CHILD_SHARDS"};
// "shardId-" and the time of birth.
constexpr std::size_t kShardIdTimeEnd = 28;

struct Page {
  std::vector<const engine::Shard*> shards;
  bool more = false;
};

bool BornBefore(const engine::Shard& shard, std::string_view other_id) {
  return std::string_view(shard.id).substr(0, kShardIdTimeEnd) < other_id.substr(0, kShardIdTimeEnd);
}

Page SelectShards(const engine::Log& stream, std::optional<std::string_view> parent,
                  std::optional<std::string_view> start_id, std::size_t limit) {
  Page page;
  auto first = stream.shards.begin();
  if (start_id) {
    const auto start = std::ranges::find(stream.shards, *start_id, &engine::Shard::id);
    // A shard that was trimmed since the last page: go on with those that are not older, rather than miss one.
    first = start != stream.shards.end()
                ? std::next(start)
                : std::ranges::find_if(stream.shards, [&](const auto& shard) { return !BornBefore(shard, *start_id); });
  }
  for (auto it = first; it != stream.shards.end(); ++it) {
    if (parent && it->parent_id != *parent) continue;
    if (page.shards.size() == limit) {
      page.more = true;
      break;
    }
    page.shards.push_back(&*it);
  }
  return page;
}

void AppendShard(json::Writer& writer, const engine::Shard& shard) {
  writer.BeginObject();
  writer.Key("ShardId");
  writer.String(shard.id);
  writer.Key("SequenceNumberRange");
  writer.BeginObject();
  // What is trimmed is not contained any more; so AT_SEQUENCE_NUMBER at the start can be read.
  const auto start = std::max(shard.start, engine::SequenceNumber(shard.trimmed.value() + 1));
  writer.Key("StartingSequenceNumber");
  writer.String(engine::FormatSequenceNumber(start));
  if (shard.end) {
    writer.Key("EndingSequenceNumber");
    writer.String(engine::FormatSequenceNumber(*shard.end));
  }
  writer.EndObject();
  if (!shard.parent_id.empty()) {
    writer.Key("ParentShardId");
    writer.String(shard.parent_id);
  }
  writer.EndObject();
}

void AppendKeySchema(json::Writer& writer, const model::KeySchema& schema) {
  writer.BeginArray();
  const auto element = [&](std::string_view name, std::string_view type) {
    writer.BeginObject();
    writer.Key("AttributeName");
    writer.String(name);
    writer.Key("KeyType");
    writer.String(type);
    writer.EndObject();
  };
  element(schema.partition.name, "HASH");
  if (schema.sort) element(schema.sort->name, "RANGE");
  writer.EndArray();
}

std::string Render(const engine::Log& stream, const Page& page) {
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("StreamDescription");
  writer.BeginObject();
  writer.Key("StreamArn");
  writer.String(stream.arn);
  writer.Key("StreamLabel");
  writer.String(stream.label);
  writer.Key("StreamStatus");
  writer.String(stream.enabled() ? "ENABLED" : "DISABLED");
  writer.Key("StreamViewType");
  writer.String(model::StreamViewTypeName(stream.view));
  writer.Key("CreationRequestDateTime");
  writer.Raw(fmt::format("{}.{:03}", stream.created_ms / 1000, stream.created_ms % 1000));
  writer.Key("TableName");
  writer.String(stream.name);
  writer.Key("KeySchema");
  AppendKeySchema(writer, stream.schema);
  writer.Key("Shards");
  writer.BeginArray();
  for (const engine::Shard* shard : page.shards) AppendShard(writer, *shard);
  writer.EndArray();
  if (page.more) {
    writer.Key("LastEvaluatedShardId");
    writer.String(page.shards.back()->id);
  }
  writer.EndObject();
  writer.EndObject();
  return body;
}

}  // namespace

Result<std::string> DescribeStream(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto arn = reader.String("StreamArn");
  const auto limit = reader.Integer("Limit");
  const auto start_id = reader.String("ExclusiveStartShardId");
  const json::Value* filter_json = reader.Structure("ShardFilter");
  TRY(reader.status());
  const json::Value no_filter;
  aws::RequestReader filter(filter_json == nullptr ? no_filter : *filter_json);
  const auto filter_type = filter.String("Type");
  const auto parent = filter.String("ShardId");
  TRY(filter.status());

  aws::Constraints constraints;
  constraints.NotNull(arn.has_value(), "streamArn");
  CheckStreamArnLength(constraints, arn, "streamArn");
  constraints.Between(limit, "limit", 1, kLimitMax);
  CheckShardIdLength(constraints, start_id, "exclusiveStartShardId");
  if (filter_json != nullptr) {
    constraints.OneOf(filter_type, "shardFilter.type", kFilterTypes);
    CheckShardIdLength(constraints, parent, "shardFilter.shardId");
  }
  TRY(constraints.Check());
  if (filter_json != nullptr) {
    if (!filter_type) return InvalidArgument("ShardFilter.Type must be specified when ShardFilter is used");
    if (!parent) return InvalidArgument("ShardFilter.ShardId must be specified for ShardFilter.Type CHILD_SHARDS");
    if (!IsShardId(*parent)) return InvalidArgument("Invalid ShardId in ShardFilter: {}", *parent);
  }

  ASSIGN_OR_RETURN(const auto stream, FindStream(call, *arn));
  return Render(*stream, SelectShards(*stream, parent, start_id, static_cast<std::size_t>(limit.value_or(kLimitMax))));
}

}  // namespace millrace::api::streams
