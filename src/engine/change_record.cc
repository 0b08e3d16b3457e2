// Change records as they lie in the log: docs/design/storage.md, "Change records".
#include "base/bytes.h"
#include "base/check.h"
#include "engine/engine.h"
#include "model/codec.h"

namespace millrace::engine {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kEventKind = 0;  // beside the kinds of changes
constexpr std::size_t kHeaderBytes = 11;
// Flags; on disk: never renumber.
constexpr std::uint8_t kExpired = 1;
constexpr std::uint8_t kHasKeys = 2;
constexpr std::uint8_t kHasOld = 4;
constexpr std::uint8_t kHasNew = 8;

bool HasKey(const model::KeySchema& schema, const model::Item& item) {
  const auto has = [&](const model::KeyAttribute& attribute) {
    const model::AttributeValue* value = item.Find(attribute.name);
    return value != nullptr && value->type() == attribute.type;
  };
  return has(schema.partition) && (!schema.sort || has(*schema.sort));
}

}  // namespace

Result<std::int64_t> RecordTime(std::string_view record) {
  ByteReader reader(record);
  reader.Take(3);
  const auto time_ms = static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>());
  if (!reader.ok()) return Err(ErrorCode::kCorruption, {}, "a log record is shorter than its header");
  return time_ms;
}

std::string EncodeChange(const Log& stream, model::ChangeKind kind, std::int64_t time_ms, bool expired,
                         const std::string* before, const std::string* after) {
  using View = model::StreamViewType;
  CHECK(before != nullptr || after != nullptr, "a change has at least one image");
  const bool has_old = before != nullptr && (stream.view == View::kOldImage || stream.view == View::kNewAndOldImages);
  const bool has_new = after != nullptr && (stream.view == View::kNewImage || stream.view == View::kNewAndOldImages);
  std::string keys;
  if (!has_old && !has_new) {
    const model::Item item =
        MUST(model::DecodeItem(after != nullptr ? *after : *before));  // our own bytes, just decided
    keys = model::EncodeItem(model::KeyItemOf(stream.schema, item));
  }
  std::string out;
  out.reserve(24 + keys.size() + (has_old ? before->size() : 0) + (has_new ? after->size() : 0));
  out.push_back(static_cast<char>(kVersion));
  out.push_back(static_cast<char>(kind));
  out.push_back(static_cast<char>((expired ? kExpired : 0) | (keys.empty() ? 0 : kHasKeys) | (has_old ? kHasOld : 0) |
                                  (has_new ? kHasNew : 0)));
  PutBigEndian(out, static_cast<std::uint64_t>(time_ms));
  if (!keys.empty()) PutBytes(out, keys);
  if (has_old) PutBytes(out, *before);
  if (has_new) PutBytes(out, *after);
  return out;
}

Result<model::Change> DecodeChange(const Log& stream, const LogRecord& record) {
  ByteReader reader(record.value);
  const std::uint8_t version = reader.Byte();
  const std::uint8_t kind = reader.Byte();
  const std::uint8_t flags = reader.Byte();
  model::Change change;
  change.sequence = record.sequence;
  change.time_ms = static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>());
  change.expired = (flags & kExpired) != 0;
  const auto corrupt = [&](std::string_view what) {
    return Err(ErrorCode::kCorruption, {}, "change {} of {}: {}", record.sequence.value(), stream.arn, what);
  };
  if (!reader.ok() || version != kVersion) return corrupt("unknown version");
  if (kind < 1 || kind > 3) return corrupt("unknown kind");
  change.kind = static_cast<model::ChangeKind>(kind);
  if ((flags & kHasKeys) != 0) {
    ASSIGN_OR_RETURN(change.keys, model::DecodeItem(reader.Bytes()));
  }
  if ((flags & kHasOld) != 0) {
    ASSIGN_OR_RETURN(change.old_image, model::DecodeItem(reader.Bytes()));
  }
  if ((flags & kHasNew) != 0) {
    ASSIGN_OR_RETURN(change.new_image, model::DecodeItem(reader.Bytes()));
  }
  if (!reader.ok() || !reader.empty()) return corrupt("wrong length");
  const model::Item& named = change.new_image ? *change.new_image : change.old_image ? *change.old_image : change.keys;
  if (!HasKey(stream.schema, named)) return corrupt("lacks the key");
  if (&named != &change.keys) change.keys = model::KeyItemOf(stream.schema, named);
  return change;
}

std::string EncodeEvent(std::int64_t time_ms, std::string_view value) {
  std::string out;
  out.reserve(kHeaderBytes + value.size());
  out.push_back(static_cast<char>(kVersion));
  out.push_back(static_cast<char>(kEventKind));
  out.push_back(0);
  PutBigEndian(out, static_cast<std::uint64_t>(time_ms));
  out.append(value);
  return out;
}

Result<StoredEvent> DecodeEvent(const LogRecord& record) {
  ByteReader reader(record.value);
  const std::uint8_t version = reader.Byte();
  const std::uint8_t kind = reader.Byte();
  reader.Byte();
  StoredEvent event{record.sequence, static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>()), {}};
  if (!reader.ok() || version != kVersion || kind != kEventKind)
    return Err(ErrorCode::kCorruption, {}, "event {} has an unknown header", record.sequence.value());
  event.value = reader.rest();
  return event;
}

}  // namespace millrace::engine
