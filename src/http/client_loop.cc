#include "http/client_loop.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/check.h"
#include "base/clock.h"

namespace millrace::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;
using Resolver = asio::ip::basic_resolver<tcp, IoExecutor>;

// Failures come back as values.
constexpr auto kAwait = asio::as_tuple_t<asio::use_awaitable_t<IoExecutor>>(asio::use_awaitable_t<IoExecutor>());
constexpr std::size_t kReadBytes = std::size_t{64} << 10;

thread_local const ClientLoop* current_loop = nullptr;

std::string PoolKey(const Url& url, AddressPolicy policy) {
  // A connection that one policy allowed is never used under another.
  return fmt::format("{}://{} {}", url.scheme == Scheme::kHttps ? "https" : "http", url.Address(),
                     AddressPolicyName(policy));
}

std::string RenderHead(const ClientRequest& request, const Url& url) {
  std::string head;
  head.reserve(request.method.size() + url.target.size() + request.headers.wire().size() + 128);
  head.append(request.method).append(" ").append(url.target).append(" HTTP/1.1\r\n");
  if (!request.headers.Has("Host")) head.append("Host: ").append(url.HostField()).append("\r\n");
  const bool expects_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!request.body.empty() || expects_body) head.append(fmt::format("Content-Length: {}\r\n", request.body.size()));
  head.append(request.headers.wire()).append("\r\n");
  return head;
}

Error ConnectError(const Url& url, const error_code& error) {
  return Err(ErrorCode::kUnavailable, reason::kNotConnected, "cannot connect to {}: {}", url.Address(),
             error.message());
}

std::string_view WhyRefused(AddressPolicy policy, const asio::ip::address& address) {
  if (address.is_v4()) return WhyRefused(policy, address.to_v4().to_bytes());
  return WhyRefused(policy, address.to_v6().to_bytes());
}

Error AddressRefused(const Url& url, AddressPolicy policy, const asio::ip::address& address) {
  const bool guarded =
      policy == AddressPolicy::kNoLinkLocal || !WhyRefused(AddressPolicy::kNoLinkLocal, address).empty();
  return Err(ErrorCode::kFailedPrecondition, reason::kAddressRefused,
             "{} is not connected to: {} is {}, which the address policy '{}' refuses; '{}' allows it", url.Address(),
             address.to_string(), WhyRefused(policy, address), AddressPolicyName(policy),
             AddressPolicyName(guarded ? AddressPolicy::kAny : AddressPolicy::kNoLinkLocal));
}

Error Unanswered(const Url& url, const error_code& error) {
  const bool closed = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
  return Err(ErrorCode::kUnavailable, {}, "{} closed the connection before answering{}{}", url.Address(),
             closed ? "" : ": ", closed ? "" : error.message());
}

}  // namespace

struct ClientLoop::Connection {
  explicit Connection(asio::io_context& io) : socket(io) {}

  Socket socket;
  std::optional<asio::ssl::stream<Socket&>> tls;
  steady_clock::time_point idle_since;
};

struct ClientLoop::Pool {
  std::vector<std::unique_ptr<Connection>> idle;  // the most recently used is last
  std::deque<std::shared_ptr<Exchange>> waiting;
  std::size_t active = 0;  // coroutines under way, each with at most one connection
};

struct ClientLoop::Attempt {
  Result<ClientResponse> result;
  bool reusable = false;
  bool may_repeat = false;  // the peer has not begun to answer
  bool nothing_sent = false;
};

ClientLoop::ClientLoop(const ClientOptions& options, TlsSetup& tls) : options_(options), tls_(tls) {}

ClientLoop::~ClientLoop() = default;

void ClientLoop::Start(int index) {
  thread_ = Thread(ThreadRole::kFlow, fmt::format("http-client-{}", index), [this] {
    current_loop = this;
    io_.run();
  });
}

bool ClientLoop::IsCurrentThread() const {
  return current_loop == this;
}

void ClientLoop::Post(std::shared_ptr<Exchange> exchange) {
  asio::post(io_, [this, exchange = std::move(exchange)] { Begin(exchange); });
}

