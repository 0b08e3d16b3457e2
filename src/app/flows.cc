#include "app/flows.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "app/http_options.h"
#include "app/provision.h"
#include "app/replay.h"
#include "app/rule_ids.h"
#include "app/scheduled_rule.h"
#include "app/secrets.h"
#include "app/shaping.h"
#include "app/state_rows.h"
#include "base/check.h"
#include "config/spec.h"
#include "flow/executor.h"
#include "http/client.h"
#include "logs/bus/bus_log.h"
#include "logs/table/table_log.h"
#include "pattern/matcher.h"
#include "targets/bus/bus_target.h"
#include "targets/file/file_target.h"
#include "targets/http/http_target.h"
#include "targets/stdout/stdout_target.h"
#include "targets/table/table_target.h"

namespace millrace::app {
namespace {

// "id=u1" of a change's key, cut short for a line on a terminal.
std::string KeyText(const model::Item& keys) {
  std::string text;
  for (const auto& [name, value] : keys) {
    if (!text.empty()) text += ' ';
    text += name + '=';
    if (value.s() != nullptr) {
      text += *value.s();
    } else if (value.n() != nullptr) {
      text += value.n()->ToString();
    } else {
      text += "(binary)";
    }
  }
  constexpr std::size_t kShown = 60;
  if (text.size() > kShown) {
    text.resize(kShown);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
    text += "…";
  }
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

const metrics::Family kDeliveryLatency{
    "millrace_flow_delivery_seconds", metrics::Kind::kHistogram,
    "From the commit of a record to the moment when the target took it, in steps of a millisecond."};

}  // namespace

class Flows::Wiring {
 public:
  Wiring(const FlowsOptions& options, engine::Engine& engine, const Clock& clock, Random& random, FlowsWatcher watcher)
      : config_(options.config),
        directory_(options.file_directory),
        scope_(ScopeOf(options.config.settings)),
        place_{scope_.account, scope_.region},
        engine_(engine),
        clock_(clock),
        random_(random),
        metrics_(options.metrics),
        watcher_(std::move(watcher)),
        state_(engine),
        executor_(options.threads, clock) {}
  ~Wiring() { Stop(); }

  Status Start() {
    for (const config::Target& target : config_.targets) {
      ASSIGN_OR_RETURN(targets_[target.name], MakeTarget(target));
    }
    for (const config::Bus& bus : config_.buses) TRY(OpenBus(bus));
    for (const config::Bus& bus : config_.buses) TRY(StartRules(bus));
    for (const config::Pipe& pipe : config_.pipes) {
      if (Status started = StartPipe(pipe); !started.ok()) return started.error().WithContext("pipe/" + pipe.name);
    }
    return ResumeReplays();
  }

  void Stop() {
    if (std::exchange(stopped_, true)) return;
    for (auto& rule : scheduled_) rule->Stop();
    std::vector<Running> subscriptions;
    {
      std::lock_guard lock(subscriptions_mutex_);
      subscriptions.swap(subscriptions_);
    }
    for (auto& running : subscriptions) running.subscription->Stop();
    for (auto& [name, stream] : streams_) stream.feed->Stop();
    for (auto& [name, bus] : buses_) {
      if (bus.feed) bus.feed->Stop();
      if (bus.archive && bus.archive->feed) bus.archive->feed->Stop();
    }
    if (client_) client_->Stop();
    for (auto& [name, target] : targets_) target->Close();
    executor_.Stop();
  }

  Status StartReplay(const ReplayRequest& request);

