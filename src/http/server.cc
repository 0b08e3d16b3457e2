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

// One acceptor a port gives each connection to the thread with the fewest: more even than SO_REUSEPORT with few
// connections, and a second server on the same port is an error instead of a surprise.
class Server::Core {
  struct Port {
    Port(asio::io_context& io, std::uint64_t listener) : acceptor(io), timer(io), number(listener) {}

    asio::basic_socket_acceptor<tcp, IoExecutor> acceptor;
    Timer timer;
    const std::uint64_t number;
    bool failing = false;
  };
  using PortPtr = std::shared_ptr<Port>;

 public:
  Core(ServerOptions options, Handler handler) : options_(std::move(options)), handler_(std::move(handler)) {
    const auto budget = std::make_shared<BodyBudget>(options_.body_bytes_open_max);
    for (int i = 0; i < options_.threads; ++i)
      threads_.push_back(std::make_shared<IoThread>(options_, handler_, budget));
  }

  // Opens the server's own port.
  Status Listen(const tcp::endpoint& endpoint) {
    host_ = endpoint.address();
    const auto port = std::make_shared<Port>(threads_[0]->io(), 0);
    ASSIGN_OR_RETURN(port_, Open(*port, endpoint));
    ports_.push_back(port);
    return Ok();
  }

  Result<Listener> AddListener() {
    std::lock_guard lock(ports_mutex_);
    if (closed_) return Err(ErrorCode::kUnavailable, {}, "the server has stopped");
    const auto port = std::make_shared<Port>(threads_[0]->io(), ++last_number_);
    ASSIGN_OR_RETURN(const std::uint16_t number, Open(*port, tcp::endpoint(host_, 0)));
    ports_.push_back(port);
    asio::post(threads_[0]->io(), [this, port] { Accept(port); });
    return Listener{port->number, number};
  }

  void RemoveListener(std::uint64_t number) {
    std::lock_guard lock(ports_mutex_);
    const auto found = std::ranges::find_if(ports_, [&](const PortPtr& port) { return port->number == number; });
    if (found == ports_.end() || number == 0) return;
    PostClose(*found);
    ports_.erase(found);
  }

  Result<std::uint16_t> Open(Port& port, const tcp::endpoint& endpoint) {
    error_code error;
    auto failed = [&](std::string_view step) {
      const bool in_use = error == asio::error::address_in_use;
      return Err(ErrorCode::kIo, in_use ? reason::kAddressInUse : std::string_view(), "cannot {} {}:{}: {}", step,
                 options_.host, endpoint.port(), error.message());
    };
    auto& acceptor = port.acceptor;
    if (acceptor.open(endpoint.protocol(), error); error) return failed("open a socket for");
    if (acceptor.set_option(asio::socket_base::reuse_address(true), error); error) return failed("prepare");
    if (acceptor.bind(endpoint, error); error) return failed("listen on");
    if (acceptor.listen(asio::socket_base::max_listen_connections, error); error) return failed("listen on");
    const std::uint16_t number = acceptor.local_endpoint(error).port();
    if (error) return failed("read the port of");
    return number;
  }

  void Run() {
    Accept(ports_.front());
    for (std::size_t i = 0; i < threads_.size(); ++i) threads_[i]->Start(static_cast<int>(i));
  }

  void Stop() {
    std::lock_guard lock(stop_mutex_);
    if (stopped_) return;
    stopped_ = true;
    for (const auto& thread : threads_) CHECK(IoThread::Current() != thread.get(), "Stop called from a handler");
    {
      std::lock_guard ports_lock(ports_mutex_);
      closed_ = true;
      for (const PortPtr& port : ports_) PostClose(port);
    }
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
  void PostClose(const PortPtr& port) {
    asio::post(threads_[0]->io(), [port] {
      error_code ignored;
      port->acceptor.close(ignored);
      port->timer.cancel();
    });
  }

  void Accept(const PortPtr& port) {
    if (!port->acceptor.is_open()) return;
    const std::shared_ptr<IoThread> thread = LeastBusy();
    port->acceptor.async_accept(thread->io(), [this, port, thread](const error_code& error, Socket socket) {
      if (!port->acceptor.is_open()) return;
      if (error == asio::error::connection_aborted) return Accept(port);
      if (error) return PauseAccept(port, error);
      port->failing = false;
      Take(thread, std::move(socket), port->number);
      Accept(port);
    });
  }

  void Take(const std::shared_ptr<IoThread>& thread, Socket socket, std::uint64_t listener) {
    if (Stats().connections_open >= options_.connections_max) {
      refused_.Add();
      error_code ignored;
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(kTooManyConnections), ignored);
      return;
    }
    thread->connections_open.Add();
    thread->connections_total.Add();
    if (thread == threads_[0]) return thread->Adopt(std::move(socket), listener);
    asio::post(thread->io(), [thread = thread.get(), listener, socket = std::move(socket)]() mutable {
      thread->Adopt(std::move(socket), listener);
    });
  }

  void PauseAccept(const PortPtr& port, const error_code& error) {
    if (!port->failing) log::Warn("cannot accept a connection: {}", error.message());
    port->failing = true;
    port->timer.expires_after(kAcceptPause);
    port->timer.async_wait([this, port](const error_code& cancelled) {
      if (!cancelled) Accept(port);
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
  asio::ip::address host_;
  Counter refused_;

  std::mutex ports_mutex_;
  std::vector<PortPtr> ports_;     // guarded by ports_mutex_; what is in them is confined to the first thread's loop
  std::uint64_t last_number_ = 0;  // guarded by ports_mutex_
  bool closed_ = false;            // guarded by ports_mutex_

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
Result<Server::Listener> Server::AddListener() {
  try {
    return core_->AddListener();
  } catch (const boost::system::system_error& error) {
    return Err(ErrorCode::kIo, {}, "cannot listen on one more port: {}", error.code().message());
  }
}
void Server::RemoveListener(std::uint64_t number) {
  core_->RemoveListener(number);
}
ServerStats Server::Stats() const {
  return core_->Stats();
}
void Server::Stop() {
  core_->Stop();
}

}  // namespace millrace::http
