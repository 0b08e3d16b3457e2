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
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/diagnostic.h"
#include "config/route.h"
#include "jsonschema/schema.h"
#include "model/key.h"
#include "pattern/service_limits.h"
#include "transform/input.h"
#include "transform/parameter.h"

namespace millrace::config {

using Milliseconds = std::chrono::milliseconds;

struct Settings {
  std::string account = "000000000000";
  std::string region = "us-east-1";
  std::optional<std::string> listen;  // "127.0.0.1:4566"; a command-line flag wins over it
  std::optional<std::string> data;    // directory, relative to the file
  std::string cors;                   // pages of which origin may read what functions answer: "*", or empty for none
  std::string routes = "127.0.0.1:3000";  // where functions answer HTTP requests
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

// An event pattern as JSON text, numbers as they were written.
struct PatternText {
  std::string json;
  Span span;
};

// A copy of what a bus receives, kept for replays.
struct Archive {
  Milliseconds retain{0};            // 0: for ever
  std::optional<PatternText> match;  // none: every event
};

struct Bus {
  std::string name;
  Span span;
  Milliseconds retain = std::chrono::hours(24);
  std::optional<Archive> archive;
};

enum class RefKind : std::uint8_t { kTable, kBus, kPipe, kRule, kTarget, kSecret, kQueue, kFunction, kRoute, kSchema };
// "table", "bus", …
std::string_view RefKindName(RefKind kind);

struct Ref {
  RefKind kind = RefKind::kTable;
  std::string name;
  Span span;
  std::string ToString() const;  // "table/users"
};

// What a pipe makes of a change: docs/reference/configuration.md describes each.
enum class Format : std::uint8_t { kStreamRecord, kCrud, kCloudEvents, kDebezium, kEventStore };
enum class FieldCase : std::uint8_t { kPascal, kCamel };

// Where a pipe that has no position yet begins.
struct Start {
  enum class Kind : std::uint8_t { kLatest, kTrimHorizon, kSequence, kTime };
  Kind kind = Kind::kLatest;
  std::string sequence;  // decimal
  std::int64_t time_ms = 0;
};

// The events of one partition are numbered without gaps, and go out in the order of their numbers.
struct Sequence {
  enum class Gap : std::uint8_t { kWait, kSkip, kFail };
  std::string attribute;                  // the table's sort key
  std::optional<std::int64_t> first = 0;  // the first number; none: 0, or 1 if there is no 0
  Ref offsets;                            // the table of {id, version}: what was sent
  Gap gap = Gap::kWait;
  Milliseconds gap_after = std::chrono::minutes(5);  // until a number that is missing is skipped, or its event given up
};

// What shares a lane.
struct Order {
  enum class By : std::uint8_t { kItem, kPartition, kPath };
  By by = By::kItem;
  std::string path;
  std::optional<Sequence> sequence;
};

// How often and how long a record is tried.
struct Retry {
  std::optional<std::uint32_t> retries_max;  // none: for ever
  std::optional<Milliseconds> age_max;       // none: for ever
};

// What becomes of a key whose record was given up.
enum class AfterFailure : std::uint8_t { kHold, kContinue };

// How events that a pipe makes are named; parameters may be paths into the record.
struct EventNames {
  std::optional<transform::Parameter> source;
  std::optional<transform::Parameter> detail_type;
};

// What is said of each record besides its body. Values may be paths into the event.
struct RecordParameters {
  using Texts = std::vector<std::pair<std::string, transform::Parameter>>;
  Span span = {};
  // To a FIFO queue.
  std::optional<transform::Parameter> group;             // none: the order key
  std::optional<transform::Parameter> deduplication_id;  // none: the record's id
  // To an HTTP target.
  Texts headers;
  Texts query;
  std::vector<transform::Parameter> path;  // for the "*" in the URL's path

