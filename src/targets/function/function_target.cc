#include "targets/function/function_target.h"

#include "base/check.h"
#include "flow/batch_response.h"
#include "json/parse.h"

namespace millrace::targets {
namespace {

using flow::EntryOutcome;
using flow::WriteReport;
using functions::InvokeStatus;

// When all processes are busy and as many wait as may.
constexpr std::chrono::milliseconds kThrottlePause{50};

flow::BatchKind KindOf(const FunctionTargetOptions& options) {
  if (options.payload == FunctionPayload::kSingle) return flow::BatchKind::kPerEntry;
  return options.report_failures ? options.reported_kind : flow::BatchKind::kAtomic;
}

std::string Compose(std::span<const flow::Record> batch, FunctionPayload payload) {
  if (payload == FunctionPayload::kSingle) return batch[0].body;
  const std::string_view open = payload == FunctionPayload::kRecords ? R"({"Records":[)" : "[";
  const std::string_view close = payload == FunctionPayload::kRecords ? "]}" : "]";
  std::size_t bytes = open.size() + close.size();
  for (const flow::Record& record : batch) bytes += record.body.size() + 1;
  std::string text;
  text.reserve(bytes);
  text.append(open);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (i > 0) text.push_back(',');
    text.append(batch[i].body);
  }
  return text.append(close);
}

// A body that a template made may be any text. In an array it would spoil the others. The index of the first such.
std::optional<std::size_t> FindUnfit(std::span<const flow::Record> batch) {
  json::Document document;
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (!document.Parse(batch[i].body, {.duplicate_names = json::DuplicateNames::kKeepAll}).ok()) return i;
  return std::nullopt;
}

}  // namespace

FunctionTarget::FunctionTarget(FunctionTargetOptions options, functions::Functions& functions)
    : options_(std::move(options)),
      traits_{.kind = KindOf(options_),
              .batch_records_max = options_.payload == FunctionPayload::kSingle ? 1 : options_.batch_records_max,
              .batch_bytes_max = FunctionTargetOptions::kBatchBytesMax},
      functions_(functions) {}

FunctionTarget::~FunctionTarget() {
  Close();
}

Status FunctionTarget::Open() {
  if (functions_.Find(options_.function)) return Ok();
  return Err(ErrorCode::kNotFound, {}, "there is no function '{}'", options_.function);
}

void FunctionTarget::Close() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return under_way_ == 0; });
}

void FunctionTarget::Write(std::span<const flow::Record> batch, std::vector<flow::StateRow>, Done done) {
  CHECK(!batch.empty() && batch.size() <= traits_.batch_records_max);
  if (options_.payload == FunctionPayload::kArray) {
    if (const std::optional<std::size_t> unfit = FindUnfit(batch)) {
      WriteReport report = WriteReport::AllFailed(
          batch.size(), EntryOutcome::kRetry,
          InvalidArgument("record {} is no JSON, which an event for a function must be", batch[*unfit].id));
      report.entries[*unfit] = EntryOutcome::kReject;
      return done(std::move(report));
    }
  }
  {
    std::lock_guard lock(mutex_);
    ++under_way_;
  }
  functions_.Invoke(options_.function, Compose(batch, options_.payload), {},
                    [this, batch, done = std::move(done)](const functions::InvokeResult& result) {
                      done(Read(batch, result));
                      std::lock_guard lock(mutex_);
                      if (--under_way_ == 0) idle_.notify_all();
                    });
}

WriteReport FunctionTarget::Read(std::span<const flow::Record> batch, const functions::InvokeResult& result) const {
  auto failed = [&](EntryOutcome outcome, ErrorCode code, std::string_view why) {
    return WriteReport::AllFailed(
        batch.size(), outcome,
        Err(code, why, "{} {}: {}: {}", options_.name, functions::InvokeStatusName(result.status), result.error_type,
            result.error_message));
  };
  switch (result.status) {
    case InvokeStatus::kOk:
      if (!options_.report_failures || options_.payload == FunctionPayload::kSingle)
        return WriteReport::AllTaken(batch.size());
      return flow::ReadBatchResponse(result.payload, batch, traits_.kind);
    case InvokeStatus::kFunctionError:
    case InvokeStatus::kTimedOut:
    case InvokeStatus::kCrashed:
    case InvokeStatus::kOutOfMemory:
    case InvokeStatus::kTooLarge:
      return failed(EntryOutcome::kRetry, ErrorCode::kUnavailable, reason::kUnhandled);
    case InvokeStatus::kThrottled: {
      WriteReport report = failed(EntryOutcome::kRetry, ErrorCode::kResourceExhausted, {});
      report.throttled = true;
      report.retry_after = kThrottlePause;
      return report;
    }
    case InvokeStatus::kInitFailed:
    case InvokeStatus::kNotFound:
    case InvokeStatus::kStopping: {
      const bool init = result.status == InvokeStatus::kInitFailed;
      WriteReport report =
          failed(EntryOutcome::kRetry, ErrorCode::kUnavailable, init ? reason::kUnhandled : std::string_view());
      report.target_down = true;
      return report;
    }
    case InvokeStatus::kBadRequest:
      break;
  }
  // Larger than a function may be given: alone, it never will be.
  return failed(batch.size() == 1 ? EntryOutcome::kReject : EntryOutcome::kRetry, ErrorCode::kInvalidArgument, {});
}

}  // namespace millrace::targets
