// TimeZone converts between the time of the world and the time on the walls of one place, by the IANA database of this
// machine (Debian's tzdata).
//
// Times are milliseconds since the epoch; a local time is what the clock shows, counted as if it were UTC.
//
// Threads:   immutable after Load.
// Failure:   InvalidArgument for a name that the database does not have.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/error.h"

namespace millrace::transform {

class TimeZone {
 public:
  // "Europe/Berlin", "UTC".
  static Result<TimeZone> Load(std::string_view name);

  std::int64_t LocalOf(std::int64_t time_ms) const;

  struct Instant {
    std::int64_t time_ms = 0;  // the first, if the clock shows it twice; the moment of the shift, if it never does
    bool skipped = false;
  };
  Instant InstantOf(std::int64_t local_ms) const;

 private:
  struct Zone;
  explicit TimeZone(std::shared_ptr<const Zone> zone) : zone_(std::move(zone)) {}

  std::shared_ptr<const Zone> zone_;
};

}  // namespace millrace::transform
