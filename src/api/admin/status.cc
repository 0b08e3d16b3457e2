#include "api/admin/status.h"

#include <algorithm>
#include <array>

#include "api/admin/reply.h"
#include "json/write.h"
#include "transform/envelope.h"

namespace millrace::api::admin {
namespace {

using flow::SubscriptionState;
using metrics::Kind;

struct Figures {
  RunningFlow flow;
  SubscriptionState state;
  std::string error;  // why it failed
  flow::SubscriptionStats stats;
  Result<flow::SubscriptionLag> lag;
  double lag_seconds = 0;
};

Figures Look(const RunningFlow& flow, const Clock& clock, std::size_t records_max) {
  Figures figures{
      flow, flow.subscription->state(), {}, flow.subscription->stats(), flow.subscription->Lag(records_max)};
  if (const auto error = flow.subscription->error()) figures.error = error->message();
  if (figures.lag.ok() && figures.lag->oldest_ms > 0)
    figures.lag_seconds =
        static_cast<double>(std::max<std::int64_t>(0, clock.NowMillis() - figures.lag->oldest_ms)) / 1000;
  return figures;
}

std::vector<Figures> LookAtAll(const Plant& plant, const Clock& clock) {
  std::vector<Figures> all;
  std::size_t budget = kCountedRecordsMax;
  for (const RunningFlow& flow : plant.Flows()) {
    all.push_back(Look(flow, clock, std::clamp<std::size_t>(budget, kLagRecordsLeast, kLagRecordsMax)));
    if (all.back().lag.ok()) budget -= std::min(budget, static_cast<std::size_t>(all.back().lag->records));
  }
  return all;
}

void Write(json::Writer& writer, const Figures& figures) {
  const auto number = [&](std::string_view name, std::uint64_t value) {
    writer.Key(name);
    writer.Unsigned(value);
  };
  const auto text = [&](std::string_view name, std::string_view value) {
    writer.Key(name);
    writer.String(Utf8(value));
  };
  const flow::SubscriptionStats& stats = figures.stats;
  writer.BeginObject();
  text("name", figures.flow.name);
  text("from", figures.flow.from);
  text("to", figures.flow.to);
  text("state", SubscriptionStateName(figures.state));
  writer.Key("lag");
  if (figures.lag.ok()) {
    writer.BeginObject();
    number("records", figures.lag->records);
    writer.Key("more");
    writer.Bool(figures.lag->more);
    writer.Key("seconds");
    writer.Raw(fmt::format("{:.3f}", figures.lag_seconds));
    writer.EndObject();
  } else {
    writer.Null();
  }
  number("in_flight", stats.in_flight);
  number("window", stats.window);
  number("parked_keys", stats.parked_keys);
  number("held_keys", stats.held_keys);
  number("parked_records", stats.parked_records);
  number("dead_letters", stats.dead_letters);
  number("read", stats.read);
  number("filtered", stats.filtered);
  number("delivered", stats.delivered);
  number("retries", stats.retries);
  // Why it stands still comes first.
  const std::string error = !figures.error.empty() ? figures.error
                            : !figures.lag.ok()    ? figures.lag.error().message()
                                                   : stats.last_error;
  if (!error.empty()) text("error", error);
  writer.EndObject();
}

constexpr std::array kStates{SubscriptionState::kStarting,   SubscriptionState::kRunning,  SubscriptionState::kPaused,
                             SubscriptionState::kBackingOff, SubscriptionState::kFinished, SubscriptionState::kFailed,
                             SubscriptionState::kStopped};

}  // namespace

std::string RenderStatus(const Plant& plant, const Clock& clock) {
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("version");
  writer.Integer(1);
  writer.Key("time");
  writer.String(transform::FormatTimeMillis(clock.NowMillis()));
  writer.Key("flows");
  writer.BeginArray();
  for (const Figures& figures : LookAtAll(plant, clock)) Write(writer, figures);
  writer.EndArray();
  writer.EndObject();
  return body;
}

std::string RenderFlow(const RunningFlow& flow, const Clock& clock) {
  std::string body;
  json::Writer writer(&body);
  Write(writer, Look(flow, clock, kLagRecordsMax));
  return body;
}

void CollectFlows(const Plant& plant, const Clock& clock, metrics::Exposition& out) {
  const std::vector<Figures> all = LookAtAll(plant, clock);
  const auto family = [&](const char* name, Kind kind, const char* help, auto value) {
    out.Begin({name, kind, help});
    for (const Figures& figures : all) out.Sample({{"flow", figures.flow.name}}, value(figures));
  };
  const auto stat = [&](const char* name, Kind kind, const char* help, std::uint64_t flow::SubscriptionStats::*member) {
    family(name, kind, help, [member](const Figures& figures) { return figures.stats.*member; });
  };
  using Stats = flow::SubscriptionStats;
  out.Begin({"millrace_flow_info", Kind::kGauge, "Where a flow's records come from and go to; always 1."});
  for (const Figures& figures : all)
    out.Sample({{"flow", figures.flow.name}, {"from", figures.flow.from}, {"to", figures.flow.to}}, std::uint64_t{1});
  out.Begin({"millrace_flow_state", Kind::kGauge, "1 for the state that a flow is in, 0 for the others."});
  for (const Figures& figures : all)
    for (const SubscriptionState state : kStates)
      out.Sample({{"flow", figures.flow.name}, {"state", std::string(SubscriptionStateName(state))}},
                 std::uint64_t{figures.state == state});
  stat("millrace_flow_read_records_total", Kind::kCounter, "Records read from the log.", &Stats::read);
  stat("millrace_flow_filtered_records_total", Kind::kCounter, "Records that the filter did not want.",
       &Stats::filtered);
  stat("millrace_flow_delivered_records_total", Kind::kCounter, "Records that the target took.", &Stats::delivered);
  stat("millrace_flow_retries_total", Kind::kCounter, "Tries of a record that failed.", &Stats::retries);
  stat("millrace_flow_batches_total", Kind::kCounter, "Batches given to the target.", &Stats::batches);
  stat("millrace_flow_buried_records_total", Kind::kCounter, "Records that became dead letters.", &Stats::buried);
  family("millrace_flow_lag_records", Kind::kGauge,
         "Records read and not done, or not read yet; counted up to 100000. Parked records and dead letters are not "
         "part of it.",
         [](const Figures& figures) { return figures.lag.ok() ? figures.lag->records : 0; });
  family("millrace_flow_lag_seconds", Kind::kGauge, "Age of the oldest of them.",
         [](const Figures& figures) { return figures.lag_seconds; });
  stat("millrace_flow_window_records", Kind::kGauge, "Records in memory.", &Stats::window);
  stat("millrace_flow_window_bytes", Kind::kGauge, "Their size.", &Stats::window_bytes);
  stat("millrace_flow_in_flight_batches", Kind::kGauge, "Batches that the target has not answered yet.",
       &Stats::in_flight);
  stat("millrace_flow_parked_keys", Kind::kGauge, "Order keys that wait behind a record that failed.",
       &Stats::parked_keys);
  stat("millrace_flow_held_keys", Kind::kGauge, "Of them, those that wait behind a dead letter.", &Stats::held_keys);
  stat("millrace_flow_parked_records", Kind::kGauge, "Records that are parked.", &Stats::parked_records);
  stat("millrace_flow_dead_letters", Kind::kGauge, "Dead letters that wait for an operator.", &Stats::dead_letters);
}

}  // namespace millrace::api::admin
