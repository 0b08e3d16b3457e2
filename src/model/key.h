// KeySchema names a table's key attributes; ItemKey is one item's key as ordered bytes.
//
// Format: docs/design/values.md (the key encodings and the hash), docs/design/storage.md (where they stand)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "model/attribute_value.h"

namespace millrace::model {

struct KeyAttribute {
  std::string name;
  AttributeType type = AttributeType::kS;  // S, N or B
  bool operator==(const KeyAttribute&) const = default;
};

struct KeySchema {
  KeyAttribute partition;
  std::optional<KeyAttribute> sort;
  bool operator==(const KeySchema&) const = default;

  bool IsKeyAttribute(std::string_view name) const { return name == partition.name || (sort && name == sort->name); }
};

// Order-preserving within one type: S and B as their bytes, N as Number's key. REQUIRES: S, N or B.
void AppendKeyBytes(std::string& out, const AttributeValue& value);

// hash(2, big-endian) | varint length of partition | partition | sort
// The hash spreads partitions over stream shards and scan segments; items of one partition are adjacent, by sort key.
class ItemKey {
 public:
  ItemKey() = default;
  // REQUIRES: values have the schema's types (validated by the caller).
  ItemKey(const AttributeValue& partition, const AttributeValue* sort);
  // From stored bytes. Whatever they are, the accessors stay within them.
  explicit ItemKey(std::string bytes) : bytes_(std::move(bytes)) {}

  const std::string& bytes() const { return bytes_; }
  std::uint16_t hash() const;
  // The prefix that all items of this partition share.
  std::string_view partition_prefix() const;
  std::string_view partition_bytes() const;
  std::string_view sort_bytes() const;

  auto operator<=>(const ItemKey&) const = default;

 private:
  std::string bytes_;
};

// The 16-bit hash of a partition key's encoded bytes. On disk: never change.
std::uint16_t PartitionHash(std::string_view partition_key_bytes);

// The key attributes of `item`, checked against the schema as PutItem does: present, right type, not empty, not too
// long. Errors carry AWS's words, e.g. "One or more parameter values were invalid: Missing the key id in the item".
Result<ItemKey> KeyOfItem(const KeySchema& schema, const Item& item);
// `key` must hold exactly the key attributes with the right types, as GetItem wants it, or else "The provided key
// element does not match the schema".
Result<ItemKey> KeyOfKeyItem(const KeySchema& schema, const Item& key);
// Only the key attributes of `item`. REQUIRES: it has them.
Item KeyItemOf(const KeySchema& schema, const Item& item);
// The key attributes that `key` was made of. Corruption if its bytes are not a key of this schema.
Result<Item> ItemOfKey(const KeySchema& schema, const ItemKey& key);

}  // namespace millrace::model
