// ClientLoop is one thread of a Client: an event loop with the connection pools of the hosts that fall to it.
//
// Internal to http: brings in Asio and OpenSSL.
//
// Threads:   Post and Stop are thread-safe; the rest is confined to the loop's thread.
// Ownership: owned by the Client; `options` and `tls` outlive it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/thread.h"
#include "http/client.h"
#include "http/io_thread.h"
#include "http/response_parser.h"
#include "http/url.h"

namespace millrace::http {

// What Client::Send has checked and a loop carries out.
struct Exchange {
  ClientRequest request;
  Url url;
  ClientCallback callback;  // empty once called
  std::chrono::steady_clock::time_point deadline;
  std::uint64_t id = 0;
  std::function<void()> abort = {};  // while something is under way: makes it end soon

  bool finished() const { return callback == nullptr; }
};

// TLS settings, or why there are none.
struct TlsSetup {
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_client};
  std::optional<Error> failure;
};

class ClientLoop {
 public:
  ClientLoop(const ClientOptions& options, TlsSetup& tls);
  ~ClientLoop();

  void Start(int index);
  void Post(std::shared_ptr<Exchange> exchange);
  // Nothing may be posted afterwards. Ends when every callback was called.
  void Stop();
  void Join() { thread_.Join(); }
  bool IsCurrentThread() const;

 private:
  struct Connection;
  struct Pool;
  struct Attempt;
  template <class T>
  using Awaitable = boost::asio::awaitable<T, IoExecutor>;

  void Begin(const std::shared_ptr<Exchange>& exchange);
  // Calls the callback, the first time.
  void Finish(Exchange& exchange, Result<ClientResponse> result);
  void StopHere();

  // Starts waiting exchanges while the pool may have more connections under way.
  void Pump(Pool& pool);
  Awaitable<void> Run(std::shared_ptr<Exchange> exchange, Pool& pool);
  Awaitable<Status> Connect(Exchange& exchange, Connection& connection);
  Awaitable<Attempt> RoundTrip(Exchange& exchange, Connection& connection);
  template <class Stream>
  Awaitable<Attempt> RoundTripOn(Stream& stream, Exchange& exchange, Connection& connection);
  // A pooled connection that the peer has not closed, or null.
  std::unique_ptr<Connection> TakeIdle(Pool& pool);
  void KeepIdle(Pool& pool, std::unique_ptr<Connection> connection);

  void ArmDeadline();
  void OnDeadline();
  void ArmSweep();
  void OnSweep();

  const ClientOptions& options_;
  TlsSetup& tls_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<IoExecutor> work_{io_.get_executor()};
  Timer deadline_timer_{io_};
  Timer sweep_timer_{io_};
  bool sweep_armed_ = false;
  bool stopping_ = false;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::string, std::unique_ptr<Pool>> pools_;  // by "https://host:port"
  // Every exchange that is not finished.
  std::map<std::pair<std::chrono::steady_clock::time_point, std::uint64_t>, std::shared_ptr<Exchange>> open_;
  Thread thread_;
};

}  // namespace millrace::http
