// Capacity units: what a request consumed, by DynamoDB's rules, and how the answer tells it.
//
// Nothing is throttled by it; programs read it to estimate cost.
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "json/write.h"

namespace millrace::api::dynamodb {

// Counted in halves, since an eventually consistent read costs 0.5.
class CapacityUnits {
 public:
  constexpr CapacityUnits() = default;
  static constexpr CapacityUnits Whole(std::int64_t units) { return CapacityUnits(units * 2); }
  static constexpr CapacityUnits Halves(std::int64_t halves) { return CapacityUnits(halves); }

  constexpr CapacityUnits operator+(CapacityUnits other) const { return CapacityUnits(halves_ + other.halves_); }
  constexpr CapacityUnits& operator+=(CapacityUnits other) {
    halves_ += other.halves_;
    return *this;
  }
  constexpr CapacityUnits operator*(std::int64_t times) const { return CapacityUnits(halves_ * times); }
  constexpr std::int64_t halves() const { return halves_; }
  constexpr bool operator==(const CapacityUnits&) const = default;

 private:
  constexpr explicit CapacityUnits(std::int64_t halves) : halves_(halves) {}
  std::int64_t halves_ = 0;
};

enum class ReadConsistency { kEventual, kStrong };

// One unit per 4 KB or part of it, at least one; half of it for eventual consistency. Reading an item that does not
// exist costs as much as the smallest.
CapacityUnits ReadUnits(std::size_t bytes, ReadConsistency consistency);
// One unit per KB or part of it, at least one. `bytes` is the larger of the item before and after.
CapacityUnits WriteUnits(std::size_t bytes);
// Transactions read or write everything twice.
inline constexpr std::int64_t kTransactionFactor = 2;

enum class CapacityDetail { kNone, kTotal, kIndexes };
// Of a ReturnConsumedCapacity that has been checked.
CapacityDetail CapacityDetailOf(std::optional<std::string_view> return_consumed_capacity);

// The kind is told by transactions only: they add ReadCapacityUnits or WriteCapacityUnits.
enum class CapacityKind { kUntold, kRead, kWrite };

// {"TableName": …, "CapacityUnits": 1.0, "Table": {"CapacityUnits": 1.0}}. REQUIRES: detail is not kNone.
void AppendConsumedCapacity(json::Writer& writer, std::string_view table, CapacityUnits units, CapacityDetail detail,
                            CapacityKind kind = CapacityKind::kUntold);

}  // namespace millrace::api::dynamodb
