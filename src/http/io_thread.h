// IoThread is one request thread: an event loop, the connections that live on it, and the mailbox through which other
// threads hand it answers.
//
// Answers from other threads are collected in the mailbox; only the one that finds it empty wakes the loop, so that
// a writer that completes hundreds of requests pays for a few wake-ups.
//
// Internal to http: brings in Asio.
//
// Threads:   Post* and the counters are thread-safe; the rest is confined to the loop's thread.
// Ownership: shared by the server and by every connection, since an answer may outlive the server.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/thread.h"
#include "http/body_budget.h"
#include "http/server.h"

namespace millrace::http {

class Connection;

// The concrete executor spares every operation a type-erased call.
using IoExecutor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, IoExecutor>;
using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>, IoExecutor>;

// Relaxed: read for statistics only.
class Counter {
 public:
  void Add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  void Subtract() { value_.fetch_sub(1, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class IoThread : public std::enable_shared_from_this<IoThread> {
 public:
  // `options` and `handler` outlive the running thread.
  IoThread(const ServerOptions& options, const Handler& handler, std::shared_ptr<BodyBudget> body_budget);
  ~IoThread();

  void Start(int index);
  // The IoThread whose loop runs on this thread, or null.
  static IoThread* Current();

  // From any thread. After the loop has ended they do nothing.
  void PostResponse(std::shared_ptr<Connection> connection, Response&& response);
  void PostDrain();
  // Closes what is left and ends the loop.
  void PostClose();
  // Waits until a draining thread has no connections, at most until `deadline`.
  void WaitUntilDrained(std::chrono::steady_clock::time_point deadline);
  void Join() { thread_.Join(); }

  boost::asio::io_context& io() { return io_; }
  // On the loop: takes over an accepted socket.
  void Adopt(Socket socket, std::uint64_t listener);

  // For the connections.
  const ServerOptions& options() const { return options_; }
  const Handler& handler() const { return handler_; }
  BodyBudget& body_budget() { return *body_budget_; }
  bool draining() const { return draining_; }
  std::span<char> scratch() { return *scratch_; }
  std::string_view date_line() const { return date_line_; }
  // Coarse time: how often the tick has fired. A deadline is a tick.
  std::uint64_t tick() const { return tick_; }
  std::uint64_t TicksFor(std::chrono::milliseconds timeout) const;
  void Remove(Connection& connection);
  // Output buffers that are empty for now, so that idle connections own none.
  std::string TakeSpare();
  void GiveSpare(std::string buffer);

  Counter connections_open;
  Counter connections_total;
  Counter requests_total;
  Counter rejected_total;

 private:
  using Scratch = std::array<char, std::size_t{64} << 10>;
  struct Delivery {
    std::shared_ptr<Connection> connection;
    Response response;
  };

  void DeliverMail();
  void Drain();
  void Close();
  void ArmTick();
  void OnTick();
  void RefreshDate();

  const ServerOptions& options_;
  const Handler& handler_;
  const std::shared_ptr<BodyBudget> body_budget_;
  const std::chrono::milliseconds tick_period_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<IoExecutor> work_{io_.get_executor()};
  Timer tick_timer_{io_};
  bool tick_armed_ = false;
  bool draining_ = false;
  std::uint64_t tick_ = 0;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::unique_ptr<Scratch> scratch_ = std::make_unique<Scratch>();
  std::vector<std::string> spares_;
  std::string date_line_;
  std::int64_t date_second_ = -1;

  std::mutex mail_mutex_;
  std::vector<Delivery> mail_;  // guarded by mail_mutex_
  bool closed_ = false;         // guarded by mail_mutex_
  std::vector<Delivery> opened_mail_;

  std::mutex drained_mutex_;
  std::condition_variable drained_signal_;
  bool drained_ = false;  // guarded by drained_mutex_

  Thread thread_;
};

}  // namespace millrace::http
