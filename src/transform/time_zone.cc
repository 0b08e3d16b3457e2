#include "transform/time_zone.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <algorithm>
#include <string>

namespace millrace::transform {
namespace {

constexpr std::size_t kNameBytesMax = 50;  // as EventBridge Scheduler
constexpr std::int64_t kSecondMs = 1000;

// Nothing that leads out of the directory of the database.
bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && name[0] != '/' && name.find("..") == std::string_view::npos &&
         name.find(':') == std::string_view::npos && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '/' ||
                  c == '+' || c == '-';
         });
}

std::int64_t FloorSeconds(std::int64_t ms) {
  return ms / kSecondMs - (ms % kSecondMs < 0 ? 1 : 0);
}

}  // namespace

struct TimeZone::Zone {
  absl::TimeZone zone;
};

Result<TimeZone> TimeZone::Load(std::string_view name) {
  auto zone = std::make_shared<Zone>();
  if (!IsName(name) || !absl::LoadTimeZone(std::string(name), &zone->zone))
    return InvalidArgument("there is no time zone '{}' in the database of this machine (Debian's package tzdata)",
                           name);
  return TimeZone(std::move(zone));
}

std::int64_t TimeZone::LocalOf(std::int64_t time_ms) const {
  const std::int64_t seconds = FloorSeconds(time_ms);
  const absl::CivilSecond shown = absl::ToCivilSecond(absl::FromUnixSeconds(seconds), zone_->zone);
  return (shown - absl::CivilSecond()) * kSecondMs + (time_ms - seconds * kSecondMs);
}

TimeZone::Instant TimeZone::InstantOf(std::int64_t local_ms) const {
  const std::int64_t seconds = FloorSeconds(local_ms);
  const absl::TimeZone::TimeInfo found = zone_->zone.At(absl::CivilSecond() + seconds);
  const bool skipped = found.kind == absl::TimeZone::TimeInfo::SKIPPED;
  const std::int64_t time = absl::ToUnixSeconds(skipped ? found.trans : found.pre);
  return {.time_ms = time * kSecondMs + (skipped ? 0 : local_ms - seconds * kSecondMs), .skipped = skipped};
}

}  // namespace millrace::transform
