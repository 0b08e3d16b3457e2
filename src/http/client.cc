#include "http/client.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "http/client_loop.h"
#include "http/url.h"

namespace millrace::http {
namespace {

constexpr std::chrono::milliseconds kTimeoutMax = std::chrono::hours(24);

bool IsToken(std::string_view text) {
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && std::string_view("!#$%&'*+-.^_`|~").find(c) == std::string_view::npos) return false;
  }
  return !text.empty();
}

void SetUpTls(const ClientOptions& options, TlsSetup& tls) {
  boost::system::error_code error;
  SSL_CTX_set_min_proto_version(tls.context.native_handle(), TLS1_2_VERSION);
  if (options.tls_verify == TlsVerify::kNone) return;
  tls.context.set_verify_mode(boost::asio::ssl::verify_peer, error);
  if (options.ca_file.empty()) {
    tls.context.set_default_verify_paths(error);
  } else {
    tls.context.load_verify_file(options.ca_file, error);
  }
  if (error) {
    tls.failure = Err(ErrorCode::kIo, reason::kNotConnected, "cannot read the trusted certificates{}{}: {}",
                      options.ca_file.empty() ? "" : " in ", options.ca_file, error.message());
  }
}

}  // namespace

class Client::Core {
 public:
  explicit Core(ClientOptions options) : options_(std::move(options)) {
    CHECK(options_.threads >= 1 && options_.connections_per_host_max >= 1);
    for (int i = 0; i < options_.threads; ++i) {
      loops_.push_back(std::make_unique<ClientLoop>(options_, tls_));
      loops_.back()->Start(i);
    }
  }

  void Send(ClientRequest request, ClientCallback callback) {
    Result<Url> url = Check(request);
    if (!url.ok()) return callback(std::move(url).error());
    const std::size_t bytes = request.body.size();
    if (requests_open_.fetch_add(1) >= options_.requests_open_max) {
      requests_open_.fetch_sub(1);
      return callback(Err(ErrorCode::kResourceExhausted, {}, "{}: {} requests are already open", url->Address(),
                          options_.requests_open_max));
    }
    if (bytes_open_.fetch_add(bytes) + bytes > options_.request_bytes_open_max) {
      bytes_open_.fetch_sub(bytes);
      requests_open_.fetch_sub(1);
      return callback(Err(ErrorCode::kResourceExhausted, {}, "{}: the bodies of open requests exceed {} bytes",
                          url->Address(), options_.request_bytes_open_max));
    }
    // Not before it is needed: reading the system's certificates takes longer than starting the whole program.
    if (url->scheme == Scheme::kHttps) std::call_once(tls_once_, [this] { SetUpTls(options_, tls_); });
    if (request.timeout.count() <= 0) request.timeout = options_.timeout;
    request.timeout = std::min(request.timeout, kTimeoutMax);
    auto exchange = std::make_shared<Exchange>();
    exchange->deadline = SystemClock().Mono() + request.timeout;
    exchange->request = std::move(request);
    exchange->url = *std::move(url);
    exchange->callback = [this, bytes, callback = std::move(callback)](Result<ClientResponse> result) {
      bytes_open_.fetch_sub(bytes);
      requests_open_.fetch_sub(1);
      callback(std::move(result));
    };
    {
      std::lock_guard lock(mutex_);
      if (!stopped_) return LoopOf(exchange->url).Post(std::move(exchange));
    }
    exchange->callback(Err(ErrorCode::kCancelled, {}, "{}: the client was stopped", exchange->url.Address()));
  }

  void Stop() {
    for (const auto& loop : loops_) CHECK(!loop->IsCurrentThread(), "Stop called from a callback");
    std::lock_guard stop_lock(stop_mutex_);
    {
      std::lock_guard lock(mutex_);
      if (stopped_) return;
      stopped_ = true;
      for (const auto& loop : loops_) loop->Stop();
    }
    for (const auto& loop : loops_) loop->Join();
  }

 private:
  static Result<Url> Check(const ClientRequest& request) {
    ASSIGN_OR_RETURN(Url url, ParseUrl(request.url));
    if (!IsToken(request.method)) return InvalidArgument("'{}' is not an HTTP method", request.method);
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
      const std::string_view name = request.headers.at(i).name;
      if (!IsToken(name)) return InvalidArgument("'{}' is not a header name", name);
      if (EqualsIgnoreCase(name, "Content-Length") || EqualsIgnoreCase(name, "Transfer-Encoding"))
        return InvalidArgument("the header {} is set by the client itself", name);
    }
    return url;
  }

  // All requests to one host share one loop, and so one pool.
  ClientLoop& LoopOf(const Url& url) {
    return *loops_[(std::hash<std::string>()(url.host) + url.port) % loops_.size()];
  }

  const ClientOptions options_;
  std::once_flag tls_once_;
  TlsSetup tls_;
  std::vector<std::unique_ptr<ClientLoop>> loops_;
  std::atomic<std::size_t> requests_open_{0};
  std::atomic<std::size_t> bytes_open_{0};

  std::mutex stop_mutex_;  // held while stopping, before mutex_
  std::mutex mutex_;
  bool stopped_ = false;  // guarded by mutex_
};

Client::Client(ClientOptions options) : core_(std::make_unique<Core>(std::move(options))) {}

Client::~Client() {
  Stop();
}

void Client::Send(ClientRequest request, ClientCallback callback) {
  core_->Send(std::move(request), std::move(callback));
}

void Client::Stop() {
  core_->Stop();
}

}  // namespace millrace::http