  engine::LogHolds Holds() const {
    const auto catalogue = engine_.catalogue();
    engine::LogHolds holds;
    std::lock_guard lock(subscriptions_mutex_);
    for (const auto& running : subscriptions_) {
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

  std::vector<Report> Reports() const {
    std::lock_guard lock(subscriptions_mutex_);
    std::vector<Report> reports;
    for (const auto& running : subscriptions_) {
      const auto error = running.subscription->error();
      reports.push_back({running.name, running.subscription->state(), running.subscription->stats(),
                         error ? error->message() : std::string()});
    }
    return reports;
  }

  std::vector<Running> List() const {
    std::lock_guard lock(subscriptions_mutex_);
    return subscriptions_;
  }

 private:
  struct StreamParts {
    std::shared_ptr<const engine::Log> log;
    std::unique_ptr<logs::TableLog> reader;
    std::unique_ptr<flow::Feed> feed;
  };
  struct BusParts {
    std::shared_ptr<const engine::Log> log;
    std::unique_ptr<pattern::Matcher> rules;
    std::unique_ptr<logs::BusLog> reader;
    std::unique_ptr<flow::Feed> feed;
    std::unique_ptr<targets::BusTarget> target;
    std::map<std::string, std::uint32_t> rule_ids;
    std::unique_ptr<BusParts> archive;
  };

  Result<std::unique_ptr<flow::Target>> MakeTarget(const config::Target& declared);
  Status OpenBus(const config::Bus& declared);
  Status OpenBusLog(const std::string& name, BusParts& bus);
  Status StartArchive(const config::Bus& declared, BusParts& bus);
  Status StartSchedule(const config::Rule& rule, const BusParts& bus, std::uint32_t id);
  Status ResumeReplays();
  Status RunReplay(const Replay& replay, BusParts& bus);
  Status StartRules(const config::Bus& declared);
  Status StartRule(const config::Rule& rule, BusParts& bus, std::uint32_t id);
  Status StartPipe(const config::Pipe& pipe);
  Result<flow::Target*> TargetOf(const config::Ref& to, const config::ItemWrite& item);
  Result<StreamParts*> StreamOf(const std::string& table);
  Status Run(flow::SubscriptionOptions options, flow::Feed& feed, flow::Target& target,
             std::function<void(const flow::Record&)> delivered, std::function<void()> finished = {});
  engine::ScopeId ScopeId() const { return *engine_.catalogue()->FindScope(scope_); }

  const config::Config& config_;
  const std::string directory_;
  const engine::Scope scope_;
  const Place place_;
  engine::Engine& engine_;
  const Clock& clock_;
  Random& random_;
  metrics::Registry& metrics_;
  const FlowsWatcher watcher_;
  StateRows state_;
  std::unique_ptr<http::Client> client_;
  std::map<std::string, std::unique_ptr<flow::Target>> targets_;
  std::vector<std::unique_ptr<flow::Target>> tables_;
  std::vector<std::unique_ptr<ScheduledRule>> scheduled_;
  std::vector<std::unique_ptr<flow::Target>> replay_targets_;
  std::map<std::string, BusParts> buses_;
  std::map<std::string, StreamParts> streams_;  // by table
  flow::ThreadExecutor executor_;
  mutable std::mutex subscriptions_mutex_;
  std::vector<Running> subscriptions_;  // guarded by subscriptions_mutex_
  bool stopped_ = false;
};

Result<std::unique_ptr<flow::Target>> Flows::Wiring::MakeTarget(const config::Target& declared) {
  const std::string name = "target/" + declared.name;
  if (const auto* http = std::get_if<config::HttpTarget>(&declared.to)) {
    if (!client_) client_ = std::make_unique<http::Client>(http::ClientOptions{});
    ASSIGN_OR_RETURN(auto options, HttpOptionsOf(name, *http, Secrets(config_, directory_)));
    return std::unique_ptr<flow::Target>(std::make_unique<targets::HttpTarget>(std::move(options), *client_));
  }
  if (const auto* file = std::get_if<config::FileTarget>(&declared.to)) {
    const bool absolute = file->path.starts_with('/') || directory_.empty();
    const std::string path = absolute ? file->path : directory_ + "/" + file->path;
    return std::unique_ptr<flow::Target>(std::make_unique<targets::FileTarget>(name, path));
  }
  return std::unique_ptr<flow::Target>(std::make_unique<targets::StdoutTarget>(name));
}

Status Flows::Wiring::OpenBus(const config::Bus& declared) {
  BusParts& bus = buses_[declared.name];
  TRY(OpenBusLog(declared.name, bus));
  if (!declared.archive) return Ok();
  bus.archive = std::make_unique<BusParts>();
  return OpenBusLog(ArchiveLogName(declared.name), *bus.archive);
}

Status Flows::Wiring::OpenBusLog(const std::string& name, BusParts& bus) {
  bus.log = engine_.catalogue()->FindBus(ScopeId(), name);
  CHECK(bus.log != nullptr, "buses are provisioned before the flows start");
  bus.rules = std::make_unique<pattern::Matcher>();
  bus.reader = std::make_unique<logs::BusLog>(engine_, *bus.log);
  bus.feed = std::make_unique<flow::Feed>(*bus.reader, executor_);
  bus.feed->Start();
  bus.target = std::make_unique<targets::BusTarget>(engine_, *bus.log, *bus.rules);
  return Ok();
}

Status Flows::Wiring::StartRules(const config::Bus& declared) {
  BusParts& bus = buses_.at(declared.name);
  for (const config::Rule& rule : config_.rules) {
    if (rule.from.name != declared.name || !rule.enabled) continue;
    ASSIGN_OR_RETURN(const std::uint32_t id, RuleIdOf(engine_, bus.log->arn, rule.name));
    bus.rule_ids[rule.name] = id;
    if (rule.match) {
      ASSIGN_OR_RETURN(const auto pattern, pattern::Pattern::Parse(rule.match->json));
      TRY(bus.rules->Add(id, pattern));
    }
    if (Status started = StartRule(rule, bus, id); !started.ok())
      return started.error().WithContext("rule/" + rule.name);
    if (rule.schedule) TRY(StartSchedule(rule, bus, id));
  }
  if (declared.archive) TRY(StartArchive(declared, bus));
  return Ok();
}

Status Flows::Wiring::StartSchedule(const config::Rule& rule, const BusParts& bus, std::uint32_t id) {
  ASSIGN_OR_RETURN(const auto schedule, transform::Schedule::Parse(*rule.schedule));
  scheduled_.push_back(
      std::make_unique<ScheduledRule>(ScheduledRuleOptions{.name = rule.name,
                                                           .arn = RuleArn(place_, bus.log->name, rule.name),
                                                           .rule_id = id,
                                                           .bus = bus.log->id,
                                                           .account = place_.account,
                                                           .region = place_.region},
                                      schedule, engine_, executor_, random_));
  scheduled_.back()->Start();
  return Ok();
}

Status Flows::Wiring::StartArchive(const config::Bus& declared, BusParts& bus) {
  flow::SubscriptionOptions options;
  options.id = {scope_.account, scope_.region, ArchiveLogName(declared.name), bus.log->arn};
  // What a replay brings is in the archive already.
  std::string pattern = R"({"replay-name":[{"exists":false}]})";
  if (declared.archive->match) {
    pattern.back() = ',';
    pattern += declared.archive->match->json.substr(1);
  }
  ASSIGN_OR_RETURN(options.filter, MatchAny({{pattern, {}}}));
  return Run(std::move(options), *bus.feed, *bus.archive->target, {});
}

Status Flows::Wiring::RunReplay(const Replay& replay, BusParts& bus) {
  std::optional<std::vector<pattern::RuleId>> only;
  if (!replay.rules.empty()) {
    only.emplace();
    for (const std::string& rule : replay.rules)
      if (const auto id = bus.rule_ids.find(rule); id != bus.rule_ids.end()) only->push_back(id->second);
    std::ranges::sort(*only);
  }
  flow::SubscriptionOptions options;
  options.id = {scope_.account, scope_.region, "replay/" + replay.name, bus.archive->log->arn};
  options.start = flow::Start::AtTime(replay.from_ms);
  options.end = replay.end;
  options.transform = [name = replay.name](flow::Record& record) { return NameReplay(record, name); };
  replay_targets_.push_back(std::make_unique<targets::BusTarget>(engine_, *bus.log, *bus.rules, std::move(only)));
  Replay finished = replay;
  finished.finished = true;
  return Run(std::move(options), *bus.archive->feed, *replay_targets_.back(), {},
             [this, finished = std::move(finished)] {
               state_.Write({{finished.Key(), finished.Encode()}}, [](const Status&) {});
               if (watcher_.line) watcher_.line(fmt::format("replay/{:<16} finished", finished.name));
             });
}

Status Flows::Wiring::ResumeReplays() {
  std::string after;
  for (;;) {
    ASSIGN_OR_RETURN(const auto rows, state_.Scan(Replay::kPrefix, after, 100));
    for (const flow::StateRow& row : rows) {
      ASSIGN_OR_RETURN(const Replay replay, Replay::Decode(row.key, *row.value));
      const auto bus = buses_.find(replay.bus);
      if (replay.finished || bus == buses_.end() || bus->second.archive == nullptr) continue;
      TRY(RunReplay(replay, bus->second));
    }
    if (rows.size() < 100) return Ok();
    after = rows.back().key;
  }
}

Status Flows::Wiring::StartReplay(const ReplayRequest& request) {
  const auto bus = buses_.find(request.bus);
  if (bus == buses_.end()) return Err(ErrorCode::kNotFound, {}, "bus/{} does not exist", request.bus);
  if (bus->second.archive == nullptr)
    return Err(ErrorCode::kFailedPrecondition, {}, "bus/{} has no archive; add `archive: {{}}` to it", request.bus);
  if (request.from_ms >= request.to_ms) return Err(ErrorCode::kInvalidArgument, {}, "a replay begins before it ends");
  if (!config::IsName(request.name, 1, 64))
    return Err(ErrorCode::kInvalidArgument, {},
               "the name of a replay has 1 to 64 letters, digits, dots, underscores and hyphens");
  for (const std::string& rule : request.rules)
    if (!bus->second.rule_ids.contains(rule))
      return Err(ErrorCode::kNotFound, {}, "bus/{} has no rule {}", request.bus, rule);
  Replay replay{request.name, request.bus, request.from_ms, request.to_ms, request.rules, {}, false};
  ASSIGN_OR_RETURN(const auto used, state_.Load(replay.Key()));
  if (used) return Err(ErrorCode::kAlreadyExists, {}, "there was a replay {} before", request.name);
  flow::Log& archive = *bus->second.archive->reader;
  ASSIGN_OR_RETURN(replay.end, archive.Resolve(flow::Start::AtTime(request.to_ms)));
  TRY(flow::WriteAndWait(state_, {{replay.Key(), replay.Encode()}}));
  return RunReplay(replay, bus->second);
}

// Where records go: a declared target, a bus, or a table.
Result<flow::Target*> Flows::Wiring::TargetOf(const config::Ref& to, const config::ItemWrite& item) {
  if (to.kind == config::RefKind::kBus) return buses_.at(to.name).target.get();
  if (to.kind == config::RefKind::kTarget) return targets_.at(to.name).get();
  const auto table = engine_.catalogue()->FindTable(ScopeId(), to.name);
  if (table == nullptr) return Err(ErrorCode::kNotFound, {}, "{} does not exist", to.ToString());
  targets::TableTargetOptions options;
  if (item.json == config::ItemWrite::Json::kDynamoDb) options.json = targets::ItemJson::kDynamoDb;
  if (item.unless_exists) options.overwrite = targets::ItemOverwrite::kKeep;
  tables_.push_back(std::make_unique<targets::TableTarget>(engine_, *table, options));
  return tables_.back().get();
}

Status Flows::Wiring::StartRule(const config::Rule& rule, BusParts& bus, std::uint32_t id) {
  for (const config::RuleTarget& rule_target : rule.to) {
    const config::Ref& to = rule_target.ref;
    flow::SubscriptionOptions options;
    const std::string target_name = to.kind == config::RefKind::kTarget ? to.name : to.ToString();
    options.id = {scope_.account, scope_.region, fmt::format("rule/{}/{}", rule.name, target_name), bus.log->arn};
    options.interest = {.everything = false, .rules = {id}};
    ShapeRule(rule, rule_target, place_, bus.log->name, options);
    ASSIGN_OR_RETURN(flow::Target* const target, TargetOf(to, rule.item));
    TRY(Run(std::move(options), *bus.feed, *target,
            [this, rule_name = rule.name, target = to.ToString()](const flow::Record& record) {
              watcher_.line(fmt::format("rule/{:<18} matched    -> {}  ok  event {}", rule_name, target, record.id));
            }));
  }
  return Ok();
}

Result<Flows::Wiring::StreamParts*> Flows::Wiring::StreamOf(const std::string& table_name) {
  if (const auto known = streams_.find(table_name); known != streams_.end()) return &known->second;
  const auto table = engine_.catalogue()->FindTable(ScopeId(), table_name);
  if (table == nullptr || !table->stream)
    return Err(ErrorCode::kFailedPrecondition, {}, "table/{} has no stream; add `stream: new-and-old` to it",
               table_name);
  StreamParts& parts = streams_[table_name];
  parts.log = engine_.catalogue()->FindLog(*table->stream);
  parts.reader = std::make_unique<logs::TableLog>(engine_, *parts.log);
  parts.feed = std::make_unique<flow::Feed>(*parts.reader, executor_);
  parts.feed->Start();
  return &parts;
}

Status Flows::Wiring::StartPipe(const config::Pipe& pipe) {
  flow::SubscriptionOptions options;
  options.id = {scope_.account, scope_.region, "pipe/" + pipe.name, {}};
  flow::Feed* feed = nullptr;
  std::shared_ptr<const engine::Log> stream;
  if (pipe.from.kind == config::RefKind::kBus) {
    BusParts& bus = buses_.at(pipe.from.name);
    feed = bus.feed.get();
    options.id.source = bus.log->arn;
  } else {
    ASSIGN_OR_RETURN(StreamParts* const parts, StreamOf(pipe.from.name));
    feed = parts->feed.get();
    stream = parts->log;
    options.id.source = stream->arn;
    if (pipe.format == config::Format::kCrud && stream->view != model::StreamViewType::kNewAndOldImages)
      return Err(ErrorCode::kFailedPrecondition, {},
                 "the crud format compares old and new images, but the stream of table/{} keeps {}; declare the table "
                 "with `stream: new-and-old`",
                 pipe.from.name, StreamViewTypeName(stream->view));
  }
  TRY(ShapePipe(pipe, place_, options.id.source, stream, options));
  ASSIGN_OR_RETURN(flow::Target* const target, TargetOf(pipe.to, pipe.item));
  const auto subscription = Run(
      std::move(options), *feed, *target,
      [this, from = pipe.from.ToString(), pipe_name = pipe.name, to = pipe.to.ToString()](const flow::Record& record) {
        if (record.change != nullptr)
          watcher_.line(
              fmt::format("{:<23} {:<7} {}", from, ChangeKindName(record.change->kind), KeyText(record.change->keys)));
        watcher_.line(fmt::format("pipe/{:<18} 1 record   -> {}", pipe_name, to));
      });
  return subscription;
}

Status Flows::Wiring::Run(flow::SubscriptionOptions options, flow::Feed& feed, flow::Target& target,
                          std::function<void(const flow::Record&)> delivered, std::function<void()> finished) {
  const std::string name = options.id.name;
  std::string source = options.id.source;
  flow::SubscriptionObserver observer;
  observer.finished = std::move(finished);
  if (!watcher_.line) delivered = nullptr;
  metrics::Histogram& latency = metrics_.AddHistogram(kDeliveryLatency, {{"flow", name}});
  observer.delivered = [this, &latency, shown = std::move(delivered)](const flow::Record& record) {
    latency.Observe(std::chrono::milliseconds(clock_.NowMillis() - record.time_ms));
    if (shown) shown(record);
  };
  if (watcher_.problem) {
    observer.target_down = [this, name, to = target.name()](const Error& error, std::chrono::milliseconds wait) {
      watcher_.problem(fmt::format("{}: {} is down, next try in {} ms: {}", name, to, wait.count(), error.message()));
    };
    observer.target_up = [this, name, to = target.name()] {
      watcher_.problem(fmt::format("{}: {} is back", name, to));
    };
    observer.buried = [this, name](const flow::DeadLetter& letter) {
      watcher_.problem(fmt::format("{}: dead letter {}: {} after {} tries: {}{}", name, letter.number,
                                   flow::DeadReasonName(letter.reason), letter.attempts, letter.cause,
                                   letter.holds_key ? "; its key waits for `millrace dlq redrive` or `drop`" : ""));
    };
    observer.retrying = [this, name, to = target.name()](const flow::Record& record, const Error& error,
                                                         std::chrono::milliseconds wait) {
      watcher_.problem(fmt::format("{}: {} did not take {}, next try in {} ms: {}", name, to, record.id, wait.count(),
                                   error.message()));
    };
  }
  auto subscription = std::make_shared<flow::Subscription>(std::move(options), feed, target, state_, executor_, random_,
                                                           std::move(observer));
  TRY(subscription->Start());
  std::lock_guard lock(subscriptions_mutex_);
  subscriptions_.push_back({name, std::move(source), feed.log().name(), target.name(), std::move(subscription)});
  return Ok();
}

Flows::Flows(std::unique_ptr<Wiring> wiring) : wiring_(std::move(wiring)) {}
Flows::~Flows() = default;

Result<std::unique_ptr<Flows>> Flows::Start(const FlowsOptions& options, engine::Engine& engine, const Clock& clock,
                                            Random& random, FlowsWatcher watcher) {
  auto wiring = std::make_unique<Wiring>(options, engine, clock, random, std::move(watcher));
  TRY(wiring->Start());
  return std::unique_ptr<Flows>(new Flows(std::move(wiring)));
}

void Flows::Stop() {
  wiring_->Stop();
}
Status Flows::StartReplay(const ReplayRequest& request) {
  return wiring_->StartReplay(request);
}
engine::LogHolds Flows::Holds() const {
  return wiring_->Holds();
}
std::vector<Flows::Report> Flows::Reports() const {
  return wiring_->Reports();
}
std::vector<Flows::Running> Flows::List() const {
  return wiring_->List();
}

}  // namespace millrace::app
