#include "store/fault_store.h"

#include <utility>

namespace millrace::store {
namespace {

constexpr std::string_view kOperationNames[] = {"write", "sync", "get", "iterator step"};

}  // namespace

class FaultStore::FaultIterator final : public Iterator {
 public:
  FaultIterator(const FaultStore& store, std::unique_ptr<Iterator> iterator)
      : store_(store), iterator_(std::move(iterator)) {}

  void SeekToFirst() override {
    if (Step()) iterator_->SeekToFirst();
  }
  void SeekToLast() override {
    if (Step()) iterator_->SeekToLast();
  }
  void Seek(std::string_view key) override {
    if (Step()) iterator_->Seek(key);
  }
  void SeekForPrev(std::string_view key) override {
    if (Step()) iterator_->SeekForPrev(key);
  }
  void Next() override {
    if (Step()) iterator_->Next();
  }
  void Prev() override {
    if (Step()) iterator_->Prev();
  }
  bool Valid() const override { return status_.ok() && iterator_->Valid(); }
  std::string_view key() const override { return iterator_->key(); }
  std::string_view value() const override { return iterator_->value(); }
  Status status() const override { return status_.ok() ? iterator_->status() : status_; }

 private:
  bool Step() {
    const auto fault = store_.Count(Operation::kIteratorStep);
    if (fault) {
      status_ = store_.Injected(*fault);
    } else {
      status_ = Ok();
    }
    return !fault;
  }

  const FaultStore& store_;
  const std::unique_ptr<Iterator> iterator_;
  Status status_ = Ok();
};

void FaultStore::Order(Fault fault) {
  std::lock_guard lock(mutex_);
  fault.nth += calls_[static_cast<std::size_t>(fault.operation)];
  faults_.push_back(fault);
}

std::uint64_t FaultStore::Calls(Operation operation) const {
  std::lock_guard lock(mutex_);
  return calls_[static_cast<std::size_t>(operation)];
}

void FaultStore::Restart() {
  std::lock_guard lock(mutex_);
  faults_.clear();
  fail_stop_.Clear();
}

std::optional<FaultStore::Fault> FaultStore::Count(Operation operation) const {
  std::lock_guard lock(mutex_);
  const std::uint64_t call = ++calls_[static_cast<std::size_t>(operation)];
  for (const Fault& fault : faults_) {
    if (fault.operation != operation) continue;
    if (call == fault.nth || (call > fault.nth && fault.times == Times::kForEver)) return fault;
  }
  return std::nullopt;
}

Error FaultStore::Injected(const Fault& fault) const {
  return Err(fault.code, reason::kInjected, "injected failure of a {}",
             kOperationNames[static_cast<std::size_t>(fault.operation)]);
}

Status FaultStore::Write(Batch& batch, Durability durability) {
  const auto fault = Count(Operation::kWrite);
  TRY(fail_stop_.Check());
  if (!fault) return store_->Write(batch, durability);
  if (fault->effect == Effect::kDone) TRY(store_->Write(batch, durability));
  return fail_stop_.Record(Injected(*fault));
}

Status FaultStore::Sync() {
  const auto fault = Count(Operation::kSync);
  TRY(fail_stop_.Check());
  if (!fault) return store_->Sync();
  if (fault->effect == Effect::kDone) TRY(store_->Sync());
  return fail_stop_.Record(Injected(*fault));
}

Result<bool> FaultStore::Get(Space space, std::string_view key, std::string* value, const Snapshot* snapshot) const {
  if (const auto fault = Count(Operation::kGet)) return Injected(*fault);
  return store_->Get(space, key, value, snapshot);
}

std::unique_ptr<Iterator> FaultStore::NewIterator(Space space, IterateOptions options) const {
  return std::make_unique<FaultIterator>(*this, store_->NewIterator(space, std::move(options)));
}

Status FaultStore::Health() const {
  TRY(fail_stop_.Check());
  return store_->Health();
}

}  // namespace millrace::store
