// Exposition writes metrics as the text that Prometheus scrapes.
//
//   Exposition out;
//   out.Begin({"millrace_records_total", Kind::kCounter, "Records delivered."});
//   out.Sample({{"subscription", "pipe/p"}}, 3);
//
// All samples of a family stand together: between one Begin and the next.
//
// Threads:   externally synchronised.
// Failure:   none. Names that are wrong, or a family that is begun twice, are bugs of ours. Label values are anyone's:
//            they are escaped, and cut at kLabelBytesMax.
// Format:    Prometheus text format 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/histogram.h"

namespace millrace::metrics {

// The answer's Content-Type.
inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr std::size_t kLabelBytesMax = 512;

enum class Kind : std::uint8_t { kCounter, kGauge, kHistogram };

struct Family {
  std::string name;  // [a-zA-Z_][a-zA-Z0-9_]*; counters end in _total
  Kind kind = Kind::kGauge;
  std::string help;  // one sentence
};

using Labels = std::vector<std::pair<std::string, std::string>>;

class Exposition {
 public:
  void Begin(const Family& family);
  // REQUIRES: a counter or a gauge was begun.
  void Sample(const Labels& labels, std::uint64_t value);
  void Sample(const Labels& labels, std::int64_t value);
  void Sample(const Labels& labels, double value);
  // REQUIRES: a histogram was begun. In seconds.
  void Sample(const Labels& labels, const Histogram::Snapshot& value);

  const std::string& text() const { return text_; }

 private:
  void Line(std::string_view suffix, const Labels& labels, std::string_view bound, std::string_view value);
  void Plain(const Labels& labels, std::string_view value);

  std::string text_;
  std::set<std::string> begun_;
  std::string name_;
  Kind kind_ = Kind::kGauge;
};

}  // namespace millrace::metrics
