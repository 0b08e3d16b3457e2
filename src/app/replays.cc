#include "app/replays.h"

#include "app/shaping.h"
#include "config/spec.h"

namespace millrace::app {

flow::SubscriptionId Replays::IdentityOf(const Site& site, const Replay& replay, const LiveBus& archive) {
  return {site.scope.account, site.scope.region, "replay/" + replay.name, archive.log->arn};
}

Status Replays::Start(const ReplayRequest& request) {
  ASSIGN_OR_RETURN(const auto bus, buses_.Find(request.bus));
  const std::string& archive_name = request.archive.empty() ? request.bus : request.archive;
  const auto archive = archives_.Find(request.bus, archive_name);
  if (archive == nullptr && request.archive.empty())
    return Err(ErrorCode::kFailedPrecondition, {}, "bus/{} has no archive; add `archive: {{}}` to it", request.bus);
  if (archive == nullptr)
    return Err(ErrorCode::kNotFound, {}, "bus/{} has no archive {}", request.bus, request.archive);
  if (request.from_ms >= request.to_ms) return Err(ErrorCode::kInvalidArgument, {}, "a replay begins before it ends");
  if (!config::IsName(request.name, 1, 64))
    return Err(ErrorCode::kInvalidArgument, {},
               "the name of a replay has 1 to 64 letters, digits, dots, underscores and hyphens");
  for (const std::string& rule : request.rules)
    if (!rules_.Contains(request.bus, rule))
      return Err(ErrorCode::kNotFound, {}, "bus/{} has no rule {}", request.bus, rule);
  Replay replay{.name = request.name,
                .bus = request.bus,
                .archive = archive_name,
                .from_ms = request.from_ms,
                .to_ms = request.to_ms,
                .rules = request.rules,
                .started_ms = site_.clock.NowMillis()};
  ASSIGN_OR_RETURN(const auto used, site_.state.Load(replay.Key()));
  if (used) return Err(ErrorCode::kAlreadyExists, {}, "there was a replay {} before", request.name);
  ASSIGN_OR_RETURN(replay.end, archive->reader.Resolve(flow::Start::AtTime(request.to_ms)));
  TRY(flow::WriteAndWait(site_.state, {{replay.Key(), replay.Encode()}}));
  return Run(replay);
}

Status Replays::Run(const Replay& replay) {
  ASSIGN_OR_RETURN(const auto bus, buses_.Find(replay.bus));
  const auto archive = archives_.Find(replay.bus, replay.archive);
  if (archive == nullptr) return Err(ErrorCode::kNotFound, {}, "bus/{} has no archive any more", replay.bus);
  std::optional<std::vector<pattern::RuleId>> only;
  if (!replay.rules.empty()) only = rules_.IdsOf(replay.bus, replay.rules);
  Runner::Order order;
  order.options.id = IdentityOf(site_, replay, *archive);
  order.options.start = flow::Start::AtTime(replay.from_ms);
  order.options.end = replay.end;
  order.options.transform = [name = replay.name](flow::Record& record) { return NameReplay(record, name); };
  order.feed = FeedOf(archive);
  // A target of its own, for its rules, which keeps the bus.
  struct Way {
    std::shared_ptr<LiveBus> bus;
    targets::BusTarget target;
  };
  std::shared_ptr<Way> way(new Way{bus, {site_.engine, *bus->log, bus->rules, std::move(only)}});
  order.target = {way, &way->target};
  order.finished = [&site = site_, finished = replay]() mutable {
    finished.state = Replay::State::kFinished;
    finished.ended_ms = site.clock.NowMillis();
    site.state.Write({{finished.Key(), finished.Encode()}}, [](const Status&) {});
    if (site.watcher.line) site.watcher.line(fmt::format("replay/{:<16} finished", finished.name));
  };
  return runner_.Start(std::move(order));
}

Status Replays::ResumeAll() {
  ASSIGN_OR_RETURN(const auto replays, List());
  for (const Replay& replay : replays) {
    if (replay.state != Replay::State::kRunning) continue;
    if (archives_.Find(replay.bus, replay.archive) == nullptr) continue;  // it may be declared again
    TRY(Run(replay));
  }
  return Ok();
}

Status Replays::Cancel(const std::string& name) {
  ASSIGN_OR_RETURN(auto replay, Find(name));
  if (!replay) return Err(ErrorCode::kNotFound, {}, "there is no replay {}", name);
  if (replay->state == Replay::State::kRunning) {
    const auto archive = archives_.Find(replay->bus, replay->archive);
    if (archive != nullptr) TRY(runner_.Forget(IdentityOf(site_, *replay, *archive)));
    // It may have come to its end meanwhile.
    ASSIGN_OR_RETURN(replay, Find(name));
  }
  if (!replay || replay->state != Replay::State::kRunning)
    return Err(ErrorCode::kFailedPrecondition, {}, "the replay {} is over", name);
  replay->state = Replay::State::kCancelled;
  replay->ended_ms = site_.clock.NowMillis();
  return flow::WriteAndWait(site_.state, {{replay->Key(), replay->Encode()}});
}

Result<std::optional<Replay>> Replays::Find(const std::string& name) const {
  const std::string key = std::string(Replay::kPrefix) + name;
  ASSIGN_OR_RETURN(const auto row, site_.state.Load(key));
  if (!row) return std::nullopt;
  ASSIGN_OR_RETURN(Replay replay, Replay::Decode(key, *row));
  return std::optional(std::move(replay));
}

Result<std::vector<Replay>> Replays::List() const {
  constexpr std::size_t kRowsAtOnce = 100;
  std::vector<Replay> replays;
  std::string after;
  for (;;) {
    ASSIGN_OR_RETURN(const auto rows, site_.state.Scan(Replay::kPrefix, after, kRowsAtOnce));
    for (const flow::StateRow& row : rows) {
      ASSIGN_OR_RETURN(Replay replay, Replay::Decode(row.key, *row.value));
      replays.push_back(std::move(replay));
    }
    if (rows.size() < kRowsAtOnce) return replays;
    after = rows.back().key;
  }
}

}  // namespace millrace::app
