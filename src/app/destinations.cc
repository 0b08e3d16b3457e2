#include "app/destinations.h"

#include "app/http_options.h"
#include "app/kafka_options.h"
#include "app/secrets.h"
#include "targets/file/file_target.h"
#include "targets/function/function_enricher.h"
#include "targets/http/http_target.h"
#include "targets/inbox/inbox_target.h"
#include "targets/kafka/message.h"
#include "targets/queue/queue_target.h"
#include "targets/stdout/stdout_target.h"
#include "targets/table/table_target.h"

namespace millrace::app {
namespace {

// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html: BatchSize
constexpr std::size_t kFunctionBatchMax = 10'000;

}  // namespace

Destinations::Destinations(Site& site, Buses& buses, const config::Config& config, std::string directory)
    : site_(site), buses_(buses), config_(config), directory_(std::move(directory)) {}

Status Destinations::Add(const config::Target& declared) {
  const std::string name = "target/" + declared.name;
  if (const auto* http = std::get_if<config::HttpTarget>(&declared.to)) {
    ASSIGN_OR_RETURN(auto options, HttpOptionsOf(name, *http, Secrets(config_, directory_)));
    return AddHttp(declared.name, std::move(options));
  }
  if (const auto* file = std::get_if<config::FileTarget>(&declared.to)) {
    const bool absolute = file->path.starts_with('/') || directory_.empty();
    const std::string path = absolute ? file->path : directory_ + "/" + file->path;
    Set(declared.name, std::make_shared<targets::FileTarget>(name, path));
    return Ok();
  }
  if (const auto* kafka = std::get_if<config::KafkaTarget>(&declared.to)) {
    ASSIGN_OR_RETURN(auto options, ProducerOptionsOf(name, *kafka, Secrets(config_, directory_), directory_));
    ASSIGN_OR_RETURN(auto producer, kafka::Producer::Create(std::move(options)));
    std::lock_guard lock(mutex_);
    topics_.insert_or_assign(declared.name, Topic{*kafka, std::move(producer)});
    return Ok();
  }
  Set(declared.name, std::make_shared<targets::StdoutTarget>(name));
  return Ok();
}

Status Destinations::AddHttp(const std::string& name, targets::HttpTargetOptions options) {
  TRY(targets::CheckHttpTargetOptions(options));
  Set(name, std::make_shared<targets::HttpTarget>(std::move(options), Client()));
  return Ok();
}

void Destinations::Set(const std::string& name, std::shared_ptr<flow::Target> target) {
  std::lock_guard lock(mutex_);
  std::erase_if(replaced_, [](const auto& each) { return each.expired(); });
  std::shared_ptr<flow::Target>& place = targets_[name];
  if (place != nullptr) replaced_.push_back(place);
  place = std::move(target);
}

void Destinations::Remove(const std::string& name) {
  std::lock_guard lock(mutex_);
  const auto found = targets_.find(name);
  if (found == targets_.end()) return;
  replaced_.push_back(found->second);
  targets_.erase(found);
}

Result<std::shared_ptr<flow::Target>> Destinations::Find(const config::Ref& to, const Manner& manner) {
  ASSIGN_OR_RETURN(auto target, FindPlain(to, manner));
  if (!manner.inbox) return target;
  const auto table = site_.engine.catalogue()->FindTable(site_.ScopeId(), manner.inbox->table.name);
  if (table == nullptr) return Err(ErrorCode::kNotFound, {}, "{} does not exist", manner.inbox->table.ToString());
  struct Held {
    std::shared_ptr<flow::Target> target;
    targets::InboxTarget inbox;
  };
  flow::Target& behind = *target;
  std::shared_ptr<Held> held(
      new Held{std::move(target),
               {{.consumer = manner.consumer, .remember = manner.inbox->remember, .lock = manner.inbox->lock},
                site_.engine,
                table->id,
                behind,
                site_.clock}});
  return std::shared_ptr<flow::Target>(held, &held->inbox);
}

Result<std::shared_ptr<flow::Target>> Destinations::FindPlain(const config::Ref& to, const Manner& manner) {
  if (to.kind == config::RefKind::kBus)
    return std::shared_ptr<flow::Target>(std::make_shared<BusByName>(buses_, to.name));
  if (to.kind == config::RefKind::kTarget) {
    std::lock_guard lock(mutex_);
    if (const auto topic = topics_.find(to.name); topic != topics_.end())
      return FindTopic(to.ToString(), topic->second, manner);
    const auto found = targets_.find(to.name);
    if (found == targets_.end()) return Err(ErrorCode::kNotFound, {}, "{} does not exist", to.ToString());
    return found->second;
  }
  if (to.kind == config::RefKind::kFunction) {
    targets::FunctionTargetOptions options{
        .name = to.ToString(),
        .function = to.name,
        .payload = manner.payload,
        .report_failures = manner.partial,
        .reported_kind = manner.from_queue ? flow::BatchKind::kPerEntry : flow::BatchKind::kPrefix,
        .batch_records_max = kFunctionBatchMax};
    return std::shared_ptr<flow::Target>(
        std::make_shared<targets::FunctionTarget>(std::move(options), site_.functions));
  }
  if (to.kind == config::RefKind::kQueue) {
    const auto queue = site_.engine.catalogue()->FindQueue(site_.ScopeId(), to.name);
    if (queue == nullptr) return Err(ErrorCode::kNotFound, {}, "{} does not exist", to.ToString());
    return std::shared_ptr<flow::Target>(std::make_shared<targets::QueueTarget>(site_.engine, *queue));
  }
  const auto table = site_.engine.catalogue()->FindTable(site_.ScopeId(), to.name);
  if (to.kind != config::RefKind::kTable || table == nullptr)
    return Err(ErrorCode::kNotFound, {}, "{} does not exist", to.ToString());
  targets::TableTargetOptions options;
  if (manner.item.json == config::ItemWrite::Json::kDynamoDb) options.json = targets::ItemJson::kDynamoDb;
  if (manner.item.unless_exists) options.overwrite = targets::ItemOverwrite::kKeep;
  if (manner.item.beside) {
    const config::Beside& beside = *manner.item.beside;
    if (!table->schema.sort || table->schema.sort->type != model::AttributeType::kN)
      return Err(ErrorCode::kFailedPrecondition, {}, "{} has no number as its sort key, which `beside` needs",
                 to.ToString());
    ASSIGN_OR_RETURN(const model::Number step, model::Number::Parse(beside.step));
    options.beside = targets::PlacingOptions{.step = step, .mark = beside.mark, .places_max = beside.places_max};
  }
  return std::shared_ptr<flow::Target>(std::make_shared<targets::TableTarget>(site_.engine, *table, options));
}

Result<std::shared_ptr<flow::Target>> Destinations::FindTopic(const std::string& name, const Topic& topic,
                                                              const Manner& manner) {
  targets::KafkaTargetOptions options{.name = name, .message = {}};
  if (manner.event_store) {
    options.message = targets::MessageOfEvent(topic.kafka.topic);
  } else {
    ASSIGN_OR_RETURN(auto message, MessageOptionsOf(topic.kafka, manner.partition_attribute));
    options.message = targets::MessageOfBody(std::move(message));
  }
  return std::shared_ptr<flow::Target>(std::make_shared<targets::KafkaTarget>(std::move(options), topic.producer));
}

Result<std::shared_ptr<flow::Enricher>> Destinations::FindEnricher(const config::Ref& with) {
  if (with.kind == config::RefKind::kFunction)
    return std::shared_ptr<flow::Enricher>(std::make_shared<targets::FunctionEnricher>(with.name, site_.functions));
  ASSIGN_OR_RETURN(const auto target, Find(with, {}));
  if (auto http = std::dynamic_pointer_cast<targets::HttpTarget>(target))
    return std::shared_ptr<flow::Enricher>(std::move(http));
  return Err(ErrorCode::kFailedPrecondition, {}, "{} cannot be asked: it is neither a function nor an HTTP endpoint",
             with.ToString());
}

Result<std::shared_ptr<flow::FailureDestination>> Destinations::FindFailures(const config::Ref& to,
                                                                             FailureOrigin origin) {
  const auto queue = site_.engine.catalogue()->FindQueue(site_.ScopeId(), to.name);
  if (to.kind != config::RefKind::kQueue || queue == nullptr)
    return Err(ErrorCode::kNotFound, {}, "{} does not exist", to.ToString());
  return std::shared_ptr<flow::FailureDestination>(
      std::make_shared<FailureQueue>(site_.engine, *queue, std::move(origin), site_.random));
}

http::Client& Destinations::Client() {
  std::lock_guard lock(mutex_);
  if (client_ == nullptr) client_ = std::make_unique<http::Client>(http::ClientOptions{});
  return *client_;
}

void Destinations::Stop() {
  std::vector<std::shared_ptr<flow::Target>> targets;
  std::vector<std::shared_ptr<kafka::Producer>> producers;
  http::Client* client = nullptr;
  {
    std::lock_guard lock(mutex_);
    client = client_.get();
    for (auto& [name, target] : targets_) targets.push_back(target);
    for (auto& [name, topic] : topics_) producers.push_back(topic.producer);
    for (const auto& each : replaced_)
      if (auto target = each.lock()) targets.push_back(std::move(target));
  }
  if (client != nullptr) client->Stop();
  for (const auto& target : targets) target->Close();
  for (const auto& producer : producers) producer->Close();
}

}  // namespace millrace::app
