#include "app/flows.h"

#include <map>

#include "app/provision.h"
#include "app/rule_ids.h"
#include "app/state_rows.h"
#include "base/check.h"
#include "flow/executor.h"
#include "http/client.h"
#include "logs/bus/bus_log.h"
#include "logs/table/table_log.h"
#include "pattern/matcher.h"
#include "targets/bus/bus_target.h"
#include "targets/file/file_target.h"
#include "targets/http/http_target.h"
#include "targets/stdout/stdout_target.h"
#include "transform/change_event.h"
#include "transform/envelope.h"
#include "transform/stream_record.h"

namespace millrace::app {
namespace {

// EventBridge shows a version 4 UUID; ours is derived from the record, so that a redelivery has the same.
std::string UuidOf(std::string_view hex) {
  CHECK(hex.size() == 32);
  std::string id;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) id.push_back('-');
    id.push_back(i == 12 ? '4' : i == 16 ? "89ab"[(hex[i] & 3)] : hex[i]);
  }
  return id;
}

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

transform::FieldCase FieldCaseOf(config::FieldCase field_case) {
  return field_case == config::FieldCase::kCamel ? transform::FieldCase::kCamel : transform::FieldCase::kPascal;
}

}  // namespace

class Flows::Wiring {
 public:
  Wiring(const FlowsOptions& options, engine::Engine& engine, const Clock& clock, Random& random, FlowsWatcher watcher)
      : config_(options.config),
        directory_(options.file_directory),
        scope_(ScopeOf(options.config.settings)),
        engine_(engine),
        random_(random),
        watcher_(std::move(watcher)),
        state_(engine),
        executor_(options.threads, clock) {}
  ~Wiring() { Stop(); }

  Status Start() {
    for (const config::Target& target : config_.targets) targets_[target.name] = MakeTarget(target);
    for (const config::Bus& bus : config_.buses) TRY(StartBus(bus));
    for (const config::Pipe& pipe : config_.pipes) {
      if (Status started = StartPipe(pipe); !started.ok()) return started.error().WithContext("pipe/" + pipe.name);
    }
    return Ok();
  }

  void Stop() {
    if (std::exchange(stopped_, true)) return;
    for (auto& running : subscriptions_) running.subscription->Stop();
    for (auto& [name, stream] : streams_) stream.feed->Stop();
    for (auto& [name, bus] : buses_)
      if (bus.feed) bus.feed->Stop();
    if (client_) client_->Stop();
    for (auto& [name, target] : targets_) target->Close();
    executor_.Stop();
  }

  std::vector<Report> Reports() const {
    std::vector<Report> reports;
    for (const auto& running : subscriptions_) {
      const auto error = running.subscription->error();
      reports.push_back({running.name, running.subscription->state(), running.subscription->stats(),
                         error ? error->message() : std::string()});
    }
    return reports;
  }

 private:
  struct Running {
    std::string name;
    std::unique_ptr<flow::Subscription> subscription;
  };
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
  };

  std::unique_ptr<flow::Target> MakeTarget(const config::Target& declared);
  Status StartBus(const config::Bus& declared);
  Status StartRule(const config::Rule& rule, BusParts& bus, std::uint32_t id);
  Status StartPipe(const config::Pipe& pipe);
  std::function<Result<flow::Verdict>(flow::Record&)> TransformOf(const config::Pipe& pipe, const engine::Log& stream);
  Result<StreamParts*> StreamOf(const std::string& table);
  Status Run(flow::SubscriptionOptions options, flow::Feed& feed, flow::Target& target,
             std::function<void(const flow::Record&)> delivered);
  engine::ScopeId ScopeId() const { return *engine_.catalogue()->FindScope(scope_); }

  const config::Config& config_;
  const std::string directory_;
  const engine::Scope scope_;
  engine::Engine& engine_;
  Random& random_;
  const FlowsWatcher watcher_;
  StateRows state_;
  std::unique_ptr<http::Client> client_;
  std::map<std::string, std::unique_ptr<flow::Target>> targets_;
  std::map<std::string, BusParts> buses_;
  std::map<std::string, StreamParts> streams_;  // by table
  flow::ThreadExecutor executor_;
  std::vector<Running> subscriptions_;
  bool stopped_ = false;
};

