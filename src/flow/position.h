// Position says how far a reader has come in a log: one entry per shard. What its shards and offsets mean is the log's
// business; anyone may ask which of two is further on.
//
// An offset is a decimal number without leading zeros, so that offsets of one shard compare as numbers: DynamoDB's and
// Kafka's are such. It is exclusive: everything up to and including it has been read. A shard without an entry has not
// been touched. Positions are stored and shared by workers of neighbouring releases, so their bytes are a format.
//
// Threads: plain value.
// Format:  docs/design/positions.md
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace millrace::flow {

// True if `a` comes before `b`, as decimal numbers.
bool OffsetLess(std::string_view a, std::string_view b);

class Position {
 public:
  Position() = default;

  // Null if the shard has no entry.
  const std::string* Find(std::string_view shard) const;
  void Set(std::string_view shard, std::string offset);
  void Erase(std::string_view shard);
  const std::map<std::string, std::string, std::less<>>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }

  // True if the record at this offset has been read.
  bool Covers(std::string_view shard, std::string_view offset) const;
  // True if every shard has been read at least as far as in `other`.
  bool AtOrPast(const Position& other) const;

  std::string Encode() const;
  // Corruption, or Unimplemented for a version that is newer than this program.
  static Result<Position> Decode(std::string_view bytes);

  bool operator==(const Position&) const = default;

 private:
  std::map<std::string, std::string, std::less<>> entries_;
};

}  // namespace millrace::flow
