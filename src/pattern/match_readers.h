// MatchReaders lends MatchReaders of one Matcher to whoever has no thread of its own.
//
// Threads:   thread-safe; what was lent belongs to the borrower.
// Ownership: the matcher outlives it, and it outlives what it lent.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "pattern/matcher.h"

namespace millrace::pattern {

class MatchReaders {
 public:
  explicit MatchReaders(const Matcher& matcher) : matcher_(matcher) {}

  // Comes back when it is destroyed.
  class Lent {
   public:
    Lent(MatchReaders& owner, std::unique_ptr<MatchReader> reader) : owner_(owner), reader_(std::move(reader)) {}
    Lent(Lent&&) noexcept = default;
    ~Lent() {
      if (reader_ == nullptr) return;
      std::lock_guard lock(owner_.mutex_);
      owner_.idle_.push_back(std::move(reader_));
    }
    MatchReader* operator->() const { return reader_.get(); }

   private:
    MatchReaders& owner_;
    std::unique_ptr<MatchReader> reader_;
  };

  Lent Take() {
    std::unique_ptr<MatchReader> reader;
    {
      std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        reader = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (reader == nullptr) reader = std::make_unique<MatchReader>(matcher_);
    return Lent(*this, std::move(reader));
  }

 private:
  const Matcher& matcher_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<MatchReader>> idle_;  // guarded by mutex_
};

}  // namespace millrace::pattern
