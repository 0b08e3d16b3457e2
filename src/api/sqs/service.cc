#include "api/sqs/service.h"

#include <algorithm>

#include "api/sqs/operations.h"
#include "api/sqs/query_protocol.h"
#include "aws/request_reader.h"
#include "aws/response.h"
#include "aws/wire_error.h"
#include "base/log.h"
#include "json/parse.h"
#include "json/write.h"

namespace millrace::api::sqs {
namespace {

constexpr std::uint32_t kDepthMax = 16;
constexpr std::string_view kVersion = "2012-11-05";

// "/000000000000/orders", with or without "queue" and a region before it.
bool IsQueuePath(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const std::size_t name = path.rfind('/');
  if (name == std::string_view::npos || name < 13) return false;
  const std::string_view account = path.substr(name - 12, 12);
  return path[name - 13] == '/' && std::ranges::all_of(account, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsForm(const http::Request& request) {
  return request.headers.Get("Content-Type").starts_with("application/x-www-form-urlencoded");
}

Result<Fields> FieldsOf(const http::Request& request) {
  ASSIGN_OR_RETURN(Fields fields, ParseForm(request.query()));
  if (IsForm(request)) {
    ASSIGN_OR_RETURN(Fields more, ParseForm(request.body));
    std::ranges::move(more, std::back_inserter(fields));
  }
  return fields;
}

}  // namespace

struct Service::Exchange {
  http::Responder responder;
  Protocol protocol;
  std::string operation;
  std::string request_id;

  void Send(const Result<std::string>& body) {
    http::Response response;
    response.headers.Add("x-amzn-RequestId", request_id);
    response.content_type = protocol == Protocol::kJson ? aws::kAwsJson10 : "text/xml";
    if (body.ok()) {
      response.body = protocol == Protocol::kJson ? *body : Xml(*body);
    } else {
      const SqsError error = Describe(body.error());
      if (!error.sender_fault) log::Failure("sqs: {}", body.error().ToString());
      response.status = error.status;
      if (protocol == Protocol::kJson) {
        response.headers.Add("x-amzn-query-error",
                             fmt::format("{};{}", error.query_code, error.sender_fault ? "Sender" : "Receiver"));
        json::Writer out(&response.body);
        out.BeginObject();
        out.Key("__type");
        out.String(error.type);
        out.Key("message");
        out.String(error.message);
        out.EndObject();
      } else {
        response.body = XmlOfError(error, request_id);
      }
    }
    responder.Send(std::move(response));
  }
  std::string Xml(std::string_view body) const {
    json::Document document;
    if (!document.Parse(body).ok()) return {};  // ours
    return XmlOfAnswer(operation, document.root(), request_id);
  }
};

bool Service::IsQuery(const http::Request& request) {
  if (request.method != "GET" && request.method != "POST") return false;
  const auto fields = FieldsOf(request);
  if (!fields.ok()) return IsQueuePath(request.path());
  if (FieldOf(*fields, "Action").empty()) return false;
  const std::string_view version = FieldOf(*fields, "Version");
  return version == kVersion || (version.empty() && IsQueuePath(request.path()));
}

void Service::Handle(const aws::RequestContext& context, http::Request&& request, http::Responder responder) {
  const std::string host(request.headers.Get("Host"));
  Run(context, host, Protocol::kJson, std::move(request.body), std::move(responder));
}

void Service::HandleQuery(const aws::RequestContext& context, http::Request&& request, http::Responder responder) {
  const std::string host(request.headers.Get("Host"));
  aws::RequestContext named = context;
  auto body = [&]() -> Result<std::string> {
    ASSIGN_OR_RETURN(Fields fields, FieldsOf(request));
    named.operation = FieldOf(fields, "Action");
    // A request to a queue's own URL need not name it.
    if (FieldOf(fields, "QueueUrl").empty() && IsQueuePath(request.path()))
      fields.emplace_back("QueueUrl", std::string(request.path()));
    return JsonOfForm(named.operation, fields);
  }();
  if (!body.ok()) {
    Exchange exchange{std::move(responder), Protocol::kQuery, named.operation, context.request_id};
    return exchange.Send(body.error());
  }
  Run(named, host, Protocol::kQuery, *std::move(body), std::move(responder));
}

void Service::Run(const aws::RequestContext& context, std::string_view host, Protocol protocol, std::string body,
                  http::Responder responder) {
  auto exchange =
      std::make_shared<Exchange>(Exchange{std::move(responder), protocol, context.operation, context.request_id});
  const Operation* operation = FindOperation(context.operation);
  if (operation == nullptr)
    return exchange->Send(Err(ErrorCode::kUnimplemented, aws::reason::kUnknownOperation,
                              "the operation '{}' is unknown", context.operation.substr(0, 256)));
  thread_local json::Document document;  // its memory serves the next request of this thread
  const Status parsed =
      document.Parse(body, {.depth_max = kDepthMax, .duplicate_names = json::DuplicateNames::kKeepAll});
  if (!parsed.ok())
    return exchange->Send(Error(ErrorCode::kInvalidArgument, aws::reason::kSerialization, parsed.error().message()));
  if (!document.root().is_object())
    return exchange->Send(
        Error(ErrorCode::kInvalidArgument, aws::reason::kSerialization, "Start of structure or map expected"));
  const engine::Scope scope{context.account, context.region};
  const Call call{.engine = engine_,
                  .poller = poller_,
                  .tasks = tasks_,
                  .purges = purges_,
                  .scope = scope,
                  .host = host.empty() ? "localhost" : host,
                  .now_ms = clock_.NowMillis(),
                  .request = document.root()};
  if (operation->run != nullptr) return exchange->Send(operation->run(call));
  operation->start(call, {.send = [exchange](const Result<std::string>& answer) { exchange->Send(answer); },
                          .connected = [exchange] { return exchange->responder.connected(); }});
}

void Service::Close() {
  poller_.Stop();
  tasks_.Stop();
}

}  // namespace millrace::api::sqs
