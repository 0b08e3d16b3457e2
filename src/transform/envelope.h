// Envelope is an event as a bus delivers it to targets, keys in EventBridge's order.
//
//   {"version":"0","id":…,"detail-type":…,"source":…,"account":…,"time":"2026-01-01T00:00:00Z","region":…,
//    "resources":[],"detail":{…}}
//
// A replayed event has "replay-name" after the region.
// https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
//
// Threads:   a function without state.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace millrace::transform {

struct Envelope {
  std::string_view id = {};  // the same for every rule and target
  std::string_view detail_type = {};
  std::string_view source = {};
  std::string_view account = {};
  std::int64_t time_ms = 0;  // since the epoch; delivered in whole seconds
  std::string_view region = {};
  std::string_view replay_name = {};  // empty: live
  std::span<const std::string> resources = {};
  std::string_view detail = {};  // a JSON object, copied as it is
};

void AppendEnvelope(std::string& out, const Envelope& envelope);

// "2026-01-01T00:00:00Z", rounded down.
std::string FormatTime(std::int64_t time_ms);
// "2026-01-01T00:00:00.999Z".
std::string FormatTimeMillis(std::int64_t time_ms);

}  // namespace millrace::transform
