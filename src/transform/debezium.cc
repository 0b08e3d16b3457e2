#include "transform/debezium.h"

#include "base/version.h"
#include "json/write.h"
#include "model/dynamodb_json.h"

namespace millrace::transform {
namespace {

std::string_view OpOf(const model::Change& change, Snapshot snapshot) {
  if (snapshot == Snapshot::kTrue) return "r";
  switch (change.kind) {
    case model::ChangeKind::kInsert:
      return "c";
    case model::ChangeKind::kModify:
      return "u";
    case model::ChangeKind::kRemove:
      return "d";
  }
  return {};
}

void WriteImage(json::Writer& writer, std::string_view key, const model::Item* image) {
  writer.Key(key);
  if (image == nullptr) {
    writer.Null();
  } else {
    model::AppendPlainJson(writer.RawValue(), *image);
  }
}

// Finer times of the same moment. Text, since nanoseconds of a far future do not fit a number of 64 bits.
void WriteFinerTimes(json::Writer& writer, std::int64_t time_ms) {
  const std::string digits = std::to_string(time_ms);
  const std::string_view zeros = time_ms == 0 ? "" : "000000";
  writer.Key("ts_us");
  writer.RawValue().append(digits).append(zeros.substr(0, zeros.size() / 2));
  writer.Key("ts_ns");
  writer.RawValue().append(digits).append(zeros);
}

}  // namespace

void AppendDebeziumKey(std::string& out, const model::Change& change) {
  model::AppendPlainJson(out, change.keys);
}

Status AppendDebeziumValue(std::string& out, const model::Change& change, const DebeziumContext& context) {
  const bool removed = change.kind == model::ChangeKind::kRemove;
  if (!removed && !change.new_image) {
    return Err(ErrorCode::kFailedPrecondition, {},
               "a change of table '{}' came without its new image; the debezium format needs a stream with the view "
               "type NEW_IMAGE or NEW_AND_OLD_IMAGES",
               context.table);
  }
  const model::Item* before = change.old_image ? &*change.old_image : removed ? &change.keys : nullptr;

  json::Writer writer(&out);
  const auto field = [&](std::string_view key, std::string_view value) {
    writer.Key(key);
    writer.String(value);
  };
  writer.BeginObject();
  WriteImage(writer, "before", before);
  WriteImage(writer, "after", removed ? nullptr : &*change.new_image);
  writer.Key("source");
  writer.BeginObject();
  field("version", ProgramVersion());
  field("connector", "dynamodb");
  field("name", context.name);
  writer.Key("ts_ms");
  writer.Integer(change.time_ms);
  field("snapshot", context.snapshot == Snapshot::kTrue ? "true" : "false");
  field("db", context.region);
  field("sequence", context.sequence_number);
  WriteFinerTimes(writer, change.time_ms);
  field("table", context.table);
  writer.EndObject();
  writer.Key("transaction");
  writer.Null();
  field("op", OpOf(change, context.snapshot));
  writer.Key("ts_ms");
  writer.Integer(context.processed_ms);
  WriteFinerTimes(writer, context.processed_ms);
  writer.EndObject();
  return Ok();
}

}  // namespace millrace::transform
