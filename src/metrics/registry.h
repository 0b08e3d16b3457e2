// Registry holds the metrics of a process and writes them all.
//
// Who counts asks once for its counter, by family and labels, and keeps the reference; who has the figures elsewhere
// adds a collector, which writes them when somebody asks.
//
// A family has at most kSeriesMax series: whoever comes later shares one whose label values are all "(other)", so that
// names which users choose cannot fill the memory.
//
// Threads:   thread-safe. Collectors are called by the thread that renders, one at a time, without a lock held but the
//            one that keeps renderings apart; they may not render.
// Ownership: what it hands out lives as long as it does; what a collector captures must, too.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "metrics/counter.h"
#include "metrics/exposition.h"
#include "metrics/histogram.h"

namespace millrace::metrics {

class Registry {
 public:
  static constexpr std::size_t kSeriesMax = 5'000;

  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // The same for the same labels. REQUIRES: the family has one kind and one help.
  Counter& AddCounter(const Family& family, const Labels& labels = {});
  Gauge& AddGauge(const Family& family, const Labels& labels = {});
  Histogram& AddHistogram(const Family& family, const Labels& labels = {});
  // Called at each rendering, in the order in which they were added.
  void AddCollector(std::function<void(Exposition&)> collector);

  std::string Render() const;

 private:
  struct Series;
  struct Group;
  Series& Find(const Family& family, const Labels& labels);

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Group>> groups_;                // guarded by mutex_
  std::vector<std::function<void(Exposition&)>> collectors_;  // guarded by mutex_
  mutable std::mutex rendering_;
};

}  // namespace millrace::metrics
