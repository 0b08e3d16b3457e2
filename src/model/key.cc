#include "model/key.h"

#include "base/bytes.h"
#include "base/check.h"
#include "model/limits.h"

namespace millrace::model {
namespace {

constexpr std::size_t kHashBytes = 2;

// Where the parts of a stored key lie. A length that does not fit is cut to what is there.
struct Layout {
  std::size_t partition = 0;
  std::size_t sort = 0;
};
Layout LayoutOf(std::string_view bytes) {
  if (bytes.size() < kHashBytes) return {bytes.size(), bytes.size()};
  ByteReader reader(bytes.substr(kHashBytes));
  const std::uint64_t length = reader.Varint();
  if (!reader.ok()) return {bytes.size(), bytes.size()};
  const std::size_t partition = bytes.size() - reader.rest().size();
  return {partition, length > reader.rest().size() ? bytes.size() : partition + static_cast<std::size_t>(length)};
}

enum class KeyRole { kPartition, kSort };

// Empty and oversized keys, in AWS's words (the missing space before 2048 is theirs). Numbers are never either.
Status CheckKeyBytes(const KeyAttribute& attribute, const AttributeValue& value, KeyRole role) {
  std::size_t size = 0;
  if (const std::string* text = value.s()) {
    size = text->size();
  } else if (const Binary* binary = value.b()) {
    size = binary->bytes.size();
  } else {
    return Ok();
  }
  if (size == 0)
    return InvalidArgument(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {} "
        "value. Key: {}",
        attribute.type == AttributeType::kS ? "string" : "binary", attribute.name);
  if (role == KeyRole::kPartition && size > limits::kPartitionKeyBytesMax)
    return InvalidArgument(
        "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of{} bytes",
        limits::kPartitionKeyBytesMax);
  if (role == KeyRole::kSort && size > limits::kSortKeyBytesMax)
    return InvalidArgument(
        "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of "
        "{} "
        "bytes",
        limits::kSortKeyBytesMax);
  return Ok();
}

Result<const AttributeValue*> FindInItem(const KeyAttribute& attribute, const Item& item, KeyRole role) {
  const AttributeValue* value = item.Find(attribute.name);
  if (value == nullptr)
    return InvalidArgument("One or more parameter values were invalid: Missing the key {} in the item", attribute.name);
  if (value->type() != attribute.type)
    return InvalidArgument(
        "One or more parameter values were invalid: Type mismatch for key {} expected: {} actual: {}", attribute.name,
        AttributeTypeName(attribute.type), AttributeTypeName(value->type()));
  TRY(CheckKeyBytes(attribute, *value, role));
  return value;
}

Result<const AttributeValue*> FindInKey(const KeyAttribute& attribute, const Item& key, KeyRole role) {
  const AttributeValue* value = key.Find(attribute.name);
  if (value == nullptr || value->type() != attribute.type)
    return InvalidArgument("The provided key element does not match the schema");
  TRY(CheckKeyBytes(attribute, *value, role));
  return value;
}

Error NotAKey() {
  return Err(ErrorCode::kCorruption, {}, "stored bytes are not a key of this table's schema");
}

Result<AttributeValue> ValueOfKeyBytes(AttributeType type, std::string_view bytes) {
  if (type == AttributeType::kS) return AttributeValue(std::string(bytes));
  if (type == AttributeType::kB) return AttributeValue(Binary{std::string(bytes)});
  ASSIGN_OR_RETURN(const Number number, Number::TakeKey(bytes));
  if (!bytes.empty()) return NotAKey();
  return AttributeValue(number);
}

}  // namespace

void AppendKeyBytes(std::string& out, const AttributeValue& value) {
  if (const std::string* text = value.s()) {
    out.append(*text);
  } else if (const Binary* binary = value.b()) {
    out.append(binary->bytes);
  } else {
    CHECK(value.n() != nullptr, "a key is of type S, N or B");
    value.n()->AppendKey(out);
  }
}

// FNV-1a spreads well in its low bits only and hashes short keys alike in the high ones, so its result is mixed with
// MurmurHash3's finaliser before the top is taken.
std::uint16_t PartitionHash(std::string_view partition_key_bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : partition_key_bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53u;
  hash ^= hash >> 33;
  return static_cast<std::uint16_t>(hash >> 48);
}

ItemKey::ItemKey(const AttributeValue& partition, const AttributeValue* sort) {
  std::string partition_bytes;
  AppendKeyBytes(partition_bytes, partition);
  bytes_.reserve(kHashBytes + 2 + partition_bytes.size() + (sort != nullptr ? Number::kKeyBytesMax : 0));
  PutBigEndian(bytes_, PartitionHash(partition_bytes));
  PutBytes(bytes_, partition_bytes);
  if (sort != nullptr) AppendKeyBytes(bytes_, *sort);
}

std::uint16_t ItemKey::hash() const {
  return bytes_.size() < kHashBytes ? std::uint16_t{0} : GetBigEndian<std::uint16_t>(bytes_.data());
}
std::string_view ItemKey::partition_prefix() const {
  return std::string_view(bytes_).substr(0, LayoutOf(bytes_).sort);
}
std::string_view ItemKey::partition_bytes() const {
  const Layout layout = LayoutOf(bytes_);
  return std::string_view(bytes_).substr(layout.partition, layout.sort - layout.partition);
}
std::string_view ItemKey::sort_bytes() const {
  return std::string_view(bytes_).substr(LayoutOf(bytes_).sort);
}

Result<ItemKey> KeyOfItem(const KeySchema& schema, const Item& item) {
  ASSIGN_OR_RETURN(const AttributeValue* partition, FindInItem(schema.partition, item, KeyRole::kPartition));
  if (!schema.sort) return ItemKey(*partition, nullptr);
  ASSIGN_OR_RETURN(const AttributeValue* sort, FindInItem(*schema.sort, item, KeyRole::kSort));
  return ItemKey(*partition, sort);
}

Result<ItemKey> KeyOfKeyItem(const KeySchema& schema, const Item& key) {
  if (key.size() != (schema.sort ? 2u : 1u))
    return InvalidArgument("The provided key element does not match the schema");
  ASSIGN_OR_RETURN(const AttributeValue* partition, FindInKey(schema.partition, key, KeyRole::kPartition));
  if (!schema.sort) return ItemKey(*partition, nullptr);
  ASSIGN_OR_RETURN(const AttributeValue* sort, FindInKey(*schema.sort, key, KeyRole::kSort));
  return ItemKey(*partition, sort);
}

Item KeyItemOf(const KeySchema& schema, const Item& item) {
  Item key;
  const auto copy = [&](const KeyAttribute& attribute) {
    const AttributeValue* value = item.Find(attribute.name);
    CHECK(value != nullptr, "the item has its key attributes");
    key.Set(attribute.name, *value);
  };
  copy(schema.partition);
  if (schema.sort) copy(*schema.sort);
  return key;
}

Result<Item> ItemOfKey(const KeySchema& schema, const ItemKey& key) {
  const std::string_view partition_bytes = key.partition_bytes();
  std::string prefix;
  PutBigEndian(prefix, PartitionHash(partition_bytes));
  PutBytes(prefix, partition_bytes);
  if (prefix != key.partition_prefix()) return NotAKey();

  Item item;
  ASSIGN_OR_RETURN(AttributeValue partition, ValueOfKeyBytes(schema.partition.type, partition_bytes));
  item.Set(schema.partition.name, std::move(partition));
  if (!schema.sort) {
    if (!key.sort_bytes().empty()) return NotAKey();
    return item;
  }
  ASSIGN_OR_RETURN(AttributeValue sort, ValueOfKeyBytes(schema.sort->type, key.sort_bytes()));
  item.Set(schema.sort->name, std::move(sort));
  return item;
}

}  // namespace millrace::model
