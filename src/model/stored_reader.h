// StoredReader walks an encoded item without building anything: what decoding, rendering and measuring have in common.
//
// Internal to model. Every Take… is false, and the walk over, if the bytes are not what AppendEncoded writes.
//
// Threads:   confined to its user.
// Ownership: the bytes outlive it and every view taken from it.
// Format:    docs/design/values.md
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "model/decimal.h"

namespace millrace::model {

inline constexpr unsigned char kStoredVersion = 1;
// Levels of lists and maps that are followed. Far beyond limits::kNestingMax, which is checked before anything is
// stored.
inline constexpr int kStoredDepthMax = 128;

enum class StoredType : std::uint8_t {  // on disk: never renumber
  kS = 1,
  kN = 2,
  kB = 3,
  kFalse = 4,
  kTrue = 5,
  kNull = 6,
  kM = 7,
  kL = 8,
  kSs = 9,
  kNs = 10,
  kBs = 11,
};

class StoredReader {
 public:
  explicit StoredReader(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  std::size_t remaining() const { return rest_.size(); }

  bool TakeVersion() {
    if (rest_.empty() || static_cast<unsigned char>(rest_.front()) != kStoredVersion) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Any byte; the caller's switch refuses what is not a type.
  bool TakeType(StoredType& type) {
    if (rest_.empty()) return false;
    type = static_cast<StoredType>(static_cast<unsigned char>(rest_.front()));
    rest_.remove_prefix(1);
    return true;
  }
  // A varint in its shortest form. Each counted thing takes at least one byte, so more than remain is garbage.
  bool TakeCount(std::size_t& count) {
    if (!rest_.empty() && static_cast<unsigned char>(rest_.front()) < 0x80) [[likely]] {
      count = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      return count <= rest_.size();
    }
    return TakeLongCount(count);
  }
  bool TakeBytes(std::string_view& bytes) {
    std::size_t size = 0;
    if (!TakeCount(size)) return false;
    bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  bool TakeDecimal(Decimal& decimal) { return TakeDecimalKey(rest_, decimal); }
  // The same bytes as TakeDecimal's, undecoded.
  std::string_view& rest() { return rest_; }

 private:
  bool TakeLongCount(std::size_t& count) {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      if (rest_.empty()) return false;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (byte == 0) return false;  // not the shortest form
      count = value;
      return count <= rest_.size();
    }
    return false;
  }

  std::string_view rest_;
};

// What to say when the walk is over before the item is.
inline Error NotAnItem(std::string_view bytes) {
  if (!bytes.empty() && static_cast<unsigned char>(bytes.front()) > kStoredVersion)
    return Err(ErrorCode::kCorruption, {}, "stored item has format version {}; this program reads up to {}",
               static_cast<int>(static_cast<unsigned char>(bytes.front())), static_cast<int>(kStoredVersion));
  return Err(ErrorCode::kCorruption, {}, "stored bytes are not an item ({} bytes)", bytes.size());
}

}  // namespace millrace::model
