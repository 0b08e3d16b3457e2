#include "http/io_thread.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/check.h"
#include "http/connection.h"

namespace millrace::http {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kSparesMax = 64;
constexpr std::size_t kSpareBytesMax = std::size_t{64} << 10;

thread_local IoThread* current_thread = nullptr;

// Fine enough that no timeout is late by more than an eighth, coarse enough to cost nothing.
milliseconds TickPeriod(const ServerOptions& options) {
  const milliseconds shortest =
      std::min({options.idle_timeout, options.header_timeout, options.body_timeout, options.write_timeout});
  return std::clamp(shortest / 8, milliseconds(2), milliseconds(250));
}

}  // namespace

IoThread::IoThread(const ServerOptions& options, const Handler& handler, std::shared_ptr<BodyBudget> body_budget)
    : options_(options), handler_(handler), body_budget_(std::move(body_budget)), tick_period_(TickPeriod(options)) {}

IoThread::~IoThread() = default;

IoThread* IoThread::Current() {
  return current_thread;
}

void IoThread::Start(int index) {
  RefreshDate();
  // The thread does not own the IoThread: the server joins it before it lets go.
  thread_ = Thread(ThreadRole::kRequest, fmt::format("http-{}", index), [this] {
    current_thread = this;
    io_.run();
    current_thread = nullptr;
  });
}

void IoThread::PostResponse(std::shared_ptr<Connection> connection, Response&& response) {
  std::lock_guard lock(mail_mutex_);
  if (closed_) return;
  mail_.push_back({std::move(connection), std::move(response)});
  if (mail_.size() == 1) boost::asio::post(io_, [this] { DeliverMail(); });
}

void IoThread::DeliverMail() {
  {
    std::lock_guard lock(mail_mutex_);
    opened_mail_.swap(mail_);
  }
  for (Delivery& delivery : opened_mail_) delivery.connection->Answer(std::move(delivery.response));
  opened_mail_.clear();
}

void IoThread::PostDrain() {
  boost::asio::post(io_, [this] { Drain(); });
}

void IoThread::Drain() {
  draining_ = true;
  // A connection that closes removes itself: walk a copy.
  for (const auto& connection : std::vector(connections_)) connection->Drain();
  if (connections_.empty()) {
    std::lock_guard lock(drained_mutex_);
    drained_ = true;
    drained_signal_.notify_all();
  }
}

void IoThread::WaitUntilDrained(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(drained_mutex_);
  drained_signal_.wait_until(lock, deadline, [this] { return drained_; });
}

void IoThread::PostClose() {
  boost::asio::post(io_, [this] { Close(); });
}

void IoThread::Close() {
  std::vector<Delivery> undelivered;
  {
    std::lock_guard lock(mail_mutex_);
    closed_ = true;
    undelivered.swap(mail_);
  }
  for (const auto& connection : std::vector(connections_)) connection->Close();
  tick_timer_.cancel();
  work_.reset();  // the loop ends when the aborted operations have come back
}

void IoThread::Adopt(Socket socket, std::uint64_t listener) {
  if (draining_) return connections_open.Subtract();  // the socket closes itself
  if (connections_.empty()) RefreshDate();
  auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket), listener, connections_.size());
  connections_.push_back(connection);
  connection->Start();
  ArmTick();
}

void IoThread::Remove(Connection& connection) {
  const std::size_t slot = connection.slot();
  CHECK(slot < connections_.size() && connections_[slot].get() == &connection);
  connections_.back()->set_slot(slot);
  std::swap(connections_[slot], connections_.back());
  connections_.pop_back();  // the caller still holds it
  connections_open.Subtract();
  if (draining_ && connections_.empty()) {
    std::lock_guard lock(drained_mutex_);
    drained_ = true;
    drained_signal_.notify_all();
  }
}

std::uint64_t IoThread::TicksFor(milliseconds timeout) const {
  // One more, since the current period has partly gone by.
  return static_cast<std::uint64_t>((timeout + tick_period_ - milliseconds(1)) / tick_period_) + 1;
}

// The tick runs only while there are connections: an idle server sleeps.
void IoThread::ArmTick() {
  if (tick_armed_ || connections_.empty()) return;
  tick_armed_ = true;
  tick_timer_.expires_after(tick_period_);
  tick_timer_.async_wait([this](const boost::system::error_code& error) {
    tick_armed_ = false;
    if (error) return;
    OnTick();
    ArmTick();
  });
}

void IoThread::OnTick() {
  ++tick_;
  RefreshDate();
  std::size_t i = 0;
  while (i < connections_.size()) {
    const std::shared_ptr<Connection> connection = connections_[i];
    if (connection->deadline() <= tick_) connection->OnDeadline();
    // A connection that closed has left its slot to another one.
    if (i < connections_.size() && connections_[i] == connection) ++i;
  }
}

void IoThread::RefreshDate() {
  if (options_.clock == nullptr) return;
  const auto now = std::chrono::floor<std::chrono::seconds>(options_.clock->Now());
  if (now.time_since_epoch().count() == date_second_) return;
  date_second_ = now.time_since_epoch().count();
  date_line_ =
      fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", fmt::gmtime(static_cast<std::time_t>(date_second_)));
}

std::string IoThread::TakeSpare() {
  if (spares_.empty()) {
    std::string fresh;
    fresh.reserve(1024);
    return fresh;
  }
  std::string spare = std::move(spares_.back());
  spares_.pop_back();
  return spare;
}

void IoThread::GiveSpare(std::string buffer) {
  if (spares_.size() >= kSparesMax || buffer.capacity() > kSpareBytesMax) return;
  buffer.clear();
  spares_.push_back(std::move(buffer));
}

}  // namespace millrace::http