void ClientLoop::Stop() {
  asio::post(io_, [this] { StopHere(); });
}

void ClientLoop::StopHere() {
  stopping_ = true;
  while (!open_.empty()) {
    const std::shared_ptr<Exchange> exchange = open_.begin()->second;
    Finish(*exchange, Err(ErrorCode::kCancelled, {}, "{}: the client was stopped", exchange->url.Address()));
    if (exchange->abort) exchange->abort();
  }
  for (const auto& [key, pool] : pools_) {
    pool->waiting.clear();
    pool->idle.clear();
  }
  deadline_timer_.cancel();
  sweep_timer_.cancel();
  work_.reset();  // the loop ends when the coroutines have
}

void ClientLoop::Begin(const std::shared_ptr<Exchange>& exchange) {
  exchange->id = ++last_id_;
  open_.emplace(std::pair(exchange->deadline, exchange->id), exchange);
  if (open_.begin()->second == exchange) ArmDeadline();
  std::unique_ptr<Pool>& pool = pools_[PoolKey(exchange->url, exchange->request.addresses)];
  if (pool == nullptr) {
    pool = std::make_unique<Pool>();
    ArmSweep();
  }
  pool->waiting.push_back(exchange);
  Pump(*pool);
}

void ClientLoop::Finish(Exchange& exchange, Result<ClientResponse> result) {
  if (exchange.finished()) return;
  const ClientCallback callback = std::move(exchange.callback);
  exchange.callback = nullptr;
  open_.erase(std::pair(exchange.deadline, exchange.id));
  callback(std::move(result));
}

void ClientLoop::Pump(Pool& pool) {
  while (pool.active < options_.connections_per_host_max && !pool.waiting.empty()) {
    const std::shared_ptr<Exchange> exchange = std::move(pool.waiting.front());
    pool.waiting.pop_front();
    if (exchange->finished()) continue;  // timed out while waiting
    ++pool.active;
    asio::co_spawn(io_.get_executor(), Run(exchange, pool), asio::detached);
  }
}

ClientLoop::Awaitable<void> ClientLoop::Run(std::shared_ptr<Exchange> exchange, Pool& pool) {
  std::unique_ptr<Connection> connection = TakeIdle(pool);
  bool pooled = connection != nullptr;
  Attempt attempt{.result = ClientResponse()};
  for (;;) {
    if (connection == nullptr) {
      connection = std::make_unique<Connection>(io_);
      Status connected = co_await Connect(*exchange, *connection);
      if (!connected.ok()) {
        attempt = {.result = std::move(connected).error()};
        break;
      }
    }
    exchange->abort = [raw = connection.get()] {
      error_code ignored;
      raw->socket.close(ignored);
    };
    attempt = co_await RoundTrip(*exchange, *connection);
    if (!attempt.reusable) connection.reset();
    const bool repeat = pooled && attempt.may_repeat && (exchange->request.idempotent || attempt.nothing_sent);
    if (attempt.result.ok() || exchange->finished() || !repeat) break;
    pooled = false;
  }
  exchange->abort = nullptr;
  if (attempt.reusable && !exchange->finished()) KeepIdle(pool, std::move(connection));
  connection.reset();
  --pool.active;
  Finish(*exchange, std::move(attempt.result));
  Pump(pool);
}

