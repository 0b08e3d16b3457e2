#include "config/parse.h"

#include <fmt/core.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "config/cloudformation.h"
#include "config/dataflow.h"
#include "config/fields.h"
#include "config/http_target.h"
#include "config/kafka_target.h"
#include "config/limits.h"
#include "config/quotas.h"
#include "config/record_parameters.h"
#include "config/report.h"
#include "config/schemas.h"
#include "config/spec.h"
#include "config/start.h"
#include "config/yaml.h"

namespace millrace::config {
namespace {

// Reads the sections of a file one after the other. What is wrong is reported and left out.
class Reader {
 public:
  explicit Reader(Report& report) : report_(report) {}

  void Read(const Node& root) {
    Fields file(root, {1, 1, 2}, Specification(), "", report_);
    file.Version("version");
    config_.name = file.Text("name").value_or("");
    file.Nested("settings", [&](Fields& fields) { ReadSettings(fields); });
    file.Named("tables", RefKind::kTable, [&](auto& name, Span span, Fields& f) { ReadTable(name, span, f); });
    file.Named("buses", RefKind::kBus, [&](auto& name, Span span, Fields& f) { ReadBus(name, span, f); });
    file.Named("pipes", RefKind::kPipe, [&](auto& name, Span span, Fields& f) { ReadPipe(name, span, f); });
    file.Named("rules", RefKind::kRule, [&](auto& name, Span span, Fields& f) { ReadRule(name, span, f); });
    file.Named("queues", RefKind::kQueue, [&](auto& name, Span span, Fields& f) { ReadQueue(name, span, f); });
    file.Named("functions", RefKind::kFunction, [&](auto& name, Span span, Fields& f) { ReadFunction(name, span, f); });
    file.Named("targets", RefKind::kTarget, [&](auto& name, Span span, Fields& f) { ReadTarget(name, span, f); });
    file.Named("schemas", RefKind::kSchema, [&](auto& name, Span span, Fields& f) { ReadSchema(name, span, f); });
    file.Named("secrets", RefKind::kSecret, [&](auto& name, Span span, Fields& f) { ReadSecret(name, span, f); });
    file.Named("routes", RefKind::kRoute, [&](auto& name, Span span, Fields& f) { ReadRoute(name, span, f); });
    CheckReferences(config_, report_);
    UseSchemas(config_);
    CheckQuotas(config_, report_);
    CheckRecordParameters(config_, report_);
    if (!report_.has_errors()) CheckDataflow(config_, patterns_, report_);
  }

  Config Take() { return std::move(config_); }

 private:
  void ReadSettings(Fields& fields) {
    Settings& settings = config_.settings;
    settings.account = fields.Text("account").value_or(settings.account);
    settings.region = fields.Text("region").value_or(settings.region);
    settings.listen = fields.Text("listen");
    settings.data = fields.Text("data");
    settings.cors = fields.Text("cors").value_or("");
    settings.routes = fields.Text("routes").value_or(settings.routes);
    fields.Nested("limits", [&](Fields& limits) {
      const auto read = [&](std::string_view key, std::size_t& limit) {
        if (const auto value = limits.Integer(key)) limit = static_cast<std::size_t>(*value);
      };
      read("pattern-characters", settings.limits.pattern_characters_max);
      read("rules-per-bus", settings.limits.rules_per_bus_max);
      read("wildcard-rules-per-bus", settings.limits.wildcard_rules_per_bus_max);
    });
  }

  void ReadTable(const std::string& name, Span span, Fields& fields) {
    Table table;
    table.name = name;
    table.span = span;
    constexpr StreamView kViews[] = {StreamView::kNewAndOldImages, StreamView::kNewImage, StreamView::kOldImage,
                                     StreamView::kKeysOnly, StreamView::kNone};
    table.key = fields.Key("key").value_or(table.key);
    if (const auto stream = fields.Choice("stream")) table.stream = kViews[*stream];
    table.shards = static_cast<std::uint32_t>(fields.Integer("shards").value_or(table.shards));
    table.retain = fields.Duration("retain").value_or(table.retain);
    config_.tables.push_back(std::move(table));
  }

