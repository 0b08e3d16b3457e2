#include "api/lambda/service.h"

#include "api/lambda/errors.h"
#include "api/lambda/function_ref.h"
#include "api/lambda/operations.h"
#include "aws/request_reader.h"
#include "aws/wire_error.h"
#include "json/parse.h"
#include "json/write.h"
#include "model/base64.h"

namespace millrace::api::lambda {
namespace {

constexpr int kChangesWaitingMax = 100;
constexpr std::uint32_t kDepthMax = 32;
constexpr std::string_view kJson = "application/json";

using functions::InvokeResult;
using functions::InvokeStatus;

std::string TraceId(Random& random, const Clock& clock) {
  return fmt::format("Root=1-{:08x}-{:08x}{:016x};Sampled=0", clock.NowMillis() / 1000,
                     static_cast<std::uint32_t>(random.Next()), random.Next());
}

Error TooLarge(std::size_t most) {
  return Err(ErrorCode::kInvalidArgument, reason::kTooLarge,
             "Request must be smaller than {} bytes for the InvokeFunction operation", most);
}

// What an invocation that did not reach the function is called.
Error NotInvoked(const InvokeResult& result) {
  switch (result.status) {
    case InvokeStatus::kThrottled:
      return Err(ErrorCode::kResourceExhausted, {}, "Rate Exceeded.");
    case InvokeStatus::kNotFound:
      return Err(ErrorCode::kNotFound, {}, "{}", result.error_message);
    case InvokeStatus::kBadRequest:
      return TooLarge(functions::kPayloadBytesMax);
    default:
      return Err(ErrorCode::kUnavailable, {}, "{}", result.error_message);
  }
}

http::Response InvokeAnswer(InvokeResult&& result, std::string_view trace_id) {
  http::Response response;
  response.content_type = kJson;
  response.headers.Add("X-Amz-Executed-Version", result.executed_version);
  response.headers.Add("X-Amzn-Trace-Id", trace_id);
  if (!result.function_error.empty()) response.headers.Add("X-Amz-Function-Error", result.function_error);
  if (!result.log_tail.empty()) response.headers.Add("X-Amz-Log-Result", model::Base64Encode(result.log_tail));
  response.body = std::move(result.payload);
  return response;
}

}  // namespace

struct Service::Work {
  aws::RequestContext context;
  http::Request request;
  http::Responder responder;
  RouteMatch route;
};

Service::Service(ServiceOptions options, functions::Functions& functions, flow::StateStore& store,
                 EventSources* sources, const Clock& clock, Random& random)
    : functions_(functions),
      clock_(clock),
      random_(random),
      code_(options.code_directory),
      catalogue_(functions, store, options.account, options.region),
      mappings_(store, sources),
      executor_(1, clock),
      async_(functions, store, executor_, clock, random) {}

Service::~Service() {
  Stop();
  executor_.Stop();
}

Status Service::LoadFunctions() {
  return catalogue_.Load();
}

Status Service::LoadMappings() {
  TRY(mappings_.Load());
  return async_.Load();
}

void Service::Stop() {
  stopping_ = true;
  async_.Stop();
}

void Service::Handle(const aws::RequestContext& context, http::Request&& request, http::Responder responder) {
  RouteMatch route = FindRoute(request);
  const Operation* operation = route.operation;
  if (operation == nullptr)
    return responder.Send(ErrorAnswer(Err(ErrorCode::kUnimplemented, aws::reason::kUnknownOperation,
                                          "{} {} is no operation of Lambda, or not supported yet", request.method,
                                          request.path().substr(0, 256))));
  const auto work = std::make_shared<Work>(Work{context, std::move(request), std::move(responder), std::move(route)});
  if (operation->run == nullptr) return Invoke(*work);
  if (!operation->changes) return Run(*work);
  if (stopping_) return work->responder.Send(ErrorAnswer(Err(ErrorCode::kUnavailable, {}, "the server is stopping")));
  if (changes_waiting_.fetch_add(1) >= kChangesWaitingMax) {
    changes_waiting_.fetch_sub(1);
    return work->responder.Send(ErrorAnswer(Err(ErrorCode::kResourceExhausted, {}, "Rate Exceeded.")));
  }
  executor_.Post([this, work] {
    changes_waiting_.fetch_sub(1);
    Run(*work);
  });
}

void Service::Run(Work& work) {
  const auto run = [&]() -> Result<Answer> {
    thread_local json::Document document;  // its memory serves the next request of this thread
    const std::string_view body = work.request.body.empty() ? std::string_view("{}") : work.request.body;
    if (Status parsed =
            document.Parse(body, {.depth_max = kDepthMax, .duplicate_names = json::DuplicateNames::kKeepAll});
        !parsed.ok())
      return Err(ErrorCode::kInvalidArgument, reason::kInvalidContent, "Could not parse request body into json: {}",
                 parsed.error().message());
    if (!document.root().is_object())
      return Error(ErrorCode::kInvalidArgument, aws::reason::kSerialization, "Start of structure or map expected");
    const Call call{.catalogue = catalogue_,
                    .code = code_,
                    .mappings = mappings_,
                    .clock = clock_,
                    .random = random_,
                    .context = work.context,
                    .route = work.route,
                    .request = document.root()};
    Result<Answer> answer = work.route.operation->run(call);
    document.Clear();
    return answer;
  };
  Result<Answer> answer = run();
  http::Response response;
  if (answer.ok()) {
    response.status = answer->status;
    if (answer->status != 204) response.content_type = kJson;
    response.body = std::move(answer->body);
  } else {
    response = ErrorAnswer(answer.error());
  }
  work.responder.Send(std::move(response));
}

void Service::Invoke(Work& work) {
  if (Status started = StartInvoke(work); !started.ok()) work.responder.Send(ErrorAnswer(started.error()));
}

// Takes the responder if it returns Ok.
Status Service::StartInvoke(Work& work) {
  const http::Headers& headers = work.request.headers;
  ASSIGN_OR_RETURN(FunctionRef ref,
                   ParseFunctionRef(work.route.places.at(0), work.route.Query("Qualifier"), work.context));
  ASSIGN_OR_RETURN(const Found found, FindFunction(catalogue_, std::move(ref)));
  const Configuration& version = *VersionOf(*found.definition, found.ref.qualifier, random_.Fraction());
  const std::string_view type =
      headers.Has("X-Amz-Invocation-Type") ? headers.Get("X-Amz-Invocation-Type") : "RequestResponse";
  const bool asynchronous = type == "Event";
  if (!asynchronous && type != "RequestResponse" && type != "DryRun")
    return ValidationError(type, "invocationType",
                           "Member must satisfy enum value set: [Event, RequestResponse, DryRun]");
  const std::string_view log_type = headers.Get("X-Amz-Log-Type");
  if (!log_type.empty() && log_type != "Tail" && log_type != "None")
    return ValidationError(log_type, "logType", "Member must satisfy enum value set: [None, Tail]");

  std::string& payload = work.request.body;
  const std::size_t most = asynchronous ? functions::kAsyncPayloadBytesMax : functions::kPayloadBytesMax;
  if (payload.size() > most) return TooLarge(most);
  if (payload.empty()) payload = "{}";
  {
    thread_local json::Document document;
    const Status parsed = document.Parse(payload, {.duplicate_names = json::DuplicateNames::kKeepAll});
    document.Clear();
    if (!parsed.ok())
      return Err(ErrorCode::kInvalidArgument, reason::kInvalidContent,
                 "Could not parse request body into json: Could not parse payload into json: {}",
                 parsed.error().message());
  }
  functions::InvokeOptions options;
  options.request_id = random_.Uuid();
  options.log_tail = log_type == "Tail";
  options.trace_id =
      headers.Has("X-Amzn-Trace-Id") ? std::string(headers.Get("X-Amzn-Trace-Id")) : TraceId(random_, clock_);
  if (const std::string_view encoded = headers.Get("X-Amz-Client-Context"); !encoded.empty()) {
    const std::optional<std::string> context = model::Base64Decode(encoded);
    json::Document document;
    // It travels in a header, on one line.
    if (!context || !document.Parse(*context).ok() || !document.root().is_object())
      return Err(ErrorCode::kInvalidArgument, reason::kInvalidContent,
                 "Client context must be a valid Base64-encoded JSON object.");
    json::AppendValue(options.client_context, document.root());
  }
  if (found.definition->reserved_concurrency == 0) return Err(ErrorCode::kResourceExhausted, {}, "Rate Exceeded.");
  if (type == "DryRun") {
    work.responder.Send({.status = 204});
    return Ok();
  }

  const auto responder = std::make_shared<http::Responder>(std::move(work.responder));
  std::string name = catalogue_.RunName(*found.definition, version.version);
  if (asynchronous) {
    async_.Submit(std::move(name), std::move(payload), std::move(options.request_id), std::move(options.client_context),
                  [responder, trace = options.trace_id](const Status& accepted) {
                    if (!accepted.ok()) return responder->Send(ErrorAnswer(accepted.error()));
                    http::Response response{.status = 202};
                    response.headers.Add("X-Amzn-Trace-Id", trace);
                    responder->Send(std::move(response));
                  });
    return Ok();
  }
  const std::string trace = options.trace_id;
  functions_.Invoke(name, std::move(payload), std::move(options), [responder, trace](InvokeResult result) {
    if (!result.ok() && !result.function_failed()) return responder->Send(ErrorAnswer(NotInvoked(result)));
    responder->Send(InvokeAnswer(std::move(result), trace));
  });
  return Ok();
}

}  // namespace millrace::api::lambda
