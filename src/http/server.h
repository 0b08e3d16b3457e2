// Server listens on one port, and on more that are opened while it runs, and gives each request to a handler, which
// answers through a Responder, now or later, from any thread.
//
// The requests of one connection are handled one after another, also pipelined ones (RFC 9112 section 9.3.2 allows
// nothing else for methods that are not safe). Requests of different connections run in parallel.
//
// Every input is bounded in bytes and in time: a slow or hostile client costs at most one connection, and is answered
// 400, 408, 413, 415, 431, 501, 503 or 505 and cut off. A connection keeps in memory at most one request and one
// response.
//
// Threads:   thread-safe. `threads` request threads, each with its own event loop and its own connections.
// Ownership: the handler and what it captures must outlive the server. A Responder may outlive the server: its answer
//            then goes nowhere.
// Failure:   Start returns InvalidArgument for a bad address, Io (reason::kAddressInUse if so) if it cannot listen.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "http/message.h"

namespace millrace::http {

namespace reason {
inline constexpr std::string_view kAddressInUse = "AddressInUse";
}

// Where a Responder delivers its answer. The server's connections are such; so is a test that wants to see what a
// handler answers without a socket.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  // Called once, from any thread. Applies response.finish before the response is sent.
  virtual void Deliver(Response&& response) = 0;
  // False once the peer has closed or lost the connection.
  virtual bool connected() const { return true; }
};

// Answers exactly one request. Dropped without an answer, it answers 500.
//
// Threads:   movable between threads; used by one at a time.
// Failure:   none: an answer to a peer that has gone is dropped.
class Responder {
 public:
  Responder() = default;
  explicit Responder(std::shared_ptr<ResponseSink> sink) : sink_(std::move(sink)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  // REQUIRES: not answered yet. Never blocks.
  void Send(Response response);
  // What is done to the response, whoever sends it. It replaces what Response::finish says.
  void SetFinish(Finish finish) { finish_ = std::move(finish); }
  // Lets a long poll end early when nobody waits for its answer any more. A peer that has only finished sending also
  // counts as gone, but still gets its answer.
  bool connected() const { return sink_ != nullptr && sink_->connected(); }
  bool answered() const { return sink_ == nullptr; }

 private:
  std::shared_ptr<ResponseSink> sink_;  // null once answered
  Finish finish_;
};

// Called on a request thread; must not block, since it holds up the other connections of that thread.
using Handler = std::function<void(Request&&, Responder)>;

struct ServerOptions {
  std::string host = "127.0.0.1";  // an IP address, or "localhost"
  std::uint16_t port = 0;          // 0: the system chooses; see Server::port
  int threads = 2;
  std::size_t body_bytes_max = std::size_t{16} << 20;  // also after decompression
  std::size_t header_bytes_max = std::size_t{16} << 10;
  // Of all bodies that are being received or handled; beyond it requests with large bodies are answered 503.
  std::size_t body_bytes_open_max = std::size_t{1} << 30;
  std::size_t connections_max = 10'000;              // less if the process may not open that many descriptors
  std::chrono::milliseconds idle_timeout{120'000};   // between requests
  std::chrono::milliseconds header_timeout{10'000};  // from a request's first byte to the end of its header
  std::chrono::milliseconds body_timeout{60'000};    // from there to the end of its body
  std::chrono::milliseconds write_timeout{30'000};   // without the peer taking a byte
  std::chrono::milliseconds drain_timeout{5'000};    // how long Stop waits for answers
  const Clock* clock = nullptr;                      // for the Date header; null: none is sent
};

struct ServerStats {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_total = 0;
  std::uint64_t connections_refused_total = 0;  // over connections_max
  std::uint64_t requests_total = 0;             // given to the handler
  std::uint64_t rejected_total = 0;             // answered 4xx or 505 by the server itself
};

class Server {
 public:
  // One more port of the same host. Requests that come in through it carry the number as Request::listener.
  struct Listener {
    std::uint64_t number = 0;
    std::uint16_t port = 0;
  };

  static Result<std::unique_ptr<Server>> Start(ServerOptions options, Handler handler);
  ~Server();  // stops

  std::uint16_t port() const;
  // The system chooses the port; no number comes twice.
  Result<Listener> AddListener();
  // Connections that came in through it stay until they end. An unknown number does nothing.
  void RemoveListener(std::uint64_t number);
  ServerStats Stats() const;
  // Stops accepting, waits for outstanding answers (at most drain_timeout), closes everything, joins the threads.
  // Idempotent. REQUIRES: not called from the handler.
  void Stop();

 private:
  class Core;
  explicit Server(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace millrace::http
