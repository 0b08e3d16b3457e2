// Metrics: what is counted by many threads is counted once each, and what is written is what Prometheus reads.
#include "metrics/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace millrace::metrics {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

const Family kRequests{"requests_total", Kind::kCounter, "Requests."};
const Family kLatency{"latency_seconds", Kind::kHistogram, "How long."};

TEST(Registry, GivesTheSameSeriesForTheSameLabels) {
  Registry registry;
  Counter& first = registry.AddCounter(kRequests, {{"service", "a"}});
  EXPECT_EQ(&first, &registry.AddCounter(kRequests, {{"service", "a"}}));
  EXPECT_NE(&first, &registry.AddCounter(kRequests, {{"service", "b"}}));
}

TEST(Registry, CountsWhatManyThreadsCount) {
  Registry registry;
  Counter& counter = registry.AddCounter(kRequests);
  Histogram& histogram = registry.AddHistogram(kLatency);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 10'000; ++n) {
          counter.Add();
          histogram.Observe(microseconds(n));
          if (n % 1000 == 0) (void)registry.Render();
          registry.AddGauge({"open", Kind::kGauge, "Open."}).Add(n % 2 == 0 ? 1 : -1);
        }
      });
  }
  EXPECT_EQ(counter.value(), 40'000u);
  EXPECT_EQ(histogram.Take().count(), 40'000u);
  EXPECT_EQ(histogram.Take().sum, microseconds(4 * 9'999 * 5'000));
  EXPECT_THAT(registry.Render(), HasSubstr("\nopen 0\n"));
}

TEST(Registry, WritesFamiliesOnceWithTheirSeriesTogether) {
  Registry registry;
  registry.AddCounter(kRequests, {{"service", "a"}}).Add(3);
  registry.AddGauge({"open", Kind::kGauge, "Open now."}).Set(-2);
  registry.AddCounter(kRequests, {{"service", "b"}}).Add(18'446'744'073'709'551'615u);
  registry.AddCollector([](Exposition& out) {
    out.Begin({"load", Kind::kGauge, "Line\nand \\."});
    out.Sample({}, 0.25);
  });
  EXPECT_EQ(registry.Render(),
            "# HELP requests_total Requests.\n"
            "# TYPE requests_total counter\n"
            "requests_total{service=\"a\"} 3\n"
            "requests_total{service=\"b\"} 18446744073709551615\n"
            "# HELP open Open now.\n"
            "# TYPE open gauge\n"
            "open -2\n"
            "# HELP load Line\\nand \\\\.\n"
            "# TYPE load gauge\n"
            "load 0.25\n");
}

TEST(Registry, TooManySeriesShareOne) {
  Registry registry;
  for (std::size_t i = 0; i < Registry::kSeriesMax + 10; ++i)
    registry.AddCounter(kRequests, {{"user", std::to_string(i)}}).Add();
  EXPECT_THAT(registry.Render(), HasSubstr("\nrequests_total{user=\"(other)\"} 10\n"));
  EXPECT_EQ(&registry.AddCounter(kRequests, {{"user", "x"}}), &registry.AddCounter(kRequests, {{"user", "y"}}));
}

TEST(Exposition, EscapesAndCutsLabelValues) {
  Exposition out;
  out.Begin({"x", Kind::kGauge, "X."});
  out.Sample({{"a", "q\"b\\n\nend"}, {"b", ""}}, std::int64_t{1});
  EXPECT_THAT(out.text(), HasSubstr("x{a=\"q\\\"b\\\\n\\nend\",b=\"\"} 1\n"));
  std::string value(kLabelBytesMax - 1, 'a');
  value += "ü";  // does not fit whole
  Exposition cut;
  cut.Begin({"x", Kind::kGauge, "X."});
  cut.Sample({{"a", value}}, std::int64_t{1});
  EXPECT_THAT(cut.text(), HasSubstr("{a=\"" + value.substr(0, kLabelBytesMax - 1) + "\"}"));
}

TEST(Exposition, WritesNumbersThatPrometheusReads) {
  Exposition out;
  out.Begin({"x", Kind::kGauge, "X."});
  out.Sample({}, 1e300);
  out.Sample({}, std::numeric_limits<double>::infinity());
  out.Sample({}, -std::numeric_limits<double>::infinity());
  out.Sample({}, std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(out.text(), HasSubstr("x 1e+300\nx +Inf\nx -Inf\nx NaN\n"));
}

TEST(Exposition, NamesThatAreWrongAreBugs) {
  Exposition out;
  EXPECT_DEATH(out.Begin({"1x", Kind::kGauge, ""}), "a metric's name");
  EXPECT_DEATH(out.Begin({"x", Kind::kCounter, ""}), "end in _total");
  out.Begin({"x", Kind::kGauge, ""});
  EXPECT_DEATH(out.Begin({"x", Kind::kGauge, ""}), "stand together");
  EXPECT_DEATH(out.Sample({{"le", "1"}}, 1.0), "a label's name");
  EXPECT_DEATH(out.Sample({}, Histogram::Snapshot()), "another kind");
}

TEST(Histogram, PutsEachDurationInItsBucket) {
  Histogram histogram;
  for (const Duration bound : Histogram::kBounds) {
    histogram.Observe(bound);
    histogram.Observe(bound + Duration(1));
  }
  histogram.Observe(Duration(-5));
  const auto snapshot = histogram.Take();
  EXPECT_EQ(snapshot.counts[0], 2u) << "10 µs and less than nothing";
  for (std::size_t i = 1; i < Histogram::kBounds.size(); ++i) EXPECT_EQ(snapshot.counts[i], 2u) << i;
  EXPECT_EQ(snapshot.counts.back(), 1u);
  EXPECT_TRUE(std::ranges::is_sorted(Histogram::kBounds));
}

TEST(Histogram, IsWrittenCumulativelyInSeconds) {
  Registry registry;
  Histogram& histogram = registry.AddHistogram(kLatency, {{"to", "x"}});
  histogram.Observe(microseconds(10));
  histogram.Observe(milliseconds(2));
  histogram.Observe(seconds(90));
  const std::string text = registry.Render();
  EXPECT_THAT(text, HasSubstr("latency_seconds_bucket{to=\"x\",le=\"0.00001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("latency_seconds_bucket{to=\"x\",le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("latency_seconds_bucket{to=\"x\",le=\"0.0025\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("latency_seconds_bucket{to=\"x\",le=\"60\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("latency_seconds_bucket{to=\"x\",le=\"+Inf\"} 3\n"
                              "latency_seconds_sum{to=\"x\"} 90.00201\n"
                              "latency_seconds_count{to=\"x\"} 3\n"));
}

}  // namespace
}  // namespace millrace::metrics
