// Random is the seam through which everything draws entropy: ids, jitter, test seeds.
//
// Threads:   implementations are thread-safe.
// Ownership: created by app/, outlives all users.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace millrace {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t Next() = 0;

  // Uniform in [0, bound). REQUIRES: bound > 0.
  std::uint64_t Below(std::uint64_t bound);
  // Uniform in [0, 1).
  double Fraction();
  // "9b1f8c1e-…", version 4 (RFC 9562).
  std::string Uuid();
  // `length` characters of A-Z and 0-9, the form of AWS's request ids.
  std::string UpperAlphanumeric(std::size_t length);
};

// Seeded from the kernel, then a fast generator. Not for secrets.
class SystemRandom final : public Random {
 public:
  std::uint64_t Next() override;
};

// The same seed gives the same sequence: for tests and simulation.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() override;

 private:
  std::mutex mutex_;
  std::uint64_t state_;  // guarded by mutex_
};

}  // namespace millrace
