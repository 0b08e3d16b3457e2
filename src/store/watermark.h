// Watermark is a small file that remembers up to which sequence the write-ahead log is known to be on disk.
//
// It is what lets relaxed durability tell "the last 100 ms are gone", which was agreed to, from "older writes are
// gone", which is a damaged disk. Two slots are written in turn, so a torn write leaves the other one.
//
// Threads:   externally synchronised.
// Failure:   Io. After a failed Advance the file holds the old or the new value.
// Format:    docs/design/storage.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "store/file_descriptor.h"

namespace millrace::store {

class Watermark {
 public:
  enum class State { kAbsent, kValid, kDamaged };

  // Reads the file if there is one. A damaged file is a state, not an error: the caller decides.
  static Result<Watermark> Open(const std::string& path);

  State state() const { return state_; }
  std::uint64_t sequence() const { return sequence_; }  // 0 unless kValid

  // Replaces the file: for the first time, or to go back to `sequence` after a loss was accepted.
  Status Reset(std::uint64_t sequence);
  // Remembers, durably, that everything up to `sequence` is on disk. REQUIRES: kValid, `sequence` not smaller.
  Status Advance(std::uint64_t sequence);
  // Deletes the file, if there is one. A crash may bring it back as it was.
  Status Remove();

 private:
  explicit Watermark(std::string path) : path_(std::move(path)) {}

  std::string path_;
  FileDescriptor file_;  // open for writing once kValid and advanced
  State state_ = State::kAbsent;
  std::uint64_t generation_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace millrace::store
