#include "app/event_plant.h"

#include <atomic>
#include <map>

namespace millrace::app {
namespace {

using api::events::ArchiveSize;
using api::events::HttpDestination;
using api::events::NewEvent;
using api::events::ReplayReport;

constexpr std::uint64_t kCountedEventsMax = 100'000;

// The batches of one request, one per bus, and what became of its events.
struct Pending {
  Pending(std::vector<NewEvent> all, std::size_t batches, api::events::Plant::AppendDone then)
      : events(std::move(all)), statuses(events.size(), Ok()), left(batches), done(std::move(then)) {}

  void Finish(const std::vector<std::size_t>& places, const Status& status) {
    for (const std::size_t place : places) statuses[place] = status;  // nobody else writes there
    if (left.fetch_sub(1) == 1) done(std::move(statuses));
  }

  std::vector<NewEvent> events;
  std::vector<Status> statuses;
  std::atomic<std::size_t> left;
  api::events::Plant::AppendDone done;
};

// What the target reported, as the fate of all: a batch is taken whole or not at all.
Status StatusOf(const flow::WriteReport& report) {
  if (report.entries.front() == flow::EntryOutcome::kTaken) return Ok();
  return report.error ? *report.error : Err(ErrorCode::kInternal, {}, "the bus did not take the event");
}

targets::HttpAuth AuthOf(const HttpDestination& destination) {
  if (!destination.closed.empty()) return std::monostate();
  if (const auto* basic = std::get_if<HttpDestination::Basic>(&destination.auth))
    return targets::BasicAuth{basic->user, basic->password};
  if (const auto* key = std::get_if<HttpDestination::ApiKey>(&destination.auth))
    return targets::ApiKeyAuth{key->header, key->value};
  const auto& oauth = std::get<HttpDestination::OAuth>(destination.auth);
  return targets::OAuthClientCredentials{.url = oauth.url,
                                         .client_id = oauth.client_id,
                                         .client_secret = oauth.client_secret,
                                         .method = oauth.method,
                                         .headers = oauth.headers,
                                         .query = oauth.query,
                                         .body = oauth.body};
}

}  // namespace

void EventPlant::Append(std::vector<NewEvent> events, AppendDone done) {
  std::map<std::string_view, std::vector<std::size_t>> by_bus;
  for (std::size_t i = 0; i < events.size(); ++i) by_bus[events[i].bus].push_back(i);
  const auto pending = std::make_shared<Pending>(std::move(events), by_bus.size(), std::move(done));
  for (const auto& [name, places] : by_bus) {
    const auto bus = flows_.FindBus(name);
    if (!bus.ok()) {
      pending->Finish(places, bus.error());
      continue;
    }
    std::vector<flow::Record> records;
    for (const std::size_t place : places) {
      NewEvent& event = pending->events[place];
      flow::Record& record = records.emplace_back();
      record.id = event.id;
      record.order_key = event.id;  // EventBridge promises no order
      record.body = std::move(event.envelope);
    }
    // The bus does not keep the records, but their text until it has matched them, which is before this returns.
    (*bus)->target.Write(records, {}, [pending, places, bus = *bus](const flow::WriteReport& report) {
      pending->Finish(places, StatusOf(report));
    });
  }
}

Status EventPlant::CheckBus(std::string_view name) const {
  const auto bus = flows_.FindBus(name);
  return bus.ok() ? Ok() : Status(bus.error());
}
Status EventPlant::PutBus(const std::string& name) {
  return flows_.PutBus(name, config::Bus{}.retain);
}
Status EventPlant::RemoveBus(const std::string& name) {
  return flows_.RemoveBus(name);
}
Status EventPlant::PutRule(const config::Rule& rule) {
  return flows_.PutRule(rule);
}
Status EventPlant::RemoveRule(const std::string& bus, const std::string& rule) {
  return flows_.RemoveRule(bus, rule);
}
Status EventPlant::PutTargets(const std::string& bus, const std::string& rule,
                              const std::vector<config::RuleTarget>& targets) {
  return flows_.PutRuleTargets(bus, rule, targets);
}
Status EventPlant::RemoveTargets(const std::string& bus, const std::string& rule, const std::vector<std::string>& ids) {
  return flows_.RemoveRuleTargets(bus, rule, ids);
}
Status EventPlant::PutArchive(const std::string& bus, const std::string& name, const config::Archive& archive) {
  return flows_.PutArchive(bus, name, archive);
}
Status EventPlant::RemoveArchive(const std::string& bus, const std::string& name) {
  return flows_.RemoveArchive(bus, name);
}

ArchiveSize EventPlant::SizeOf(const std::string& bus, const std::string& archive) const {
  ArchiveSize size;
  const auto live = flows_.FindArchive(bus, archive);
  const auto log = live == nullptr ? nullptr : engine_.catalogue()->FindLog(live->log->id);
  if (log == nullptr) return size;
  for (const engine::Shard& shard : log->shards) {
    engine::LogReadOptions next{.after = shard.trimmed};
    while (size.events < kCountedEventsMax) {
      const auto page = engine_.ReadLog(log->id, shard.number, next);
      if (!page.ok()) break;
      for (const engine::LogRecord& record : page->records) {
        const auto event = engine::DecodeEvent(record);
        ++size.events;
        if (event.ok()) size.bytes += event->value.size();
      }
      next.after = page->next;
      if (page->at_end) break;
    }
  }
  return size;
}

Status EventPlant::StartReplay(const api::events::ReplayOrder& order) {
  return flows_.StartReplay({.name = order.name,
                             .bus = order.bus,
                             .archive = order.archive,
                             .from_ms = order.from_ms,
                             .to_ms = order.to_ms,
                             .rules = order.rules});
}
Status EventPlant::CancelReplay(const std::string& name) {
  return flows_.CancelReplay(name);
}

Result<std::vector<ReplayReport>> EventPlant::Replays() const {
  ASSIGN_OR_RETURN(const auto replays, flows_.ListReplays());
  std::vector<ReplayReport> reports;
  for (const Replay& replay : replays) {
    using State = ReplayReport::State;
    const State state = replay.state == Replay::State::kRunning    ? State::kRunning
                        : replay.state == Replay::State::kFinished ? State::kCompleted
                                                                   : State::kCancelled;
    reports.push_back({{replay.name, replay.bus, replay.archive, replay.from_ms, replay.to_ms, replay.rules},
                       state,
                       replay.started_ms,
                       replay.ended_ms});
  }
  return reports;
}

Status EventPlant::PutDestination(const HttpDestination& destination) {
  return flows_.PutHttpTarget(destination.name, {.name = "target/" + destination.name,
                                                 .closed = destination.closed,
                                                 .url = destination.url,
                                                 .headers = destination.headers,
                                                 .method = destination.method,
                                                 .query = destination.query,
                                                 .auth = AuthOf(destination),
                                                 .requests_per_second = destination.requests_per_second});
}
void EventPlant::RemoveDestination(const std::string& name) {
  flows_.RemoveTarget(name);
}

}  // namespace millrace::app
