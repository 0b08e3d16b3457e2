#include "api/streams/record.h"

#include "model/dynamodb_json.h"

namespace millrace::api::streams {

void AppendRecord(json::Writer& writer, const engine::Log& stream, const model::Change& change) {
  const auto text = [&](std::string_view name, std::string_view value) {
    writer.Key(name);
    writer.String(value);
  };
  std::size_t size = model::SizeBytes(change.keys);
  const auto item = [&](std::string_view name, const model::Item& value) {
    writer.Key(name);
    model::AppendDynamoDbJson(writer.RawValue(), value);
  };

  writer.BeginObject();
  text("eventID", engine::EventId(stream, change.sequence));
  text("eventName", model::ChangeKindName(change.kind));
  text("eventVersion", "1.1");
  text("eventSource", "aws:dynamodb");
  text("awsRegion", stream.scope_name.region);
  writer.Key("dynamodb");
  writer.BeginObject();
  writer.Key("ApproximateCreationDateTime");
  writer.Integer(change.time_ms / 1000);
  item("Keys", change.keys);
  if (change.new_image) {
    item("NewImage", *change.new_image);
    size += model::SizeBytes(*change.new_image);
  }
  if (change.old_image) {
    item("OldImage", *change.old_image);
    size += model::SizeBytes(*change.old_image);
  }
  text("SequenceNumber", engine::FormatSequenceNumber(change.sequence));
  writer.Key("SizeBytes");
  writer.Unsigned(size);
  text("StreamViewType", model::StreamViewTypeName(stream.view));
  writer.EndObject();
  if (change.expired) {
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
    writer.Key("userIdentity");
    writer.BeginObject();
    text("PrincipalId", "dynamodb.amazonaws.com");
    text("Type", "Service");
    writer.EndObject();
  }
  writer.EndObject();
}

}  // namespace millrace::api::streams
