#include "api/streams/stream_lookup.h"

#include <algorithm>
#include <vector>

namespace millrace::api::streams {
namespace {

constexpr std::string_view kShardPrefix = "shardId-";
constexpr std::size_t kShardTimeDigits = 20;

bool AllOf(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

// The part before the next `separator`, which is taken off as well; all of it if there is none.
std::string_view Next(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

}  // namespace

void CheckStreamArnLength(aws::Constraints& constraints, std::optional<std::string_view> arn, std::string_view member) {
  constraints.Length(arn, member, kStreamArnBytesMin, kStreamArnBytesMax);
}

void CheckShardIdLength(aws::Constraints& constraints, std::optional<std::string_view> id, std::string_view member) {
  constraints.Length(id, member, kShardIdBytesMin, kShardIdBytesMax);
}

Status CheckStreamArn(std::string_view arn) {
  std::string_view rest = arn;
  const bool service = Next(rest, ':') == "arn" && Next(rest, ':').starts_with("aws") && Next(rest, ':') == "dynamodb";
  const std::string_view region = Next(rest, ':');
  const std::string_view account = Next(rest, ':');
  const bool table = Next(rest, '/') == "table" && !Next(rest, '/').empty();
  const bool stream = Next(rest, '/') == "stream" && !rest.empty() && rest.find('/') == std::string_view::npos;
  if (service && !region.empty() && AllOf(account, "0123456789") && table && stream) return Ok();
  return InvalidArgument("Invalid StreamArn");
}

bool IsShardId(std::string_view id) {
  if (!id.starts_with(kShardPrefix)) return false;
  id.remove_prefix(kShardPrefix.size());
  if (!AllOf(id.substr(0, kShardTimeDigits), "0123456789") || id.size() <= kShardTimeDigits + 1) return false;
  id.remove_prefix(kShardTimeDigits);
  return id.front() == '-' && AllOf(id.substr(1), "0123456789abcdef");
}

Result<std::shared_ptr<const engine::Log>> FindStream(const Call& call, std::string_view arn) {
  TRY(CheckStreamArn(arn));
  auto stream = call.catalogue.FindLogByArn(arn);
  if (stream == nullptr || stream->kind != engine::LogKind::kStream || stream->scope_name != call.scope)
    return Err(ErrorCode::kNotFound, engine::reason::kStreamNotFound,
               "Requested resource not found: Stream: {} not found", arn);
  return stream;
}

Result<const engine::Shard*> FindShard(const engine::Log& stream, std::string_view shard_id) {
  const engine::Shard* shard = stream.FindShard(shard_id);
  if (shard == nullptr)
    return Err(ErrorCode::kNotFound, engine::reason::kStreamNotFound,
               "Requested resource not found: Shard does not exist");
  return shard;
}

}  // namespace millrace::api::streams
