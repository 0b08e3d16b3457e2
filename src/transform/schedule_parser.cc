#include "transform/schedule_parser.h"

#include <array>
#include <charconv>
#include <vector>

namespace millrace::transform {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                   "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

enum FieldIndex : std::size_t { kMinutes, kHours, kDayOfMonth, kMonth, kDayOfWeek, kYear, kFieldCount };

bool EqualsIgnoringCase(std::string_view a, std::string_view upper) {
  if (a.size() != upper.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char c = a[i] >= 'a' && a[i] <= 'z' ? static_cast<char>(a[i] - 'a' + 'A') : a[i];
    if (c != upper[i]) return false;
  }
  return true;
}

bool EndsWith(std::string_view text, char upper) {
  return !text.empty() && EqualsIgnoringCase(text.substr(text.size() - 1), std::string_view(&upper, 1));
}

std::vector<std::string_view> SplitWords(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = text.find_first_not_of(" \t", at);
    if (begin == std::string_view::npos) break;
    at = std::min(text.find_first_of(" \t", begin), text.size());
    words.push_back(text.substr(begin, at - begin));
  }
  return words;
}

}  // namespace

std::span<const ScheduleParser::Field> ScheduleParser::Fields() {
  static constexpr std::array<Field, kFieldCount> kFields{{{"minutes", 0, 59},
                                                           {"hours", 0, 23},
                                                           {"day-of-month", 1, 31},
                                                           {"month", 1, 12, kMonths},
                                                           {"day-of-week", 1, 7, kWeekdays},
                                                           {"year", Schedule::kYearMin, Schedule::kYearMax}}};
  return kFields;
}

std::optional<int> ScheduleParser::ParseNumber(std::string_view text) {
  int value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool digit = !text.empty() && text[0] >= '0' && text[0] <= '9';
  if (!digit || failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<int> ScheduleParser::ParseValue(const Field& field, std::string_view text) {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (EqualsIgnoringCase(text, field.names[i])) return field.min + static_cast<int>(i);
  }
  const auto value = ParseNumber(text);
  if (value && *value >= field.min && *value <= field.max) return *value;
  const std::string names =
      field.names.empty() ? std::string() : fmt::format(" or {} to {}", field.names.front(), field.names.back());
  return BadSchedule("'{}' in {} is not {} to {}{}", text, field.name, field.min, field.max, names);
}

template <class Set>
Status ScheduleParser::ParseEntry(const Field& field, std::string_view text, Set set) {
  const std::size_t slash = text.find('/');
  const std::string_view range = text.substr(0, slash);
  const int size = field.max - field.min + 1;
  int step = 1;
  if (slash != std::string_view::npos) {
    const auto number = ParseNumber(text.substr(slash + 1));
    if (!number || *number < 1 || *number > size) {
      return BadSchedule("the step in '{}' in {} is not 1 to {}", text, field.name, size);
    }
    step = *number;
  }
  int first = field.min;
  int last = field.max;
  if (range != "*") {
    const std::size_t dash = range.find('-');
    ASSIGN_OR_RETURN(first, ParseValue(field, range.substr(0, dash)));
    if (dash != std::string_view::npos) {
      ASSIGN_OR_RETURN(last, ParseValue(field, range.substr(dash + 1)));
    } else if (slash == std::string_view::npos) {
      last = first;
    }
  }
  if (first > last) {
    if (&field == &Fields()[kYear]) return BadSchedule("'{}' in {} goes backwards", text, field.name);
    last += size;
  }
  for (int value = first; value <= last; value += step) set(value <= field.max ? value : value - size);
  return Ok();
}

template <class Set>
Status ScheduleParser::ParseList(const Field& field, std::string_view text, Set set) {
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    if (comma == at) return BadSchedule("an entry of '{}' in {} is empty", text, field.name);
    TRY(ParseEntry(field, text.substr(at, comma - at), set));
    at = comma + 1;
  }
  return Ok();
}

Status ScheduleParser::ParseDayOfMonth(std::string_view text, Schedule& schedule) {
  const Field& field = Fields()[kDayOfMonth];
  if (EqualsIgnoringCase(text, "L")) {
    schedule.last_day_ = true;
    return Ok();
  }
  if (EqualsIgnoringCase(text, "LW")) {
    schedule.last_workday_ = true;
    return Ok();
  }
  if (EndsWith(text, 'W')) {
    ASSIGN_OR_RETURN(const int day, ParseValue(field, text.substr(0, text.size() - 1)));
    schedule.nearest_workday_ = static_cast<unsigned>(day);
    return Ok();
  }
  return ParseList(field, text, [&](int value) { schedule.days_ |= std::uint32_t{1} << value; });
}

