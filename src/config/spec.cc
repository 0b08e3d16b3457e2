#include "config/spec.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "config/limits.h"
#include "config/spec_parts.h"
#include "pattern/parse_options.h"

namespace millrace::config {
namespace {

using enum FieldKind;

bool IsAccount(std::string_view text) {
  return text.size() == 12 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}
bool IsRegion(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}
bool IsOrigin(std::string_view text) {
  if (text == "*") return true;
  const bool http = text.starts_with("http://"), https = text.starts_with("https://");
  const std::string_view host = text.substr(http ? 7 : https ? 8 : text.size());
  return !host.empty() && host.size() <= 255 &&
         std::ranges::all_of(host, [](char c) { return c > ' ' && c < 0x7f && c != '/'; });
}
bool IsListen(std::string_view text) {
  std::string_view host;
  std::uint16_t port = 0;
  return SplitHostPort(text, host, port) && IsLoopbackHost(host);
}

constexpr std::array kStreams = {std::string_view("new-and-old"), std::string_view("new"), std::string_view("old"),
                                 std::string_view("keys")};

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
    Field{.name = "routes",
          .kind = kText,
          .summary = "Host and port on which functions with `http`, and routes, answer HTTP requests, if there are "
                     "any. A loopback host only.",
          .otherwise = "127.0.0.1:3000",
          .pattern = "^(\\[[0-9A-Fa-f:]+\\]|[^\\s:\\[\\]]+):[0-9]{1,5}$",
          .wants = "a loopback host and a port, such as 127.0.0.1:3000",
          .accepts = IsListen},
    Field{.name = "cors",
          .kind = kText,
          .summary = "Pages of which origin may read what functions answer: an origin, or `\"*\"` for all.",
          .otherwise = "none",
          .pattern = "^(\\*|https?://[^/\\s]+)$",
          .wants = "\"*\", or an origin such as http://localhost:5173",
          .accepts = IsOrigin},
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

constexpr std::array kArchiveFields = {
    Field{.name = "retain",
          .kind = kDuration,
          .summary = "How long the archive keeps an event.",
          .otherwise = "for ever",
          .low = kMinute,
          .high = 3650 * kDay},
    Field{.name = "match", .kind = kPattern, .summary = "The events that it keeps.", .otherwise = "every event"},
};
constexpr Object kArchive{.name = "archive", .fields = kArchiveFields};

constexpr std::array kBusFields = {
    Field{.name = "retain",
          .kind = kDuration,
          .summary = "How long the bus keeps an event.",
          .otherwise = "24h",
          .low = kMinute,
          .high = 365 * kDay},
    Field{.name = "archive",
          .kind = kObject,
          .summary = "Keeps a copy of its events, longer than the bus does, for `millrace replay`.",
          .otherwise = "no archive",
          .object = &kArchive},
    Field{.name = "schemas"},
    Field{.name = "dlq"},
    Field{.name = "aws"},
    Field{.name = "tags"},
};
constexpr Object kBus{.name = "bus", .fields = kBusFields};

constexpr std::array kQueueRefs = {RefKind::kQueue};
constexpr std::array kQueueDlqFields = {
    Field{.name = "queue",
          .kind = kReference,
          .summary = "The queue that gets them. Of a FIFO queue, a FIFO queue.",
          .required = true,
          .kinds = kQueueRefs},
    Field{.name = "after",
          .kind = kInteger,
          .summary = "How often a message may be received before.",
          .required = true,
          .low = 1,
          .high = 1000},
};
constexpr Object kQueueDlq{.name = "dlq", .fields = kQueueDlqFields};
constexpr std::array kDedups = {std::string_view("id"), std::string_view("content")};

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
constexpr std::array kQueueFields = {
    Field{.name = "dedup",
          .kind = kChoice,
          .summary =
              "FIFO: whether messages without a deduplication id are the same within five minutes if their content is.",
          .otherwise = "id",
          .choices = kDedups},
    Field{.name = "visibility",
          .kind = kDuration,
          .summary = "How long a message that was received is kept from others.",
          .otherwise = "30s",
          .low = 0,
          .high = 12 * 60 * kMinute},
    Field{.name = "delay",
          .kind = kDuration,
          .summary = "How long a message that was sent is kept back.",
          .otherwise = "0s",
          .low = 0,
          .high = 15 * kMinute},
    Field{.name = "wait",
          .kind = kDuration,
          .summary = "How long a receive waits for a message if it does not say so itself.",
          .otherwise = "0s",
          .low = 0,
          .high = 20 * kSecond},
    Field{.name = "retain",
          .kind = kDuration,
          .summary = "How long a message is kept.",
          .otherwise = "4d",
          .low = kMinute,
          .high = 14 * kDay},
    Field{.name = "dlq",
          .kind = kObject,
          .summary = "Where messages go that were received too often.",
          .otherwise = "they stay",
          .object = &kQueueDlq},
    Field{.name = "max-size",
          .kind = kInteger,
          .summary = "The most bytes of a message, its attributes included.",
          .otherwise = "1048576",
          .low = 1024,
          .high = 1024 * 1024},
    Field{.name = "throughput"},
    Field{.name = "aws"},
    Field{.name = "tags"},
};
constexpr Object kQueue{.name = "queue", .fields = kQueueFields};

constexpr std::array kSchemaFields = {
    Field{.name = "file",
          .kind = kText,
          .summary = "The file that holds it, relative to this one.",
          .pattern = "^[\\s\\S]+$",
          .wants = "a path",
          .accepts = IsNotEmpty},
    Field{.name = "json", .kind = kJson, .summary = "The schema itself."},
};
constexpr Object kSchema{.name = "schema", .fields = kSchemaFields, .exactly_one = true};

constexpr Object kStdout{.name = "stdout", .fields = {}};

constexpr std::array kTargetFields = {
    Field{.name = "http",
          .kind = kObject,
          .summary = "Sends each event to a URL: see [targets.md](targets.md#http).",
          .object = &kHttpObject},
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
    Field{.name = "kafka",
          .kind = kObject,
          .summary = "Writes each event to a Kafka topic, or, as what a pipe reads, is one: see [kafka.md](kafka.md).",
          .object = &kKafkaObject},
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
          .summary = "From a table's changes, a bus, a queue or a Kafka topic to a bus, a queue, a function, a table "
                     "or a target.",
          .high = limits::kResourcesMax,
          .object = &kPipeObject},
    Field{.name = "rules",
          .kind = kNamed,
          .summary = "From a bus, by content or by the clock, to targets.",
          .high = limits::kRulesMax,
          .object = &kRuleObject,
          .name_high = 64},
    Field{.name = "targets",
          .kind = kNamed,
          .summary = "Where events leave.",
          .high = limits::kResourcesMax,
          .object = &kTarget},
    Field{.name = "secrets",
          .kind = kNamed,
          .summary = "Passwords and keys, by where they are found. Only what refers to one reads it.",
          .high = limits::kResourcesMax,
          .object = &kSecretObject},
    Field{.name = "queues",
          .kind = kNamed,
          .summary = "Durable, SQS-compatible queues. A name that ends in `.fifo` is a FIFO queue's.",
          .high = limits::kResourcesMax,
          .object = &kQueue,
          .name_high = 80},
    Field{.name = "functions",
          .kind = kNamed,
          .summary = "AWS Lambda functions, run as processes of this machine.",
          .high = limits::kResourcesMax,
          .object = &kFunctionObject,
          .name_high = 64},
    Field{.name = "routes",
          .kind = kNamed,
          .summary = "HTTP endpoints whose requests go straight into a table, a queue or a bus.",
          .high = limits::kResourcesMax,
          .object = &kRouteObject},
    Field{.name = "http", .summary = "use targets: {NAME: {http: {url: …}}}, or routes: {NAME: {http: POST /path}}"},
    Field{.name = "schemas",
          .kind = kNamed,
          .summary = "JSON Schemas for `validate`: see [schemas.md](schemas.md).",
          .high = limits::kResourcesMax,
          .object = &kSchema},
    Field{.name = "tests"},
};
constexpr Object kFile{.name = "file", .fields = kFileFields};

// Below `object`, itself first.
void Collect(const Object& object, std::vector<const Object*>& all) {
  if (std::ranges::find(all, &object) != all.end()) return;
  all.push_back(&object);
  for (const Field& field : object.fields)
    if (field.object != nullptr) Collect(*field.object, all);
}

}  // namespace

const Field* Object::Find(std::string_view field) const {
  for (const Field& candidate : fields)
    if (candidate.name == field) return &candidate;
  return nullptr;
}

const Object& Specification() {
  return kFile;
}
std::vector<const Object*> AllObjects() {
  std::vector<const Object*> all;
  Collect(kFile, all);
  return all;
}

bool IsNotEmpty(std::string_view text) {
  return !text.empty() && text.size() <= limits::kTextMax;
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
