// Histogram tells how durations are distributed: it counts them in buckets from 10 µs to 60 s, three or so to a decade,
// the same for every histogram so that they can be compared and added.
//
// Threads:   thread-safe; an observation is three relaxed atomic additions. A snapshot that is taken meanwhile may lack
//            the last few in one of its numbers.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace millrace::metrics {

class Histogram {
 public:
  // Upper bounds, inclusive. What is longer than the last is in one more bucket.
  static constexpr std::array<Duration, 21> kBounds = [] {
    using std::chrono::microseconds;
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    return std::array<Duration, 21>{microseconds(10),   microseconds(25),  microseconds(50),  microseconds(100),
                                    microseconds(250),  microseconds(500), milliseconds(1),   microseconds(2500),
                                    milliseconds(5),    milliseconds(10),  milliseconds(25),  milliseconds(50),
                                    milliseconds(100),  milliseconds(250), milliseconds(500), seconds(1),
                                    milliseconds(2500), seconds(5),        seconds(10),       seconds(30),
                                    seconds(60)};
  }();

  // Less than nothing is nothing: wall clocks may jump.
  void Observe(Duration duration);

  struct Snapshot {
    std::array<std::uint64_t, kBounds.size() + 1> counts{};  // per bucket, not cumulative
    Duration sum{};
    std::uint64_t count() const;
  };
  Snapshot Take() const;

 private:
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<Duration::rep> sum_{0};
};

}  // namespace millrace::metrics
