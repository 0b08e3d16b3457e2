#include "transform/stream_record.h"

#include <chrono>

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

}  // namespace millrace::transform
