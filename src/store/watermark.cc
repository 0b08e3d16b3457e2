#include "store/watermark.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "store/durable_file.h"

namespace millrace::store {
namespace {

constexpr std::size_t kSlotBytes = 32;
constexpr std::size_t kSlots = 2;
constexpr std::string_view kMagic = "MRWM";
constexpr std::uint32_t kVersion = 1;

// CRC-32C (Castagnoli), bit by bit: 28 bytes ten times a second need no table.
std::uint32_t Crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffu;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0);
  }
  return ~crc;
}

std::string EncodeSlot(std::uint64_t generation, std::uint64_t sequence) {
  std::string slot(kMagic);
  PutBigEndian<std::uint32_t>(slot, kVersion);
  PutBigEndian<std::uint64_t>(slot, generation);
  PutBigEndian<std::uint64_t>(slot, sequence);
  PutBigEndian<std::uint32_t>(slot, 0);  // reserved
  PutBigEndian<std::uint32_t>(slot, Crc32c(slot));
  CHECK(slot.size() == kSlotBytes);
  return slot;
}

}  // namespace

Result<Watermark> Watermark::Open(const std::string& path) {
  Watermark watermark(path);
  const auto contents = ReadSmallFile(path, kSlotBytes * kSlots);
  if (!contents.ok() && contents.error().code() == ErrorCode::kNotFound) return watermark;
  if (!contents.ok() && contents.error().code() != ErrorCode::kCorruption) return contents.error();
  watermark.state_ = State::kDamaged;
  if (!contents.ok() || contents->size() != kSlotBytes * kSlots) return watermark;
  for (std::size_t i = 0; i < kSlots; ++i) {
    const std::string_view slot = std::string_view(*contents).substr(i * kSlotBytes, kSlotBytes);
    ByteReader reader(slot);
    if (reader.Take(kMagic.size()) != kMagic || reader.BigEndian<std::uint32_t>() != kVersion) continue;
    const auto generation = reader.BigEndian<std::uint64_t>();
    const auto sequence = reader.BigEndian<std::uint64_t>();
    if (slot != EncodeSlot(generation, sequence) || generation < watermark.generation_) continue;
    watermark.generation_ = generation;
    watermark.sequence_ = sequence;
    watermark.state_ = State::kValid;
  }
  return watermark;
}

Status Watermark::Reset(std::uint64_t sequence) {
  const std::uint64_t generation = (generation_ / kSlots + 1) * kSlots;  // the next that belongs to slot 0
  file_ = FileDescriptor();
  TRY(ReplaceFile(path_, EncodeSlot(generation, sequence) + std::string(kSlotBytes, '\0')));
  generation_ = generation;
  sequence_ = sequence;
  state_ = State::kValid;
  return Ok();
}

Status Watermark::Advance(std::uint64_t sequence) {
  CHECK(state_ == State::kValid && sequence >= sequence_);
  if (!file_.valid()) {
    file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file_.valid()) return SystemError("open", path_);
  }
  const std::string slot = EncodeSlot(generation_ + 1, sequence);
  const auto offset = static_cast<off_t>((generation_ + 1) % kSlots * kSlotBytes);
  if (::pwrite(file_.get(), slot.data(), slot.size(), offset) != static_cast<ssize_t>(slot.size()))
    return SystemError("write", path_);
  if (::fdatasync(file_.get()) != 0) return SystemError("sync", path_);
  ++generation_;
  sequence_ = sequence;
  return Ok();
}

Status Watermark::Remove() {
  file_ = FileDescriptor();
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT) return SystemError("delete", path_);
  state_ = State::kAbsent;
  sequence_ = 0;
  return Ok();
}

}  // namespace millrace::store
