#include "config/spec.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "config/limits.h"
#include "config/spec_parts.h"
#include "config/start.h"
#include "pattern/parse_options.h"
#include "transform/parameter.h"
#include "transform/schedule.h"

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
bool IsListen(std::string_view text) {
  std::string_view host;
  std::uint16_t port = 0;
  return SplitHostPort(text, host, port) && IsLoopbackHost(host);
}
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html: 256 characters, and
// sources that start with "aws." are refused.
bool IsSource(std::string_view text) {
  return !text.empty() && text.size() <= 256 && !text.starts_with("aws.");
}

constexpr std::array kStreams = {std::string_view("new-and-old"), std::string_view("new"), std::string_view("old"),
                                 std::string_view("keys")};
constexpr std::array kFormats = {std::string_view("stream-record"), std::string_view("crud"),
                                 std::string_view("cloudevents"), std::string_view("debezium")};
constexpr std::array kFieldCases = {std::string_view("pascal"), std::string_view("camel")};
constexpr std::array kForever = {std::string_view("forever")};
constexpr std::array kAfterFailure = {std::string_view("hold"), std::string_view("continue")};
constexpr std::array kItemJson = {std::string_view("plain-json"), std::string_view("dynamodb-json")};
constexpr std::array kPipeStates = {std::string_view("running"), std::string_view("stopped")};
constexpr std::array kPipeFrom = {RefKind::kTable, RefKind::kBus};
constexpr std::array kPipeTo = {RefKind::kBus, RefKind::kTarget, RefKind::kTable};
constexpr std::array kRuleFrom = {RefKind::kBus};
constexpr std::array kRuleTo = {RefKind::kTarget, RefKind::kBus, RefKind::kTable};

constexpr std::array<std::string_view, 2> kPipeFromLater = {"queue", "target"};
constexpr std::array<std::string_view, 3> kPipeToLater = {"queue", "function", "http"};
constexpr std::array<std::string_view, 3> kRuleToLater = {"function", "queue", "http"};

// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeSourceDynamoDBStreamParameters.html
constexpr std::int64_t kWindowMax = 300 * kSecond;
constexpr std::int64_t kRetriesMax = 10'000;
constexpr std::int64_t kAgeMax = 7 * kDay;

bool IsStart(std::string_view text) {
  return ParseStart(text).has_value();
}
bool IsOrder(std::string_view text) {
  return text == "item" || text == "partition" || (text.starts_with('$') && transform::EventPath::Parse(text).ok());
}
bool IsTemplate(std::string_view text) {
  return !text.empty() && text.size() <= 4 * transform::InputTemplate::kCharactersMax;
}
bool IsPath(std::string_view text) {
  return transform::Input::AtPath(text).ok();
}
bool IsSchedule(std::string_view text) {
  return transform::Schedule::Parse(text).ok();
}
// Literals and paths of at most 256 and 128 characters, as PutEvents takes them.
bool IsEventName(std::string_view text) {
  return !text.empty() && text.size() <= 256 && !text.starts_with("aws.") &&
         transform::Parameter::Parse("event", text).ok();
}

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

constexpr std::array kOrderFields = {
    Field{.name = "by",
          .kind = kText,
          .summary =
              "What shares a lane: the records of one `item`, of one `partition` key, or those that have the same at a "
              "path into the record, such as `$.new.customer`. Within a lane records keep their order; lanes run in "
              "parallel. From a bus: the key of the record that an event was made from (`item`), or a path.",
          .required = true,
          .pattern = "^(item|partition|\\$.+)$",
          .wants = "item, partition, or a path such as $.new.customer",
          .accepts = IsOrder},
    Field{.name = "sequence"},
    Field{.name = "first"},
};
constexpr Object kOrder{.name = "order", .fields = kOrderFields};

constexpr std::array kInputFields = {
    Field{.name = "template",
          .kind = kText,
          .summary =
              "What is delivered, with `<name>` for each of `paths` and AWS's variables: a rule's InputTransformer "
              "(docs/reference/transforms.md).",
          .otherwise = "none",
          .pattern = "^[\\s\\S]{1,8192}$",
          .wants = "1 to 8,192 characters",
          .accepts = IsTemplate},
    Field{.name = "paths",
          .kind = kTexts,
          .summary = "Names for places in the event: `{id: $.detail.id}`.",
          .otherwise = "none",
          .high = transform::InputTemplate::kPathsMax},
    Field{.name = "path",
          .kind = kText,
          .summary = "Only this part of the event is delivered.",
          .otherwise = "none",
          .pattern = "^\\$.{0,255}$",
          .wants = "a path such as $.detail",
          .accepts = IsPath},
    Field{.name = "json", .kind = kJson, .summary = "Always this value, instead of the event.", .otherwise = "none"},
};
constexpr Object kInputObject{.name = "input", .fields = kInputFields};

