// Connection is one client on its IoThread: it reads and parses, hands one request at a time to the handler, and
// writes the answers in order, as few writes as possible.
//
// A state machine rather than a coroutine: the answer comes from outside, reads go on meanwhile (to notice that the
// peer has gone), and it costs less per request.
//
// Internal to http: brings in Asio.
//
// Threads:   Deliver and connected are thread-safe; the rest is confined to the IoThread's loop.
// Ownership: shared: by the IoThread while open, by operations in flight, by the Responder of its open request.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "http/io_thread.h"
#include "http/request_parser.h"
#include "http/server.h"

namespace millrace::http {

class Connection final : public ResponseSink, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<IoThread> thread, Socket socket, std::uint64_t listener, std::size_t slot);

  void Start();
  void Deliver(Response&& response) override;
  bool connected() const override { return !peer_gone_.load(std::memory_order_relaxed); }

  // On the loop: the handler's answer to the open request.
  void Answer(Response&& response);
  // No further requests; closes as soon as nothing is owed.
  void Drain();
  void Close();
  void OnDeadline();

  std::uint64_t deadline() const { return deadline_; }
  std::size_t slot() const { return slot_; }
  void set_slot(std::size_t slot) { slot_ = slot; }

 private:
  enum class Phase {
    kIdle,      // between requests
    kHeader,    // part of a header has come
    kBody,      // part of a body has come
    kHandling,  // the handler owes an answer
    kEnding,    // the last answer is written out, then the connection ends
    kLinger,    // we have finished; the rest of what the peer sends is discarded, so that it can read our answer
    kClosed,
  };

  void ArmRead();
  void OnReadable();
  // Parses `input` until a request is open or more bytes are needed; what is left over is kept.
  void Process(std::string_view input);
  std::string_view ProcessSome(std::string_view input);
  // Goes on with what is left over, after an answer or after output was written.
  void Resume();
  void Dispatch();
  void Reject(const Rejection& rejection);
  void AppendResponse(Response&& response, bool close);
  std::string& OpenOutput();
  // Writes, and goes on with what waits for the output to be written.
  void Flush();
  // True if all of the output is written; if not, either the socket is full or the connection has closed.
  bool WriteOut();
  void DropWritten(std::size_t count);
  void WaitForRoom();
  void OnFlushed();
  void Linger();
  void EnterPhase(Phase phase);
  void SetDeadline(std::chrono::milliseconds timeout);
  bool Parsing() const;
  void KeepRest(std::string_view rest);

  const std::shared_ptr<IoThread> thread_;
  Socket socket_;
  const std::uint64_t listener_;
  std::size_t slot_;
  Phase phase_ = Phase::kIdle;
  std::uint64_t deadline_;
  std::optional<RequestParser> parser_;
  BodyCharge charge_;  // of the open request
  RequestLimits limits_;

  std::string rest_;            // read but not parsed yet
  std::size_t rest_begin_ = 0;  // of which this much is parsed

  // Output in order. Small bodies are appended to the piece before them, large ones are pieces of their own.
  std::vector<std::string> output_;
  std::size_t output_written_ = 0;  // bytes of the first piece
  bool output_open_ = false;        // the last piece may be appended to

  std::atomic<bool> peer_gone_{false};
  bool read_armed_ = false;
  bool write_blocked_ = false;
  bool eof_ = false;
  bool dispatching_ = false;  // in the handler
  bool resume_posted_ = false;
  bool continue_sent_ = false;
  bool request_keep_alive_ = true;
  bool request_is_head_ = false;
  int request_version_minor_ = 1;
};

}  // namespace millrace::http
