#include "transform/stream_record.h"

#include <charconv>
#include <chrono>

#include "json/parse.h"
#include "json/write.h"
#include "model/dynamodb_json.h"

namespace millrace::transform {
namespace {

// Keys and images by the rules of item sizes.
std::size_t RecordSizeBytes(const model::Change& change) {
  std::size_t size = model::SizeBytes(change.keys);
  if (change.new_image) size += model::SizeBytes(*change.new_image);
  if (change.old_image) size += model::SizeBytes(*change.old_image);
  return size;
}

void WriteImage(json::Writer& writer, std::string_view key, const model::Item& image) {
  writer.Key(key);
  model::AppendDynamoDbJson(writer.RawValue(), image);
}

}  // namespace

void AppendStreamRecord(std::string& out, const model::Change& change, const StreamRecordContext& context) {
  json::Writer writer(&out);
  const auto field = [&](std::string_view key, std::string_view value) {
    writer.Key(key);
    writer.String(value);
  };
  writer.BeginObject();
  field("eventID", context.event_id);
  field("eventName", model::ChangeKindName(change.kind));
  field("eventVersion", "1.1");
  field("eventSource", "aws:dynamodb");
  field("awsRegion", context.region);
  writer.Key("dynamodb");
  writer.BeginObject();
  writer.Key("ApproximateCreationDateTime");
  writer.Integer(std::chrono::floor<std::chrono::seconds>(std::chrono::milliseconds(change.time_ms)).count());
  WriteImage(writer, "Keys", change.keys);
  if (change.new_image) WriteImage(writer, "NewImage", *change.new_image);
  if (change.old_image) WriteImage(writer, "OldImage", *change.old_image);
  field("SequenceNumber", context.sequence_number);
  writer.Key("SizeBytes");
  writer.Unsigned(RecordSizeBytes(change));
  field("StreamViewType", model::StreamViewTypeName(context.view_type));
  writer.EndObject();
  field("eventSourceARN", context.stream_arn);
  if (change.expired) {
    writer.Key("userIdentity");
    writer.BeginObject();
    field("type", "Service");
    field("principalId", "dynamodb.amazonaws.com");
    writer.EndObject();
  }
  writer.EndObject();
}

Result<model::Change> ParseStreamRecord(std::string_view record) {
  const auto refused = [](std::string_view what) {
    return Err(ErrorCode::kInvalidArgument, {}, "a stream record without {}", what);
  };
  json::Document document;
  TRY(document.Parse(record));
  const json::Value* name = document.root().Find("eventName");
  const json::Value* body = document.root().Find("dynamodb");
  if (name == nullptr || !name->is_string() || body == nullptr) return refused("eventName and dynamodb");
  model::Change change;
  bool known = false;
  for (const auto kind : {model::ChangeKind::kInsert, model::ChangeKind::kModify, model::ChangeKind::kRemove}) {
    if (model::ChangeKindName(kind) != name->string()) continue;
    change.kind = kind;
    known = true;
  }
  if (!known) return refused("a known eventName");
  const json::Value* time = body->Find("ApproximateCreationDateTime");
  const json::Value* keys = body->Find("Keys");
  if (time == nullptr || !time->is_number() || keys == nullptr) return refused("ApproximateCreationDateTime and Keys");
  std::int64_t seconds = 0;
  const std::string_view digits = time->number();
  if (std::from_chars(digits.data(), digits.data() + digits.size(), seconds).ec != std::errc())
    return refused("a time in seconds");
  change.time_ms = seconds * 1000;
  ASSIGN_OR_RETURN(change.keys, model::ParseItem(*keys));
  if (const json::Value* image = body->Find("NewImage"); image != nullptr) {
    ASSIGN_OR_RETURN(change.new_image, model::ParseItem(*image));
  }
  if (const json::Value* image = body->Find("OldImage"); image != nullptr) {
    ASSIGN_OR_RETURN(change.old_image, model::ParseItem(*image));
  }
  change.expired = document.root().Find("userIdentity") != nullptr;
  return change;
}

}  // namespace millrace::transform