Status ScheduleParser::ParseDayOfWeek(std::string_view text, Schedule& schedule) {
  const Field& field = Fields()[kDayOfWeek];
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    if (text.find(',') != std::string_view::npos) {
      return BadSchedule("with '#', {} can have one entry only, not '{}'", field.name, text);
    }
    ASSIGN_OR_RETURN(const int weekday, ParseValue(field, text.substr(0, hash)));
    const auto nth = ParseNumber(text.substr(hash + 1));
    if (!nth || *nth < 1 || *nth > 5) return BadSchedule("the number after '#' in '{}' is not 1 to 5", text);
    schedule.nth_weekday_ = static_cast<unsigned>(weekday);
    schedule.nth_ = static_cast<unsigned>(*nth);
    return Ok();
  }
  if (EqualsIgnoringCase(text, "L")) text = "SAT";
  if (EndsWith(text, 'L')) {
    ASSIGN_OR_RETURN(const int weekday, ParseValue(field, text.substr(0, text.size() - 1)));
    schedule.last_weekday_ = static_cast<unsigned>(weekday);
    return Ok();
  }
  return ParseList(field, text, [&](int value) { schedule.weekdays_ |= std::uint32_t{1} << value; });
}

Status ScheduleParser::ParseCron(std::string_view body, Schedule& schedule) {
  const auto words = SplitWords(body);
  if (words.size() != kFieldCount) {
    return BadSchedule("cron has {} fields, not the six minutes, hours, day-of-month, month, day-of-week and year",
                       words.size());
  }
  const auto fields = Fields();
  TRY(ParseList(fields[kMinutes], words[kMinutes], [&](int value) { schedule.minutes_ |= std::uint64_t{1} << value; }));
  TRY(ParseList(fields[kHours], words[kHours], [&](int value) { schedule.hours_ |= std::uint32_t{1} << value; }));
  TRY(ParseList(fields[kMonth], words[kMonth], [&](int value) { schedule.months_ |= std::uint32_t{1} << value; }));
  TRY(ParseList(fields[kYear], words[kYear],
                [&](int value) { schedule.years_.set(static_cast<std::size_t>(value - Schedule::kYearMin)); }));
  const bool any_day = words[kDayOfMonth] == "?";
  const bool any_weekday = words[kDayOfWeek] == "?";
  if (any_day == any_weekday) {
    return BadSchedule("exactly one of day-of-month and day-of-week must be '?', not '{}' and '{}'", words[kDayOfMonth],
                       words[kDayOfWeek]);
  }
  return any_day ? ParseDayOfWeek(words[kDayOfWeek], schedule) : ParseDayOfMonth(words[kDayOfMonth], schedule);
}

Status ScheduleParser::ParseRate(std::string_view body, Schedule& schedule) {
  struct Unit {
    std::string_view singular;
    std::string_view plural;
    std::int64_t ms;
  };
  constexpr std::array<Unit, 3> kUnits{
      {{"minute", "minutes", 60'000}, {"hour", "hours", 3'600'000}, {"day", "days", 86'400'000}}};
  const auto words = SplitWords(body);
  // White space at the ends is refused by EventBridge, too.
  const bool tight =
      !body.empty() && body.front() != ' ' && body.front() != '\t' && body.back() != ' ' && body.back() != '\t';
  const auto value = words.empty() ? std::nullopt : ParseNumber(words[0]);
  if (words.size() != 2 || !tight || !value || *value < 1) {
    return BadSchedule("rate wants a positive number and a unit, as in rate(5 minutes)");
  }
  for (const Unit& unit : kUnits) {
    const std::string_view wanted = *value == 1 ? unit.singular : unit.plural;
    if (words[1] == wanted) {
      schedule.period_ms_ = *value * unit.ms;
      return Ok();
    }
    if (words[1] == unit.singular || words[1] == unit.plural) {
      return BadSchedule("write rate({} {})", *value, wanted);
    }
  }
  return BadSchedule("the unit of a rate is minutes, hours or days, not '{}'", words[1]);
}

}  // namespace millrace::transform
