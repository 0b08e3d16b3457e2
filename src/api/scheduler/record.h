// ScheduleRecord and GroupRecord are what the Scheduler API was told and keeps.
//
// Threads:   plain values.
// Failure:   Decode: Corruption, or Unimplemented for a version that is newer than this program. Runnable: in the words
//            of the API.
// Format:    docs/design/api-records.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/scheduler/plant.h"
#include "base/error.h"
#include "records/row.h"

namespace millrace::api::scheduler {

struct ScheduleRecord {
  static constexpr std::string_view kKind = "as";
  std::string group = "default";
  std::string name;
  std::string description = {};
  std::string expression;
  std::string timezone = {};
  std::string state = "ENABLED";
  std::string target;           // JSON, as given
  std::string flexible_window;  // the same
  std::string after_completion = "NONE";
  std::string kms_key = {};              // stored and echoed
  std::optional<std::int64_t> start_ms;  // StartDate
  std::optional<std::int64_t> end_ms;    // EndDate
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  bool declared = false;

  // No name has a slash in it.
  static std::string KeyOf(std::string_view group, std::string_view name);
  std::string Key() const { return KeyOf(group, name); }
  std::string Encode() const;
  static Result<ScheduleRecord> Decode(std::string_view json);
};

struct GroupRecord {
  static constexpr std::string_view kKind = "ag";
  std::string name;
  records::Pairs tags = {};
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  bool declared = false;

  std::string Key() const { return name; }
  std::string Encode() const;
  static Result<GroupRecord> Decode(std::string_view json);
};

// What a plant runs of it. Everything that it says is checked.
Result<Order> Runnable(const ScheduleRecord& record, std::string arn);

}  // namespace millrace::api::scheduler
