// ScheduleParser reads schedule expressions. Internal to transform.
//
// Threads:   confined to one call.
// Failure:   see Schedule.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "transform/schedule.h"

namespace millrace::transform {

class ScheduleParser {
 public:
  static Status ParseRate(std::string_view body, Schedule& schedule);
  static Status ParseCron(std::string_view body, Schedule& schedule);

 private:
  struct Field {
    std::string_view name;
    int min = 0;
    int max = 0;
    std::span<const std::string_view> names = {};  // of min, min + 1, …
  };
  // The fields in their order.
  static std::span<const Field> Fields();

  static std::optional<int> ParseNumber(std::string_view text);
  // A number or a name.
  static Result<int> ParseValue(const Field& field, std::string_view text);
  // A list of values, ranges and steps; calls set(value) for each that is meant.
  template <class Set>
  static Status ParseList(const Field& field, std::string_view text, Set set);
  template <class Set>
  static Status ParseEntry(const Field& field, std::string_view text, Set set);
  static Status ParseDayOfMonth(std::string_view text, Schedule& schedule);
  static Status ParseDayOfWeek(std::string_view text, Schedule& schedule);
};

// "Parameter ScheduleExpression is not valid. Reason: …"
template <class... Args>
Error BadSchedule(fmt::format_string<Args...> format, Args&&... args) {
  return Err(ErrorCode::kInvalidArgument, reason::kInvalidSchedule,
             "Parameter ScheduleExpression is not valid. Reason: {}.",
             fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace millrace::transform
