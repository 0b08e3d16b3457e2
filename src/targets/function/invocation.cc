#include "targets/function/invocation.h"

#include "json/parse.h"

namespace millrace::targets {
namespace {

using flow::EntryOutcome;
using flow::WriteReport;
using functions::InvokeStatus;

// When all processes are busy and as many wait as may.
constexpr std::chrono::milliseconds kThrottlePause{50};

}  // namespace

std::string ComposeEvent(std::span<const flow::Record> batch, FunctionPayload payload) {
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

std::optional<WriteReport> RefuseUnfit(std::span<const flow::Record> batch) {
  // A body that a template made may be any text.
  json::Document document;
  std::optional<WriteReport> report;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (document.Parse(batch[i].body, {.duplicate_names = json::DuplicateNames::kKeepAll}).ok()) continue;
    if (!report)
      report = WriteReport::AllFailed(
          batch.size(), EntryOutcome::kRetry,
          InvalidArgument("record {} is no JSON, which an event for a function must be", batch[i].id));
    report->entries[i] = EntryOutcome::kReject;
    break;
  }
  return report;
}

WriteReport ReportOf(std::size_t records, const std::string& name, const functions::InvokeResult& result) {
  auto failed = [&](EntryOutcome outcome, ErrorCode code, std::string_view why) {
    return WriteReport::AllFailed(records, outcome,
                                  Err(code, why, "{} {}: {}: {}", name, functions::InvokeStatusName(result.status),
                                      result.error_type, result.error_message));
  };
  switch (result.status) {
    case InvokeStatus::kOk:
      return WriteReport::AllTaken(records);
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
  return failed(records == 1 ? EntryOutcome::kReject : EntryOutcome::kRetry, ErrorCode::kInvalidArgument, {});
}

}  // namespace millrace::targets
