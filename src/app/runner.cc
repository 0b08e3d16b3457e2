#include "app/runner.h"

#include <algorithm>
#include <map>

namespace millrace::app {
namespace {

const metrics::Family kDeliveryLatency{
    "millrace_flow_delivery_seconds", metrics::Kind::kHistogram,
    "From the commit of a record to the moment when the target took it, in steps of a millisecond."};

// A subscription and what it needs, which goes after it.
struct Held {
  std::shared_ptr<flow::Feed> feed;
  std::shared_ptr<flow::Queue> queue;
  std::shared_ptr<flow::Target> target;
  std::optional<flow::Subscription> subscription;
};

bool Is(const Runner::Running& running, std::string_view name, std::string_view source) {
  return running.name == name && running.source == source;
}

}  // namespace

flow::SubscriptionObserver Runner::ObserverOf(Order& order) const {
  const std::string& name = order.options.id.name;
  const std::string& to = order.target->name();
  const FlowsWatcher& watcher = site_.watcher;
  flow::SubscriptionObserver observer;
  observer.finished = std::move(order.finished);
  metrics::Histogram& latency = site_.metrics.AddHistogram(kDeliveryLatency, {{"flow", name}});
  observer.delivered = [&clock = site_.clock, &latency,
                        shown = watcher.line ? std::move(order.delivered) : nullptr](const flow::Record& record) {
    latency.Observe(std::chrono::milliseconds(clock.NowMillis() - record.time_ms));
    if (shown) shown(record);
  };
  if (!watcher.problem) return observer;
  observer.target_down = [&watcher, name, to](const Error& error, std::chrono::milliseconds wait) {
    watcher.problem(fmt::format("{}: {} is down, next try in {} ms: {}", name, to, wait.count(), error.message()));
  };
  observer.target_up = [&watcher, name, to] { watcher.problem(fmt::format("{}: {} is back", name, to)); };
  observer.buried = [&watcher, name](const flow::DeadLetter& letter) {
    watcher.problem(fmt::format("{}: dead letter {}: {} after {} tries: {}{}", name, letter.number,
                                flow::DeadReasonName(letter.reason), letter.attempts, letter.cause,
                                letter.holds_key ? "; its key waits for `millrace dlq redrive` or `drop`" : ""));
  };
  observer.retrying = [&watcher, name, to](const flow::Record& record, const Error& error,
                                           std::chrono::milliseconds wait) {
    watcher.problem(fmt::format("{}: {} did not take {}, next try in {} ms: {}", name, to, record.id, wait.count(),
                                error.message()));
  };
  return observer;
}

Status Runner::Start(Order order) {
  const flow::SubscriptionId id = order.options.id;
  if (const auto before = Find(id.name, id.source)) before->Stop();
  flow::SubscriptionObserver observer = ObserverOf(order);
  const std::string from = order.queue == nullptr ? order.feed->log().name() : order.queue->name();
  Running running{id.name, id.source, from, order.target->name(), nullptr};
  const auto held = std::make_shared<Held>(std::move(order.feed), std::move(order.queue), std::move(order.target));
  if (held->queue == nullptr) {
    held->subscription.emplace(std::move(order.options), *held->feed, *held->target, site_.state, site_.executor,
                               site_.random, std::move(observer));
  } else {
    held->subscription.emplace(std::move(order.options), *held->queue, *held->target, site_.state, site_.executor,
                               site_.random, std::move(observer));
  }
  running.subscription = {held, &*held->subscription};
  TRY(held->subscription->Start());
  std::shared_ptr<flow::Subscription> old;  // goes after the lock
  std::lock_guard lock(mutex_);
  if (stopped_) return Err(ErrorCode::kUnavailable, {}, "the node is stopping");
  const auto place = std::ranges::find_if(running_, [&](const Running& each) { return Is(each, id.name, id.source); });
  if (place == running_.end()) {
    running_.push_back(std::move(running));
  } else {
    old = std::exchange(*place, std::move(running)).subscription;
  }
  return Ok();
}

Status Runner::Forget(const flow::SubscriptionId& id) {
  // Listed until it has stopped, so that its log holds.
  if (const auto subscription = Find(id.name, id.source)) subscription->Stop();
  std::vector<Running> gone;
  {
    std::lock_guard lock(mutex_);
    for (auto each = running_.begin(); each != running_.end();) {
      if (!Is(*each, id.name, id.source)) {
        ++each;
        continue;
      }
      gone.push_back(std::move(*each));
      each = running_.erase(each);
    }
  }
  // The checkpoint goes last: whoever finds it after a crash finds all that it covers, or asks for this again.
  for (const std::string_view kind : {"fp", "fd"}) TRY(DeleteRows(id.StateKey(kind)));
  return flow::WriteAndWait(site_.state, {{id.StateKey("fs"), std::nullopt}, {id.StateKey("fc"), std::nullopt}});
}

Status Runner::DeleteRows(std::string_view prefix) {
  constexpr std::size_t kRowsAtOnce = 1000;
  for (;;) {
    ASSIGN_OR_RETURN(std::vector<flow::StateRow> rows, site_.state.Scan(prefix, {}, kRowsAtOnce));
    if (rows.empty()) return Ok();
    for (flow::StateRow& row : rows) row.value.reset();
    TRY(flow::WriteAndWait(site_.state, std::move(rows)));
  }
}

std::vector<Runner::Running> Runner::List() const {
  std::lock_guard lock(mutex_);
  return running_;
}

std::shared_ptr<flow::Subscription> Runner::Find(std::string_view name, std::string_view source) const {
  std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(running_, [&](const Running& each) { return Is(each, name, source); });
  return found == running_.end() ? nullptr : found->subscription;
}

engine::LogHolds Runner::Holds() const {
  const auto catalogue = site_.engine.catalogue();
  engine::LogHolds holds;
  std::lock_guard lock(mutex_);
  for (const Running& running : running_) {
    const flow::SubscriptionState state = running.subscription->state();
    // One that has lost records already, or is through, holds nothing.
    if (state == flow::SubscriptionState::kFailed || state == flow::SubscriptionState::kFinished) continue;
    const auto log = catalogue->FindLogByArn(running.source);
    if (log == nullptr) continue;
    const bool first = !holds.contains(log->id);
    auto& shards = holds[log->id];
    const flow::Position position = running.subscription->position();
    std::map<std::string, engine::SequenceNumber, std::less<>> reached;
    for (const auto& [shard, offset] : position.entries())
      if (const auto sequence = engine::ParseSequenceNumber(offset)) reached[shard] = *sequence;
    if (first) {
      shards = std::move(reached);
      continue;
    }
    // The slowest counts; a shard that one of them has not begun is held whole.
    std::erase_if(shards, [&](const auto& each) { return !reached.contains(each.first); });
    for (auto& [shard, sequence] : shards) sequence = std::min(sequence, reached.at(shard));
  }
  return holds;
}

void Runner::Stop() {
  std::vector<Running> running;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    running.swap(running_);
  }
  for (const Running& each : running) each.subscription->Stop();
}

}  // namespace millrace::app
