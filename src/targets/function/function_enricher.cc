#include "targets/function/function_enricher.h"

#include "targets/function/invocation.h"

namespace millrace::targets {

void FunctionEnricher::Enrich(std::span<const flow::Record> batch, EnrichDone done) {
  if (auto refused = RefuseUnfit(batch)) return done({*std::move(refused), {}});
  functions_.Invoke(
      function_, ComposeEvent(batch, FunctionPayload::kArray), {},
      [name = "function/" + function_, count = batch.size(), done = std::move(done)](functions::InvokeResult result) {
        flow::WriteReport report = ReportOf(count, name, result);
        done({std::move(report), result.ok() ? std::move(result.payload) : std::string()});
      });
}

}  // namespace millrace::targets
