// StreamCopy folds a table's change stream into a copy of the table, and says where the two differ.
//
// Each change must fit the copy so far: an INSERT finds nothing, the old image of a MODIFY or REMOVE is what the copy
// holds. So a change that is lost, doubled or out of order shows at once, not only at the end.
//
// Threads:   confined.
// Failure:   Follow returns Corruption that names the first change which does not fit.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/error.h"
#include "engine/engine.h"
#include "model/codec.h"
#include "model/key.h"

namespace millrace::engine::testing {

class StreamCopy {
 public:
  // Goes on from where the last call ended, to what is committed now. REQUIRES: old and new images, nothing trimmed
  // that was not read.
  Status Follow(const Engine& engine, LogId id) {
    const auto stream = engine.catalogue()->FindLog(id);
    if (stream == nullptr) return Err(ErrorCode::kNotFound, {}, "log {} does not exist", id.value());
    // Ascending numbers: a parent stands before its children.
    for (const Shard& shard : stream->shards) {
      SequenceNumber& position = positions_.try_emplace(shard.number, shard.trimmed).first->second;
      for (bool at_end = false; !at_end;) {
        ASSIGN_OR_RETURN(const LogPage page, engine.ReadLog(id, shard.number, {.after = position}));
        for (const LogRecord& record : page.records) {
          if (record.sequence <= position) return Err(ErrorCode::kCorruption, {}, "the log goes back");
          position = record.sequence;
          ASSIGN_OR_RETURN(const model::Change change, DecodeChange(*stream, record));
          TRY(Take(*stream, change));
        }
        position = page.next;
        at_end = page.at_end;
      }
    }
    return Ok();
  }

  // How many items differ, and in `first` what the first difference is.
  Result<std::uint64_t> Differences(const Engine& engine, const Table& table, std::string* first) const {
    std::uint64_t differences = 0;
    const auto differs = [&](const std::string& key, std::string_view what) {
      if (differences++ == 0) *first = fmt::format("item {:?} of {}: {}", key, table.name, what);
    };
    auto expected = items_.begin();
    TRY(engine.VisitItems(table, SegmentRange(table, 0, 1), Engine::Direction::kForward,
                          [&](std::string_view key, std::string_view value) {
                            for (; expected != items_.end() && expected->first < key; ++expected)
                              differs(expected->first, "not in the table");
                            if (expected == items_.end() || expected->first != key) {
                              differs(std::string(key), "not in the stream");
                            } else {
                              if (expected->second != value) differs(expected->first, "not the same bytes");
                              ++expected;
                            }
                            return true;
                          }));
    for (; expected != items_.end(); ++expected) differs(expected->first, "not in the table");
    return differences;
  }

  const std::map<std::string, std::string>& items() const { return items_; }  // key bytes to stored bytes
  std::uint64_t changes() const { return changes_; }

 private:
  Status Take(const Log& stream, const model::Change& change) {
    const auto wrong = [&](std::string_view what) {
      return Err(ErrorCode::kCorruption, {}, "change {} of {} {}", change.sequence.value(), stream.name, what);
    };
    ASSIGN_OR_RETURN(const model::ItemKey key, model::KeyOfKeyItem(stream.schema, change.keys));
    const auto current = items_.find(key.bytes());
    if (change.old_image.has_value() != (current != items_.end())) return wrong("does not follow what was before it");
    if (change.old_image && model::EncodeItem(*change.old_image) != current->second)
      return wrong("has an old image that never was");
    const bool fits = change.kind == model::ChangeKind::kInsert   ? !change.old_image && change.new_image
                      : change.kind == model::ChangeKind::kModify ? change.old_image && change.new_image
                                                                  : change.old_image && !change.new_image;
    if (!fits) return wrong("has the wrong images for its kind");
    if (change.new_image) {
      std::string bytes = model::EncodeItem(*change.new_image);
      if (current != items_.end() && current->second == bytes) return wrong("changes nothing");
      items_[key.bytes()] = std::move(bytes);
    } else {
      items_.erase(current);
    }
    ++changes_;
    return Ok();
  }

  std::map<ShardNumber, SequenceNumber> positions_;
  std::map<std::string, std::string> items_;
  std::uint64_t changes_ = 0;
};

}  // namespace millrace::engine::testing
