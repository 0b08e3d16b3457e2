#include "functions/runtime_api.h"

#include "functions/pool.h"
#include "functions/report.h"

namespace millrace::functions {
namespace {

constexpr std::string_view kPrefix = "/2018-06-01/runtime/";
constexpr std::string_view kErrorType = "Lambda-Runtime-Function-Error-Type";

http::Response Answer(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

http::Response Refusal(int status, std::string_view type, std::string_view message) {
  return Answer(status, ErrorDocument(type, message));
}

}  // namespace

void RuntimeApi::Add(const WorkerPtr& worker) {
  std::lock_guard lock(mutex_);
  workers_[worker->listener.number] = worker;
}

void RuntimeApi::Remove(const WorkerPtr& worker) {
  std::lock_guard lock(mutex_);
  workers_.erase(worker->listener.number);
}

WorkerPtr RuntimeApi::Find(std::uint64_t listener) const {
  std::lock_guard lock(mutex_);
  const auto found = workers_.find(listener);
  return found == workers_.end() ? nullptr : found->second;
}

void RuntimeApi::Handle(http::Request&& request, http::Responder responder) {
  const WorkerPtr worker = Find(request.listener);
  if (worker == nullptr) return responder.Send(Refusal(403, "Forbidden", "this is no function's port"));
  std::string_view path = request.path();
  if (!path.starts_with(kPrefix)) return responder.Send(Refusal(404, "NotFound", "there is only the Runtime API here"));
  path.remove_prefix(kPrefix.size());
  const bool get = request.method == "GET";
  const bool post = request.method == "POST";
  if (path == "invocation/next") {
    if (!get) return responder.Send(Refusal(405, "MethodNotAllowed", "the next event is got with GET"));
    return worker->pool->OnNext(worker, std::move(responder));
  }
  if (!post) return responder.Send(Refusal(404, "NotFound", "there is no such path in the Runtime API"));
  if (path == "init/error") {
    worker->pool->OnInitError(worker, std::string(request.headers.Get(kErrorType)), std::move(request.body));
    return responder.Send(Answer(202, R"({"status":"OK"})"));
  }
  constexpr std::string_view kInvocation = "invocation/";
  const std::size_t slash = path.rfind('/');
  const std::string_view what = path.substr(slash + 1);
  if (!path.starts_with(kInvocation) || slash < kInvocation.size() || (what != "response" && what != "error"))
    return responder.Send(Refusal(404, "NotFound", "there is no such path in the Runtime API"));
  const std::string id(path.substr(kInvocation.size(), slash - kInvocation.size()));
  PostedAnswer answer;
  answer.error = what == "error";
  if (answer.error) answer.error_type = request.headers.Get(kErrorType);
  const std::size_t bytes = request.body.size();
  answer.body = std::move(request.body);
  if (!worker->pool->OnAnswer(worker, id, std::move(answer)))
    return responder.Send(Refusal(400, "InvalidRequestID", "Invalid request ID"));
  if (bytes > kResponseBytesMax)
    return responder.Send(Refusal(413, "RequestEntityTooLarge",
                                  fmt::format("Exceeded maximum allowed payload size ({} bytes).", kResponseBytesMax)));
  responder.Send(Answer(202, R"({"status":"OK"})"));
}

}  // namespace millrace::functions
