// EventSources is what runs event source mappings: the Lambda API defines them and keeps them durably, the composition
// root makes subscriptions of them.
//
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
//
// Threads:   calls take turns, on a thread that may wait, but for LastResult, which is for request threads.
// Ownership: outlives the service.
// Failure:   InvalidArgument with the text that the client is to read; NotFound for a source that is not there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace millrace::api::lambda {

struct EventSourceMapping {
  std::string uuid;
  std::string account;
  std::string region;
  std::string source_arn;
  std::string function;      // its name
  std::string qualifier;     // a version or an alias; empty: $LATEST
  std::string run_as;        // what functions::Functions knows it by
  std::string function_arn;  // qualified
  bool enabled = true;
  std::int64_t batch_size = 100;
  std::int64_t window_seconds = 0;
  std::int64_t parallelization = 1;
  std::string starting_position;         // "TRIM_HORIZON" or "LATEST"; empty for queues
  std::int64_t record_age_seconds = -1;  // -1: no limit
  std::int64_t retries = -1;             // -1: no limit
  bool bisect = false;
  bool report_failures = false;
  std::vector<std::string> filters;  // patterns: any of them
  std::string on_failure;            // an ARN, or empty
  std::int64_t tumbling_seconds = 0;
  std::int64_t maximum_concurrency = 0;  // of queues; 0: no limit
  std::int64_t modified_ms = 0;

  bool is_queue() const { return source_arn.starts_with("arn:aws:sqs:"); }
};

class EventSources {
 public:
  virtual ~EventSources() = default;
  // Whether there is such a source and the mapping can be run: nothing is changed.
  virtual Status Check(const EventSourceMapping& mapping) = 0;
  // Runs it, or runs it as it is from now on; a mapping that is not enabled keeps its place and waits.
  virtual Status Put(const EventSourceMapping& mapping) = 0;
  // Forgets it and its place. One that is not there is fine.
  virtual Status Remove(const EventSourceMapping& mapping) = 0;
  // "No records processed", "OK", "PROBLEM: Function call failed".
  virtual std::string LastResult(std::string_view uuid) const = 0;
};

}  // namespace millrace::api::lambda
