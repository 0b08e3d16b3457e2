#include "api/dynamodb/items.h"

#include "model/dynamodb_json.h"
#include "model/limits.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::string_view kEmptyName = "Empty attribute name";

bool HasEmptyName(const model::AttributeValue& value);

bool HasEmptyName(const model::AttributeMap& map) {
  for (const auto& [name, value] : map)
    if (name.empty() || HasEmptyName(value)) return true;
  return false;
}

// The parser has bounded the nesting, so this cannot go too deep.
bool HasEmptyName(const model::AttributeValue& value) {
  if (const model::AttributeMap* map = value.m()) return HasEmptyName(*map);
  if (const model::List* list = value.l())
    for (const model::AttributeValue& element : *list)
      if (HasEmptyName(element)) return true;
  return false;
}

bool IsEmpty(const model::AttributeValue& value) {
  if (const std::string* s = value.s()) return s->empty();
  if (const model::Binary* b = value.b()) return b->bytes.empty();
  return false;
}

bool HasType(const model::KeyAttribute& attribute, const model::Item& item) {
  const model::AttributeValue* value = item.Find(attribute.name);
  return value != nullptr && value->type() == attribute.type;
}

bool IsEmptyKey(const model::KeyAttribute& attribute, const model::Item& item) {
  return HasType(attribute, item) && IsEmpty(*item.Find(attribute.name));
}

}  // namespace

Result<model::Item> ReadItem(const json::Value& json) {
  ASSIGN_OR_RETURN(model::Item item, model::ParseItem(json));
  // Maps are sorted: an empty name would be the first.
  if (!item.empty() && item.begin()->first.empty()) return InvalidArgument("{}", kEmptyName);
  if (HasEmptyName(item)) return InvalidArgument("{}", kEmptyName);
  return item;
}

Status CheckItemSize(const model::Item& item) {
  if (model::SizeBytes(item) <= model::limits::kItemBytesMax) return Ok();
  return InvalidArgument("Item size has exceeded the maximum allowed size");
}

bool HasEmptyKey(const model::KeySchema& schema, const model::Item& item) {
  return IsEmptyKey(schema.partition, item) || (schema.sort && IsEmptyKey(*schema.sort, item));
}

bool HasKeyTypes(const model::KeySchema& schema, const model::Item& item) {
  return HasType(schema.partition, item) && (!schema.sort || HasType(*schema.sort, item));
}

}  // namespace millrace::api::dynamodb