  bool IsEmpty() const { return !group && !deduplication_id && headers.empty() && query.empty() && path.empty(); }
  bool HasHttp() const { return !headers.empty() || !query.empty() || !path.empty(); }
};

// Where an item goes whose key another one has: beside it, at its sort key plus the step, or twice the step, …
struct Beside {
  std::string step;  // a number greater than zero
  std::string mark;  // the attribute that says how many steps; empty: none
  std::uint32_t places_max = 1000;
};

// How JSON becomes an item.
struct ItemWrite {
  enum class Json : std::uint8_t { kPlain, kDynamoDb };
  Json json = Json::kPlain;
  bool unless_exists = false;
  std::optional<Beside> beside;
};

// What each record has to keep to before anything is made of it.
struct Validation {
  Ref schema;
  std::string at;  // the part of the record, a path; empty: a message's body, or all of the record
  std::shared_ptr<const jsonschema::Schema> compiled;
};

// Who is asked about each record on its way.
struct Enrichment {
  Ref with;                // a function, or a target that is an HTTP endpoint
  transform::Input input;  // of the record; the whole event: what the format makes
  RecordParameters parameters;
};

// Lets each record take effect once at a function or an endpoint.
struct Inbox {
  Ref table;
  Milliseconds remember = std::chrono::seconds(300);
  Milliseconds lock = std::chrono::seconds(60);
};

struct Pipe {
  std::string name;
  Span span;
  Ref from;                        // a table, a bus, a queue, or a target that is a Kafka topic
  Ref to;                          // a bus, a queue, a function, a table or a target
  std::vector<PatternText> match;  // any of them; none: every record
  Format format = Format::kStreamRecord;
  std::optional<std::string> source;  // overrides the event's source; without it the table's name (crud)
  FieldCase field_case = FieldCase::kPascal;
  EventNames event;
  transform::Input input;  // of what the format makes
  Start start;
  std::uint32_t batch = 100;
  Milliseconds window{0};
  std::uint32_t parallel = 16;
  Order order;
  Retry retry;
  bool bisect = true;
  AfterFailure after_failure = AfterFailure::kHold;
  ItemWrite item;
  bool running = true;
  // An event source mapping of the function `to`, which gets AWS's batches of records.
  bool trigger = false;
  bool partial = false;           // the function's answer may name records that it did not take
  std::optional<Ref> on_failure;  // a queue
  std::optional<Enrichment> enrichment;
  RecordParameters parameters = {};
  std::optional<Inbox> inbox;
  std::optional<Validation> validation;
};

// One of a rule's targets, and what it gets.
struct RuleTarget {
  std::string id;  // unique within its rule; empty: named after where it leads
  Ref ref;         // a target, a bus, a queue, a function or a table
  transform::Input input;
  RecordParameters parameters = {};
  // EventBridge's age, https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html. Its 185
  // tries are what it fits into that time; ours are not counted unless asked for.
  Retry retry{std::nullopt, std::chrono::hours(24)};
  std::optional<Ref> on_failure = {};  // the queue that gets what is given up
};

struct Rule {
  std::string name;
  Span span;
  Ref from;                          // a bus
  std::optional<PatternText> match;  // of match and schedule there is at least one
  std::optional<std::string> schedule;
  std::vector<RuleTarget> to;  // one to five
  AfterFailure after_failure = AfterFailure::kContinue;
  std::optional<Inbox> inbox;
  ItemWrite item;
  bool enabled = true;
};

// Where a secret is found when somebody needs it; the value itself is never part of a configuration.
struct SecretSource {
  enum class In : std::uint8_t { kEnvironment, kFile };
  std::string name;
  Span span;
  In in = In::kEnvironment;
  std::string where = {};  // the variable, or the path, relative to the configuration file
};

// docs/reference/targets.md says what each of these does.
struct HttpTarget {
  using Texts = std::vector<std::pair<std::string, std::string>>;
  enum class Content : std::uint8_t { kJson, kCloudEventsBinary, kCloudEventsStructured };
  enum class Addresses : std::uint8_t { kNoLinkLocal, kPublic, kAny };
  struct Basic {
    std::string user;
    Ref password;
  };
  struct ApiKey {
    std::string header;
    Ref value;
  };
  struct OAuth {
    std::string url;
    std::string client_id;
    Ref client_secret;
    std::string method = "POST";
    bool credentials_in_body = false;
    Texts headers;
    Texts query;
    Texts body;
  };
  using Auth = std::variant<std::monostate, Basic, ApiKey, OAuth>;
  struct BodySignature {
    std::string header;
    Ref secret;
    std::string prefix;
    bool base64 = false;  // hexadecimal otherwise
  };
  struct Sign {
    std::vector<Ref> standard_webhooks;
    std::optional<BodySignature> body;
  };
  struct Batch {
    std::uint32_t records_max = 1;
    std::uint32_t bytes_max = 1024 * 1024;
    bool stops_at_first_failure = false;
  };