  void ReadBus(const std::string& name, Span span, Fields& fields) {
    Bus bus;
    bus.name = name;
    bus.span = span;
    bus.retain = fields.Duration("retain").value_or(bus.retain);
    fields.Nested("archive", [&](Fields& nested) {
      Archive archive;
      archive.retain = nested.Duration("retain").value_or(archive.retain);
      for (auto& [pattern, node] : nested.Patterns("match")) archive.match = std::move(pattern);
      bus.archive = std::move(archive);
    });
    config_.buses.push_back(std::move(bus));
  }

  void ReadPipe(const std::string& name, Span span, Fields& fields) {
    Pipe pipe;
    pipe.name = name;
    pipe.span = span;
    pipe.from = fields.Reference("from").value_or(pipe.from);
    pipe.to = fields.Reference("to").value_or(pipe.to);
    for (FoundPattern& found : fields.Patterns("match")) AddFilter(fields, std::move(found), pipe);
    constexpr Format kFormats[] = {Format::kStreamRecord, Format::kCrud, Format::kCloudEvents, Format::kDebezium,
                                   Format::kEventStore};
    if (const auto format = fields.Choice("format")) pipe.format = kFormats[*format];
    pipe.source = fields.Text("source");
    if (const auto field_case = fields.Choice("field-case"))
      pipe.field_case = *field_case == 0 ? FieldCase::kPascal : FieldCase::kCamel;
    ReadEventNames(fields, pipe.event);
    pipe.input = fields.Input("input").value_or(pipe.input);
    fields.Nested("enrich", [&](Fields& enrich) {
      Enrichment enrichment;
      enrichment.with = enrich.Reference("with").value_or(enrichment.with);
      enrichment.input = enrich.Input("input").value_or(enrichment.input);
      ReadRequestParameters(enrich, enrichment.parameters);
      pipe.enrichment = std::move(enrichment);
    });
    // A queue's messages have been received in an order already, and AWS's queues go on without a dead letter.
    if (pipe.from.kind == RefKind::kQueue) pipe.after_failure = AfterFailure::kContinue;
    ReadDelivery(fields, pipe);
    pipe.item = ReadItem(fields);
    pipe.parameters = ReadRecordParameters(fields);
    fields.Nested("validate", [&](Fields& validate) {
      Validation validation;
      validation.schema = validate.Reference("schema").value_or(validation.schema);
      validation.at = validate.Text("at").value_or("");
      pipe.validation = std::move(validation);
    });
    if (const auto state = fields.Choice("state")) pipe.running = *state == 0;
    fields.Nested("aws", [&](Fields& aws) {
      const Table* const table = pipe.from.kind == RefKind::kTable ? config_.FindTable(pipe.from.name) : nullptr;
      for (FoundPattern& found : ReadAwsPipe(aws, fields, table != nullptr ? table->shards : 1, pipe))
        AddFilter(fields, std::move(found), pipe);
    });
    CheckFormat(fields, pipe);
    config_.pipes.push_back(std::move(pipe));
  }

  static void ReadEventNames(Fields& fields, EventNames& names) {
    fields.Nested("event", [&](Fields& event) {
      const auto read = [&](std::string_view key, std::optional<transform::Parameter>& parameter) {
        if (const auto text = event.Text(key)) parameter = MUST(transform::Parameter::Parse(key, *text));
      };
      read("source", names.source);
      read("detail-type", names.detail_type);
    });
  }

  std::optional<Inbox> ReadInbox(Fields& fields, bool fits) {
    std::optional<Inbox> read;
    fields.Nested("inbox", [&](Fields& nested) {
      Inbox inbox;
      inbox.table = nested.Reference("table").value_or(inbox.table);
      inbox.remember = nested.Duration("remember").value_or(inbox.remember);
      inbox.lock = nested.Duration("lock").value_or(inbox.lock);
      read = std::move(inbox);
    });
    if (read && !fits)
      WithoutEffect(fields, "inbox", "tables, buses and queues take a record once by themselves", "remove the key");
    return read;
  }

