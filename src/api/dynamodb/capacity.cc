#include "api/dynamodb/capacity.h"

#include <algorithm>
#include <string>

namespace millrace::api::dynamodb {
namespace {

std::int64_t PartsOf(std::size_t bytes, std::size_t part) {
  return static_cast<std::int64_t>(std::max<std::size_t>(1, (bytes + part - 1) / part));
}

void AppendUnits(json::Writer& writer, CapacityUnits units, CapacityKind kind) {
  std::string text = std::to_string(units.halves() / 2);
  text += units.halves() % 2 == 0 ? ".0" : ".5";
  writer.Key("CapacityUnits");
  writer.Raw(text);
  if (kind == CapacityKind::kUntold) return;
  writer.Key(kind == CapacityKind::kRead ? "ReadCapacityUnits" : "WriteCapacityUnits");
  writer.Raw(text);
}

}  // namespace

CapacityUnits ReadUnits(std::size_t bytes, ReadConsistency consistency) {
  const std::int64_t parts = PartsOf(bytes, 4096);
  return consistency == ReadConsistency::kStrong ? CapacityUnits::Whole(parts) : CapacityUnits::Halves(parts);
}

CapacityUnits WriteUnits(std::size_t bytes) {
  return CapacityUnits::Whole(PartsOf(bytes, 1024));
}

CapacityDetail CapacityDetailOf(std::optional<std::string_view> return_consumed_capacity) {
  if (return_consumed_capacity == "TOTAL") return CapacityDetail::kTotal;
  if (return_consumed_capacity == "INDEXES") return CapacityDetail::kIndexes;
  return CapacityDetail::kNone;
}

void AppendConsumedCapacity(json::Writer& writer, std::string_view table, CapacityUnits units, CapacityDetail detail,
                            CapacityKind kind) {
  writer.BeginObject();
  writer.Key("TableName");
  writer.String(table);
  AppendUnits(writer, units, kind);
  if (detail == CapacityDetail::kIndexes) {
    writer.Key("Table");
    writer.BeginObject();
    AppendUnits(writer, units, kind);
    writer.EndObject();
  }
  writer.EndObject();
}

}  // namespace millrace::api::dynamodb
