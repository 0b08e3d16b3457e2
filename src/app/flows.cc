#include "app/flows.h"

#include "app/provision.h"

namespace millrace::app {

Flows::Flows(const FlowsOptions& options, engine::Engine& engine, const Clock& clock, Random& random,
             FlowsWatcher watcher)
    : config_(options.config),
      site_(ScopeOf(options.config.settings), options.threads, engine, clock, random, options.metrics,
            options.functions, std::move(watcher)),
      buses_(site_),
      sources_(site_, buses_, options.config, options.file_directory),
      destinations_(site_, buses_, options.config, options.file_directory),
      runner_(site_),
      rules_(site_, buses_, destinations_, runner_),
      archives_(site_, buses_, runner_),
      pipes_(site_, sources_, destinations_, runner_),
      replays_(site_, buses_, archives_, rules_, runner_),
      schedules_(site_, buses_, destinations_, runner_) {}

Flows::~Flows() {
  Stop();
}

Result<std::unique_ptr<Flows>> Flows::Open(const FlowsOptions& options, engine::Engine& engine, const Clock& clock,
                                           Random& random, FlowsWatcher watcher) {
  std::unique_ptr<Flows> flows(new Flows(options, engine, clock, random, std::move(watcher)));
  TRY(flows->Declare());
  return flows;
}

Status Flows::Declare() {
  for (const config::Target& target : config_.targets) TRY(destinations_.Add(target));
  if (config_.FindBus(kDefaultBus) == nullptr) TRY(PutBus(kDefaultBus, config::Bus{}.retain));
  for (const config::Bus& bus : config_.buses) TRY(PutBus(bus.name, bus.retain));
  for (const config::Rule& rule : config_.rules) {
    Status put = PutRule(rule);
    if (put.ok()) put = PutRuleTargets(rule.from.name, rule.name, rule.to);
    if (!put.ok()) return put.error().WithContext("rule/" + rule.name);
  }
  for (const config::Bus& bus : config_.buses)
    if (bus.archive) TRY(PutArchive(bus.name, bus.name, *bus.archive));
  return Ok();
}

Status Flows::StartPipes() {
  for (const config::Pipe& pipe : config_.pipes)
    if (Status put = PutPipe(pipe); !put.ok()) return put.error().WithContext(Pipes::NameOf(pipe));
  std::lock_guard lock(changes_);
  return replays_.ResumeAll();
}

void Flows::Stop() {
  std::lock_guard lock(changes_);
  if (std::exchange(stopped_, true)) return;
  rules_.StopSchedules();
  schedules_.Stop();
  runner_.Stop();
  sources_.Stop();
  archives_.Stop();
  buses_.Stop();
  destinations_.Stop();
  site_.executor.Stop();
}

std::vector<Flows::Report> Flows::Reports() const {
  std::vector<Report> reports;
  for (const Running& running : runner_.List()) {
    const auto error = running.subscription->error();
    reports.push_back({running.name, running.subscription->state(), running.subscription->stats(),
                       error ? error->message() : std::string()});
  }
  return reports;
}

Status Flows::PutBus(const std::string& name, std::chrono::milliseconds retention) {
  std::lock_guard lock(changes_);
  const auto opened = buses_.Open(name, retention);
  return opened.ok() ? Ok() : opened.error().WithContext("bus/" + name);
}

Status Flows::RemoveBus(const std::string& name) {
  std::lock_guard lock(changes_);
  const auto bus = buses_.Find(name);
  if (!bus.ok()) return Ok();
  for (const Running& running : runner_.List())
    if (running.source == (*bus)->log->arn &&
        (running.name.starts_with("pipe/") || running.name.starts_with("trigger/")))
      return Err(ErrorCode::kFailedPrecondition, {}, "{} reads bus/{}", running.name, name);
  TRY(rules_.RemoveAll(name));
  for (const std::string& archive : archives_.NamesOf(name)) TRY(archives_.Remove(name, archive));
  return buses_.Delete(name);
}

Status Flows::PutArchive(const std::string& bus, const std::string& name, const config::Archive& archive) {
  std::lock_guard lock(changes_);
  return archives_.Put(bus, name, archive);
}
Status Flows::RemoveArchive(const std::string& bus, const std::string& name) {
  std::lock_guard lock(changes_);
  ASSIGN_OR_RETURN(const auto replays, replays_.List());
  for (const Replay& replay : replays) {
    if (replay.bus != bus || replay.archive != name || replay.state != Replay::State::kRunning) continue;
    if (const Status cancelled = replays_.Cancel(replay.name);
        !cancelled.ok() && cancelled.error().code() != ErrorCode::kFailedPrecondition)
      return cancelled;
  }
  return archives_.Remove(bus, name);
}
std::shared_ptr<LiveBus> Flows::FindArchive(const std::string& bus, const std::string& name) const {
  std::lock_guard lock(changes_);
  return archives_.Find(bus, name);
}

Status Flows::PutRule(const config::Rule& rule) {
  std::lock_guard lock(changes_);
  return rules_.Put(rule);
}
Status Flows::RemoveRule(const std::string& bus, const std::string& rule) {
  std::lock_guard lock(changes_);
  return rules_.Remove(bus, rule);
}
Status Flows::PutRuleTargets(const std::string& bus, const std::string& rule,
                             const std::vector<config::RuleTarget>& targets) {
  std::lock_guard lock(changes_);
  return rules_.PutTargets(bus, rule, targets);
}
Status Flows::RemoveRuleTargets(const std::string& bus, const std::string& rule, const std::vector<std::string>& keys) {
  std::lock_guard lock(changes_);
  return rules_.RemoveTargets(bus, rule, keys);
}

Status Flows::PutPipe(const config::Pipe& pipe) {
  std::lock_guard lock(changes_);
  return pipes_.Put(pipe);
}
Status Flows::PausePipe(const std::string& name) {
  std::lock_guard lock(changes_);
  return pipes_.Pause(name);
}
Status Flows::ResumePipe(const std::string& name) {
  std::lock_guard lock(changes_);
  return pipes_.Resume(name);
}
Status Flows::RemovePipe(const std::string& name) {
  std::lock_guard lock(changes_);
  return pipes_.Remove(name);
}
std::shared_ptr<flow::Subscription> Flows::FindPipe(const std::string& name) const {
  std::lock_guard lock(changes_);
  return pipes_.Find(name);
}

Result<std::shared_ptr<RequestWriter>> Flows::OpenRoute(const config::HttpRoute& route) {
  std::lock_guard lock(changes_);
  return RequestWriter::Create(route, site_.place, destinations_, site_.clock);
}

Status Flows::PutHttpTarget(const std::string& name, targets::HttpTargetOptions options) {
  std::lock_guard lock(changes_);
  return destinations_.AddHttp(name, std::move(options));
}
void Flows::RemoveTarget(const std::string& name) {
  std::lock_guard lock(changes_);
  destinations_.Remove(name);
}

Status Flows::PutSchedule(const ScheduleOrder& order) {
  std::lock_guard lock(changes_);
  return schedules_.Put(order);
}
Status Flows::RemoveSchedule(const std::string& name) {
  std::lock_guard lock(changes_);
  return schedules_.Remove(name);
}
bool Flows::IsScheduleDone(const std::string& name) const {
  std::lock_guard lock(changes_);
  return schedules_.IsDone(name);
}

Status Flows::StartReplay(const ReplayRequest& request) {
  std::lock_guard lock(changes_);
  return replays_.Start(request);
}
Status Flows::CancelReplay(const std::string& name) {
  std::lock_guard lock(changes_);
  return replays_.Cancel(name);
}

}  // namespace millrace::app
