#include "http/server.h"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <limits>
#include <mutex>

#include "base/check.h"
#include "base/log.h"
#include "http/connection.h"
#include "http/io_thread.h"

namespace millrace::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// After an accept that failed (no descriptors left), before the next one.
constexpr std::chrono::milliseconds kAcceptPause{50};
// Descriptors that clients may not use up: the store needs some, and fails for good without them.
constexpr std::size_t kDescriptorsReserved = 256;
constexpr std::string_view kTooManyConnections =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n";

Result<tcp::endpoint> ParseEndpoint(const ServerOptions& options) {
  error_code error;
  const asio::ip::address address =
      asio::ip::make_address(options.host == "localhost" ? "127.0.0.1" : options.host, error);
  if (error) return InvalidArgument("host '{}' is not an IP address or localhost", options.host);
  return tcp::endpoint(address, options.port);
}

// What the process's limit on descriptors leaves for connections, but some in any case.
std::size_t ConnectionsAllowed() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::numeric_limits<std::size_t>::max();
  const std::size_t descriptors = limit.rlim_cur;
  return descriptors > 2 * kDescriptorsReserved ? descriptors - kDescriptorsReserved : descriptors / 2;
}

}  // namespace

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    Responder dropped(std::move(*this));
    sink_ = std::move(other.sink_);
    finish_ = std::move(other.finish_);
  }
  return *this;
}

Responder::~Responder() {
  if (sink_ == nullptr) return;
  Response response;
  response.status = 500;
  response.content_type = "text/plain; charset=utf-8";
  response.body = "the request was dropped without an answer\n";
  Send(std::move(response));
}

void Responder::Send(Response response) {
  CHECK(sink_ != nullptr, "a request is answered once");
  if (finish_.touch != nullptr) response.finish = std::move(finish_);
  const std::shared_ptr<ResponseSink> sink = std::move(sink_);
  sink->Deliver(std::move(response));
}

// One acceptor gives each connection to the thread with the fewest: more even than SO_REUSEPORT with few connections,
// and a second server on the same port is an error instead of a surprise.
class Server::Core {
 public:
  Core(ServerOptions options, Handler handler) : options_(std::move(options)), handler_(std::move(handler)) {
    const auto budget = std::make_shared<BodyBudget>(options_.body_bytes_open_max);
    for (int i = 0; i < options_.threads; ++i)
      threads_.push_back(std::make_shared<IoThread>(options_, handler_, budget));
    acceptor_.emplace(threads_[0]->io());
    accept_timer_.emplace(threads_[0]->io());
  }

  Status Listen(const tcp::endpoint& endpoint) {
    error_code error;
    auto failed = [&](std::string_view step) {
      const bool in_use = error == asio::error::address_in_use;
      return Err(ErrorCode::kIo, in_use ? reason::kAddressInUse : std::string_view(), "cannot {} {}:{}: {}", step,
                 options_.host, options_.port, error.message());
    };
    if (acceptor_->open(endpoint.protocol(), error); error) return failed("open a socket for");
    if (acceptor_->set_option(asio::socket_base::reuse_address(true), error); error) return failed("prepare");
    if (acceptor_->bind(endpoint, error); error) return failed("listen on");
    if (acceptor_->listen(asio::socket_base::max_listen_connections, error); error) return failed("listen on");
    port_ = acceptor_->local_endpoint(error).port();
    if (error) return failed("read the port of");
    return Ok();
  }

  void Run() {
    Accept();
    for (std::size_t i = 0; i < threads_.size(); ++i) threads_[i]->Start(static_cast<int>(i));
  }

  void Stop() {
    std::lock_guard lock(stop_mutex_);
    if (stopped_) return;
    stopped_ = true;
    for (const auto& thread : threads_) CHECK(IoThread::Current() != thread.get(), "Stop called from a handler");
    asio::post(threads_[0]->io(), [this] {
      error_code ignored;
      acceptor_->close(ignored);
      accept_timer_->cancel();
    });
    for (const auto& thread : threads_) thread->PostDrain();
    const auto deadline = SystemClock().Mono() + options_.drain_timeout;
    for (const auto& thread : threads_) thread->WaitUntilDrained(deadline);
    for (const auto& thread : threads_) thread->PostClose();
    for (const auto& thread : threads_) thread->Join();
  }

