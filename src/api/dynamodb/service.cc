#include "api/dynamodb/service.h"

#include <utility>

#include "api/dynamodb/operations.h"
#include "json/parse.h"
#include "model/dynamodb_json.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::string_view kContentType = "application/x-amz-json-1.0";

// The tree of the request at hand; its memory serves the next one.
json::Document& ThreadDocument() {
  thread_local json::Document document;
  return document;
}

Status Parse(std::string_view body, json::Document& document) {
  const Status parsed = document.Parse(body);
  if (parsed.ok() && document.root().is_object()) return Ok();
  return Error(ErrorCode::kInvalidArgument, model::reason::kSerialization,
               parsed.ok() ? "Start of structure or map expected" : parsed.error().message());
}

}  // namespace

void Answer::Send(Reply reply) {
  http::Response response;
  response.status = reply.status;
  response.content_type = kContentType;
  response.body = std::move(reply.body);
  responder_.Send(std::move(response));
}

void Service::Handle(const aws::RequestContext& context, http::Request&& request, http::Responder responder) {
  Answer answer(std::move(responder));
  const Operation* operation = FindOperation(context.operation);
  if (operation == nullptr)
    return answer.Fail(Err(ErrorCode::kUnimplemented, aws::reason::kUnknownOperation,
                           "The operation '{}' is unknown or not supported yet.", context.operation));
  json::Document& document = ThreadDocument();
  if (const Status parsed = Parse(request.body, document); !parsed.ok()) return answer.Fail(parsed.error());

  const auto catalogue = engine_.catalogue();
  const engine::Scope scope = {.account = context.account, .region = context.region};
  const Call call = {.engine = engine_,
                     .catalogue = *catalogue,
                     .scope = scope,
                     .host = request.headers.Get("host"),
                     .request = document.root()};
  if (operation->later != nullptr) return operation->later(call, std::move(answer));
  auto reply = operation->now(call);
  answer.Send(reply.ok() ? *std::move(reply) : RenderError(reply.error()));
}

}  // namespace millrace::api::dynamodb