  std::string url;  // http:// or https://, checked
  std::string method = "POST";
  Texts headers;  // checked: legal names and values
  Texts query;
  Milliseconds timeout = std::chrono::seconds(5);
  Content content = Content::kJson;
  Auth auth;
  Sign sign;
  std::uint32_t requests_per_second = 0;  // 0: no limit
  Batch batch;
  Addresses addresses = Addresses::kNoLinkLocal;
};
// A Kafka topic, to be written or to be read. docs/reference/kafka.md says what each of these does.
struct KafkaTarget {
  using Texts = std::vector<std::pair<std::string, std::string>>;
  enum class Compression : std::uint8_t { kNone, kGzip, kSnappy, kLz4, kZstd };
  struct Sasl {
    enum class Mechanism : std::uint8_t { kPlain, kScramSha256, kScramSha512, kOauthBearer };
    Mechanism mechanism = Mechanism::kPlain;
    std::string user;  // empty: the secret is {"username": …, "password": …}
    Ref secret;
  };
  struct Tls {
    std::string ca;           // PEM files, relative to the configuration file; empty: the system's
    std::string certificate;  // the client's own
    std::optional<Ref> key;   // PEM
  };
  struct Create {
    std::uint32_t partitions = 1;
    std::uint32_t replicas = 1;
  };
  std::string servers;
  std::string topic;      // or a path into what is delivered
  std::string client_id;  // empty: "millrace"
  std::string key;        // a text or a path; empty: what shares a lane
  std::string partition;  // the same; empty: by the key
  Texts headers;          // texts or paths
  Compression compression = Compression::kNone;
  std::uint32_t message_bytes_max = 1'000'000;
  Milliseconds timeout = std::chrono::seconds(30);
  std::optional<Sasl> sasl;
  std::optional<Tls> tls;
  std::optional<Create> create;

  // One topic, by its name.
  bool one_topic() const { return !topic.starts_with('$'); }
};
struct FileTarget {
  std::string path;  // NDJSON is appended; relative to the configuration file
};
struct StdoutTarget {};

struct Target {
  std::string name;
  Span span;
  std::variant<HttpTarget, FileTarget, StdoutTarget, KafkaTarget> to;
};

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
struct Queue {
  struct DeadLetters {
    Ref queue;
    std::uint32_t receives_max = 1;
  };
  std::string name;
  Span span;
  bool fifo = false;  // as its name says
  bool content_deduplication = false;
  Milliseconds visibility = std::chrono::seconds(30);
  Milliseconds delay{0};
  Milliseconds wait{0};
  Milliseconds retain = std::chrono::hours(4 * 24);
  std::optional<DeadLetters> dead_letters;
  std::optional<std::uint32_t> message_bytes_max;  // none: SQS's own, or what was set by hand
};

// A JSON Schema: from a file, relative to the configuration file, or written out.
struct Schema {
  std::string name;
  Span span;
  std::string file = {};
  std::shared_ptr<const jsonschema::Schema> compiled = nullptr;  // null until LoadSchemas has read the file
};

// Its triggers are pipes.
struct Function {
  enum class Run : std::uint8_t { kNode, kPython, kNative };
  std::string name;
  Span span;
  Run run = Run::kNode;
  std::string handler;
  std::string directory;  // relative to the configuration file; empty: the file's
  std::vector<std::pair<std::string, std::string>> environment;
  Milliseconds timeout = std::chrono::seconds(3);
  std::uint32_t memory_mib = 128;
  std::uint32_t concurrency = 10;
  std::optional<Route> http;
};

// Requests that become records: what a client posts is in a table, a queue or a bus when it has its answer.
struct HttpRoute {
  std::string name;
  Span span;
  Route http;
  Ref to;                  // a table, a queue or a bus
  transform::Input input;  // of the request as a function would get it; the whole event: the request's body
  EventNames event;        // to a bus
  ItemWrite item;          // to a table
  RecordParameters parameters;
  int status = 202;  // what is answered once it is stored
};

struct Config {
  std::string name;  // "name:", or the empty string
  Settings settings;
  std::vector<Table> tables;
  std::vector<Bus> buses;
  std::vector<Pipe> pipes;
  std::vector<Rule> rules;
  std::vector<Target> targets;
  std::vector<SecretSource> secrets;
  std::vector<Queue> queues;
  std::vector<Function> functions;
  std::vector<HttpRoute> routes;
  std::vector<Schema> schemas;

  const Table* FindTable(std::string_view table) const;
  const Bus* FindBus(std::string_view bus) const;
  const Target* FindTarget(std::string_view target) const;
  const SecretSource* FindSecret(std::string_view secret) const;
  const Queue* FindQueue(std::string_view queue) const;
  const Function* FindFunction(std::string_view function) const;
  const Schema* FindSchema(std::string_view schema) const;
};

}  // namespace millrace::config