constexpr std::array kEventFields = {
    Field{.name = "source",
          .kind = kText,
          .summary = "The events' source: a text, or a path into the record such as `$.new.kind`.",
          .otherwise = "the table's name (crud), `Pipe NAME` (others)",
          .pattern = "^(?!aws\\.)[\\s\\S]{1,256}$",
          .wants = "1 to 256 bytes that do not start with \"aws.\"; a path has letters, digits, _, - and [0]",
          .accepts = IsEventName},
    Field{.name = "detail-type",
          .kind = kText,
          .summary = "The events' detail-type: a text or a path.",
          .otherwise = "INSERT, MODIFY or REMOVE (crud), `Event from aws:dynamodb` (others)",
          .pattern = "^[\\s\\S]{1,256}$",
          .wants = "1 to 256 bytes; a path has letters, digits, _, - and [0]",
          .accepts = IsEventName},
    Field{.name = "detail", .summary = "use input: for what the event carries"},
    Field{.name = "resources"},
    Field{.name = "time"},
};
constexpr Object kEvent{.name = "event", .fields = kEventFields};

constexpr Field kInputField{
    .name = "input",
    .kind = kInput,
    .summary =
        "What is delivered of each record: a template with `<$.path>` as EventBridge Pipes has them, or a mapping.",
    .otherwise = "what the format makes",
    .object = &kInputObject};
constexpr Field kAfterFailureField{
    .name = "after-failure",
    .kind = kChoice,
    .summary =
        "What the other records of a key do when one was given up: wait until it was redriven or dropped, or go on "
        "without it. Either way it stands in the dead letters.",
    .choices = kAfterFailure};
constexpr Field WithOtherwise(Field field, std::string_view otherwise) {
  field.otherwise = otherwise;
  return field;
}
constexpr Field kItemField{.name = "item",
                           .kind = kChoice,
                           .summary = "To a table: how the JSON that is delivered is read as an item.",
                           .otherwise = "plain-json",
                           .choices = kItemJson};
constexpr Field kUnlessExistsField{.name = "unless-exists",
                                   .kind = kFlag,
                                   .summary = "To a table: an item that is there already stays as it is.",
                                   .otherwise = "false"};

constexpr std::array kPipeFields = {
    Field{.name = "from",
          .kind = kReference,
          .summary = "The table whose changes it reads, or the bus whose events.",
          .required = true,
          .kinds = kPipeFrom,
          .later = kPipeFromLater},
    Field{.name = "to",
          .kind = kReference,
          .summary = "The bus, the table or the target that it feeds.",
          .required = true,
          .kinds = kPipeTo,
          .later = kPipeToLater},
    Field{.name = "match",
          .kind = kPatterns,
          .summary = "An event pattern over the record, or up to five: a record passes if any of them matches.",
          .otherwise = "every record",
          .high = limits::kPatternsPerPipeMax},
    Field{.name = "format",
          .kind = kChoice,
          .summary =
              "What it makes of a table's record: the DynamoDB stream record as it is, a CRUD event with the new "
              "values and the names of the updated fields, a CloudEvent, or Debezium's envelope.",
          .otherwise = "stream-record",
          .choices = kFormats},
    Field{.name = "source",
          .kind = kText,
          .summary = "The `source` of its events; the same as `event: {source: …}`.",
          .otherwise = "the table's name (crud), `Pipe NAME` (others)",
          .pattern = "^(?!aws\\.)[\\s\\S]{1,256}$",
          .wants = "1 to 256 bytes that do not start with \"aws.\"",
          .accepts = IsSource},
    Field{.name = "field-case",
          .kind = kChoice,
          .summary = "How the format crud writes its own names: `UpdatedFields` or `updatedFields`.",
          .otherwise = "pascal",
          .choices = kFieldCases},
    Field{.name = "event",
          .kind = kObject,
          .summary = "To a bus: how its events are named.",
          .otherwise = "by the format",
          .object = &kEvent},
    kInputField,
    Field{.name = "start",
          .kind = kText,
          .summary =
              "Where a pipe that has no position yet begins: `latest`, `trim-horizon` (the oldest record kept), a "
              "sequence number in quotes, or a time such as `2026-01-01T00:00:00Z`.",
          .otherwise = "latest",
          .pattern = "^(latest|trim-horizon|[0-9]{21,40}|[0-9]{4}-.+)$",
          .wants = "latest, trim-horizon, a sequence number of 21 to 40 digits, or a time such as 2026-01-01T00:00:00Z",
          .accepts = IsStart},
    Field{.name = "batch",
          .kind = kInteger,
          .summary = "The most records delivered at once.",
          .otherwise = "100",
          .low = 1,
          .high = 10000},
    Field{.name = "window",
          .kind = kDuration,
          .summary = "How long a batch that is not full waits for more records.",
          .otherwise = "0s",
          .low = 0,
          .high = kWindowMax},
    Field{.name = "parallel",
          .kind = kInteger,
          .summary = "The most batches under way at once. Records of one key never are.",
          .otherwise = "16",
          .low = 1,
          .high = limits::kParallelMax},
    Field{.name = "order",
          .kind = kObject,
          .summary = "Which records keep their order.",
          .otherwise = "`{by: item}`",
          .object = &kOrder},
    Field{.name = "retries",
          .kind = kCount,
          .summary =
              "How often a record that was not taken is tried again before it becomes a dead letter. A target that is "
              "down, or a rate limit, costs no try.",
          .otherwise = "forever",
          .high = kRetriesMax,
          .choices = kForever},
    Field{.name = "max-age",
          .kind = kDuration,
          .summary = "A record that is older, and still not taken, becomes a dead letter.",
          .otherwise = "none",
          .low = kMinute,
          .high = kAgeMax},
    Field{.name = "bisect",
          .kind = kFlag,
          .summary = "Whether a batch that was refused as a whole is halved until the record at fault is found.",
          .otherwise = "true"},
    WithOtherwise(kAfterFailureField, "hold"),
    kItemField,
    kUnlessExistsField,
    Field{.name = "state",
          .kind = kChoice,
          .summary = "A stopped pipe keeps its position.",
          .otherwise = "running",
          .choices = kPipeStates},
    Field{.name = "partial"},
    Field{.name = "on-failure", .summary = "what is given up is kept: see `millrace dlq`"},
    Field{.name = "tumbling"},
    Field{.name = "validate"},
    Field{.name = "enrich"},
    Field{.name = "retry", .summary = "use retries and max-age"},
    Field{.name = "dlq", .summary = "what is given up is kept: see `millrace dlq`"},
    Field{.name = "group"},
    Field{.name = "record"},
    Field{.name = "delivery"},
    Field{.name = "log"},
    Field{.name = "aws",
          .kind = kObject,
          .summary = "The same in CloudFormation's words: properties of `AWS::Pipes::Pipe`.",
          .object = &kAwsPipeObject},
    Field{.name = "tags"},
};
constexpr Object kPipe{.name = "pipe", .fields = kPipeFields};

