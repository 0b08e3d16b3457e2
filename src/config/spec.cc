#include "config/spec.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "config/limits.h"
#include "config/url.h"
#include "pattern/parse_options.h"

namespace millrace::config {
namespace {

using enum FieldKind;

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kDay = 24 * 60 * kMinute;

bool IsAccount(std::string_view text) {
  return text.size() == 12 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}
bool IsRegion(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}
bool IsListen(std::string_view text) {
  std::string_view host;
  std::uint16_t port = 0;
  return SplitHostPort(text, host, port) && IsLoopbackHost(host);
}
bool IsNotEmpty(std::string_view text) {
  return !text.empty() && text.size() <= limits::kTextMax;
}
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html: 256 characters, and
// sources that start with "aws." are refused.
bool IsSource(std::string_view text) {
  return !text.empty() && text.size() <= 256 && !text.starts_with("aws.");
}
bool IsUrl(std::string_view text) {
  return ParseUrl(text).has_value();
}

constexpr std::array kStreams = {std::string_view("new-and-old"), std::string_view("new"), std::string_view("old"),
                                 std::string_view("keys")};
constexpr std::array kFormats = {std::string_view("stream-record"), std::string_view("crud")};
constexpr std::array kFieldCases = {std::string_view("pascal"), std::string_view("camel")};
constexpr std::array kStarts = {std::string_view("latest"), std::string_view("trim-horizon")};
constexpr std::array kOrders = {std::string_view("item"), std::string_view("partition")};
constexpr std::array kPipeFrom = {RefKind::kTable};
constexpr std::array kPipeTo = {RefKind::kBus, RefKind::kTarget};
constexpr std::array kRuleFrom = {RefKind::kBus};
constexpr std::array kRuleTo = {RefKind::kTarget};

constexpr std::array<std::string_view, 3> kPipeFromLater = {"queue", "bus", "target"};
constexpr std::array<std::string_view, 4> kPipeToLater = {"queue", "function", "table", "http"};
constexpr std::array<std::string_view, 5> kRuleToLater = {"function", "queue", "bus", "http", "table"};

constexpr std::array kLimitsFields = {
    Field{.name = "pattern-characters",
          .kind = kInteger,
          .summary = "The most characters of an event pattern, as JSON without white space.",
          .otherwise = "4096",
          .low = 1,
          .high = pattern::limits::kPatternBytesMax},
    Field{.name = "rules-per-bus",
          .kind = kInteger,
          .summary = "The most rules that listen to one bus.",
          .otherwise = "300",
          .low = 1,
          .high = limits::kRulesMax},
    Field{.name = "wildcard-rules-per-bus",
          .kind = kInteger,
          .summary = "How many of them may have wildcards.",
          .otherwise = "30",
          .low = 1,
          .high = limits::kRulesMax},
};
constexpr Object kLimits{.name = "limits", .fields = kLimitsFields};

constexpr std::array kSettingsFields = {
    Field{.name = "account",
          .kind = kText,
          .summary = "The account id that ARNs and keys carry.",
          .otherwise = "\"000000000000\"",
          .pattern = "^[0-9]{12}$",
          .wants = "twelve digits in quotes",
          .accepts = IsAccount},
    Field{.name = "region",
          .kind = kText,
          .summary = "The region that ARNs and keys carry.",
          .otherwise = "us-east-1",
          .pattern = "^[a-z0-9-]{1,32}$",
          .wants = "a region such as eu-north-1",
          .accepts = IsRegion},
    Field{.name = "listen",
          .kind = kText,
          .summary = "Host and port of the AWS API. A loopback host only: there is no authentication.",
          .otherwise = "127.0.0.1:4566",
          .pattern = "^(\\[[0-9A-Fa-f:]+\\]|[^\\s:\\[\\]]+):[0-9]{1,5}$",
          .wants = "a loopback host and a port, such as 127.0.0.1:4566",
          .accepts = IsListen},
    Field{.name = "data",
          .kind = kText,
          .summary = "The directory that keeps the data, relative to this file.",
          .otherwise = ".millrace",
          .pattern = "^[\\s\\S]+$",
          .wants = "a directory",
          .accepts = IsNotEmpty},
    Field{.name = "fsync", .summary = "use the flag --durability"},
    Field{.name = "shards", .summary = "give each table its own number of shards"},
    Field{.name = "limits",
          .kind = kObject,
          .summary = "Quotas. The defaults are those of EventBridge.",
          .otherwise = "EventBridge's",
          .object = &kLimits},
    Field{.name = "auth"},
};
constexpr Object kSettings{.name = "settings", .fields = kSettingsFields};

constexpr std::array kTableFields = {
    Field{.name = "key",
          .kind = kKey,
          .summary =
              "The partition key, or the partition and the sort key: `id`, `[ID, \"Timestamp:N\"]`. The type after "
              "the colon is S (text, the default), N (number) or B (binary).",
          .required = true},
    Field{.name = "stream",
          .kind = kChoice,
          .summary =
              "What each change record of the table carries besides the key: the new image, the old one, both, or "
              "nothing (keys). Without a stream no pipe can read the table.",
          .otherwise = "false",
          .or_false = true,
          .choices = kStreams},
    Field{.name = "shards",
          .kind = kInteger,
          .summary = "How many shards the stream has. Order is kept per item, not across shards.",
          .otherwise = "1",
          .low = 1,
          .high = limits::kShardsMax},
    Field{.name = "retain",
          .kind = kDuration,
          .summary = "How long the stream keeps a change record.",
          .otherwise = "24h",
          .low = kMinute,
          .high = 365 * kDay},
    Field{.name = "ttl"},
    Field{.name = "indexes"},
    Field{.name = "local-indexes"},
    Field{.name = "aws"},
    Field{.name = "tags"},
};
constexpr Object kTable{.name = "table", .fields = kTableFields};

constexpr std::array kBusFields = {
    Field{.name = "retain",
          .kind = kDuration,
          .summary = "How long the bus keeps an event.",
          .otherwise = "24h",
          .low = kMinute,
          .high = 365 * kDay},
    Field{.name = "archive"},
    Field{.name = "schemas"},
    Field{.name = "dlq"},
    Field{.name = "aws"},
    Field{.name = "tags"},
};
constexpr Object kBus{.name = "bus", .fields = kBusFields};

constexpr std::array kOrderFields = {
    Field{.name = "by",
          .kind = kChoice,
          .summary =
              "What shares a lane: records of one item, or of one partition key. Within a lane records keep their "
              "order; lanes run in parallel.",
          .required = true,
          .choices = kOrders},
    Field{.name = "sequence"},
    Field{.name = "first"},
};
constexpr Object kOrder{.name = "order", .fields = kOrderFields};

constexpr std::array kPipeFields = {
    Field{.name = "from",
          .kind = kReference,
          .summary = "The table whose changes it reads.",
          .required = true,
          .kinds = kPipeFrom,
          .later = kPipeFromLater},
    Field{.name = "to",
          .kind = kReference,
          .summary = "The bus or the target it feeds.",
          .required = true,
          .kinds = kPipeTo,
          .later = kPipeToLater},
    Field{.name = "match",
          .kind = kPatterns,
          .summary = "An event pattern over the stream record, or up to five: a record passes if any of them matches.",
          .otherwise = "every record",
          .high = limits::kPatternsPerPipeMax},
    Field{.name = "format",
          .kind = kChoice,
          .summary =
              "What it makes of a record: the DynamoDB stream record as it is, or a CRUD event with the new values "
              "and the names of the updated fields.",
          .otherwise = "stream-record",
          .choices = kFormats},
    Field{.name = "source",
          .kind = kText,
          .summary = "The `source` of its events.",
          .otherwise = "the table's name (crud), `Pipe NAME` (stream-record)",
          .pattern = "^(?!aws\\.)[\\s\\S]{1,256}$",
          .wants = "1 to 256 bytes that do not start with \"aws.\"",
          .accepts = IsSource},
    Field{.name = "field-case",
          .kind = kChoice,
          .summary = "How the format crud writes its own names: `UpdatedFields` or `updatedFields`.",
          .otherwise = "pascal",
          .choices = kFieldCases},
    Field{.name = "start",
          .kind = kChoice,
          .summary = "Where a pipe that has no position yet begins: with the next change, or with the oldest one kept.",
          .otherwise = "latest",
          .choices = kStarts},
    Field{.name = "batch",
          .kind = kInteger,
          .summary = "The most records delivered at once.",
          .otherwise = "100",
          .low = 1,
          .high = 10000},
    Field{.name = "order",
          .kind = kObject,
          .summary = "Which records keep their order.",
          .otherwise = "`{by: item}`",
          .object = &kOrder},
    Field{.name = "event", .summary = "use format: crud, with source: for a name of your own"},
    Field{.name = "window"},
    Field{.name = "retries", .summary = "a record that is not taken is tried again until it is"},
    Field{.name = "max-age", .summary = "a record that is not taken is tried again until it is"},
    Field{.name = "parallel"},
    Field{.name = "bisect"},
    Field{.name = "partial"},
    Field{.name = "on-failure"},
    Field{.name = "tumbling"},
    Field{.name = "validate"},
    Field{.name = "enrich"},
    Field{.name = "input"},
    Field{.name = "retry"},
    Field{.name = "dlq"},
    Field{.name = "group"},
    Field{.name = "record"},
    Field{.name = "item"},
    Field{.name = "unless-exists"},
    Field{.name = "delivery"},
    Field{.name = "state"},
    Field{.name = "log"},
    Field{.name = "aws"},
    Field{.name = "tags"},
};
constexpr Object kPipe{.name = "pipe", .fields = kPipeFields};

constexpr std::array kRuleFields = {
    Field{
        .name = "from", .kind = kReference, .summary = "The bus it listens to.", .required = true, .kinds = kRuleFrom},
    Field{.name = "match",
          .kind = kPattern,
          .summary = "The event pattern, written as YAML. Text matches exactly: `no` is text, `1` is a number.",
          .required = true},
    Field{.name = "to",
          .kind = kReferences,
          .summary = "The target of each event that matches, or a list of up to five.",
          .required = true,
          .high = limits::kTargetsPerRuleMax,
          .kinds = kRuleTo,
          .later = kRuleToLater},
    Field{.name = "schedule"},
    Field{.name = "input"},
    Field{.name = "retry"},
    Field{.name = "dlq"},
    Field{.name = "group"},
    Field{.name = "enabled"},
    Field{.name = "aws"},
    Field{.name = "tags"},
};
constexpr Object kRule{.name = "rule", .fields = kRuleFields};

constexpr std::array kHttpFields = {
    Field{.name = "url",
          .kind = kText,
          .summary = "Where each event is posted, as JSON.",
          .required = true,
          .pattern = "^https?://[^\\s]+$",
          .wants = "an http:// or https:// URL with a host, without user or fragment",
          .accepts = IsUrl},
    Field{.name = "headers",
          .kind = kTexts,
          .summary = "Headers sent with every request.",
          .otherwise = "none",
          .high = limits::kHeadersMax},
    Field{.name = "timeout",
          .kind = kDuration,
          .summary = "How long one request may take.",
          .otherwise = "5s",
          .low = 10,
          .high = 5 * kMinute},
    Field{.name = "method"},
    Field{.name = "rate"},
    Field{.name = "auth"},
};
constexpr Object kHttp{.name = "http", .fields = kHttpFields};
constexpr Object kStdout{.name = "stdout", .fields = {}};

constexpr std::array kTargetFields = {
    Field{.name = "http", .kind = kObject, .summary = "Posts each event to a URL.", .object = &kHttp},
    Field{.name = "file",
          .kind = kText,
          .summary = "Appends each event as one line of JSON to this file, relative to the configuration.",
          .pattern = "^[\\s\\S]+$",
          .wants = "a path",
          .accepts = IsNotEmpty},
    Field{.name = "stdout",
          .kind = kObject,
          .summary = "Writes each event as one line of JSON to standard output: `{}`.",
          .object = &kStdout},
    Field{.name = "kafka"},
    Field{.name = "client-id"},
    Field{.name = "tls"},
    Field{.name = "sasl"},
    Field{.name = "compression"},
    Field{.name = "aws"},
    Field{.name = "tags"},
};
constexpr Object kTarget{.name = "target", .fields = kTargetFields, .exactly_one = true};

constexpr std::array kFileFields = {
    Field{.name = "version", .kind = kVersion, .summary = "The version of this language: 1.", .required = true},
    Field{.name = "name",
          .kind = kText,
          .summary = "What the banner calls this configuration.",
          .otherwise = "none",
          .pattern = "^[\\s\\S]+$",
          .wants = "text",
          .accepts = IsNotEmpty},
    Field{.name = "settings", .kind = kObject, .summary = "Settings of the node.", .object = &kSettings},
    Field{.name = "tables",
          .kind = kNamed,
          .summary = "Durable, DynamoDB-compatible tables.",
          .high = limits::kResourcesMax,
          .object = &kTable,
          .name_low = 3},
    Field{.name = "buses",
          .kind = kNamed,
          .summary = "Event buses.",
          .low = 1,
          .high = limits::kResourcesMax,
          .object = &kBus},
    Field{.name = "pipes",
          .kind = kNamed,
          .summary = "From a table's changes to a bus or a target.",
          .high = limits::kResourcesMax,
          .object = &kPipe},
    Field{.name = "rules",
          .kind = kNamed,
          .summary = "From a bus, by content, to targets.",
          .high = limits::kRulesMax,
          .object = &kRule,
          .name_high = 64},
    Field{.name = "targets",
          .kind = kNamed,
          .summary = "Where events leave.",
          .high = limits::kResourcesMax,
          .object = &kTarget},
    Field{.name = "queues"},
    Field{.name = "functions", .summary = "let a rule call an HTTP endpoint: targets: {NAME: {http: {url: …}}}"},
    Field{.name = "http", .summary = "use targets: {NAME: {http: {url: …}}}"},
    Field{.name = "secrets"},
    Field{.name = "schemas"},
    Field{.name = "tests"},
};
constexpr Object kFile{.name = "file", .fields = kFileFields};

constexpr std::array<const Object*, 11> kObjects = {&kFile,  &kSettings, &kLimits, &kTable, &kBus,   &kPipe,
                                                    &kOrder, &kRule,     &kTarget, &kHttp,  &kStdout};

}  // namespace

const Field* Object::Find(std::string_view field) const {
  for (const Field& candidate : fields)
    if (candidate.name == field) return &candidate;
  return nullptr;
}

const Object& Specification() {
  return kFile;
}
std::span<const Object* const> AllObjects() {
  return kObjects;
}

bool IsName(std::string_view name, std::size_t low, std::size_t high) {
  return name.size() >= low && name.size() <= high && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                  c == '-';
         });
}

bool IsLoopbackHost(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  if (!host.starts_with("127.")) return false;
  // Four decimal numbers of one to three digits, up to 255: nothing that a resolver could read otherwise.
  int parts = 0;
  for (const char *at = host.data(), *end = at + host.size(); at != end; ++parts) {
    int part = 0;
    const auto [next, failed] = std::from_chars(at, end, part);
    const bool octal = next - at > 1 && *at == '0';
    if (failed != std::errc() || part < 0 || part > 255 || octal || *at == '-') return false;
    at = next;
    if (at != end && (*at != '.' || ++at == end)) return false;
  }
  return parts == 4;
}

bool SplitHostPort(std::string_view text, std::string_view& host, std::uint16_t& port) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.empty() || host.find_first_of(":[]") != std::string_view::npos)
    return false;
  const std::string_view digits = text.substr(colon + 1);
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return false;
  const auto [at, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return failed == std::errc() && at == digits.data() + digits.size();
}

}  // namespace millrace::config
