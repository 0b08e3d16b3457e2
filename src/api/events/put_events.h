// PutEvents puts up to ten events on buses; each succeeds or fails for itself.
//
// An event for a bus that does not exist succeeds, as it does on AWS, and goes nowhere; the log says so.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
//
// Threads:   thread-safe; never waits. `done` is called once, on any thread, also before this returns.
// Failure:   of the request as a whole: ValidationException in AWS's words. Of an entry: in its part of the answer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "api/events/plant.h"
#include "aws/caller.h"
#include "base/error.h"
#include "base/random.h"
#include "json/value.h"

namespace millrace::api::events {

// Since 29 January 2026; it was 256 KiB before.
inline constexpr std::size_t kPutEventsBytesMax = 1024 * 1024;

struct PutEventsCall {
  Plant& plant;
  Random& random;
  const aws::Home& home;
  std::int64_t now_ms = 0;
};

void PutEvents(const PutEventsCall& call, const json::Value& request, std::function<void(Result<std::string>)> done);

}  // namespace millrace::api::events