std::unique_ptr<flow::Target> Flows::Wiring::MakeTarget(const config::Target& declared) {
  const std::string name = "target/" + declared.name;
  if (const auto* http = std::get_if<config::HttpTarget>(&declared.to)) {
    if (!client_) client_ = std::make_unique<http::Client>(http::ClientOptions{});
    return std::make_unique<targets::HttpTarget>(
        targets::HttpTargetOptions{.name = name, .url = http->url, .headers = http->headers, .timeout = http->timeout},
        *client_);
  }
  if (const auto* file = std::get_if<config::FileTarget>(&declared.to)) {
    const bool absolute = file->path.starts_with('/') || directory_.empty();
    return std::make_unique<targets::FileTarget>(name, absolute ? file->path : directory_ + "/" + file->path);
  }
  return std::make_unique<targets::StdoutTarget>(name);
}

Status Flows::Wiring::StartBus(const config::Bus& declared) {
  BusParts& bus = buses_[declared.name];
  bus.log = engine_.catalogue()->FindBus(ScopeId(), declared.name);
  CHECK(bus.log != nullptr, "buses are provisioned before the flows start");
  bus.rules = std::make_unique<pattern::Matcher>();
  bus.reader = std::make_unique<logs::BusLog>(engine_, *bus.log);
  bus.feed = std::make_unique<flow::Feed>(*bus.reader, executor_);
  bus.feed->Start();
  bus.target = std::make_unique<targets::BusTarget>(engine_, *bus.log, *bus.rules);
  for (const config::Rule& rule : config_.rules) {
    if (rule.from.name != declared.name) continue;
    ASSIGN_OR_RETURN(const std::uint32_t id, RuleIdOf(engine_, bus.log->arn, rule.name));
    ASSIGN_OR_RETURN(const auto pattern, pattern::Pattern::Parse(rule.match.json));
    TRY(bus.rules->Add(id, pattern));
    if (Status started = StartRule(rule, bus, id); !started.ok())
      return started.error().WithContext("rule/" + rule.name);
  }
  return Ok();
}

Status Flows::Wiring::StartRule(const config::Rule& rule, BusParts& bus, std::uint32_t id) {
  for (const config::Ref& to : rule.to) {
    flow::SubscriptionOptions options;
    options.id = {scope_.account, scope_.region, fmt::format("rule/{}/{}", rule.name, to.name), bus.log->arn};
    options.interest = {.everything = false, .rules = {id}};
    TRY(Run(std::move(options), *bus.feed, *targets_.at(to.name),
            [this, rule_name = rule.name, target = to.ToString()](const flow::Record& record) {
              watcher_.line(fmt::format("rule/{:<18} matched    -> {}  ok  event {}", rule_name, target, record.id));
            }));
  }
  return Ok();
}

