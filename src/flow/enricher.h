// Enricher is asked what records are to become on their way to a target: an HTTP endpoint, a function.
//
// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/pipes-enrichment.html
//
// Threads:   thread-safe; `done` may be called from any thread, also before Enrich returns, exactly once.
// Ownership: outlives who asks it; records stay valid until `done` is called.
// Failure:   in the report. Unless every entry is kTaken there is no answer.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "flow/target.h"

namespace millrace::flow {

struct Enriched {
  // What became of the question: one entry per record.
  WriteReport report;
  // The answer as it came: JSON, or nothing.
  std::string answer;
};

class Enricher {
 public:
  using EnrichDone = std::function<void(Enriched)>;
  static constexpr std::size_t kAnswerBytesMax = std::size_t{6} << 20;

  virtual ~Enricher() = default;
  // How many records one question may carry. With one, its body is the question; with more, an array of them is, and
  // so is the answer.
  virtual std::size_t question_records_max() const = 0;
  virtual void Enrich(std::span<const Record> batch, EnrichDone done) = 0;
};

}  // namespace millrace::flow
