#include "app/schedules.h"

#include "api/arns/ref_arn.h"
#include "app/record_parameters.h"
#include "app/rule_ids.h"
#include "base/bytes.h"
#include "transform/envelope.h"

namespace millrace::app {
namespace {

// No bus of a user's can have such a name.
constexpr const char* kBus = "scheduler/fired";

std::string FiredRow(const std::string& name) {
  return "ft" + name;
}

}  // namespace

flow::SubscriptionId Schedules::IdentityOf(const LiveBus& bus, const std::string& name) const {
  return {site_.scope.account, site_.scope.region, "schedule/" + name, bus.log->arn};
}

Status Schedules::Put(const ScheduleOrder& order) {
  ASSIGN_OR_RETURN(const auto bus, buses_.Open(kBus, config::Bus{}.retain));
  ASSIGN_OR_RETURN(const std::uint32_t id, RuleIdOf(site_.engine, bus->log->arn, order.name));
  Runner::Order run;
  run.options.id = IdentityOf(*bus, order.name);
  run.options.interest = {.everything = false, .rules = {id}};
  run.options.retry.retries_max = order.target.retry.retries_max;
  run.options.retry.age_max = order.target.retry.age_max;
  run.options.after_failure = flow::AfterFailure::kContinue;
  ASSIGN_OR_RETURN(run.target, destinations_.Find(order.target.ref, {}));
  if (order.target.on_failure) {
    FailureOrigin origin{.kind = FailureOrigin::Kind::kRule,
                         .arn = order.arn,
                         .source_arn = bus->log->arn,
                         .target_arn = api::ArnOfRef({site_.place.account, site_.place.region}, order.target.ref)};
    ASSIGN_OR_RETURN(run.options.on_failure, destinations_.FindFailures(*order.target.on_failure, std::move(origin)));
  }
  run.feed = FeedOf(bus);
  if (order.target.ref.kind == config::RefKind::kBus) {
    run.options.transform = [order, place = site_.place](flow::Record& record) -> Result<flow::Verdict> {
      std::string body;
      const std::string resources[] = {order.arn};
      transform::AppendEnvelope(body, {.id = record.id,
                                       .detail_type = order.detail_type,
                                       .source = order.source,
                                       .account = place.account,
                                       .time_ms = record.time_ms,
                                       .region = place.region,
                                       .resources = resources,
                                       .detail = order.input ? std::string_view(*order.input) : "{}"});
      record.body = std::move(body);
      return flow::Verdict::kDeliver;
    };
  } else if (order.input) {
    run.options.transform = [input = *order.input](flow::Record& record) -> Result<flow::Verdict> {
      record.body = input;
      return flow::Verdict::kDeliver;
    };
  }
  if (!order.target.parameters.IsEmpty()) {
    // Of literals: a schedule has no event.
    ASSIGN_OR_RETURN(auto parameters, Evaluate(order.target.parameters, json::Value()));
    run.options.transform = [parameters = std::move(parameters),
                             shape = std::move(run.options.transform)](flow::Record& record) -> Result<flow::Verdict> {
      record.parameters = parameters;
      return shape ? shape(record) : flow::Verdict::kDeliver;
    };
  }
  run.delivered = [&line = site_.watcher.line, name = order.name,
                   to = order.target.ref.ToString()](const flow::Record& record) {
    line(fmt::format("schedule/{:<14} fired      -> {}  ok  event {}", name, to, record.id));
  };
  TRY(runner_.Start(std::move(run)));
  Live& live = schedules_[order.name];
  if (live.timer != nullptr) live.timer->Stop();
  live.timer.reset();
  live.next = order.next;
  if (!order.next) return Ok();
  live.timer = std::make_unique<ScheduledRule>(ScheduledRuleOptions{.name = order.name,
                                                                    .arn = order.arn,
                                                                    .rule_id = id,
                                                                    .bus = bus->log->id,
                                                                    .account = site_.place.account,
                                                                    .region = site_.place.region,
                                                                    .source = "aws.scheduler",
                                                                    .fired_row = FiredRow(order.name),
                                                                    .since_ms = order.changed_ms - 1},
                                               order.next, site_.engine, site_.executor, site_.random);
  live.timer->Start();
  return Ok();
}

Status Schedules::Remove(const std::string& name) {
  const auto live = schedules_.find(name);
  if (live == schedules_.end()) return Ok();
  if (live->second.timer != nullptr) live->second.timer->Stop();
  ASSIGN_OR_RETURN(const auto bus, buses_.Find(kBus));
  TRY(runner_.Forget(IdentityOf(*bus, name)));
  TRY(ForgetRuleId(site_.engine, bus->log->arn, name));
  TRY(flow::WriteAndWait(site_.state, {{FiredRow(name), std::nullopt}}));
  schedules_.erase(live);
  return Ok();
}

bool Schedules::IsDone(const std::string& name) const {
  const auto live = schedules_.find(name);
  const auto bus = buses_.Find(kBus);
  if (live == schedules_.end() || !bus.ok() || !live->second.next) return false;
  const auto fired = site_.engine.ReadState(FiredRow(name));
  if (!fired.ok() || !*fired || live->second.next(site_.clock.NowMillis())) return false;
  const auto subscription = runner_.Find("schedule/" + name, (*bus)->log->arn);
  if (subscription == nullptr) return true;
  const auto lag = subscription->Lag(1);
  const auto stats = subscription->stats();
  return lag.ok() && lag->records == 0 && stats.parked_records == 0;
}

void Schedules::Stop() {
  for (auto& [name, live] : schedules_)
    if (live.timer != nullptr) live.timer->Stop();
}

}  // namespace millrace::app