  // What pipes and triggers have in common.
  void ReadDelivery(Fields& fields, Pipe& pipe) {
    if (const auto start = fields.Text("start")) pipe.start = *ParseStart(*start);
    pipe.batch = static_cast<std::uint32_t>(fields.Integer("batch").value_or(pipe.batch));
    pipe.window = fields.Duration("window").value_or(pipe.window);
    pipe.parallel = static_cast<std::uint32_t>(fields.Integer("parallel").value_or(pipe.parallel));
    fields.Nested("order", [&](Fields& order) {
      const std::string by = order.Text("by").value_or("item");
      if (by == "partition") pipe.order.by = Order::By::kPartition;
      if (by.starts_with('$')) pipe.order = {Order::By::kPath, by, {}};
      ReadSequence(fields, order, by, pipe);
    });
    pipe.retry = ReadRetry(fields, "retries", pipe.retry);
    pipe.bisect = fields.Flag("bisect").value_or(pipe.bisect);
    pipe.partial = fields.Flag("partial").value_or(pipe.partial);
    pipe.on_failure = fields.Reference("on-failure");
    pipe.inbox = ReadInbox(fields, pipe.to.kind == RefKind::kFunction || pipe.to.kind == RefKind::kTarget);
    // Whoever looks into the queue has the record; nothing waits for it here.
    if (pipe.on_failure) pipe.after_failure = AfterFailure::kContinue;
    pipe.after_failure = ReadAfterFailure(fields, pipe.after_failure);
    const bool from_queue = pipe.from.kind == RefKind::kQueue;
    for (const std::string_view key : {"start", "order"})
      if (from_queue && fields.Has(key))
        WithoutEffect(fields, key, "a queue has no positions, and its order is that of its message groups",
                      "remove the key");
    if (pipe.on_failure && pipe.after_failure == AfterFailure::kHold)
      WithoutEffect(fields, "after-failure", "what is given up leaves for the queue of on-failure",
                    "remove one of the two");
    if (pipe.to.kind != RefKind::kFunction && fields.Has("partial"))
      WithoutEffect(fields, "partial", "it is about a function's answer", "remove the key");
  }

  void ReadSequence(const Fields& fields, Fields& order, const std::string& by, Pipe& pipe) {
    Sequence sequence;
    sequence.attribute = order.Text("sequence").value_or("");
    if (const auto first = order.Count("first")) sequence.first = *first;
    sequence.offsets = order.Reference("offsets").value_or(sequence.offsets);
    constexpr Sequence::Gap kGapPolicies[] = {Sequence::Gap::kWait, Sequence::Gap::kSkip, Sequence::Gap::kFail};
    if (const auto gap = order.Choice("gap")) sequence.gap = kGapPolicies[*gap];
    sequence.gap_after = order.Duration("gap-after").value_or(sequence.gap_after);
    const auto wrong = [&](std::string_view key, std::string what, std::string why, std::string fix) {
      report_.Add(code::kBadValue, order.Place(key), fields.ref(), {std::move(what), std::move(why), std::move(fix)});
    };
    if (!order.Has("sequence")) {
      for (const std::string_view key : {"first", "offsets", "gap", "gap-after"})
        if (order.Has(key))
          wrong(key, fmt::format("{}: order.{} has no effect here", fields.ref(), key), "it is about order.sequence",
                "add sequence: version, or remove the key");
      if (order.Has("by") && by != "item" && by != "partition" && !by.starts_with('$') && !by.empty())
        wrong("by", fmt::format("{}: order.by cannot be '{}'", fields.ref(), by),
              "it takes item, partition, or a path; a table's attribute only with sequence",
              fmt::format("by: $.new.{}, or add sequence: version", by));
      return;
    }
    if (sequence.gap == Sequence::Gap::kWait && order.Has("gap-after"))
      wrong("gap-after", fmt::format("{}: order.gap-after has no effect here", fields.ref()),
            "with gap: wait a missing number is waited for without end", "add gap: skip or gap: fail");
    if (!order.Has("offsets"))
      report_.Add(code::kMissingKey, order.Place("sequence"), fields.ref(),
                  {fmt::format("{}: order.offsets is missing", fields.ref()), "what was sent is kept in a table",
                   "declare a table with `key: id` and add offsets: table/NAME"});
    if (pipe.from.kind == RefKind::kTable) {
      const Table* const table = config_.FindTable(pipe.from.name);
      if (table != nullptr && (!table->key.sort || table->key.sort->name != sequence.attribute ||
                               table->key.sort->type != model::AttributeType::kN))
        wrong("sequence",
              fmt::format("{}: '{}' is not a sort key of type N of table/{}", fields.ref(), sequence.attribute,
                          table->name),
              "what is missing is looked up by it",
              fmt::format("key: [{}, \"{}:N\"]", table->key.partition.name, sequence.attribute));
      if (table != nullptr && by != table->key.partition.name && by != "partition")
        wrong("by", fmt::format("{}: '{}' is not the partition key of table/{}", fields.ref(), by, table->name),
              "versions count the events of one partition key", "by: " + table->key.partition.name);
    } else if (!pipe.from.name.empty()) {
      wrong("sequence", fmt::format("{}: order.sequence has no effect here", fields.ref()),
            "it is about the versions of an event store's table", "read from a table, or remove the key");
    }
    pipe.order = {Order::By::kPartition, {}, std::move(sequence)};
  }

