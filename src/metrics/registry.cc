#include "metrics/registry.h"

#include <map>

#include "base/check.h"

namespace millrace::metrics {

// One of the three is used, as the family's kind says.
struct Registry::Series {
  Counter counter;
  Gauge gauge;
  std::unique_ptr<Histogram> histogram;
};

struct Registry::Group {
  Family family;
  std::map<Labels, std::unique_ptr<Series>> series;
};

Registry::Registry() = default;
Registry::~Registry() = default;

Registry::Series& Registry::Find(const Family& family, const Labels& labels) {
  std::lock_guard lock(mutex_);
  Group* group = nullptr;
  for (const auto& each : groups_)
    if (each->family.name == family.name) group = each.get();
  if (group == nullptr) {
    group = groups_.emplace_back(std::make_unique<Group>(Group{family, {}})).get();
  }
  CHECK(group->family.kind == family.kind && group->family.help == family.help, "a family has one kind and one help");
  Labels key = labels;
  if (!group->series.contains(key) && group->series.size() >= kSeriesMax)
    for (auto& [name, value] : key) value = "(other)";
  auto& series = group->series[std::move(key)];
  if (series == nullptr) {
    series = std::make_unique<Series>();
    if (family.kind == Kind::kHistogram) series->histogram = std::make_unique<Histogram>();
  }
  return *series;
}

Counter& Registry::AddCounter(const Family& family, const Labels& labels) {
  CHECK(family.kind == Kind::kCounter);
  return Find(family, labels).counter;
}

Gauge& Registry::AddGauge(const Family& family, const Labels& labels) {
  CHECK(family.kind == Kind::kGauge);
  return Find(family, labels).gauge;
}

Histogram& Registry::AddHistogram(const Family& family, const Labels& labels) {
  CHECK(family.kind == Kind::kHistogram);
  return *Find(family, labels).histogram;
}

void Registry::AddCollector(std::function<void(Exposition&)> collector) {
  std::lock_guard lock(mutex_);
  collectors_.push_back(std::move(collector));
}

std::string Registry::Render() const {
  std::lock_guard rendering(rendering_);
  Exposition out;
  std::vector<std::function<void(Exposition&)>> collectors;
  {
    std::lock_guard lock(mutex_);
    for (const auto& group : groups_) {
      out.Begin(group->family);
      for (const auto& [labels, series] : group->series) {
        if (series->histogram != nullptr) {
          out.Sample(labels, series->histogram->Take());
        } else if (group->family.kind == Kind::kCounter) {
          out.Sample(labels, series->counter.value());
        } else {
          out.Sample(labels, series->gauge.value());
        }
      }
    }
    collectors = collectors_;
  }
  for (const auto& collect : collectors) collect(out);
  return out.text();
}

}  // namespace millrace::metrics
