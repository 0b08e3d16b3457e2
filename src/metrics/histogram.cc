#include "metrics/histogram.h"

#include <algorithm>
#include <numeric>

namespace millrace::metrics {

void Histogram::Observe(Duration duration) {
  duration = std::max(duration, Duration::zero());
  const auto bucket = static_cast<std::size_t>(std::ranges::lower_bound(kBounds, duration) - kBounds.begin());
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(duration.count(), std::memory_order_relaxed);
}

std::uint64_t Histogram::Snapshot::count() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

Histogram::Snapshot Histogram::Take() const {
  Snapshot snapshot;
  for (std::size_t i = 0; i < counts_.size(); ++i) snapshot.counts[i] = counts_[i].load(std::memory_order_relaxed);
  snapshot.sum = Duration(sum_.load(std::memory_order_relaxed));
  return snapshot;
}

}  // namespace millrace::metrics
