// FunctionEnricher asks a function about batches of records, as EventBridge Pipes does: the event is an array of them,
// also of one.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/pipes-enrichment.html
//
// Threads:   thread-safe.
// Ownership: the functions outlive it, and are stopped before it goes.
// Failure:   as of a FunctionTarget that gets arrays.
#pragma once

#include <string>

#include "flow/enricher.h"
#include "functions/functions.h"

namespace millrace::targets {

class FunctionEnricher final : public flow::Enricher {
 public:
  FunctionEnricher(std::string function, functions::Functions& functions)
      : function_(std::move(function)), functions_(functions) {}

  std::size_t question_records_max() const override { return 100; }
  void Enrich(std::span<const flow::Record> batch, EnrichDone done) override;

 private:
  const std::string function_;
  functions::Functions& functions_;
};

}  // namespace millrace::targets
