// Records are what the API was told and keeps: buses, rules with their targets, archives, connections and API
// destinations, each as one row of JSON.
//
// What the configuration file declares has records too, which are not kept: the file owns it, and the API only shows
// it.
//
// Threads:   plain values.
// Failure:   Decode: Corruption, or Unimplemented for a version that is newer than this program.
// Format:    docs/design/api-records.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "records/row.h"

namespace millrace::api::events {

using Tags = records::Pairs;

struct BusRecord {
  static constexpr std::string_view kKind = "aeb";
  std::string name;
  std::string description = {};
  std::string kms_key = {};      // stored and echoed
  std::string dead_letter = {};  // DeadLetterConfig, as JSON: stored and echoed
  std::string log_config = {};   // the same
  // The statements of its policy, an array as JSON: stored, not enforced.
  std::string statements = {};
  Tags tags = {};
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  bool declared = false;

  std::string Key() const { return name; }
  std::string Encode() const;
  static Result<BusRecord> Decode(std::string_view json);
};

struct TargetRecord {
  std::string id;
  std::string arn;
  std::string json;  // the whole target, as it was given
};

struct RuleRecord {
  static constexpr std::string_view kKind = "aer";
  std::string bus;
  std::string name;
  std::string pattern = {};   // empty: none
  std::string schedule = {};  // empty: none
  std::string state = "ENABLED";
  std::string description = {};
  std::string role = {};
  Tags tags = {};
  std::vector<TargetRecord> targets = {};
  bool declared = false;

  bool enabled() const { return state != "DISABLED"; }
  // No name has a NUL in it. Rules of a bus stand together, in the order of their names.
  static std::string KeyOf(std::string_view bus, std::string_view name);
  std::string Key() const { return KeyOf(bus, name); }
  std::string Encode() const;
  static Result<RuleRecord> Decode(std::string_view json);
};

struct ArchiveRecord {
  static constexpr std::string_view kKind = "aea";
  std::string name;
  std::string bus;
  std::string description = {};
  std::string pattern = {};
  std::int64_t retention_days = 0;  // 0: for ever
  std::int64_t created_ms = 0;
  bool declared = false;

  std::string Key() const { return name; }
  std::string Encode() const;
  static Result<ArchiveRecord> Decode(std::string_view json);
};

struct ConnectionRecord {
  static constexpr std::string_view kKind = "aec";
  std::string name;
  std::string id;  // the end of its ARN
  std::string description = {};
  std::string type;        // BASIC, API_KEY, OAUTH_CLIENT_CREDENTIALS
  std::string parameters;  // AuthParameters as given, with its secrets
  std::string state = "AUTHORIZED";
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  bool declared = false;

  std::string Key() const { return name; }
  std::string Encode() const;
  static Result<ConnectionRecord> Decode(std::string_view json);
};

struct DestinationRecord {
  static constexpr std::string_view kKind = "aed";
  std::string name;
  std::string id;  // the end of its ARN
  std::string description = {};
  std::string connection;  // its name
  std::string endpoint;
  std::string method;
  std::int64_t rate = 300;
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  bool declared = false;

  std::string Key() const { return name; }
  std::string Encode() const;
  static Result<DestinationRecord> Decode(std::string_view json);
};

}  // namespace millrace::api::events
