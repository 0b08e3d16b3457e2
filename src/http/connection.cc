#include "http/connection.h"

#include <boost/asio/post.hpp>
#include <charconv>
#include <limits>

#include "base/check.h"
#include "base/log.h"

namespace millrace::http {
namespace {

using boost::asio::const_buffer;

// Bodies up to this are copied behind their header; larger ones are handed to the kernel where they are.
constexpr std::size_t kSmallBodyBytes = std::size_t{8} << 10;
// Answers of pipelined requests are gathered up to this before they are written.
constexpr std::size_t kGatherBytes = std::size_t{64} << 10;
constexpr std::size_t kPiecesPerWrite = 16;
// How long and how much a peer may go on sending after our last answer.
constexpr std::chrono::milliseconds kLingerTime{2000};
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

void AppendNumber(std::string& out, std::size_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

}  // namespace

Connection::Connection(std::shared_ptr<IoThread> thread, Socket socket, std::uint64_t listener, std::size_t slot)
    : thread_(std::move(thread)),
      socket_(std::move(socket)),
      listener_(listener),
      slot_(slot),
      deadline_(kNever),
      limits_{thread_->options().header_bytes_max, thread_->options().body_bytes_max} {}

void Connection::Start() {
  boost::system::error_code ignored;
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  EnterPhase(Phase::kIdle);
  ArmRead();
}

// Waits for bytes rather than reading into a buffer of its own: all connections of a thread share one.
void Connection::ArmRead() {
  if (read_armed_ || eof_ || phase_ == Phase::kClosed) return;
  if (rest_.size() - rest_begin_ > limits_.header_bytes_max) return;  // enough to go on with
  read_armed_ = true;
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
    self->read_armed_ = false;
    if (self->phase_ == Phase::kClosed) return;
    if (error) return self->Close();
    self->OnReadable();
  });
}

void Connection::OnReadable() {
  const std::span<char> scratch = thread_->scratch();
  boost::system::error_code error;
  const std::size_t count = socket_.read_some(boost::asio::buffer(scratch.data(), scratch.size()), error);
  if (error == boost::asio::error::would_block) return ArmRead();
  if (error == boost::asio::error::eof) {
    eof_ = true;
    peer_gone_.store(true, std::memory_order_relaxed);
    // The peer may have only finished sending: what it has asked for is answered, if it is complete.
    if (phase_ == Phase::kHandling || phase_ == Phase::kEnding || write_blocked_) return;
    return Close();
  }
  if (error) return Close();
  if (phase_ != Phase::kLinger && phase_ != Phase::kEnding) {
    const std::string_view bytes(scratch.data(), count);
    if (rest_begin_ < rest_.size() || !Parsing()) {
      KeepRest(bytes);
      Resume();
    } else {
      Process(bytes);
    }
  }
  ArmRead();
}

bool Connection::Parsing() const {
  return (phase_ == Phase::kIdle || phase_ == Phase::kHeader || phase_ == Phase::kBody) && !write_blocked_;
}

void Connection::KeepRest(std::string_view rest) {
  if (rest_begin_ > 0) {
    rest_.erase(0, rest_begin_);
    rest_begin_ = 0;
  }
  rest_.append(rest);
}

void Connection::Process(std::string_view input) {
  const std::string_view rest = ProcessSome(input);
  if (!rest.empty() && phase_ != Phase::kEnding && phase_ != Phase::kClosed) KeepRest(rest);
  Flush();
}

void Connection::Resume() {
  if (!Parsing() || rest_begin_ == rest_.size()) {
    Flush();
    return ArmRead();
  }
  // Parsed in place: the handler may answer from here, but nothing appends to rest_ meanwhile.
  const std::string_view rest = ProcessSome(std::string_view(rest_).substr(rest_begin_));
  if (phase_ == Phase::kClosed) return;
  rest_begin_ = rest_.size() - rest.size();
  if (rest.empty()) {
    rest_begin_ = 0;
    rest_.clear();
    if (rest_.capacity() > limits_.header_bytes_max) rest_ = std::string();
  }
  Flush();
  ArmRead();
}