  void ReadQueue(const std::string& name, Span span, Fields& fields) {
    Queue queue;
    queue.name = name;
    queue.span = span;
    queue.fifo = name.ends_with(".fifo");
    if (const auto dedup = fields.Choice("dedup")) queue.content_deduplication = *dedup == 1;
    if (!queue.fifo && fields.Has("dedup"))
      WithoutEffect(fields, "dedup", "only FIFO queues deduplicate", "let the queue's name end in .fifo");
    queue.visibility = fields.Duration("visibility").value_or(queue.visibility);
    queue.delay = fields.Duration("delay").value_or(queue.delay);
    queue.wait = fields.Duration("wait").value_or(queue.wait);
    queue.retain = fields.Duration("retain").value_or(queue.retain);
    if (const auto bytes = fields.Integer("max-size")) queue.message_bytes_max = static_cast<std::uint32_t>(*bytes);
    fields.Nested("dlq", [&](Fields& dlq) {
      Queue::DeadLetters letters;
      letters.queue = dlq.Reference("queue").value_or(letters.queue);
      letters.receives_max = static_cast<std::uint32_t>(dlq.Integer("after").value_or(letters.receives_max));
      queue.dead_letters = std::move(letters);
    });
    config_.queues.push_back(std::move(queue));
  }

  void ReadFunction(const std::string& name, Span span, Fields& fields) {
    Function function;
    function.name = name;
    function.span = span;
    constexpr Function::Run kRuns[] = {Function::Run::kNode, Function::Run::kPython, Function::Run::kNative};
    if (const auto run = fields.Choice("run")) function.run = kRuns[*run];
    function.handler = fields.Text("handler").value_or("");
    function.directory = fields.Text("dir").value_or("");
    function.environment = fields.Texts("env");
    function.timeout = fields.Duration("timeout").value_or(function.timeout);
    function.memory_mib = static_cast<std::uint32_t>(fields.Integer("memory").value_or(function.memory_mib));
    function.concurrency = static_cast<std::uint32_t>(fields.Integer("concurrency").value_or(function.concurrency));
    if (const auto route = fields.Text("http")) function.http = ParseRoute(*route);
    if (function.handler.empty() && function.run != Function::Run::kNative && !fields.Has("handler"))
      report_.Add(code::kMissingKey, span, fields.ref(),
                  {fmt::format("{}: handler is missing", fields.ref()), {}, "handler: src/index.handler"});
    fields.Each("triggers", [&](Fields& trigger) { ReadTrigger(name, span, trigger); });
    config_.functions.push_back(std::move(function));
  }

