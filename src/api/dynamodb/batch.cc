#include "api/dynamodb/batch.h"

#include "engine/engine.h"
#include "json/write.h"

namespace millrace::api::dynamodb {
namespace {

bool IsTableName(std::string_view name) {
  if (name.starts_with("arn:")) return name.size() <= kTableArnBytesMax;
  return name.size() >= kNameBytesMin && name.size() <= kNameBytesMax && MatchesNamePattern(name);
}

}  // namespace

Status CheckRequestItems(const json::Value* request_items, Constraints& constraints) {
  if (request_items == nullptr) {
    constraints.NotNull(false, "requestItems");
    return Ok();
  }
  if (request_items->object().empty())
    return OneValidationError(
        "Value at 'RequestItems' failed to satisfy constraint: Member must have length greater than or equal to 1");
  for (const json::Member& member : request_items->object()) {
    if (IsTableName(member.name)) continue;
    std::string echo;
    json::AppendValue(echo, *request_items);
    constraints.Add(fmt::format(
        "Value '{}' at 'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: [Member must "
        "have length less than or equal to {}, Member must have length greater than or equal to {}, Member must "
        "satisfy regular expression pattern: {}]",
        echo, kNameBytesMax, kNameBytesMin, kNamePattern));
    break;
  }
  return Ok();
}

bool DistinctKeys::Add(const engine::Table& table, const model::ItemKey& key) {
  return seen_.insert(engine::ItemStoreKey(table, key.bytes())).second;
}

}  // namespace millrace::api::dynamodb
