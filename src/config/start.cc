#include "config/start.h"

#include <algorithm>

#include "base/timestamp.h"

namespace millrace::config {

std::optional<Start> ParseStart(std::string_view text) {
  if (text == "latest") return Start{};
  if (text == "trim-horizon") return Start{.kind = Start::Kind::kTrimHorizon, .sequence = {}};
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html: 21 to 40 digits
  if (digits && text.size() >= 21 && text.size() <= 40)
    return Start{.kind = Start::Kind::kSequence, .sequence = std::string(text)};
  if (const auto time = ParseTimestamp(text))
    return Start{.kind = Start::Kind::kTime, .sequence = {}, .time_ms = *time};
  return std::nullopt;
}

}  // namespace millrace::config