  void ReadRoute(const std::string& name, Span span, Fields& fields) {
    HttpRoute route;
    route.name = name;
    route.span = span;
    if (const auto http = fields.Text("http")) route.http = *ParseRoute(*http);
    route.to = fields.Reference("to").value_or(route.to);
    route.input = fields.Input("input").value_or(route.input);
    ReadEventNames(fields, route.event);
    route.item = ReadItem(fields);
    route.parameters.span = fields.Place("group");
    route.parameters.group = ReadParameter(fields, "group");
    route.parameters.deduplication_id = ReadParameter(fields, "deduplication-id");
    route.status = static_cast<int>(fields.Integer("status").value_or(route.to.kind == RefKind::kTable ? 201 : 202));
    CheckItem(fields, route.to.kind == RefKind::kTable);
    if (fields.Has("event") && route.to.kind != RefKind::kBus)
      WithoutEffect(fields, "event", "it names the events of a bus", "remove the key");
    config_.routes.push_back(std::move(route));
  }

  void ReadTrigger(const std::string& function, Span span, Fields& fields) {
    Pipe pipe;
    pipe.trigger = true;
    pipe.span = span;
    pipe.from = fields.Reference("from").value_or(pipe.from);
    pipe.to = {RefKind::kFunction, function, span};
    pipe.name = fmt::format("{}/{}", function, pipe.from.name);
    pipe.after_failure = AfterFailure::kContinue;
    for (FoundPattern& found : fields.Patterns("match")) AddFilter(fields, std::move(found), pipe);
    ReadDelivery(fields, pipe);
    for (const Pipe& other : config_.pipes)
      if (other.trigger && other.name == pipe.name)
        report_.Add(code::kBadValue, fields.Place("from"), fields.ref(),
                    {fmt::format("{} has two triggers from {}", fields.ref(), pipe.from.ToString()),
                     {},
                     "remove one of the two"});
    config_.pipes.push_back(std::move(pipe));
  }

  void AddFilter(const Fields& fields, FoundPattern found, Pipe& pipe) {
    patterns_[{pipe.trigger ? "trigger/" + pipe.name : fields.ref(), pipe.match.size()}] = std::move(found.second);
    pipe.match.push_back(std::move(found.first));
  }

  static Retry ReadRetry(Fields& fields, std::string_view count, Retry retry) {
    if (const auto retries = fields.Count(count)) {
      retry.retries_max.reset();
      if (*retries) retry.retries_max = static_cast<std::uint32_t>(**retries);
    }
    if (const auto age = fields.Duration("max-age")) retry.age_max = *age;
    return retry;
  }
  static AfterFailure ReadAfterFailure(Fields& fields, AfterFailure otherwise) {
    const auto choice = fields.Choice("after-failure");
    return !choice ? otherwise : *choice == 0 ? AfterFailure::kHold : AfterFailure::kContinue;
  }
  static ItemWrite ReadItem(Fields& fields) {
    ItemWrite item;
    if (const auto json = fields.Choice("item"))
      item.json = *json == 0 ? ItemWrite::Json::kPlain : ItemWrite::Json::kDynamoDb;
    item.unless_exists = fields.Flag("unless-exists").value_or(false);
    fields.Nested("beside", [&](Fields& nested) {
      Beside beside;
      beside.step = nested.Text("step").value_or("");
      beside.mark = nested.Text("mark").value_or("");
      beside.places_max = static_cast<std::uint32_t>(nested.Integer("places").value_or(beside.places_max));
      item.beside = std::move(beside);
    });
    return item;
  }