ClientLoop::Awaitable<Status> ClientLoop::Connect(Exchange& exchange, Connection& connection) {
  const Url& url = exchange.url;
  const AddressPolicy policy = exchange.request.addresses;
  if (url.scheme == Scheme::kHttps && tls_.failure) co_return *tls_.failure;
  error_code error;
  const asio::ip::address address = asio::ip::make_address(url.host, error);
  if (error) {
    auto resolver = std::make_shared<Resolver>(io_);
    exchange.abort = [resolver] { resolver->cancel(); };
    auto [resolve_error, resolved] = co_await resolver->async_resolve(url.host, std::to_string(url.port), kAwait);
    if (resolve_error) co_return ConnectError(url, resolve_error);
    if (exchange.finished()) co_return Err(ErrorCode::kCancelled, {}, "finished");
    std::vector<tcp::endpoint> endpoints;
    for (const auto& entry : resolved)
      if (WhyRefused(policy, entry.endpoint().address()).empty()) endpoints.push_back(entry.endpoint());
    if (endpoints.empty() && !resolved.empty())
      co_return AddressRefused(url, policy, resolved.begin()->endpoint().address());
    exchange.abort = [&connection] {
      error_code ignored;
      connection.socket.close(ignored);
    };
    auto [connect_error, endpoint] = co_await asio::async_connect(connection.socket, endpoints, kAwait);
    if (connect_error) co_return ConnectError(url, connect_error);
  } else {
    if (!WhyRefused(policy, address).empty()) co_return AddressRefused(url, policy, address);
    exchange.abort = [&connection] {
      error_code ignored;
      connection.socket.close(ignored);
    };
    auto [connect_error] = co_await connection.socket.async_connect(tcp::endpoint(address, url.port), kAwait);
    if (connect_error) co_return ConnectError(url, connect_error);
  }
  if (exchange.finished()) co_return Err(ErrorCode::kCancelled, {}, "finished");
  connection.socket.set_option(tcp::no_delay(true), error);
  if (url.scheme == Scheme::kHttp) co_return Ok();

  connection.tls.emplace(connection.socket, tls_.context);
  if (options_.tls_verify == TlsVerify::kPeer)
    connection.tls->set_verify_callback(asio::ssl::host_name_verification(url.host), error);
  if (asio::ip::make_address(url.host, error); error)  // the name that is asked for is never an address (RFC 6066)
    SSL_set_tlsext_host_name(connection.tls->native_handle(), url.host.c_str());
  auto [handshake_error] = co_await connection.tls->async_handshake(asio::ssl::stream_base::client, kAwait);
  if (!handshake_error) co_return Ok();
  const bool distrusted = SSL_get_verify_result(connection.tls->native_handle()) != X509_V_OK;
  co_return Err(distrusted ? ErrorCode::kIo : ErrorCode::kUnavailable, reason::kNotConnected, "TLS with {} failed: {}",
                url.Address(),
                distrusted ? X509_verify_cert_error_string(SSL_get_verify_result(connection.tls->native_handle()))
                           : handshake_error.message());
}

ClientLoop::Awaitable<ClientLoop::Attempt> ClientLoop::RoundTrip(Exchange& exchange, Connection& connection) {
  if (connection.tls) co_return co_await RoundTripOn(*connection.tls, exchange, connection);
  co_return co_await RoundTripOn(connection.socket, exchange, connection);
}

template <class Stream>
ClientLoop::Awaitable<ClientLoop::Attempt> ClientLoop::RoundTripOn(Stream& stream, Exchange& exchange,
                                                                   Connection& connection) {
  const std::string head = RenderHead(exchange.request, exchange.url);
  const std::array<asio::const_buffer, 2> message = {asio::buffer(head), asio::buffer(exchange.request.body)};
  const auto [write_error, written] = co_await asio::async_write(stream, message, kAwait);
  // A peer that has refused the request early (413) may have answered all the same: see what can be read.
  const bool nothing_sent = write_error && written == 0 && !connection.tls;

  const ResponseTo request = exchange.request.method == "HEAD" ? ResponseTo::kHead : ResponseTo::kOther;
  std::optional<ResponseParser> parser(std::in_place, request, options_, exchange.request.response_bytes_kept);
  // Room for a header that is not complete, and a read behind it.
  const std::size_t capacity = options_.response_header_bytes_max + kReadBytes;
  const auto buffer = std::make_unique_for_overwrite<char[]>(capacity);
  std::size_t kept = 0;
  bool answering = false;
  for (;;) {
    auto [error, count] = co_await stream.async_read_some(asio::buffer(buffer.get() + kept, capacity - kept), kAwait);
    const bool end = error == asio::error::eof;  // in TLS only after the peer has said so
    if (error && !(end && answering)) {
      const error_code& cause = write_error ? write_error : error;
      co_return Attempt{.result = answering ? Err(ErrorCode::kIo, {}, "reading the response of {}: {}",
                                                  exchange.url.Address(), error.message())
                                            : Unanswered(exchange.url, cause),
                        .may_repeat = !answering,
                        .nothing_sent = nothing_sent};
    }
    std::size_t consumed = 0;
    if (end) {
      parser->FeedEnd();
    } else {
      answering = true;
      kept += count;
      while (consumed < kept && parser->failure().empty() && !parser->done()) {
        const std::size_t fed = parser->Feed(std::string_view(buffer.get() + consumed, kept - consumed));
        consumed += fed;
        if (parser->done() && parser->interim()) {
          parser.emplace(request, options_, exchange.request.response_bytes_kept);
        } else if (fed == 0) {
          break;
        }
      }
    }
    if (!parser->failure().empty())
      co_return Attempt{.result = Err(ErrorCode::kIo, {}, "{} {}", exchange.url.Address(), parser->failure())};
    kept -= consumed;
    std::memmove(buffer.get(), buffer.get() + consumed, kept);
    if (parser->done()) {
      // Bytes behind the response belong to nothing that was asked: such a connection is not used again.
      const bool reusable = !end && !write_error && kept == 0 && parser->reusable();
      co_return Attempt{.result = parser->Take(), .reusable = reusable};
    }
  }
}

