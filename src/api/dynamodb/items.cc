#include "api/dynamodb/items.h"

#include "model/dynamodb_json.h"
#include "model/limits.h"

namespace millrace::api::dynamodb {
namespace {

Error EmptyName() {
  return InvalidArgument("Empty attribute name");
}

Status CheckName(std::string_view name) {
  if (name.empty()) return EmptyName();
  if (name.size() > model::limits::kAttributeNameBytesMax)
    return InvalidArgument("Attribute name is too large, must be less than {} bytes",
                           model::limits::kAttributeNameBytesMax + 1);
  return Ok();
}

Status CheckNamesWithin(const model::AttributeValue& value);

Status CheckNamesWithin(const model::AttributeMap& map) {
  for (const auto& [name, value] : map) {
    TRY(CheckName(name));
    TRY(CheckNamesWithin(value));
  }
  return Ok();
}

// The parser has bounded the nesting, so this cannot go too deep.
Status CheckNamesWithin(const model::AttributeValue& value) {
  if (const model::AttributeMap* map = value.m()) return CheckNamesWithin(*map);
  if (const model::List* list = value.l())
    for (const model::AttributeValue& element : *list) TRY(CheckNamesWithin(element));
  return Ok();
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
  // AWS reports a nameless attribute before what is wrong with values, and a nameless entry of a map after.
  if (json.is_object() && json.Find("") != nullptr && !json.Find("")->is_null()) return EmptyName();
  ASSIGN_OR_RETURN(model::Item item, model::ParseItem(json));
  TRY(CheckNamesWithin(item));
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
