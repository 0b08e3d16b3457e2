#include "targets/function/function_target.h"

#include "base/check.h"
#include "flow/batch_response.h"
#include "targets/function/invocation.h"

namespace millrace::targets {
namespace {

using flow::WriteReport;

flow::BatchKind KindOf(const FunctionTargetOptions& options) {
  if (options.payload == FunctionPayload::kSingle) return flow::BatchKind::kPerEntry;
  return options.report_failures ? options.reported_kind : flow::BatchKind::kAtomic;
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
  if (options_.payload == FunctionPayload::kArray)
    if (auto refused = RefuseUnfit(batch)) return done(*std::move(refused));
  {
    std::lock_guard lock(mutex_);
    ++under_way_;
  }
  functions_.Invoke(options_.function, ComposeEvent(batch, options_.payload), {},
                    [this, batch, done = std::move(done)](const functions::InvokeResult& result) {
                      done(Read(batch, result));
                      std::lock_guard lock(mutex_);
                      if (--under_way_ == 0) idle_.notify_all();
                    });
}

WriteReport FunctionTarget::Read(std::span<const flow::Record> batch, const functions::InvokeResult& result) const {
  if (result.ok() && options_.report_failures && options_.payload != FunctionPayload::kSingle)
    return flow::ReadBatchResponse(result.payload, batch, traits_.kind);
  return ReportOf(batch.size(), options_.name, result);
}

}  // namespace millrace::targets