std::string_view Connection::ProcessSome(std::string_view input) {
  while (Parsing() && !input.empty()) {
    if (!parser_) {
      // Empty lines before a request are skipped (RFC 9112 section 2.2).
      if (input[0] == '\r' || input[0] == '\n') {
        input.remove_prefix(1);
        continue;
      }
      parser_.emplace(limits_, thread_->body_budget());
      continue_sent_ = false;
      EnterPhase(Phase::kHeader);
    }
    const std::size_t consumed = parser_->Feed(input);
    input.remove_prefix(consumed);
    if (parser_->rejection()) {
      Reject(*parser_->rejection());
      return {};
    }
    if (parser_->done()) {
      Dispatch();
      if (output_.size() > kPiecesPerWrite / 2 || (!output_.empty() && output_.back().size() > kGatherBytes))
        WriteOut();
      continue;
    }
    if (parser_->header_done() && phase_ == Phase::kHeader) EnterPhase(Phase::kBody);
    if (parser_->awaits_continue() && input.empty() && !continue_sent_) {
      continue_sent_ = true;
      OpenOutput().append("HTTP/1.1 100 Continue\r\n\r\n");
    }
    if (consumed == 0) {
      // What the parser cannot take apart yet (a header line, a chunk's header, trailers) must fit the header limit.
      if (input.size() > limits_.header_bytes_max) {
        Reject({431, "a header line or chunk header is larger than the limit"});
        return {};
      }
      break;
    }
  }
  return input;
}

void Connection::Dispatch() {
  Request request = parser_->Take();
  request.listener = listener_;
  charge_ = parser_->TakeCharge();
  parser_.reset();
  request_keep_alive_ = request.keep_alive;
  request_is_head_ = request.method == "HEAD";
  request_version_minor_ = request.version_minor;
  EnterPhase(Phase::kHandling);
  thread_->requests_total.Add();
  dispatching_ = true;
  try {
    thread_->handler()(std::move(request), Responder(shared_from_this()));
  } catch (const std::exception& bug) {
    // The Responder was destroyed on the way here and has answered 500.
    log::Failure("a request handler threw: {}", bug.what());
    DCHECK(false, "a request handler threw");
  }
  dispatching_ = false;
}

void Connection::Deliver(Response&& response) {
  if (IoThread::Current() == thread_.get()) {
    Answer(std::move(response));
  } else {
    thread_->PostResponse(shared_from_this(), std::move(response));
  }
}

void Connection::Answer(Response&& response) {
  if (phase_ != Phase::kHandling) return;  // closed meanwhile
  charge_ = BodyCharge();                  // the handler is done with the body
  response.ApplyFinish();
  const bool close = !request_keep_alive_ || thread_->draining();
  AppendResponse(std::move(response), close);
  EnterPhase(close ? Phase::kEnding : Phase::kIdle);
  if (dispatching_) return;  // ProcessSome goes on and writes
  if (rest_begin_ == rest_.size()) {
    Flush();
    return ArmRead();
  }
  // The next request is already here. Not from this stack: it may be another connection's handler.
  resume_posted_ = true;
  Flush();
  boost::asio::post(thread_->io(), [self = shared_from_this()] {
    self->resume_posted_ = false;
    if (self->phase_ != Phase::kClosed) self->Resume();
  });
}

void Connection::Reject(const Rejection& rejection) {
  parser_.reset();
  thread_->rejected_total.Add();
  request_is_head_ = false;
  Response response;
  response.status = rejection.status;
  response.content_type = "text/plain; charset=utf-8";
  response.body.append(rejection.text).append("\n");
  AppendResponse(std::move(response), /*close=*/true);
  EnterPhase(Phase::kEnding);
}

std::string& Connection::OpenOutput() {
  if (!output_open_) {
    output_.push_back(thread_->TakeSpare());
    output_open_ = true;
  }
  return output_.back();
}

void Connection::AppendResponse(Response&& response, bool close) {
  std::string& out = OpenOutput();
  out.append("HTTP/1.1 ");
  AppendNumber(out, static_cast<std::size_t>(response.status));
  out.append(" ").append(StatusText(response.status)).append("\r\n");
  if (!response.content_type.empty()) out.append("Content-Type: ").append(response.content_type).append("\r\n");
  const bool bodiless = response.status == 204 || response.status == 304 || response.status / 100 == 1;
  if (!bodiless) {
    out.append("Content-Length: ");
    AppendNumber(out, response.body.size());
    out.append("\r\n");
  }
  out.append(thread_->date_line());
  if (close) {
    out.append("Connection: close\r\n");
  } else if (request_version_minor_ == 0) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append(response.headers.wire()).append("\r\n");
  if (bodiless || request_is_head_) return;
  if (response.body.size() <= kSmallBodyBytes) {
    out.append(response.body);
  } else {
    output_.push_back(std::move(response.body));
    output_open_ = false;
  }
}

void Connection::Flush() {
  if (WriteOut()) OnFlushed();
}

