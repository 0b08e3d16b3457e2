// Change is one effective modification of one item, as the change log keeps it and every subscription reads it.
//
// A write that changes nothing by value makes none.
//
// Threads: plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/strong.h"
#include "model/attribute_value.h"

namespace millrace::model {

// Position in the one total order of all changes and events of a data directory. On the wire: docs/design/storage.md.
using SequenceNumber = Strong<struct SequenceNumberTag, std::uint64_t>;

enum class ChangeKind : std::uint8_t { kInsert = 1, kModify = 2, kRemove = 3 };  // on disk: never renumber
// "INSERT", "MODIFY", "REMOVE".
std::string_view ChangeKindName(ChangeKind kind);

enum class StreamViewType : std::uint8_t {  // on disk: never renumber
  kKeysOnly = 1,
  kNewImage = 2,
  kOldImage = 3,
  kNewAndOldImages = 4,
};
// "KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES".
std::string_view StreamViewTypeName(StreamViewType type);
std::optional<StreamViewType> ParseStreamViewType(std::string_view name);

struct Change {
  SequenceNumber sequence;
  std::int64_t time_ms = 0;  // wall time of the commit, since the epoch
  ChangeKind kind = ChangeKind::kInsert;
  bool expired = false;  // removed by the service because its time to live ran out
  Item keys;
  // Present as far as the stream's view type keeps them; whole items always.
  std::optional<Item> old_image;
  std::optional<Item> new_image;
};

}  // namespace millrace::model
