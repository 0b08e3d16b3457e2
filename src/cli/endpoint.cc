#include "cli/endpoint.h"

#include <condition_variable>
#include <mutex>
#include <optional>

#include "cli/exit_code.h"
#include "http/client.h"
#include "http/url.h"
#include "json/parse.h"

namespace millrace::cli {
namespace {

constexpr std::string_view kDefault = "http://127.0.0.1:4566";
// An operation waits for what is in flight, which may hang as long as its target's timeout; a long poll waits 30 s.
constexpr std::chrono::minutes kTimeout{10};
constexpr std::string_view kNotMillrace = "NotMillrace";

// What the server says in {"error": {"message": …}}.
Error ErrorOf(const std::string& url, const http::ClientResponse& response) {
  json::Document document;
  const json::Value* error = document.Parse(response.body).ok() ? document.root().Find("error") : nullptr;
  const json::Value* message = error == nullptr ? nullptr : error->Find("message");
  if (message == nullptr || !message->is_string())
    return Err(ErrorCode::kUnavailable, kNotMillrace,
               "what answers at {} is no millrace that knows this command (HTTP {})", url, response.status);
  return Error(response.status == 503 ? ErrorCode::kUnavailable : ErrorCode::kFailedPrecondition, {},
               std::string(message->string()));
}

}  // namespace

class Endpoint::Connection {
 public:
  Connection() : client_({.timeout = kTimeout, .response_bytes_max = std::size_t{64} << 20}) {}

  Result<std::string> Call(const std::string& url, http::ClientRequest request) {
    struct Waiter {
      std::mutex mutex;
      std::condition_variable ready;
      std::optional<Result<http::ClientResponse>> answer;
    };
    const auto waiter = std::make_shared<Waiter>();
    client_.Send(std::move(request), [waiter](Result<http::ClientResponse> answer) {
      {
        std::lock_guard lock(waiter->mutex);
        waiter->answer = std::move(answer);
      }
      waiter->ready.notify_one();
    });
    std::unique_lock lock(waiter->mutex);
    waiter->ready.wait(lock, [&] { return waiter->answer.has_value(); });
    Result<http::ClientResponse>& answer = *waiter->answer;
    if (!answer.ok()) return std::move(answer).error();
    if (answer->status != 200) return ErrorOf(url, *answer);
    return std::move(answer->body);
  }

 private:
  http::Client client_;
};

Endpoint::Endpoint(std::string url, std::unique_ptr<Connection> connection)
    : url_(std::move(url)), connection_(std::move(connection)) {}
Endpoint::Endpoint(Endpoint&&) noexcept = default;
Endpoint::~Endpoint() = default;

Result<Endpoint> Endpoint::Open(const Io& io, const std::string& flag) {
  std::string url = flag;
  if (url.empty()) url = io.environment("AWS_ENDPOINT_URL");
  if (url.empty()) url = kDefault;
  const auto parsed = http::ParseUrl(url);
  if (!parsed.ok()) return parsed.error().WithContext(flag.empty() ? "AWS_ENDPOINT_URL" : "--endpoint");
  return Endpoint(fmt::format("{}://{}", parsed->scheme == http::Scheme::kHttp ? "http" : "https", parsed->HostField()),
                  std::make_unique<Connection>());
}

Result<std::string> Endpoint::Get(std::string_view path, const Fields& fields) {
  Fields given;
  for (const auto& field : fields)
    if (!field.second.empty()) given.push_back(field);
  http::ClientRequest request;
  request.method = "GET";
  request.url = fmt::format("{}{}{}{}", url_, path, given.empty() ? "" : "?", http::EncodeFields(given));
  request.idempotent = true;
  return connection_->Call(url_, std::move(request));
}

Result<std::string> Endpoint::Post(std::string_view path, std::string body) {
  http::ClientRequest request;
  request.url = fmt::format("{}{}", url_, path);
  request.headers = {{"Content-Type", "application/json"}, {"x-millrace", "1"}};
  request.body = std::move(body);
  return connection_->Call(url_, std::move(request));
}

int Report(Io& io, const Error& error) {
  if (error.code() == ErrorCode::kInvalidArgument) {
    Complain(io, error.message(), {}, "give http://HOST:PORT");
    return kExitUsage;
  }
  const bool nobody = error.reason() == http::reason::kNotConnected;
  if (nobody || error.reason() == kNotMillrace) {
    Complain(io, nobody ? "no server answers" : error.message(), nobody ? error.message() : std::string(),
             "is `millrace dev` running? Name it with --endpoint or AWS_ENDPOINT_URL");
    return kExitUnreachable;
  }
  Complain(io, error.message());
  const bool server = error.code() == ErrorCode::kFailedPrecondition;
  return server ? kExitFailed : error.code() == ErrorCode::kTimeout ? kExitTimeout : kExitUnreachable;
}

}  // namespace millrace::cli
