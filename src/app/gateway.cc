#include "app/gateway.h"

#include "api/streams/admin.h"
#include "aws/response.h"
#include "aws/wire_error.h"

namespace millrace::app {
namespace {

constexpr std::string_view kDynamoDb = "DynamoDB_20120810.";
constexpr std::string_view kStreams = "DynamoDBStreams_20120810.";
constexpr std::string_view kEvents = "AWSEvents.";
constexpr std::string_view kSqs = "AmazonSQS.";
constexpr std::size_t kRequestIdCharacters = 52;

const metrics::Family kRequests{"millrace_api_requests_total", metrics::Kind::kCounter, "Requests for a service."};

}  // namespace

Gateway::Gateway(engine::Engine& engine, const Clock& clock, Random& random, aws::Home home,
                 std::function<std::string()> health, api::admin::Service& admin, EventServices& events,
                 metrics::Registry& metrics)
    : engine_(engine),
      random_(random),
      home_(std::move(home)),
      health_(std::move(health)),
      admin_(admin),
      events_(events),
      dynamodb_requests_(metrics.AddCounter(kRequests, {{"service", "dynamodb"}})),
      streams_requests_(metrics.AddCounter(kRequests, {{"service", "dynamodbstreams"}})),
      events_requests_(metrics.AddCounter(kRequests, {{"service", "events"}})),
      pipes_requests_(metrics.AddCounter(kRequests, {{"service", "pipes"}})),
      scheduler_requests_(metrics.AddCounter(kRequests, {{"service", "scheduler"}})),
      lambda_requests_(metrics.AddCounter(kRequests, {{"service", "lambda"}})),
      sqs_requests_(metrics.AddCounter(kRequests, {{"service", "sqs"}})),
      dynamodb_(engine),
      streams_(engine, clock),
      sqs_(engine, clock, random) {}

void Gateway::Handle(http::Request&& request, http::Responder plain) {
  if (HandleLocal(request, plain)) return;
  if (lambda_ != nullptr && api::lambda::Service::Handles(request))
    return HandleLambda(std::move(request), std::move(plain));
  std::string request_id = random_.UpperAlphanumeric(kRequestIdCharacters);
  http::Responder responder = aws::WithServiceHeaders(std::move(plain), request, request_id);
  if (api::pipes::Service::Takes(request)) {
    pipes_requests_.Add();
    return events_.pipes().Handle(std::move(request), std::move(responder));
  }
  if (api::scheduler::Service::Takes(request)) {
    scheduler_requests_.Add();
    return events_.scheduler().Handle(std::move(request), std::move(responder));
  }
  const std::string_view target = request.headers.Get("X-Amz-Target");
  const bool dynamodb = target.starts_with(kDynamoDb);
  const bool streams = target.starts_with(kStreams);
  const bool events = target.starts_with(kEvents);
  const bool sqs = target.starts_with(kSqs);
  if (target.empty() && api::sqs::Service::IsQuery(request)) {
    auto caller = aws::CallerOf(request, home_);
    // Queue URLs are also called by hand, unsigned.
    const aws::Caller by = caller.ok() ? *std::move(caller) : aws::Caller{home_.account, home_.region, "sqs"};
    sqs_requests_.Add();
    return sqs_.HandleQuery({by.account, by.region, {}, std::move(request_id)}, std::move(request),
                            std::move(responder));
  }
  if (!dynamodb && !streams && !events && !sqs) {
    const bool get_root = request.method == "GET" && request.path() == "/";
    if (get_root && target.empty()) {
      http::Response response;
      response.content_type = "text/plain";
      response.body = fmt::format("healthy: dynamodb.{}.amazonaws.com ", home_.region);
      return responder.Send(std::move(response));
    }
    return responder.Send(aws::ErrorResponse(
        request.path() == "/" ? 400 : 404, aws::wire::kUnknownOperation,
        target.empty() ? fmt::format("{} {} is no request that this server knows: it has no X-Amz-Target header",
                                     request.method, request.path())
                       : fmt::format("The target '{}' is unknown or not supported yet", target)));
  }
  if (!aws::IsOperation(request)) return responder.Send(aws::NotAnOperationResponse());
  auto caller = aws::CallerOf(request, home_);
  if (!caller.ok()) return responder.Send(aws::RefusalResponse(caller.error()));
  const aws::RequestContext context{.account = std::move(caller->account),
                                    .region = std::move(caller->region),
                                    .operation = std::string(target.substr(target.find('.') + 1)),
                                    .request_id = std::move(request_id)};
  (dynamodb ? dynamodb_requests_ : streams ? streams_requests_ : sqs ? sqs_requests_ : events_requests_).Add();
  if (events) {
    events_.events().Handle(context, std::move(request), std::move(responder));
  } else if (dynamodb) {
    dynamodb_.Handle(context, std::move(request), std::move(responder));
  } else if (sqs) {
    sqs_.Handle(context, std::move(request), std::move(responder));
  } else {
    streams_.Handle(context, std::move(request), std::move(responder));
  }
}

void Gateway::HandleLambda(http::Request&& request, http::Responder plain) {
  std::string request_id = random_.Uuid();
  http::Responder responder = aws::WithServiceHeaders(std::move(plain), request, request_id);
  auto caller = aws::CallerOf(request, home_);
  if (!caller.ok()) return responder.Send(aws::RefusalResponse(caller.error()));
  lambda_requests_.Add();
  lambda_->Handle({.account = std::move(caller->account),
                   .region = std::move(caller->region),
                   .operation = {},
                   .request_id = std::move(request_id)},
                  std::move(request), std::move(responder));
}

bool Gateway::HandleLocal(http::Request& request, http::Responder& responder) {
  const std::string_view path = request.path();
  // Pages of other origins may use the AWS APIs, as they may use AWS's own, but nothing of the admin API.
  if (request.method == "OPTIONS" && !path.starts_with("/_millrace/")) {
    responder.Send(aws::PreflightResponse(request));
    return true;
  }
  if (path == "/_millrace/health" || path == "/_localstack/health" || path == "/health") {
    http::Response response;
    response.content_type = "application/json";
    response.body = health_();
    responder.Send(std::move(response));
    return true;
  }
  if (admin_.Handle(request, responder)) return true;
  if (!path.starts_with("/_millrace/")) return false;
  http::Response response;
  const aws::RequestContext context{
      .account = home_.account, .region = home_.region, .operation = {}, .request_id = {}};
  // A page in a browser may send a POST here without asking first, unless it needs a content type of its own; admin
  // requests change things, so they are not taken from pages.
  if (request.method != "POST" || request.headers.Has("Origin") ||
      !api::streams::HandleAdmin(engine_, context, path, request.body, &response)) {
    response = aws::ErrorResponse(404, "NotFound", fmt::format("there is no {} {}", request.method, path));
  }
  responder.Send(std::move(response));
  return true;
}

}  // namespace millrace::app
