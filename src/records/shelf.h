// Shelf is the records of one kind, by their keys: in memory, and durably as one row each.
//
// A record type has: a constant kKind of its own, unlike that of any other kind; Key(), a text without order of its own
// but that of its bytes; Encode() and a static Decode(); and `declared`, true for what a configuration file declares,
// which is shown but never kept.
//
// Threads:   externally synchronised.
// Ownership: the keeper outlives it.
// Failure:   of Put and Erase: the error of the store; what is in memory is then as it was.
// Format:    docs/design/api-records.md
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "records/keeper.h"

namespace millrace::records {

template <class Record>
class Shelf {
 public:
  explicit Shelf(Keeper& keeper) : keeper_(keeper) {}

  // Rows that the file declares too are left alone: the file wins, and they come back when it does not any more.
  Status Load() {
    constexpr std::size_t kRowsAtOnce = 100;
    std::string after;
    for (;;) {
      ASSIGN_OR_RETURN(const auto rows, keeper_.rows().Scan(RowKey({}), after, kRowsAtOnce));
      for (const flow::StateRow& row : rows) {
        ASSIGN_OR_RETURN(Record record, Record::Decode(*row.value));
        std::string key = record.Key();
        records_.try_emplace(std::move(key), std::move(record));
      }
      if (rows.size() < kRowsAtOnce) return Ok();
      after = rows.back().key;
    }
  }
  void Declare(Record record) {
    record.declared = true;
    std::string key = record.Key();
    records_.insert_or_assign(std::move(key), std::move(record));
  }
  // What there is though nobody made it. It has a row from its first Put on.
  void Provide(Record record) {
    std::string key = record.Key();
    records_.try_emplace(std::move(key), std::move(record));
  }
  // Null: there is none. Valid until the next change.
  const Record* Find(std::string_view key) const {
    const auto found = records_.find(key);
    return found == records_.end() ? nullptr : &found->second;
  }
  // Returns when it is on the disk.
  Status Put(Record record) {
    std::string key = record.Key();
    TRY(Write({RowKey(key), record.Encode()}));
    records_.insert_or_assign(std::move(key), std::move(record));
    return Ok();
  }
  Status Erase(std::string_view key) {
    const std::string owned(key);
    TRY(Write({RowKey(owned), std::nullopt}));
    records_.erase(owned);
    return Ok();
  }
  const std::map<std::string, Record, std::less<>>& all() const { return records_; }

 private:
  static std::string RowKey(std::string_view key) { return std::string(Record::kKind) + std::string(key); }
  Status Write(flow::StateRow row) {
    TRY(flow::WriteAndWait(keeper_.rows(), {std::move(row)}));
    return keeper_.Sync();
  }

  Keeper& keeper_;
  std::map<std::string, Record, std::less<>> records_;
};

}  // namespace millrace::records