std::unique_ptr<ClientLoop::Connection> ClientLoop::TakeIdle(Pool& pool) {
  while (!pool.idle.empty()) {
    std::unique_ptr<Connection> connection = std::move(pool.idle.back());
    pool.idle.pop_back();
    if (SystemClock().Mono() - connection->idle_since > options_.idle_timeout) continue;
    // Anything to read on an idle connection is its end, or bytes that nobody asked for.
    char byte;
    error_code error;
    connection->socket.non_blocking(true, error);
    connection->socket.receive(asio::buffer(&byte, 1), Socket::message_peek, error);
    if (error == asio::error::would_block) return connection;
  }
  return nullptr;
}

void ClientLoop::KeepIdle(Pool& pool, std::unique_ptr<Connection> connection) {
  if (stopping_) return;
  connection->idle_since = SystemClock().Mono();
  pool.idle.push_back(std::move(connection));
  ArmSweep();
}

void ClientLoop::ArmDeadline() {
  if (open_.empty() || stopping_) return;
  deadline_timer_.expires_at(open_.begin()->first.first);
  deadline_timer_.async_wait([this](const error_code& error) {
    if (!error) OnDeadline();
  });
}

void ClientLoop::OnDeadline() {
  const auto now = SystemClock().Mono();
  while (!open_.empty() && open_.begin()->first.first <= now) {
    const std::shared_ptr<Exchange> exchange = open_.begin()->second;
    Finish(*exchange, Err(ErrorCode::kTimeout, {}, "{} did not answer within {} ms", exchange->url.Address(),
                          exchange->request.timeout.count()));
    if (exchange->abort) exchange->abort();
  }
  ArmDeadline();
}

// Runs while there are pools: closes connections that have been idle for long, forgets hosts that are not used.
void ClientLoop::ArmSweep() {
  if (sweep_armed_ || stopping_) return;
  sweep_armed_ = true;
  sweep_timer_.expires_after(options_.idle_timeout);
  sweep_timer_.async_wait([this](const error_code& error) {
    sweep_armed_ = false;
    if (!error) OnSweep();
  });
}

void ClientLoop::OnSweep() {
  const auto oldest = SystemClock().Mono() - options_.idle_timeout;
  std::erase_if(pools_, [&](const auto& entry) {
    Pool& pool = *entry.second;
    std::erase_if(pool.idle, [&](const auto& connection) { return connection->idle_since < oldest; });
    std::erase_if(pool.waiting, [](const auto& exchange) { return exchange->finished(); });
    return pool.idle.empty() && pool.waiting.empty() && pool.active == 0;
  });
  if (!pools_.empty()) ArmSweep();
}

}  // namespace millrace::http