constexpr std::array kRetryFields = {
    Field{.name = "attempts",
          .kind = kCount,
          .summary = "How often an event that was not taken is tried again. A target that is down costs no try.",
          .otherwise = "forever",
          .high = kRetriesMax,
          .choices = kForever},
    Field{.name = "max-age",
          .kind = kDuration,
          .summary = "An event that is older, and still not taken, becomes a dead letter.",
          .otherwise = "24h",
          .low = kMinute,
          .high = kAgeMax},
};
constexpr Object kRetry{.name = "retry", .fields = kRetryFields};

constexpr std::array kRuleFields = {
    Field{
        .name = "from", .kind = kReference, .summary = "The bus it listens to.", .required = true, .kinds = kRuleFrom},
    Field{.name = "match",
          .kind = kPattern,
          .summary = "The event pattern, written as YAML. Text matches exactly: `no` is text, `1` is a number.",
          .otherwise = "none: then there is a schedule"},
    Field{.name = "schedule",
          .kind = kText,
          .summary =
              "When it fires by itself, with an event of source `aws.events`: `rate(5 minutes)` or `cron(0 12 * * ? "
              "*)`, in UTC.",
          .otherwise = "none",
          .pattern = "^(rate|cron)\\(.+\\)$",
          .wants = "a schedule such as rate(5 minutes) or cron(0 12 * * ? *)",
          .accepts = IsSchedule},
    Field{.name = "to",
          .kind = kReferences,
          .summary = "The target, bus or table of each event that matches, or a list of up to five.",
          .required = true,
          .high = limits::kTargetsPerRuleMax,
          .kinds = kRuleTo,
          .later = kRuleToLater},
    kInputField,
    Field{.name = "retry",
          .kind = kObject,
          .summary = "How often and how long an event is tried.",
          .otherwise = "for 24 hours",
          .object = &kRetry},
    WithOtherwise(kAfterFailureField, "continue"),
    kItemField,
    kUnlessExistsField,
    Field{.name = "enabled", .kind = kFlag, .summary = "Whether it matches anything.", .otherwise = "true"},
    Field{.name = "dlq", .summary = "what is given up is kept: see `millrace dlq`"},
    Field{.name = "group"},
    Field{.name = "aws",
          .kind = kObject,
          .summary = "The same in CloudFormation's words: properties of `AWS::Events::Rule`.",
          .object = &kAwsRuleObject},
    Field{.name = "tags"},
};
constexpr Object kRule{.name = "rule", .fields = kRuleFields};

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
          .summary = "From a table's changes, or a bus, to a bus, a table or a target.",
          .high = limits::kResourcesMax,
          .object = &kPipe},
    Field{.name = "rules",
          .kind = kNamed,
          .summary = "From a bus, by content or by the clock, to targets.",
          .high = limits::kRulesMax,
          .object = &kRule,
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
    Field{.name = "queues"},
    Field{.name = "functions", .summary = "let a rule call an HTTP endpoint: targets: {NAME: {http: {url: …}}}"},
    Field{.name = "http", .summary = "use targets: {NAME: {http: {url: …}}}"},
    Field{.name = "schemas"},
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
