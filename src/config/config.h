// Config is one millrace.yaml, checked and typed: what the composition root builds a node from.
//
// Every reference in it is resolved and every pattern is valid, so no user of a Config checks again. Durations are
// milliseconds. Lists are in the order of the file.
//
// Threads:   plain values.
// Failure:   made by Parse (config/parse.h) only when the file has no error.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/diagnostic.h"
#include "model/key.h"
#include "pattern/service_limits.h"

namespace millrace::config {

using Milliseconds = std::chrono::milliseconds;

struct Settings {
  std::string account = "000000000000";
  std::string region = "us-east-1";
  std::optional<std::string> listen;  // "127.0.0.1:4566"; a command-line flag wins over it
  std::optional<std::string> data;    // directory, relative to the file
  pattern::ServiceLimits limits;
};

enum class StreamView : std::uint8_t { kNone, kKeysOnly, kNewImage, kOldImage, kNewAndOldImages };

struct Table {
  std::string name;
  Span span;
  model::KeySchema key;
  StreamView stream = StreamView::kNone;
  std::uint32_t shards = 1;
  Milliseconds retain = std::chrono::hours(24);
};

struct Bus {
  std::string name;
  Span span;
  Milliseconds retain = std::chrono::hours(24);
};

enum class RefKind : std::uint8_t { kTable, kBus, kPipe, kRule, kTarget };
// "table", "bus", …
std::string_view RefKindName(RefKind kind);

struct Ref {
  RefKind kind = RefKind::kTable;
  std::string name;
  Span span;
  std::string ToString() const;  // "table/users"
};

// What a pipe makes of a change: docs/reference/configuration.md describes each.
enum class Format : std::uint8_t { kStreamRecord, kCrud };
enum class FieldCase : std::uint8_t { kPascal, kCamel };
enum class Start : std::uint8_t { kLatest, kTrimHorizon };
enum class OrderBy : std::uint8_t { kItem, kPartition };

// An event pattern as JSON text, numbers as they were written.
struct PatternText {
  std::string json;
  Span span;
};

struct Pipe {
  std::string name;
  Span span;
  Ref from;                        // a table
  Ref to;                          // a bus or a target
  std::vector<PatternText> match;  // any of them; none: every record
  Format format = Format::kStreamRecord;
  std::optional<std::string> source;  // overrides the event's source; without it the table's name (crud)
  FieldCase field_case = FieldCase::kPascal;
  Start start = Start::kLatest;
  std::uint32_t batch = 100;
  OrderBy order_by = OrderBy::kItem;
};

struct Rule {
  std::string name;
  Span span;
  Ref from;  // a bus
  PatternText match;
  std::vector<Ref> to;  // one to five targets
};

struct HttpTarget {
  std::string url;                                           // http:// or https://, checked
  std::vector<std::pair<std::string, std::string>> headers;  // checked: legal names and values
  Milliseconds timeout = std::chrono::seconds(5);
};
struct FileTarget {
  std::string path;  // NDJSON is appended; relative to the configuration file
};
struct StdoutTarget {};

struct Target {
  std::string name;
  Span span;
  std::variant<HttpTarget, FileTarget, StdoutTarget> to;
};

struct Config {
  std::string name;  // "name:", or the empty string
  Settings settings;
  std::vector<Table> tables;
  std::vector<Bus> buses;
  std::vector<Pipe> pipes;
  std::vector<Rule> rules;
  std::vector<Target> targets;

  const Table* FindTable(std::string_view table) const;
  const Bus* FindBus(std::string_view bus) const;
  const Target* FindTarget(std::string_view target) const;
};

}  // namespace millrace::config
