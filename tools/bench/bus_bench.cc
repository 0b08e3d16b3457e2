// bus_bench measures what an event of a bus costs from its append to the delivery to the one rule that it matches: with
// one rule and one target, and with 100,000 rules and 1,000 targets. Prints one line of JSON.
//
//   bus_bench [--rules 100000] [--targets 1000] [--events 200000]
//
// Everything is the product's own but the disk (memory) and the targets (which take everything at once), so that what
// is left is matching, the log, the feed and the subscriptions.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/engine.h"
#include "flow/subscription.h"
#include "flow/testing/fakes.h"
#include "logs/bus/bus_log.h"
#include "pattern/matcher.h"
#include "pattern/pattern.h"
#include "store/memory_store.h"
#include "targets/bus/bus_target.h"

namespace {

using namespace millrace;

class CountingTarget final : public flow::Target {
 public:
  const std::string& name() const override { return name_; }
  const flow::TargetTraits& traits() const override { return traits_; }
  Status Open() override { return Ok(); }
  void Close() override {}
  void Write(std::span<const flow::Record> batch, std::vector<flow::StateRow>, Done done) override {
    taken += batch.size();
    done(flow::WriteReport::AllTaken(batch.size()));
  }

  std::atomic<std::uint64_t> taken{0};

 private:
  const std::string name_ = "target/counting";
  const flow::TargetTraits traits_{.kind = flow::BatchKind::kPerEntry, .batch_records_max = 100};
};

// What waits here must cost nothing.
void Pause() {
  std::this_thread::sleep_for(std::chrono::microseconds(20));
}

// Nanoseconds of processor time per event, all threads.
double Run(std::uint32_t rules, std::uint32_t targets, std::uint32_t customers, int events) {
  store::MemoryStore store;
  SystemClock clock;
  SystemRandom random;
  auto engine = MUST(engine::Engine::Open({}, store, clock, random));
  const auto bus = MUST(engine->CreateBus({"000000000000", "us-east-1"}, "bench", std::chrono::hours(24)));
  pattern::Matcher matcher;
  for (std::uint32_t rule = 0; rule < rules; ++rule) {
    const auto pattern = MUST(pattern::Pattern::Parse(fmt::format(
        R"({{"source":["bench"],"detail":{{"customer":["c{}"],"total":[{{"numeric":[">",0]}}]}}}})", rule)));
    if (!matcher.Add(rule, pattern).ok()) std::abort();
  }
  flow::testing::MemoryState state;
  flow::ThreadExecutor executor(2, clock);
  logs::BusLog log(*engine, *bus);
  flow::Feed feed(log, executor);
  feed.Start();
  CountingTarget counting;
  std::vector<std::unique_ptr<flow::Subscription>> subscriptions;
  for (std::uint32_t target = 0; target < targets; ++target) {
    flow::SubscriptionOptions options;
    options.id = {"000000000000", "us-east-1", fmt::format("rule/{}", target), bus->arn};
    options.interest = {.everything = false, .rules = {}};
    for (std::uint32_t rule = target; rule < rules; rule += targets) options.interest.rules.push_back(rule);
    subscriptions.push_back(
        std::make_unique<flow::Subscription>(std::move(options), feed, counting, state, executor, random));
    if (!subscriptions.back()->Start().ok()) std::abort();
  }
  for (const auto& subscription : subscriptions)
    while (!subscription->stats().caught_up) Pause();
  targets::BusTarget target(*engine, *bus, matcher);
  std::timespec before{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  std::atomic<int> appended{0};
  constexpr int kBatch = 100;
  for (int first = 0; first < events; first += kBatch) {
    std::vector<flow::Record> batch(kBatch);
    for (int i = 0; i < kBatch; ++i) {
      flow::Record& record = batch[static_cast<std::size_t>(i)];
      const auto customer = static_cast<std::uint32_t>(first + i) * 7919U % customers;
      record.id = fmt::format("{:032x}", first + i);
      record.order_key = fmt::format("k{}", first + i);
      record.body = fmt::format(
          R"({{"version":"0","id":"{}","detail-type":"Order","source":"bench","account":"000000000000",)"
          R"("time":"2026-01-01T00:00:00Z","region":"us-east-1","resources":[],)"
          R"("detail":{{"customer":"c{}","total":12.5,"lines":[{{"sku":"a","count":1}},{{"sku":"b","count":2}}]}}}})",
          record.id, customer);
    }
    // As one pipe does: the next batch when this one is there.
    std::atomic<bool> done{false};
    target.Write(batch, {}, [&](const flow::WriteReport&) { done = true; });
    while (!done) Pause();
    appended += kBatch;
    while (counting.taken + 5000 < static_cast<std::uint64_t>(appended)) Pause();
  }
  while (counting.taken < static_cast<std::uint64_t>(events)) Pause();
  std::timespec after{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  for (const auto& subscription : subscriptions) subscription->Stop();
  feed.Stop();
  executor.Stop();
  engine->Stop();
  return (static_cast<double>(after.tv_sec - before.tv_sec) * 1e9 +
          static_cast<double>(after.tv_nsec - before.tv_nsec)) /
         events;
}

}  // namespace

int main(int argc, char** argv) {
  int rules = 100'000, targets = 1'000, events = 200'000;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--rules") == 0) rules = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--targets") == 0) targets = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--events") == 0) events = std::atoi(argv[i + 1]);
  }
  const auto rule_count = static_cast<std::uint32_t>(rules), target_count = static_cast<std::uint32_t>(targets);
  (void)Run(1, 1, 1, events / 10);  // warm
  const double one = Run(1, 1, 1, events);
  const double many = Run(rule_count, target_count, 1, events);
  const double spread = Run(rule_count, target_count, rule_count, events);
  std::printf(R"({"one_rule_us":%.2f,"many_rules_us":%.2f,"ratio":%.2f,"spread_us":%.2f})"
              "\n",
              one / 1000, many / 1000, many / one, spread / 1000);
  return 0;
}
