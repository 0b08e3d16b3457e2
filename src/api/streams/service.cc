#include "api/streams/service.h"

#include "api/streams/error_map.h"
#include "api/streams/operations.h"
#include "aws/request_reader.h"
#include "json/parse.h"

namespace millrace::api::streams {
namespace {

constexpr std::string_view kContentType = "application/x-amz-json-1.0";
constexpr std::uint32_t kDepthMax = 16;  // no request of this service nests deeper than two

Status Parse(std::string_view body, json::Document& document) {
  // Of a name that is given twice, Find sees the first; AWS's parser does not refuse it either.
  const Status parsed =
      document.Parse(body, {.depth_max = kDepthMax, .duplicate_names = json::DuplicateNames::kKeepAll});
  if (parsed.ok()) return Ok();
  return Error(ErrorCode::kInvalidArgument, aws::reason::kSerialization, parsed.error().message());
}

}  // namespace

void Service::Handle(const aws::RequestContext& context, http::Request&& request, http::Responder responder) const {
  const auto run = [&]() -> Result<std::string> {
    const Operation* operation = FindOperation(context.operation);
    if (operation == nullptr)
      return Err(ErrorCode::kUnimplemented, aws::reason::kUnknownOperation, "the operation '{}' is unknown",
                 context.operation.substr(0, 256));
    thread_local json::Document document;  // its memory serves the next request of this thread
    TRY(Parse(request.body, document));
    if (!document.root().is_object())
      return Error(ErrorCode::kInvalidArgument, aws::reason::kSerialization, "Start of structure or map expected");
    const engine::Scope scope{context.account, context.region};
    const auto catalogue = engine_.catalogue();
    return operation->run({.engine = engine_,
                           .catalogue = *catalogue,
                           .scope = scope,
                           .now_ms = clock_.NowMillis(),
                           .request = document.root()});
  };
  Result<std::string> body = run();
  http::Response response;
  response.content_type = kContentType;
  response.headers.Add("x-amzn-RequestId", context.request_id);
  if (body.ok()) {
    response.body = *std::move(body);
  } else {
    aws::JsonReply answer = RenderError(body.error());
    response.status = answer.status;
    response.body = std::move(answer.body);
  }
  responder.Send(std::move(response));
}

}  // namespace millrace::api::streams
