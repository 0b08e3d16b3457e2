// FunctionTarget invokes a function with batches of records, in the form in which AWS's services invoke Lambda.
//
//   an event source mapping   {"Records":[…]}        kRecords
//   a pipe                    […], also of one       kArray
//   a rule                    the event itself       kSingle
//
// What the function answers decides what was taken: with `report_failures`, as flow/batch_response.h says; otherwise an
// answer takes all. An error, a crash, a timeout and an answer that is too large fail the whole batch, which may be
// tried again. A function that cannot be started at all is a target that is down: nothing is counted against the
// records until its code loads again. Too many invocations that wait are no try.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html
//
// What "once" rests on: the function. A record comes with the same id on each delivery: eventID of stream records, id
// of events, messageId of messages.
//
// Threads:   thread-safe.
// Ownership: the functions outlive it. Close waits for what is under way, which their timeouts bound, and which
// stopping
//            the functions ends at once.
// Failure:   in the report. The reason of its error is what X-Amz-Function-Error would be: kUnhandled, or empty if the
//            function was not run or answered with failures.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

#include "flow/target.h"
#include "functions/functions.h"

namespace millrace::targets {

namespace reason {
inline constexpr std::string_view kUnhandled = "Unhandled";
}

enum class FunctionPayload : std::uint8_t { kRecords, kArray, kSingle };

struct FunctionTargetOptions {
  // Of the bodies of a batch: what the event adds to them fits besides.
  static constexpr std::size_t kBatchBytesMax = functions::kPayloadBytesMax - (std::size_t{64} << 10);

  std::string name = {};      // "function/AddBook"
  std::string function = {};  // "AddBook"
  FunctionPayload payload = FunctionPayload::kSingle;
  // Answers may name what was not taken (ReportBatchItemFailures; pipes always). Not for kSingle.
  bool report_failures = false;
  // What an answer with failures means. kPrefix: everything from the first failure on is tried again (streams).
  // kPerEntry: what it names (queues). Without `report_failures`, a batch is atomic.
  flow::BatchKind reported_kind = flow::BatchKind::kPrefix;
  std::size_t batch_records_max = 100;
};

class FunctionTarget final : public flow::Target {
 public:
  FunctionTarget(FunctionTargetOptions options, functions::Functions& functions);
  ~FunctionTarget() override;

  const std::string& name() const override { return options_.name; }
  const flow::TargetTraits& traits() const override { return traits_; }
  // NotFound if there is no such function yet.
  Status Open() override;
  void Write(std::span<const flow::Record> batch, std::vector<flow::StateRow> state, Done done) override;
  // REQUIRES: not called from a callback.
  void Close() override;

 private:
  flow::WriteReport Read(std::span<const flow::Record> batch, const functions::InvokeResult& result) const;

  const FunctionTargetOptions options_;
  const flow::TargetTraits traits_;
  functions::Functions& functions_;

  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t under_way_ = 0;  // guarded by mutex_
};

}  // namespace millrace::targets