std::function<Result<flow::Verdict>(flow::Record&)> Flows::Wiring::TransformOf(const config::Pipe& pipe,
                                                                               const engine::Log& stream) {
  const bool to_bus = pipe.to.kind == config::RefKind::kBus;
  // A stream record as it is, or as the detail of an event (https://docs.aws.amazon.com/eventbridge/latest/userguide/
  // eb-pipes-event-target.html: the detail type of such events defaults to the pipe's name here).
  return [this, to_bus, table = stream.name, format = pipe.format, source = pipe.source.value_or(std::string()),
          name = pipe.name, field_case = FieldCaseOf(pipe.field_case)](flow::Record& record) -> Result<flow::Verdict> {
    transform::BusEntry entry;
    if (format == config::Format::kCrud) {
      transform::ChangeEventOptions options;
      options.source = source;
      options.field_case = field_case;
      ASSIGN_OR_RETURN(entry, transform::MakeChangeEvent(table, *record.change, options));
    } else {
      if (!to_bus) return flow::Verdict::kDeliver;
      entry.detail = std::move(record.body);
      entry.source = source.empty() ? "Pipe " + name : source;
      entry.detail_type = "Event from aws:dynamodb";
    }
    record.id = UuidOf(record.id);
    record.body.clear();
    transform::AppendEnvelope(record.body, {.id = record.id,
                                            .detail_type = entry.detail_type,
                                            .source = entry.source,
                                            .account = scope_.account,
                                            .time_ms = record.time_ms,
                                            .region = scope_.region,
                                            .replay_name = {},
                                            .resources = {},
                                            .detail = entry.detail});
    return flow::Verdict::kDeliver;
  };
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
  ASSIGN_OR_RETURN(StreamParts* const parts, StreamOf(pipe.from.name));
  const auto& stream = parts->log;
  if (pipe.format == config::Format::kCrud && stream->view != model::StreamViewType::kNewAndOldImages)
    return Err(
        ErrorCode::kFailedPrecondition, {},
        "the crud format compares old and new images, but the stream of table/{} keeps {}; declare the table with "
        "`stream: new-and-old`",
        pipe.from.name, StreamViewTypeName(stream->view));
  flow::SubscriptionOptions options;
  options.id = {scope_.account, scope_.region, "pipe/" + pipe.name, stream->arn};
  options.start = pipe.start == config::Start::kTrimHorizon ? flow::Start::TrimHorizon() : flow::Start::Latest();
  options.batch_records_max = pipe.batch;
  options.transform = TransformOf(pipe, *stream);
  options.interest.bodies = pipe.format != config::Format::kCrud || !pipe.match.empty();
  if (pipe.order_by == config::OrderBy::kPartition) {
    options.order_key = [schema = stream->schema](const flow::Record& record) {
      const auto key = model::KeyOfKeyItem(schema, record.change->keys);
      return key.ok() ? std::string(key->partition_prefix()) : record.order_key;
    };
  }
  if (!pipe.match.empty()) {
    // One of them must match. A filter is asked by one thread at a time.
    struct Filter {
      pattern::Matcher matcher;
      pattern::MatchReader reader{matcher};
    };
    auto filter = std::make_shared<Filter>();
    for (const config::PatternText& text : pipe.match) {
      ASSIGN_OR_RETURN(const auto pattern, pattern::Pattern::Parse(text.json));
      TRY(filter->matcher.Add(static_cast<pattern::RuleId>(filter->matcher.rule_count()), pattern));
    }
    // Pipes filter the stream record, whatever format they make of it.
    options.filter = [filter](const flow::Record& record) {
      const auto matched = filter->reader.Match(record.body);
      CHECK(matched.ok(), "a stream record is an event");
      return !matched->empty();
    };
  }
  flow::Target& target = pipe.to.kind == config::RefKind::kBus
                             ? static_cast<flow::Target&>(*buses_.at(pipe.to.name).target)
                             : *targets_.at(pipe.to.name);
  return Run(std::move(options), *parts->feed, target,
             [this, table_name = pipe.from.ToString(), pipe_name = pipe.name,
              to = pipe.to.ToString()](const flow::Record& record) {
               watcher_.line(fmt::format("{:<23} {:<7} {}", table_name, ChangeKindName(record.change->kind),
                                         KeyText(record.change->keys)));
               watcher_.line(fmt::format("pipe/{:<18} 1 record   -> {}", pipe_name, to));
             });
}

Status Flows::Wiring::Run(flow::SubscriptionOptions options, flow::Feed& feed, flow::Target& target,
                          std::function<void(const flow::Record&)> delivered) {
  const std::string name = options.id.name;
  flow::SubscriptionObserver observer;
  if (watcher_.line) observer.delivered = std::move(delivered);
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
  auto subscription = std::make_unique<flow::Subscription>(std::move(options), feed, target, state_, executor_, random_,
                                                           std::move(observer));
  TRY(subscription->Start());
  subscriptions_.push_back({name, std::move(subscription)});
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
std::vector<Flows::Report> Flows::Reports() const {
  return wiring_->Reports();
}

}  // namespace millrace::app