  // A key that would have no effect is a misunderstanding.
  void WithoutEffect(const Fields& fields, std::string_view key, std::string_view needs, std::string_view fix) {
    report_.Add(code::kBadValue, fields.Place(key), fields.ref(),
                {fmt::format("{}: {} has no effect here", fields.ref(), key), std::string(needs), std::string(fix)});
  }
  void CheckItem(const Fields& fields, bool to_table) {
    if (to_table && fields.Has("beside") && fields.Has("unless-exists"))
      WithoutEffect(fields, "unless-exists", "with beside, no item replaces another", "remove the key");
    if (to_table) return;
    for (const std::string_view key : {"item", "unless-exists", "beside"})
      if (fields.Has(key)) WithoutEffect(fields, key, "it says how a table's items are written", "remove the key");
  }
  void CheckFormat(const Fields& fields, const Pipe& pipe) {
    const bool to_bus = pipe.to.kind == RefKind::kBus;
    const bool from_bus = pipe.from.kind == RefKind::kBus;
    const bool from_queue = pipe.from.kind == RefKind::kQueue;
    CheckItem(fields, pipe.to.kind == RefKind::kTable);
    if (fields.Has("event") && !to_bus)
      WithoutEffect(fields, "event", "it names the events of a bus", "remove the key");
    if (from_bus && fields.Has("format") && pipe.format != Format::kCloudEvents)
      WithoutEffect(fields, "format", "it is made of a table's records; a bus has events", "remove the key");
    const bool from_kafka = pipe.from.kind == RefKind::kTarget;
    if (from_kafka && fields.Has("format"))
      WithoutEffect(fields, "format", "it is made of a table's records; Kafka has messages", "remove the key");
    if (from_queue && fields.Has("format"))
      WithoutEffect(fields, "format", "it is made of a table's records; a queue has messages", "remove the key");
    if (from_bus && pipe.order.by == Order::By::kPartition)
      WithoutEffect(fields, "order", "events of a bus have no partition key", "write order: {by: $.detail.id}");
    if (pipe.source && pipe.event.source)
      WithoutEffect(fields, "source", "event: says it too", "remove one of the two");
    if (pipe.format == Format::kCrud) return;
    if (fields.Has("field-case"))
      WithoutEffect(fields, "field-case", "it names the fields of the format crud",
                    "add format: crud, or remove the key");
    if (pipe.source && !to_bus)
      WithoutEffect(fields, "source", "it names the events of a bus, or of the format crud",
                    "add format: crud, or remove the key");
  }

  void ReadRule(const std::string& name, Span span, Fields& fields) {
    Rule rule;
    rule.name = name;
    rule.span = span;
    rule.from = fields.Reference("from").value_or(rule.from);
    const auto take = [&](FoundPattern found) {
      patterns_[{fields.ref(), 0}] = std::move(found.second);
      rule.match = std::move(found.first);
    };
    for (FoundPattern& found : fields.Patterns("match")) take(std::move(found));
    rule.schedule = fields.Text("schedule");
    RuleTarget target;
    target.input = fields.Input("input").value_or(target.input);
    target.parameters = ReadRecordParameters(fields);
    fields.Nested("retry", [&](Fields& retry) { target.retry = ReadRetry(retry, "attempts", target.retry); });
    for (Ref& to : fields.References("to")) {
      target.ref = std::move(to);
      rule.to.push_back(target);
    }
    const auto is_bus = [](const RuleTarget& to) { return to.ref.kind == RefKind::kBus; };
    if (fields.Has("input") && !rule.to.empty() && std::ranges::all_of(rule.to, is_bus))
      WithoutEffect(fields, "input", "a rule forwards events to a bus as they are",
                    "use a pipe from the bus, or remove the key");
    rule.enabled = fields.Flag("enabled").value_or(rule.enabled);
    bool triggered = fields.Has("match") || fields.Has("schedule");
    fields.Nested("aws", [&](Fields& aws) {
      triggered |= aws.Has("EventPattern") || aws.Has("ScheduleExpression");
      if (auto found = ReadAwsRule(aws, fields, rule)) take(*std::move(found));
    });
    if (!triggered)
      report_.Add(code::kMissingKey, span, fields.ref(),
                  {fmt::format("{}: match is missing", fields.ref()), "a rule has a pattern, or a schedule",
                   "match: {source: [my-table]}"});
    const auto on_failure = fields.Reference("on-failure");
    for (RuleTarget& to : rule.to) to.on_failure = on_failure;
    rule.inbox = ReadInbox(fields, std::ranges::all_of(rule.to, [](const RuleTarget& to) {
                             return to.ref.kind == RefKind::kFunction || to.ref.kind == RefKind::kTarget;
                           }));
    rule.after_failure = ReadAfterFailure(fields, rule.after_failure);
    if (on_failure && rule.after_failure == AfterFailure::kHold)
      WithoutEffect(fields, "after-failure", "what is given up leaves for the queue of on-failure",
                    "remove one of the two");
    rule.item = ReadItem(fields);
    CheckItem(fields,
              std::ranges::any_of(rule.to, [](const RuleTarget& to) { return to.ref.kind == RefKind::kTable; }));
    config_.rules.push_back(std::move(rule));
  }

