// BodyBudget bounds the bytes of all request bodies that a server holds at one moment, over all connections.
//
// Without it the limits per connection would multiply: ten thousand connections with 16 MiB each.
//
// Threads:   BodyBudget is thread-safe; a BodyCharge is externally synchronised.
// Ownership: a charge gives back what it took when it is destroyed; the budget outlives it.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace millrace::http {

class BodyBudget {
 public:
  explicit BodyBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  bool Take(std::size_t bytes) {
    if (bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= bytes_max_) return true;
    Give(bytes);
    return false;
  }
  void Give(std::size_t bytes) { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> bytes_{0};
};

class BodyCharge {
 public:
  BodyCharge() = default;
  explicit BodyCharge(BodyBudget* budget) : budget_(budget) {}
  BodyCharge(BodyCharge&& other) noexcept : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  BodyCharge& operator=(BodyCharge&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~BodyCharge() {
    if (bytes_ > 0) budget_->Give(bytes_);
  }

  // Takes what is missing up to `bytes`. False, and nothing taken, if the budget does not have it.
  bool GrowTo(std::size_t bytes) {
    if (bytes <= bytes_) return true;
    if (!budget_->Take(bytes - bytes_)) return false;
    bytes_ = bytes;
    return true;
  }

 private:
  BodyBudget* budget_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace millrace::http
