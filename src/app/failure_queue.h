// FailureQueue is a queue that gets what a subscription gave up: a message per record, with AWS's account of the
// failure and, beyond AWS, the record itself.
//
//   event source mapping   Lambda's document, and "payload": {"Records":[…]} as its S3 destinations have it
//                          https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-errors.html
//   pipe                   Pipes' document, and "payload": […]
//                          https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html
//   rule                   the event, with the account in the message's attributes
//                          https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
//
// In a FIFO queue a message's group is the record's order key, and its deduplication id the record's id.
//
// Threads:   thread-safe; completions come from the engine's writer.
// Ownership: engine and random outlive it.
// Failure:   the engine's; a document that is larger than the queue's messages may be goes without the record.
#pragma once

#include <string>

#include "base/random.h"
#include "engine/engine.h"
#include "flow/subscription.h"

namespace millrace::app {

struct FailureOrigin {
  enum class Kind : std::uint8_t { kMapping, kPipe, kRule };
  Kind kind = Kind::kPipe;
  std::string arn;         // of the function, the pipe, or the rule
  std::string source_arn;  // of the stream or queue that it reads
  std::string target_arn;  // kRule
};

// The message's body.
std::string FailureDocument(const FailureOrigin& origin, const flow::DeadLetter& letter, bool with_payload,
                            std::string_view request_id);

class FailureQueue final : public flow::FailureDestination {
 public:
  FailureQueue(engine::Engine& engine, const engine::Queue& queue, FailureOrigin origin, Random& random)
      : engine_(engine), queue_(queue.id), origin_(std::move(origin)), random_(random) {}

  void Send(const flow::DeadLetter& letter, std::vector<flow::StateRow> rows,
            std::function<void(Status)> done) override;

 private:
  engine::Engine& engine_;
  const engine::QueueId queue_;
  const FailureOrigin origin_;
  Random& random_;
};

}  // namespace millrace::app
