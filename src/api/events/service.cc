#include "api/events/service.h"

#include "api/events/error_map.h"
#include "api/events/operations.h"
#include "api/events/put_events.h"
#include "api/events/runnable.h"
#include "api/events/test_event_pattern.h"
#include "aws/response.h"
#include "base/log.h"
#include "json/parse.h"

namespace millrace::api::events {
namespace {

constexpr std::uint32_t kDepthMax = 16;  // no request nests deeper: patterns and details are texts
constexpr std::size_t kWaitingMax = 1000;

Status Parse(std::string_view body, json::Document& document) {
  const Status parsed = document.Parse(body.empty() ? "{}" : body,
                                       {.depth_max = kDepthMax, .duplicate_names = json::DuplicateNames::kKeepAll});
  if (!parsed.ok()) return Error(ErrorCode::kInvalidArgument, aws::reason::kSerialization, parsed.error().message());
  if (document.root().is_object()) return Ok();
  return Error(ErrorCode::kInvalidArgument, aws::reason::kSerialization, "Start of structure or map expected");
}

void Reply(http::Responder& responder, const Result<std::string>& body) {
  http::Response response;
  response.content_type = aws::kAwsJson11;
  if (body.ok()) {
    response.body = *body;
  } else {
    aws::JsonReply answer = RenderError(body.error());
    response.status = answer.status;
    response.body = std::move(answer.body);
  }
  responder.Send(std::move(response));
}

}  // namespace

Service::Service(Plant& plant, const config::Config& declared, aws::Home home, const Clock& clock, Random& random)
    : plant_(plant),
      clock_(clock),
      random_(random),
      registry_(plant, declared, std::move(home)),
      operations_("events-api", kWaitingMax) {}

Status Service::Restore() {
  TRY(registry_.Load());
  for (const auto& [name, bus] : registry_.buses.all())
    if (!bus.declared && name != kDefaultBus) TRY(plant_.PutBus(name));
  for (const auto& [name, destination] : registry_.destinations.all()) {
    const ConnectionRecord* connection = registry_.connections.Find(destination.connection);
    if (connection == nullptr) continue;
    auto runnable = RunnableDestination(destination, *connection);
    const Status put = runnable.ok() ? plant_.PutDestination(*runnable) : Status(runnable.error());
    if (!put.ok()) log::Failure("events: the api destination {} does not run: {}", name, put.error().message());
  }
  for (const auto& [key, rule] : registry_.rules.all()) {
    if (rule.declared) continue;
    if (const Status restored = RestoreRule(rule); !restored.ok())
      log::Failure("events: rule/{} of bus/{} does not run: {}", rule.name, rule.bus, restored.error().message());
  }
  for (const auto& [name, archive] : registry_.archives.all()) {
    if (archive.declared) continue;
    if (const Status put = plant_.PutArchive(archive.bus, name, RunnableArchive(archive)); !put.ok())
      log::Failure("events: the archive {} of bus/{} does not run: {}", name, archive.bus, put.error().message());
  }
  return Ok();
}

Status Service::RestoreRule(const RuleRecord& rule) {
  TRY(plant_.PutRule(RunnableRule(rule)));
  for (const TargetRecord& target : rule.targets) {
    auto runnable = RunnableTarget(registry_, target);
    const Status put = runnable.ok() ? plant_.PutTargets(rule.bus, rule.name, {*runnable}) : Status(runnable.error());
    if (!put.ok())
      log::Failure("events: the target {} of rule/{} does not run: {}", target.id, rule.name, put.error().message());
  }
  return Ok();
}

void Service::Handle(const aws::RequestContext& context, http::Request&& request, http::Responder responder) {
  if (context.operation == "PutEvents" || context.operation == "TestEventPattern") {
    thread_local json::Document document;  // its memory serves the next request of this thread
    if (const Status parsed = Parse(request.body, document); !parsed.ok()) return Reply(responder, parsed.error());
    if (context.operation == "TestEventPattern")
      return Reply(responder, TestEventPattern(registry_.config.settings.limits, document.root()));
    const auto pending = std::make_shared<http::Responder>(std::move(responder));
    return PutEvents({plant_, random_, registry_.home, clock_.NowMillis()}, document.root(),
                     [pending](const Result<std::string>& body) { Reply(*pending, body); });
  }
  const Operation* operation = FindOperation(context.operation);
  if (operation == nullptr)
    return Reply(responder,
                 Err(ErrorCode::kUnimplemented, aws::reason::kUnknownOperation,
                     "The operation '{}' is unknown or not supported yet", context.operation.substr(0, 256)));
  const auto pending = std::make_shared<http::Responder>(std::move(responder));
  const auto body = std::make_shared<std::string>(std::move(request.body));
  const bool posted = operations_.Post([this, operation, pending, body] {
    json::Document document;
    const Status parsed = Parse(*body, document);
    if (!parsed.ok()) return Reply(*pending, parsed.error());
    Reply(*pending, operation->run({.registry = registry_,
                                    .plant = plant_,
                                    .random = random_,
                                    .now_ms = clock_.NowMillis(),
                                    .request = document.root()}));
  });
  if (!posted) Reply(*pending, Err(ErrorCode::kUnavailable, {}, "too many operations wait, or the node is stopping"));
}

void Service::Close() {
  operations_.Close();
}
void Service::Stop() {
  operations_.Stop();
}

}  // namespace millrace::api::events
