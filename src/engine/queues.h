// Queues are the durable message queues of an engine: messages are sent, leased, and deleted one by one.
//
// A message that is received is leased: until its visibility ends nobody else is given it. FIFO queues give the
// messages of a group in order, and while one of a group is leased or delayed, nothing else of that group. Sends and
// deletions are synced like other writes; leases are in the write-ahead log before a message is given out, so they
// survive kill -9, and a power loss may make a message come again too early.
//
// Threads:   thread-safe. Receive reads the store on the calling thread. Completions run on the calling thread or on
//            the writer thread, and must not block.
// Ownership: part of the engine.
// Failure:   NotFound (kQueueNotFound), ResourceExhausted (kOverLimit, kOverloaded), Unavailable after a failed commit.
// Format:    docs/design/storage.md
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/catalogue.h"
#include "engine/queue.h"
#include "engine/state_row.h"

namespace millrace::engine {

namespace reason {
inline constexpr std::string_view kQueueNotFound = "QueueNotFound";
inline constexpr std::string_view kQueueExists = "QueueExists";
inline constexpr std::string_view kOverLimit = "OverLimit";  // too many messages are in flight
inline constexpr std::string_view kMessageTooLong = "MessageTooLong";
inline constexpr std::string_view kGroupMissing = "GroupMissing";                  // FIFO
inline constexpr std::string_view kDeduplicationMissing = "DeduplicationMissing";  // FIFO
}  // namespace reason

struct CreateQueueRequest {
  Scope scope;
  std::string name;
  QueueSettings settings;
};

struct OutgoingMessage {
  std::string body;
  std::string group;                               // FIFO: required
  std::string deduplication_id;                    // FIFO: required
  std::optional<std::chrono::milliseconds> delay;  // instead of the queue's; FIFO: none
  std::string attributes;                          // opaque
  std::string sender;                              // opaque: SenderId
};

struct SendRequest {
  QueueId queue;
  std::vector<OutgoingMessage> messages;
  std::vector<StateRow> state;  // written in the same batch: a checkpoint that cannot diverge from its effect
};

struct SentMessage {
  std::string id;
  SequenceNumber sequence;
  // FIFO: a message with this deduplication id was sent before; id and sequence are its.
  bool duplicate = false;
};

struct ReceiveRequest {
  QueueId queue;
  std::size_t messages_max = 1;                         // at most queue_limits::kReceiveMax
  std::size_t bytes_max = 8 << 20;                      // at least one message is given whatever its size
  std::optional<std::chrono::milliseconds> visibility;  // instead of the queue's
  // FIFO: who repeats a receive under the same name within five minutes gets the same messages and receipts, held anew,
  // while nobody has deleted one or changed how long it is held. Forgotten when the engine ends.
  std::string attempt = {};
};

struct ReceivedMessage {
  std::string receipt;  // of this lease
  std::string id;       // a UUID, the same on each delivery
  SequenceNumber sequence;
  std::int64_t sent_ms = 0;
  std::int64_t first_received_ms = 0;
  std::uint32_t receives = 0;  // this time included
  std::string group;
  std::string deduplication_id;
  std::string attributes;
  std::string sender;
  std::string dead_letter_source;  // the ARN of the queue that it was moved from, if any
  std::string body;
};

struct ReceiveResult {
  std::vector<ReceivedMessage> messages;
  bool at_end = false;  // there is nothing more now: wait for a listener's call
};

// What became of a receipt.
enum class ReceiptOutcome : std::uint8_t {
  kDone,
  kExpired,   // its lease ended. A standard queue deletes nevertheless, if nobody received the message since
  kUnknown,   // the message is gone, or was received again
  kMalformed  // no receipt of this queue
};

struct VisibilityChange {
  std::string receipt;
  std::chrono::milliseconds visibility{0};  // from now; zero: there again at once
  // With zero: whoever received it did not look at it, and the receive does not count.
  bool untried = false;
};

// All approximate on SQS; here exact, but for messages of a standard queue that are delayed across a restart: they are
// told as visible until a receive comes past them.
struct QueueCounts {
  std::uint64_t visible = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t delayed = 0;
  std::int64_t oldest_ms = 0;  // when the oldest was sent; 0: the queue is empty
};

class Queues {
 public:
  virtual ~Queues() = default;

  // They wait for the commit. Not to be called from completions.
  virtual Result<std::shared_ptr<const Queue>> Create(const CreateQueueRequest& request) = 0;
  // `change` runs on the writer thread, on the settings as they are then. InvalidArgument if it changes `fifo`.
  using Change = std::function<Status(QueueSettings&)>;
  virtual Result<std::shared_ptr<const Queue>> Update(QueueId id, Change change) = 0;
  // With all of its messages.
  virtual Status Remove(QueueId id) = 0;
  // All messages that were sent before, leased ones included.
  virtual Status Purge(QueueId id) = 0;

  // All of the messages or none. Answers one SentMessage for each.
  using SendDone = std::function<void(Result<std::vector<SentMessage>>)>;
  virtual void Send(SendRequest request, SendDone done) = 0;
  // What can be received now; never waits for messages. Messages that were received too often are moved to the
  // dead-letter queue instead.
  using ReceiveDone = std::function<void(Result<ReceiveResult>)>;
  virtual void Receive(ReceiveRequest request, ReceiveDone done) = 0;
  // One outcome for each receipt.
  using ReceiptsDone = std::function<void(Result<std::vector<ReceiptOutcome>>)>;
  virtual void Delete(QueueId id, std::vector<std::string> receipts, ReceiptsDone done) = 0;
  virtual void ChangeVisibility(QueueId id, std::vector<VisibilityChange> changes, ReceiptsDone done) = 0;
  // To another queue, in one commit, as new messages with new ids and without deduplication. Their receipts end.
  virtual void Move(QueueId from, std::vector<std::string> receipts, QueueId to, ReceiptsDone done) = 0;

  virtual Result<QueueCounts> Counts(QueueId id) = 0;

  // Called after there may be more to receive: sent, returned, unlocked, or a delay or lease that ended. From any
  // thread; it must only note it. Removal waits until no call is running. A listener may not add or remove listeners.
  // Nothing if the queue does not exist; of a queue that is removed, listeners are called a last time.
  using Listener = std::function<void()>;
  virtual std::uint64_t AddListener(QueueId id, Listener listener) = 0;
  virtual void RemoveListener(std::uint64_t id) = 0;

  // When the next delay or lease ends of a queue that has listeners; by the engine's clock.
  virtual std::optional<std::int64_t> NextDueMs() const = 0;
  // Calls the listeners of queues where one has ended. The engine does so itself on time; tests with a clock of their
  // own call it.
  virtual void Tick() = 0;
};

// "1" and 19 digits, so that text order is numeric order: SequenceNumber of a FIFO queue's message.
std::string FormatMessageSequence(SequenceNumber sequence);

}  // namespace millrace::engine