  std::uint16_t port() const { return port_; }

  ServerStats Stats() const {
    ServerStats stats;
    for (const auto& thread : threads_) {
      stats.connections_open += thread->connections_open.value();
      stats.connections_total += thread->connections_total.value();
      stats.requests_total += thread->requests_total.value();
      stats.rejected_total += thread->rejected_total.value();
    }
    stats.connections_refused_total = refused_.value();
    return stats;
  }

 private:
  void Accept() {
    const std::shared_ptr<IoThread> thread = LeastBusy();
    acceptor_->async_accept(thread->io(), [this, thread](const error_code& error, Socket socket) {
      if (!acceptor_->is_open()) return;
      if (error == asio::error::connection_aborted) return Accept();
      if (error) return PauseAccept(error);
      accept_failing_ = false;
      Take(thread, std::move(socket));
      Accept();
    });
  }

  void Take(const std::shared_ptr<IoThread>& thread, Socket socket) {
    if (Stats().connections_open >= options_.connections_max) {
      refused_.Add();
      error_code ignored;
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(kTooManyConnections), ignored);
      return;
    }
    thread->connections_open.Add();
    thread->connections_total.Add();
    if (thread == threads_[0]) return thread->Adopt(std::move(socket));
    asio::post(thread->io(),
               [thread = thread.get(), socket = std::move(socket)]() mutable { thread->Adopt(std::move(socket)); });
  }

  void PauseAccept(const error_code& error) {
    if (!accept_failing_) log::Warn("cannot accept a connection: {}", error.message());
    accept_failing_ = true;
    accept_timer_->expires_after(kAcceptPause);
    accept_timer_->async_wait([this](const error_code& cancelled) {
      if (cancelled || !acceptor_->is_open()) return;
      Accept();
    });
  }

  const std::shared_ptr<IoThread>& LeastBusy() const {
    return *std::min_element(threads_.begin(), threads_.end(), [](const auto& a, const auto& b) {
      return a->connections_open.value() < b->connections_open.value();
    });
  }

  const ServerOptions options_;
  const Handler handler_;
  std::uint16_t port_ = 0;
  std::vector<std::shared_ptr<IoThread>> threads_;
  // On the loop of the first thread.
  std::optional<asio::basic_socket_acceptor<tcp, IoExecutor>> acceptor_;
  std::optional<Timer> accept_timer_;
  bool accept_failing_ = false;
  Counter refused_;

  std::mutex stop_mutex_;
  bool stopped_ = false;  // guarded by stop_mutex_
};

Server::Server(std::unique_ptr<Core> core) : core_(std::move(core)) {}

Server::~Server() {
  Stop();
}

Result<std::unique_ptr<Server>> Server::Start(ServerOptions options, Handler handler) {
  if (options.threads < 1 || options.threads > 256)
    return InvalidArgument("threads is {}; it must be from 1 to 256", options.threads);
  if (options.header_bytes_max < 256 || options.header_bytes_max > (std::size_t{1} << 20))
    return InvalidArgument("header_bytes_max is {}; it must be from 256 to 1048576", options.header_bytes_max);
  if (options.body_bytes_max > (std::size_t{1} << 30))
    return InvalidArgument("body_bytes_max is {}; it must be at most 1073741824", options.body_bytes_max);
  CHECK(handler != nullptr);
  ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseEndpoint(options));
  options.connections_max = std::min(options.connections_max, ConnectionsAllowed());
  try {
    auto core = std::make_unique<Core>(std::move(options), std::move(handler));
    TRY(core->Listen(endpoint));
    core->Run();
    return std::unique_ptr<Server>(new Server(std::move(core)));
  } catch (const boost::system::system_error& error) {
    // Asio's constructors throw when the process has no descriptors left.
    return Err(ErrorCode::kIo, {}, "cannot start the server: {}", error.code().message());
  }
}

std::uint16_t Server::port() const {
  return core_->port();
}
ServerStats Server::Stats() const {
  return core_->Stats();
}
void Server::Stop() {
  core_->Stop();
}

}  // namespace millrace::http
