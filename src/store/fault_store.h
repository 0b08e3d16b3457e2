// FaultStore wraps a Store and makes chosen calls fail, so that every path behind a failing disk can be tested.
//
//   store.Order({.operation = FaultStore::Operation::kWrite, .nth = 3});   // the third Write from now fails
//
// Like every Store it fails stop: a failed Write or Sync makes all later ones fail, until Restart().
//
// Threads:   as the wrapped store; Order, Calls and Restart are thread-safe.
// Ownership: owns the wrapped store.
// Failure:   what was ordered, with reason::kInjected.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/fail_stop.h"
#include "store/store.h"

namespace millrace::store {

namespace reason {
inline constexpr std::string_view kInjected = "store.injected";
}  // namespace reason

class FaultStore final : public Store {
 public:
  // An iterator step is a seek of any kind, a Next or a Prev.
  enum class Operation { kWrite, kSync, kGet, kIteratorStep };
  static constexpr std::size_t kOperationCount = 4;
  enum class Times { kOnce, kForEver };
  // kDone: a Write or Sync takes place and is reported as failed, as when the answer of the disk is lost.
  enum class Effect { kNotDone, kDone };
  struct Fault {
    Operation operation = Operation::kWrite;
    std::uint64_t nth = 1;  // 1 is the next call
    Times times = Times::kOnce;
    Effect effect = Effect::kNotDone;
    ErrorCode code = ErrorCode::kIo;
  };

  explicit FaultStore(std::unique_ptr<Store> store) : store_(std::move(store)) {}

  void Order(Fault fault);
  // How many calls there were: run once without a fault, then once for each k up to this.
  std::uint64_t Calls(Operation operation) const;
  // As after a restart of the process: what was written stays, faults and failures are forgotten.
  void Restart();

  std::unique_ptr<Batch> NewBatch() override { return store_->NewBatch(); }
  Status Write(Batch& batch, Durability durability) override;
  Status Sync() override;
  Result<bool> Get(Space space, std::string_view key, std::string* value, const Snapshot* snapshot) const override;
  std::unique_ptr<Snapshot> NewSnapshot() const override { return store_->NewSnapshot(); }
  std::unique_ptr<Iterator> NewIterator(Space space, IterateOptions options) const override;
  Status Health() const override;

 private:
  class FaultIterator;

  // Counts a call; the fault that strikes it, if any.
  std::optional<Fault> Count(Operation operation) const;
  Error Injected(const Fault& fault) const;

  const std::unique_ptr<Store> store_;
  FailStop fail_stop_;
  mutable std::mutex mutex_;
  mutable std::vector<Fault> faults_;                           // guarded by mutex_; nth counts calls from the start
  mutable std::array<std::uint64_t, kOperationCount> calls_{};  // guarded by mutex_
};

}  // namespace millrace::store