  void ReadTarget(const std::string& name, Span span, Fields& fields) {
    Target target;
    target.name = name;
    target.span = span;
    fields.Nested("http", [&](Fields& http) { target.to = ReadHttpTarget(http); });
    if (auto path = fields.Text("file")) target.to = FileTarget{*std::move(path)};
    fields.Nested("stdout", [&](Fields&) { target.to = StdoutTarget{}; });
    fields.Nested("kafka", [&](Fields& kafka) { target.to = ReadKafkaTarget(kafka); });
    config_.targets.push_back(std::move(target));
  }

  void ReadSchema(const std::string& name, Span span, Fields& fields) {
    Schema schema{.name = name, .span = span};
    if (auto file = fields.Text("file")) schema.file = *std::move(file);
    if (const auto text = fields.Json("json")) {
      auto compiled = jsonschema::Schema::Compile(*text);
      if (compiled.ok()) {
        schema.compiled = *std::move(compiled);
      } else {
        report_.Add(code::kBadSchema, fields.Place("json"), fields.ref(),
                    {fmt::format("{} is not valid: {}", fields.ref(), compiled.error().message()), {}, {}});
      }
    }
    config_.schemas.push_back(std::move(schema));
  }

  void ReadSecret(const std::string& name, Span span, Fields& fields) {
    SecretSource secret{.name = name, .span = span};
    if (auto variable = fields.Text("env")) secret.where = *std::move(variable);
    if (auto path = fields.Text("file")) {
      secret.in = SecretSource::In::kFile;
      secret.where = *std::move(path);
    }
    config_.secrets.push_back(std::move(secret));
  }

  Report& report_;
  Config config_;
  PatternNodes patterns_;
};

}  // namespace

ParseOutcome Parse(std::string_view file, std::string_view text) {
  ParseOutcome outcome;
  Report report(file);
  if (const NodePtr root = ParseYaml(text, report)) {
    Reader reader(report);
    reader.Read(*root);
    if (!report.has_errors()) outcome.config = reader.Take();
  }
  outcome.diagnostics = report.Take();
  return outcome;
}

Result<std::string> ReadConfigFile(const std::string& path) {
  const auto failed = [&](ErrorCode code) { return Err(code, {}, "{}: {}", path, std::strerror(errno)); };
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failed(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo);
  std::string text;
  ssize_t got = 0;
  do {
    constexpr std::size_t kChunk = 64 * 1024;
    const std::size_t before = text.size();
    text.resize(before + kChunk);
    got = read(file, text.data() + before, kChunk);
    const int saved = errno;
    text.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
    errno = saved;
  } while ((got > 0 || (got < 0 && errno == EINTR)) && text.size() <= limits::kFileBytesMax);
  const int saved = errno;
  close(file);
  errno = saved;
  if (got < 0) return failed(ErrorCode::kIo);
  if (text.size() > limits::kFileBytesMax)
    return Err(ErrorCode::kResourceExhausted, {}, "{}: more than {} bytes", path, limits::kFileBytesMax);
  return text;
}

}  // namespace millrace::config
