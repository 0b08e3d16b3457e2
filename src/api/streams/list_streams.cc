// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_ListStreams.html
#include <algorithm>

#include "api/streams/operations.h"
#include "api/streams/stream_lookup.h"
#include "aws/request_reader.h"
#include "json/write.h"

namespace millrace::api::streams {
namespace {

constexpr std::int64_t kLimitMax = 100;

}  // namespace

Result<std::string> ListStreams(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto table_name = reader.String("TableName");
  const auto start_arn = reader.String("ExclusiveStartStreamArn");
  const auto limit = reader.Integer("Limit");
  TRY(reader.status());

  aws::Constraints constraints;
  constraints.Characters(table_name, "tableName", "_.-", "[a-zA-Z0-9_.-]+");
  constraints.Length(table_name, "tableName", 3, 255);
  constraints.Between(limit, "limit", 1, kLimitMax);
  CheckStreamArnLength(constraints, start_arn, "exclusiveStartStreamArn");
  TRY(constraints.Check());
  if (start_arn) TRY(CheckStreamArn(*start_arn));

  std::vector<std::shared_ptr<const engine::Log>> streams;
  if (const auto scope = call.catalogue.FindScope(call.scope))
    streams = call.catalogue.Streams(*scope, table_name.value_or(std::string_view()));
  // By order, not by finding it: the stream that a page ended with may be gone by now.
  auto first = streams.begin();
  if (start_arn)
    first = std::ranges::upper_bound(streams, *start_arn, {}, [](const auto& s) { return std::string_view(s->arn); });
  const auto left = static_cast<std::int64_t>(streams.end() - first);
  const auto last = first + std::min(left, limit.value_or(kLimitMax));

  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("Streams");
  writer.BeginArray();
  for (auto it = first; it != last; ++it) {
    writer.BeginObject();
    writer.Key("StreamArn");
    writer.String((*it)->arn);
    writer.Key("TableName");
    writer.String((*it)->name);
    writer.Key("StreamLabel");
    writer.String((*it)->label);
    writer.EndObject();
  }
  writer.EndArray();
  if (last != streams.end()) {
    writer.Key("LastEvaluatedStreamArn");
    writer.String((*std::prev(last))->arn);
  }
  writer.EndObject();
  return body;
}

}  // namespace millrace::api::streams
