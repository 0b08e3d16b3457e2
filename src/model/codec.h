// The bytes of items at rest. Decoding what Encode wrote gives an equal value; anything else is Corruption, never a
// crash.
//
// Encoding is canonical: equal values give equal bytes, so "did this write change anything" is a memcmp.
//
// Format: docs/design/values.md
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "model/attribute_value.h"

namespace millrace::model {

void AppendEncoded(std::string& out, const AttributeValue& value);
std::string EncodeItem(const Item& item);

// An item as it is stored, and its size by DynamoDB's rules.
struct StoredItem {
  std::string bytes;
  std::size_t size = 0;
};
StoredItem StoreItem(const Item& item);

Result<Item> DecodeItem(std::string_view bytes);

// Straight from the stored bytes to DynamoDB JSON: the fast path of GetItem, Query and GetRecords.
Status AppendStoredAsDynamoDbJson(std::string& out, std::string_view encoded_item);
// The item's size by DynamoDB's rules, from the stored bytes.
Result<std::size_t> StoredSizeBytes(std::string_view encoded_item);

}  // namespace millrace::model