bool Connection::WriteOut() {
  if (write_blocked_ || phase_ == Phase::kClosed) return false;
  while (!output_.empty()) {
    std::array<const_buffer, kPiecesPerWrite> pieces;
    const std::size_t piece_count = std::min(output_.size(), kPiecesPerWrite);
    for (std::size_t i = 0; i < piece_count; ++i) pieces[i] = boost::asio::buffer(output_[i]);
    pieces[0] += output_written_;
    boost::system::error_code error;
    // send, for the usual case, is cheaper than sendmsg.
    const std::size_t count = piece_count == 1 ? socket_.write_some(pieces[0], error)
                                               : socket_.write_some(std::span(pieces).first(piece_count), error);
    if (error == boost::asio::error::would_block) {
      WaitForRoom();
      return false;
    }
    if (error) {
      Close();
      return false;
    }
    DropWritten(count);
  }
  return true;
}

void Connection::DropWritten(std::size_t count) {
  count += output_written_;
  std::size_t done = 0;
  while (done < output_.size() && count >= output_[done].size()) count -= output_[done++].size();
  output_written_ = count;
  for (std::size_t i = 0; i < done; ++i) thread_->GiveSpare(std::move(output_[i]));
  output_.erase(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(done));
  if (output_.empty()) output_open_ = false;
}

void Connection::WaitForRoom() {
  write_blocked_ = true;
  output_open_ = false;
  SetDeadline(thread_->options().write_timeout);
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const boost::system::error_code& error) {
    if (self->phase_ == Phase::kClosed) return;
    if (error) return self->Close();
    self->write_blocked_ = false;
    if (!self->WriteOut()) return;
    self->EnterPhase(self->phase_);  // its deadline, which the write had replaced
    self->Resume();
  });
}

void Connection::OnFlushed() {
  if (phase_ == Phase::kEnding) return Linger();
  if (eof_ && Parsing() && !resume_posted_) Close();  // nothing more can come
}

// Closing a socket with unread input resets the connection, and the peer may lose the answer it has not read yet.
void Connection::Linger() {
  if (eof_) return Close();
  boost::system::error_code error;
  // Stopping does not wait for a peer that has nothing under way.
  if (thread_->draining() && rest_begin_ == rest_.size() && socket_.available(error) == 0) return Close();
  socket_.shutdown(Socket::shutdown_send, error);
  if (error) return Close();
  EnterPhase(Phase::kLinger);
  rest_ = std::string();
  rest_begin_ = 0;
  ArmRead();
}

void Connection::Drain() {
  switch (phase_) {
    case Phase::kIdle:
    case Phase::kHeader:
    case Phase::kBody:
      if (output_.empty()) return Close();
      EnterPhase(Phase::kEnding);
      return;
    case Phase::kLinger:
      return Close();
    case Phase::kHandling:
    case Phase::kEnding:
    case Phase::kClosed:
      return;
  }
}

void Connection::Close() {
  if (phase_ == Phase::kClosed) return;
  const std::shared_ptr<Connection> self = shared_from_this();
  phase_ = Phase::kClosed;
  peer_gone_.store(true, std::memory_order_relaxed);
  deadline_ = kNever;
  boost::system::error_code ignored;
  socket_.close(ignored);
  output_.clear();
  rest_ = std::string();
  // The parser may be on the stack above us; it goes with the connection.
  thread_->Remove(*this);
}

void Connection::OnDeadline() {
  if (write_blocked_) return Close();
  switch (phase_) {
    case Phase::kHeader:
    case Phase::kBody:
      Reject({408, phase_ == Phase::kHeader ? "the request's header did not arrive in time"
                                            : "the request's body did not arrive in time"});
      return Flush();
    default:
      return Close();
  }
}

void Connection::EnterPhase(Phase phase) {
  phase_ = phase;
  const ServerOptions& options = thread_->options();
  if (write_blocked_) return;  // the write's deadline stands
  switch (phase) {
    case Phase::kIdle:
      return SetDeadline(options.idle_timeout);
    case Phase::kHeader:
      return SetDeadline(options.header_timeout);
    case Phase::kBody:
      return SetDeadline(options.body_timeout);
    case Phase::kLinger:
      return SetDeadline(kLingerTime);
    case Phase::kEnding:
      return SetDeadline(options.write_timeout);
    case Phase::kHandling:
    case Phase::kClosed:
      deadline_ = kNever;
      return;
  }
}

void Connection::SetDeadline(std::chrono::milliseconds timeout) {
  deadline_ = thread_->tick() + thread_->TicksFor(timeout);
}

}  // namespace millrace::http
