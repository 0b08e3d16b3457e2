// The keys of pipes, rules and triggers.
#include <array>

#include "config/limits.h"
#include "config/route.h"
#include "config/spec_parts.h"
#include "config/start.h"
#include "json/path.h"
#include "model/number.h"
#include "transform/input.h"
#include "transform/parameter.h"
#include "transform/schedule.h"

namespace millrace::config {
namespace {

using enum FieldKind;

// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html: 256 characters, and
// sources that start with "aws." are refused.
bool IsSource(std::string_view text) {
  return !text.empty() && text.size() <= 256 && !text.starts_with("aws.");
}

constexpr std::array kFormats = {std::string_view("stream-record"), std::string_view("crud"),
                                 std::string_view("cloudevents"), std::string_view("debezium"),
                                 std::string_view("event-store")};
constexpr std::array kFieldCases = {std::string_view("pascal"), std::string_view("camel")};
constexpr std::array kForever = {std::string_view("forever")};
constexpr std::array kAfterFailure = {std::string_view("hold"), std::string_view("continue")};
constexpr std::array kItemJson = {std::string_view("plain-json"), std::string_view("dynamodb-json")};
constexpr std::array kPipeStates = {std::string_view("running"), std::string_view("stopped")};
constexpr std::array kPipeFrom = {RefKind::kTable, RefKind::kBus, RefKind::kQueue, RefKind::kTarget};
constexpr std::array kReceivers = {RefKind::kBus, RefKind::kQueue, RefKind::kFunction, RefKind::kTable,
                                   RefKind::kTarget};
constexpr std::array kEnrichers = {RefKind::kFunction, RefKind::kTarget};
constexpr std::array kRuleFrom = {RefKind::kBus};
constexpr std::array kTriggerFrom = {RefKind::kTable, RefKind::kQueue};
constexpr std::array kRouteTo = {RefKind::kTable, RefKind::kQueue, RefKind::kBus};
constexpr std::array<std::string_view, 2> kRouteToLater = {"function", "target"};
constexpr std::array kFailures = {RefKind::kQueue};
constexpr std::array kTables = {RefKind::kTable};
constexpr std::array kDetect = {std::string_view("detect")};
constexpr std::array kGaps = {std::string_view("wait"), std::string_view("skip"), std::string_view("fail")};

constexpr std::array<std::string_view, 1> kTriggerFromLater = {"target"};
constexpr std::array<std::string_view, 1> kReceiversLater = {"http"};
constexpr std::array<std::string_view, 2> kFailuresLater = {"bus", "function"};

// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeSourceDynamoDBStreamParameters.html
constexpr std::int64_t kWindowMax = 300 * kSecond;
constexpr std::int64_t kRetriesMax = 10'000;
constexpr std::int64_t kAgeMax = 7 * kDay;

bool IsRoute(std::string_view text) {
  return ParseRoute(text).has_value();
}
bool IsStart(std::string_view text) {
  return ParseStart(text).has_value();
}
bool IsOrder(std::string_view text) {
  if (text.starts_with('$')) return transform::EventPath::Parse(text).ok();
  return IsNotEmpty(text) && text.size() <= 255;
}
bool IsAttribute(std::string_view text) {
  return IsNotEmpty(text) && text.size() <= 255;
}
bool IsTemplate(std::string_view text) {
  return !text.empty() && text.size() <= 4 * transform::InputTemplate::kCharactersMax;
}
bool IsPath(std::string_view text) {
  return transform::Input::AtPath(text).ok();
}
bool IsJsonPath(std::string_view text) {
  return text.size() <= 256 && json::Path::Parse(text).ok();
}
bool IsStep(std::string_view text) {
  const auto step = model::Number::Parse(text);
  return step.ok() && !step->is_zero() && !step->is_negative();
}
bool IsAttributeName(std::string_view text) {
  return !text.empty() && text.size() <= 255;
}
bool IsSchedule(std::string_view text) {
  return transform::Schedule::Parse(text).ok();
}
// Literals and paths of at most 256 and 128 characters, as PutEvents takes them.
bool IsEventName(std::string_view text) {
  return !text.empty() && text.size() <= 256 && !text.starts_with("aws.") &&
         transform::Parameter::Parse("event", text).ok();
}

constexpr std::array kOrderFields = {
    Field{
        .name = "by",
        .kind = kText,
        .summary =
            "What shares a lane: the records of one `item`, of one `partition` key, or those that have the same at a "
            "path into the record, such as `$.new.customer`. Within a lane records keep their order; lanes run in "
            "parallel. From a bus: the key of the record that an event was made from (`item`), or a path. From Kafka: "
            "the message's key (`item`), its partition, or a path. With `sequence`: the table's partition key, by its "
            "name.",
        .required = true,
        .pattern = "^[\\s\\S]{1,255}$",
        .wants = "item, partition, or a path such as $.new.customer",
        .accepts = IsOrder},
    Field{
        .name = "sequence",
        .kind = kText,
        .summary =
            "From an event store to Kafka: the sort key that numbers the events of a partition key without gaps. They "
            "are sent in the order of these numbers, in whichever order they come: see "
            "[kafka.md](kafka.md#in-the-order-of-versions).",
        .otherwise = "none",
        .pattern = "^[\\s\\S]{1,255}$",
        .wants = "the name of the table's sort key",
        .accepts = IsAttribute},
    Field{.name = "first",
          .kind = kCount,
          .summary = "The first of these numbers; `detect`: 0, or 1 where there is no 0.",
          .otherwise = "0",
          .high = 1'000'000'000,
          .choices = kDetect},
    Field{
        .name = "offsets",
        .kind = kReference,
        .summary = "With `sequence`, required: the table that keeps what was sent, `{id, version}` per partition key.",
        .otherwise = "none",
        .kinds = kTables},
    Field{.name = "gap",
          .kind = kChoice,
          .summary =
              "With `sequence`: whether events behind a missing number wait for it, go on without it after a while, or "
              "become dead letters.",
          .otherwise = "wait",
          .choices = kGaps},
    Field{.name = "gap-after",
          .kind = kDuration,
          .summary = "With `gap: skip` and `gap: fail`: how old the event behind the gap is then.",
          .otherwise = "5m",
          .low = 0,
          .high = 7 * kDay},
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
constexpr std::array kBesideFields = {
    Field{.name = "step",
          .kind = kText,
          .summary = "What is added to the sort key, until the place is free: a number in quotes, such as `\"1e-9\"`.",
          .required = true,
          .pattern = "^[0-9]*\\.?[0-9]*([eE][+-]?[0-9]+)?$",
          .wants = "a number greater than zero in quotes, such as \"1e-9\"",
          .accepts = IsStep},
    Field{
        .name = "mark",
        .kind = kText,
        .summary = "The attribute that says how many steps an item was moved. Items that have it already keep theirs.",
        .otherwise = "none",
        .pattern = "^[\\s\\S]{1,255}$",
        .wants = "an attribute's name, 1 to 255 bytes",
        .accepts = IsAttributeName},
    Field{.name = "places",
          .kind = kInteger,
          .summary = "The most items beside each other. What finds no place is given up.",
          .otherwise = "1000",
          .low = 2,
          .high = 100'000},
};
constexpr Object kBeside{.name = "beside", .fields = kBesideFields};
constexpr Field kBesideField{
    .name = "beside",
    .kind = kObject,
    .summary =
        "To a table with a number as its sort key: where an item goes whose key a different one has. The same item "
        "again changes nothing.",
    .otherwise = "it replaces the other",
    .object = &kBeside};

constexpr std::array kSchemaRefs = {RefKind::kSchema};
constexpr std::array kValidateFields = {
    Field{.name = "schema",
          .kind = kReference,
          .summary = "The JSON Schema, from `schemas`.",
          .required = true,
          .kinds = kSchemaRefs},
    Field{.name = "at",
          .kind = kText,
          .summary = "The part of the record that it is about, such as `$.detail`.",
          .otherwise = "`$.body` of a queue's message, all of other records",
          .pattern = "^\\$.{0,255}$",
          .wants = "a path such as $.detail",
          .accepts = IsJsonPath},
    Field{.name = "reject", .summary = "use on-failure"},
};
constexpr Object kValidate{.name = "validate", .fields = kValidateFields};

constexpr Field kUnlessExistsField{.name = "unless-exists",
                                   .kind = kFlag,
                                   .summary = "To a table: an item that is there already stays as it is.",
                                   .otherwise = "false"};

constexpr Field kStartField{
    .name = "start",
    .kind = kText,
    .summary =
        "Where a pipe that has no position yet begins: `latest`, `trim-horizon` (the oldest record kept), a "
        "sequence number in quotes, or a time such as `2026-01-01T00:00:00Z`.",
    .otherwise = "latest",
    .pattern = "^(latest|trim-horizon|[0-9]{21,40}|[0-9]{4}-.+)$",
    .wants = "latest, trim-horizon, a sequence number of 21 to 40 digits, or a time such as 2026-01-01T00:00:00Z",
    .accepts = IsStart};
constexpr Field kBatchField{.name = "batch",
                            .kind = kInteger,
                            .summary = "The most records delivered at once.",
                            .otherwise = "100",
                            .low = 1,
                            .high = 10000};
constexpr Field kWindowField{.name = "window",
                             .kind = kDuration,
                             .summary = "How long a batch that is not full waits for more records.",
                             .otherwise = "0s",
                             .low = 0,
                             .high = kWindowMax};
constexpr Field kParallelField{.name = "parallel",
                               .kind = kInteger,
                               .summary = "The most batches under way at once. Records of one key never are.",
                               .otherwise = "16",
                               .low = 1,
                               .high = limits::kParallelMax};
constexpr Field kOrderField{.name = "order",
                            .kind = kObject,
                            .summary = "Which records keep their order.",
                            .otherwise = "`{by: item}`",
                            .object = &kOrder};
constexpr Field kRetriesField{
    .name = "retries",
    .kind = kCount,
    .summary =
        "How often a record that was not taken is tried again before it becomes a dead letter. A target that is "
        "down, or a rate limit, costs no try.",
    .otherwise = "forever",
    .high = kRetriesMax,
    .choices = kForever};
constexpr Field kMaxAgeField{.name = "max-age",
                             .kind = kDuration,
                             .summary = "A record that is older, and still not taken, becomes a dead letter.",
                             .otherwise = "none",
                             .low = kMinute,
                             .high = kAgeMax};
constexpr Field kBisectField{
    .name = "bisect",
    .kind = kFlag,
    .summary = "Whether a batch that was refused as a whole is halved until the record at fault is found.",
    .otherwise = "true"};
constexpr Field kMatchField{
    .name = "match",
    .kind = kPatterns,
    .summary = "An event pattern over the record, or up to five: a record passes if any of them matches.",
    .otherwise = "every record",
    .high = limits::kPatternsPerPipeMax};
constexpr Field kOnFailureField{
    .name = "on-failure",
    .kind = kReference,
    .summary =
        "The queue that gets what is given up, with the reason and AWS's account of it, instead of the dead letters.",
    .otherwise = "the dead letters",
    .kinds = kFailures,
    .later = kFailuresLater};
constexpr Field kPartialField{
    .name = "partial",
    .kind = kFlag,
    .summary = "To a function: whether its answer may name the records that it did not take (`batchItemFailures`).",
    .otherwise = "false"};

constexpr std::array kInboxTables = {RefKind::kTable};
constexpr std::array kInboxFields = {
    Field{.name = "table",
          .kind = kReference,
          .summary = "The table that notes what was done, with a partition key of text and no sort key.",
          .required = true,
          .kinds = kInboxTables},
    Field{.name = "remember",
          .kind = kDuration,
          .summary = "How long a record is known to be done.",
          .otherwise = "5m",
          .low = kSecond,
          .high = 365 * kDay},
    Field{
        .name = "lock",
        .kind = kDuration,
        .summary = "How long a record counts as under way when nobody says what became of it. Longer than it can take.",
        .otherwise = "1m",
        .low = kSecond,
        .high = kDay},
};
constexpr Object kInbox{.name = "inbox", .fields = kInboxFields};
constexpr Field kInboxField{
    .name = "inbox",
    .kind = kObject,
    .summary =
        "To a function or an HTTP target: each record takes effect once, however often it is delivered. Records go one "
        "by one.",
    .otherwise = "none",
    .object = &kInbox};

constexpr std::array kRequestFields = {
    Field{.name = "headers",
          .kind = kTexts,
          .summary = "Headers, besides the target's own, which win.",
          .otherwise = "none",
          .headers = true,
          .high = limits::kHttpFieldsMax},
    Field{.name = "query",
          .kind = kTexts,
          .summary = "Added to the URL's query.",
          .otherwise = "none",
          .high = limits::kHttpFieldsMax},
    Field{.name = "path",
          .kind = kTextList,
          .summary = "What stands for each `*` in the path of the target's URL, in their order.",
          .otherwise = "none",
          .high = limits::kHttpFieldsMax},
};
constexpr Object kRequest{.name = "request", .fields = kRequestFields};
constexpr Field kRequestField{
    .name = "request",
    .kind = kObject,
    .summary =
        "To an HTTP target: what each record adds to its request. Values are texts, or paths into the event "
        "such as `$.keys.id`.",
    .otherwise = "nothing",
    .object = &kRequest};
constexpr Field kGroupField{
    .name = "group",
    .kind = kText,
    .summary =
        "To a FIFO queue: the message's group, a text or a path into the event. Messages of a group keep their "
        "order.",
    .otherwise = "one for each item",
    .pattern = "^[\\s\\S]{1,4096}$",
    .wants = "text, or a path such as $.keys.id",
    .accepts = IsNotEmpty};
constexpr Field kDeduplicationIdField{
    .name = "deduplication-id",
    .kind = kText,
    .summary = "To a FIFO queue: the message's deduplication id, a text or a path into the event.",
    .otherwise = "the record's id",
    .pattern = "^[\\s\\S]{1,4096}$",
    .wants = "text, or a path such as $.keys.id",
    .accepts = IsNotEmpty};

constexpr std::array kEnrichFields = {
    Field{.name = "with",
          .kind = kReference,
          .summary = "The function, or the HTTP target, that is asked. Its answer, JSON, takes the record's place.",
          .required = true,
          .kinds = kEnrichers},
    WithOtherwise(kInputField, "the record, as `format` makes it"),
    kRequestField,
};
constexpr Object kEnrich{.name = "enrich", .fields = kEnrichFields};

constexpr std::array kPipeFields = {
    Field{.name = "from",
          .kind = kReference,
          .summary = "The table whose changes it reads, the bus whose events, the queue whose messages, or the Kafka "
                     "target whose "
                     "topic.",
          .required = true,
          .kinds = kPipeFrom},
    Field{.name = "to",
          .kind = kReference,
          .summary = "The bus, the queue, the function, the table or the target that it feeds.",
          .required = true,
          .kinds = kReceivers,
          .later = kReceiversLater},
    kMatchField,
    Field{.name = "format",
          .kind = kChoice,
          .summary =
              "What it makes of a table's record: the DynamoDB stream record as it is, a CRUD event with the new "
              "values and the names of the updated fields, a CloudEvent, Debezium's envelope, or, to Kafka, the "
              "message of an "
              "event store's row.",
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
    kStartField,
    kBatchField,
    kWindowField,
    kParallelField,
    kOrderField,
    kRetriesField,
    kMaxAgeField,
    kBisectField,
    WithOtherwise(kAfterFailureField, "hold"),
    kItemField,
    kUnlessExistsField,
    kBesideField,
    Field{.name = "state",
          .kind = kChoice,
          .summary = "A stopped pipe keeps its position.",
          .otherwise = "running",
          .choices = kPipeStates},
    kPartialField,
    kOnFailureField,
    kInboxField,
    Field{.name = "tumbling"},
    Field{.name = "validate",
          .kind = kObject,
          .summary =
              "A JSON Schema that each record must keep to, before anything is made of it. One that does not is given "
              "up at once, with the reason: see [schemas.md](schemas.md).",
          .otherwise = "no schema",
          .object = &kValidate},
    Field{.name = "enrich",
          .kind = kObject,
          .summary =
              "Somebody who is asked about each record before it is delivered. Nothing, `\"\"`, `{}` and `[]` as the "
              "answer: there is nothing to deliver.",
          .otherwise = "nobody",
          .object = &kEnrich},
    Field{.name = "retry", .summary = "use retries and max-age"},
    Field{.name = "dlq", .summary = "use on-failure, or nothing: what is given up is kept, see `millrace dlq`"},
    kRequestField,
    kGroupField,
    kDeduplicationIdField,
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
          .summary = "The target, bus, queue, function or table of each event that matches, or a list of up to five.",
          .required = true,
          .high = limits::kTargetsPerRuleMax,
          .kinds = kReceivers,
          .later = kReceiversLater},
    kInputField,
    Field{.name = "retry",
          .kind = kObject,
          .summary = "How often and how long an event is tried.",
          .otherwise = "for 24 hours",
          .object = &kRetry},
    WithOtherwise(kAfterFailureField, "continue"),
    kItemField,
    kUnlessExistsField,
    kBesideField,
    Field{.name = "enabled", .kind = kFlag, .summary = "Whether it matches anything.", .otherwise = "true"},
    kOnFailureField,
    kInboxField,
    Field{.name = "dlq", .summary = "use on-failure, or nothing: what is given up is kept, see `millrace dlq`"},
    kRequestField,
    kGroupField,
    kDeduplicationIdField,
    Field{.name = "aws",
          .kind = kObject,
          .summary = "The same in CloudFormation's words: properties of `AWS::Events::Rule`.",
          .object = &kAwsRuleObject},
    Field{.name = "tags"},
};
constexpr Object kRule{.name = "rule", .fields = kRuleFields};

constexpr std::array kTriggerFields = {
    Field{.name = "from",
          .kind = kReference,
          .summary = "The table whose changes it reads, or the queue whose messages.",
          .required = true,
          .kinds = kTriggerFrom,
          .later = kTriggerFromLater},
    kMatchField,
    kStartField,
    kBatchField,
    kWindowField,
    kParallelField,
    kOrderField,
    kRetriesField,
    kMaxAgeField,
    kBisectField,
    kPartialField,
    kOnFailureField,
    kInboxField,
    WithOtherwise(kAfterFailureField, "continue"),
    Field{.name = "tumbling"},
    Field{.name = "aws"},
};
constexpr Object kTrigger{.name = "trigger", .fields = kTriggerFields};

constexpr std::array kRouteFields = {
    Field{.name = "http",
          .kind = kText,
          .summary = "The method and the path of its requests, as API Gateway's HTTP APIs write them.",
          .required = true,
          .pattern = "^[A-Z]+ /.*$",
          .wants = "a method and a path, such as POST /books, GET /books/{id} or ANY /{proxy+}",
          .accepts = IsRoute},
    Field{.name = "to",
          .kind = kReference,
          .summary = "The table, the queue or the bus that has the request when it is answered.",
          .required = true,
          .kinds = kRouteTo,
          .later = kRouteToLater},
    WithOtherwise(kInputField, "the request's body"),
    Field{.name = "event",
          .kind = kObject,
          .summary = "To a bus: how its events are named.",
          .otherwise = "source `Route NAME`, detail-type `HTTP request`",
          .object = &kEvent},
    WithOtherwise(kGroupField, "one for the whole route"),
    kDeduplicationIdField,
    kItemField,
    kUnlessExistsField,
    kBesideField,
    Field{.name = "status",
          .kind = kInteger,
          .summary = "What is answered once it is stored.",
          .otherwise = "201 for a table, else 202",
          .low = 200,
          .high = 299},
};
constexpr Object kRoute{.name = "route", .fields = kRouteFields};

}  // namespace

const Object kRouteObject = kRoute;
const Object kPipeObject = kPipe;
const Object kRuleObject = kRule;
const Object kTriggerObject = kTrigger;

}  // namespace millrace::config
