#include "config/dataflow.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/nearest.h"
#include "config/shape.h"

namespace millrace::config {
namespace {

template <class T>
void CheckReference(const Ref& ref, const std::vector<T>& all, std::string_view from, Report& report) {
  if (ref.name.empty()) return;  // reported when it was read
  if (std::any_of(all.begin(), all.end(), [&](const T& one) { return one.name == ref.name; })) return;
  std::vector<std::string_view> names;
  for (const T& one : all) names.push_back(one.name);
  const std::string_view nearest = Nearest(ref.name, names);
  const std::string_view kind = RefKindName(ref.kind);
  std::string fix = nearest.empty() ? fmt::format("declare it under {}{}", kind, ref.kind == RefKind::kBus ? "es" : "s")
                                    : fmt::format("did you mean {}/{}?", kind, nearest);
  report.Add(code::kUnknownReference, ref.span, from,
             {fmt::format("{} refers to {}, which does not exist", from, ref.ToString()), {}, std::move(fix)});
}

std::vector<const Ref*> SecretsOf(const HttpTarget& http) {
  std::vector<const Ref*> secrets;
  if (const auto* basic = std::get_if<HttpTarget::Basic>(&http.auth)) secrets.push_back(&basic->password);
  if (const auto* key = std::get_if<HttpTarget::ApiKey>(&http.auth)) secrets.push_back(&key->value);
  if (const auto* oauth = std::get_if<HttpTarget::OAuth>(&http.auth)) secrets.push_back(&oauth->client_secret);
  for (const Ref& secret : http.sign.standard_webhooks) secrets.push_back(&secret);
  if (http.sign.body) secrets.push_back(&http.sign.body->secret);
  return secrets;
}

std::vector<const Ref*> SecretsOf(const KafkaTarget& kafka) {
  std::vector<const Ref*> secrets;
  if (kafka.sasl) secrets.push_back(&kafka.sasl->secret);
  if (kafka.tls && kafka.tls->key) secrets.push_back(&*kafka.tls->key);
  return secrets;
}

const KafkaTarget* FindKafka(const Config& config, const Ref& ref) {
  const Target* const target = ref.kind == RefKind::kTarget ? config.FindTarget(ref.name) : nullptr;
  return target == nullptr ? nullptr : std::get_if<KafkaTarget>(&target->to);
}

std::string Listed(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string FixFor(const Mismatch& mismatch) {
  const std::string wanted = mismatch.path.substr(mismatch.path.rfind('.') + 1);
  const std::vector<std::string_view> possible(mismatch.possible.begin(), mismatch.possible.end());
  std::string_view word = wanted;
  if (!mismatch.wants.empty()) word = std::string_view(mismatch.wants).substr(1, mismatch.wants.size() - 2);
  return std::string(Nearest(word, possible));
}

// "its events have in detail only the keys …".
std::string WhyOf(const Mismatch& mismatch, std::string_view records) {
  if (!mismatch.wants.empty())
    return fmt::format("{} have the {} {}", records, mismatch.path, Listed(mismatch.possible));
  const std::size_t dot = mismatch.path.rfind('.');
  if (dot == std::string::npos) return fmt::format("{} have only the keys {}", records, Listed(mismatch.possible));
  return fmt::format("{} have in {} only the keys {}", records, mismatch.path.substr(0, dot),
                     Listed(mismatch.possible));
}

void CheckBeside(const Config& config, const Ref& to, const std::string& ref, Report& report) {
  const Table* const table = to.kind == RefKind::kTable ? config.FindTable(to.name) : nullptr;
  if (table == nullptr || (table->key.sort && table->key.sort->type == model::AttributeType::kN)) return;
  report.Add(code::kBadValue, to.span, ref,
             {fmt::format("{}: beside needs a number as the sort key of {}", ref, to.ToString()),
              "an item is put beside another by adding to its sort key", "key: [ID, \"Timestamp:N\"]"});
}

// "pipe/x", "trigger/function/table".
std::string RefOf(const Pipe& pipe) {
  return (pipe.trigger ? "trigger/" : "pipe/") + pipe.name;
}

// What pipes from and to Kafka need.
void CheckKafka(const Config& config, const Pipe& pipe, Report& report) {
  const std::string ref = RefOf(pipe);
  const auto wrong = [&](const Ref& at, std::string what, std::string why, std::string fix) {
    report.Add(code::kBadValue, at.span, ref, {std::move(what), std::move(why), std::move(fix)});
  };
  if (pipe.from.kind == RefKind::kTarget) {
    const KafkaTarget* const kafka = FindKafka(config, pipe.from);
    if (kafka == nullptr)
      wrong(pipe.from, fmt::format("{} cannot read {}", ref, pipe.from.ToString()),
            "of targets, only Kafka topics can be read", "name a target with kafka:");
    else if (!kafka->one_topic())
      wrong(pipe.from, fmt::format("{} cannot read {}", ref, pipe.from.ToString()),
            "its topic is a path into what is written", "declare a target whose topic is a name");
    if (pipe.to.kind == RefKind::kTarget && pipe.to.name == pipe.from.name)
      wrong(pipe.to, fmt::format("{} sends what it reads from {} back to it", ref, pipe.from.ToString()),
            "a message in a circle never comes to rest", "send it elsewhere");
  }
  const KafkaTarget* const to = FindKafka(config, pipe.to);
  if (pipe.format == Format::kEventStore &&
      (to == nullptr || pipe.from.kind != RefKind::kTable || pipe.enrichment || !pipe.input.is_whole_event()))
    wrong(pipe.to, fmt::format("{}: the format event-store has no place here", ref),
          "it makes a table's rows, as they are, messages of Kafka",
          "use another format, or a pipe from a table to Kafka");
  else if (pipe.format == Format::kEventStore &&
           (!to->one_topic() || !to->key.empty() || !to->headers.empty() || !to->partition.empty()))
    wrong(pipe.to, fmt::format("{}: the format event-store makes key and headers itself", ref),
          fmt::format("{} says too what they are, or where to find the topic", pipe.to.ToString()),
          "use a target with kafka: {servers: …, topic: NAME}");
  if (!pipe.order.sequence) return;
  if (to == nullptr || pipe.format != Format::kEventStore)
    wrong(pipe.to, fmt::format("{}: order.sequence has no effect here", ref),
          "it is about an event store's rows on their way to Kafka", "format: event-store, to a target with kafka:");
  if (pipe.after_failure != AfterFailure::kHold)
    wrong(pipe.to, fmt::format("{}: order.sequence and going on without an event exclude each other", ref),
          "what comes behind an event that was given up waits for it", "remove after-failure and on-failure");
  const Table* const offsets = config.FindTable(pipe.order.sequence->offsets.name);
  if (offsets != nullptr && (offsets->key.sort || offsets->key.partition.name != "id" ||
                             offsets->key.partition.type != model::AttributeType::kS))
    wrong(pipe.order.sequence->offsets, fmt::format("{} cannot keep offsets", pipe.order.sequence->offsets.ToString()),
          "its rows are {id, version}", "key: id");
}

void CheckPipe(const Config& config, const Pipe& pipe, const PatternNodes& patterns, Report& report) {
  const std::string ref = RefOf(pipe);
  CheckKafka(config, pipe, report);
  if (pipe.from.kind != RefKind::kTable) return;  // its events may come from anywhere
  const Table& table = *config.FindTable(pipe.from.name);
  if (table.stream == StreamView::kNone) {
    report.Add(code::kStreamMissing, pipe.from.span, ref,
               {fmt::format("{} reads table/{}, which has no stream", ref, table.name),
                "a pipe reads the change stream of a table",
                fmt::format("tables: {{{}: {{stream: new-and-old}}}}", table.name)});
    return;
  }
  if (pipe.format == Format::kCrud && table.stream != StreamView::kNewAndOldImages) {
    report.Add(code::kStreamMissing, pipe.from.span, ref,
               {fmt::format("{} needs both images of table/{}", ref, table.name),
                "the format crud compares the old image with the new one to name the updated fields",
                fmt::format("tables: {{{}: {{stream: new-and-old}}}}", table.name)});
    return;
  }
  const Shape shape = RecordShape(table);
  std::optional<Mismatch> first;
  for (std::size_t i = 0; i < pipe.match.size(); ++i) {
    auto mismatch = FindMismatch(*patterns.at({ref, i}), shape);
    if (!mismatch) return;  // one of the patterns can match
    if (!first) first = std::move(mismatch);
  }
  if (!first) return;
  report.Add(code::kNeverMatches, first->span, ref,
             {fmt::format("{} can never match", ref), WhyOf(*first, fmt::format("the records of table/{}", table.name)),
              FixFor(*first)});
}

bool HasKnownShape(const Pipe& pipe) {
  return pipe.from.kind == RefKind::kTable && pipe.input.is_whole_event() && !pipe.enrichment && !pipe.event.source &&
         !pipe.event.detail_type && (pipe.format == Format::kStreamRecord || pipe.format == Format::kCrud);
}

void CheckRule(const Config& config, const Rule& rule, const PatternNodes& patterns, Report& report) {
  const std::string ref = "rule/" + rule.name;
  if (!rule.match) return;
  // What another rule forwards, or an input makes, can be anything.
  for (const Rule& other : config.rules)
    if (std::ranges::any_of(other.to, [&](const RuleTarget& to) {
          return to.ref.kind == RefKind::kBus && to.ref.name == rule.from.name;
        }))
      return;
  std::vector<std::string> pipes;
  std::optional<Mismatch> last;
  for (const Pipe& pipe : config.pipes) {
    if (pipe.to.kind != RefKind::kBus || pipe.to.name != rule.from.name) continue;
    if (!HasKnownShape(pipe)) return;
    pipes.push_back("pipe/" + pipe.name);
    auto mismatch = FindMismatch(*patterns.at({ref, 0}), EventShape(pipe, *config.FindTable(pipe.from.name)));
    if (!mismatch) return;
    // Of several pipes, the one that comes furthest is the one that was probably meant.
    const auto place = [](const Mismatch& m) { return std::pair(m.span.line, m.span.col); };
    if (!last || place(*mismatch) > place(*last)) last = std::move(mismatch);
  }
  if (pipes.empty()) {
    report.Add(code::kBusWithoutInput, rule.from.span, ref,
               {fmt::format("{} listens to bus/{}, to which no pipe sends", ref, rule.from.name), {}, {}});
    return;
  }
  report.Add(code::kNeverMatches, last->span, ref,
             {fmt::format("{} can never match", ref),
              fmt::format("bus/{} receives events only from {}; {}", rule.from.name, Listed(pipes),
                          WhyOf(*last, "its events")),
              FixFor(*last)});
}

// An event that pipes send round in a circle would never come to rest.
void CheckCircles(const Config& config, Report& report) {
  for (const Pipe& first : config.pipes) {
    if (first.from.kind != RefKind::kBus || first.to.kind != RefKind::kBus) continue;
    std::set<std::string_view> reached = {first.to.name};
    for (bool more = true; more;) {
      more = false;
      for (const Pipe& pipe : config.pipes)
        if (pipe.from.kind == RefKind::kBus && pipe.to.kind == RefKind::kBus && reached.contains(pipe.from.name))
          more |= reached.insert(pipe.to.name).second;
    }
    if (!reached.contains(first.from.name)) continue;
    report.Add(code::kBadValue, first.to.span, "pipe/" + first.name,
               {fmt::format("pipe/{} sends what it reads from bus/{} back to it", first.name, first.from.name),
                "an event in a circle of buses never comes to rest",
                "send it elsewhere, or let a rule forward it: rules forward an event once"});
    return;
  }
}

}  // namespace

void CheckReferences(const Config& config, Report& report) {
  const auto check = [&](const Ref& ref, std::string_view from) {
    switch (ref.kind) {
      case RefKind::kTable:
        return CheckReference(ref, config.tables, from, report);
      case RefKind::kBus:
        return CheckReference(ref, config.buses, from, report);
      case RefKind::kSecret:
        return CheckReference(ref, config.secrets, from, report);
      case RefKind::kQueue:
        return CheckReference(ref, config.queues, from, report);
      case RefKind::kFunction:
        return CheckReference(ref, config.functions, from, report);
      case RefKind::kSchema:
        return CheckReference(ref, config.schemas, from, report);
      default:
        return CheckReference(ref, config.targets, from, report);
    }
  };
  for (const Pipe& pipe : config.pipes) {
    check(pipe.from, RefOf(pipe));
    check(pipe.to, RefOf(pipe));
    if (pipe.on_failure) check(*pipe.on_failure, RefOf(pipe));
    if (pipe.inbox) check(pipe.inbox->table, RefOf(pipe));
    if (pipe.order.sequence) check(pipe.order.sequence->offsets, RefOf(pipe));
    if (pipe.enrichment) check(pipe.enrichment->with, RefOf(pipe));
    if (pipe.validation) check(pipe.validation->schema, RefOf(pipe));
    if (pipe.item.beside) CheckBeside(config, pipe.to, RefOf(pipe), report);
  }
  for (const Queue& queue : config.queues) {
    if (!queue.dead_letters) continue;
    const std::string ref = "queue/" + queue.name;
    const Ref& letters = queue.dead_letters->queue;
    check(letters, ref);
    if (letters.name == queue.name)
      report.Add(code::kBadValue, letters.span, ref,
                 {fmt::format("{} is its own dead-letter queue", ref), {}, "name another queue"});
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    if (!letters.name.empty() && letters.name.ends_with(".fifo") != queue.fifo)
      report.Add(code::kBadValue, letters.span, ref,
                 {fmt::format("{} is {} FIFO queue, and its dead-letter queue {}", ref, queue.fifo ? "a" : "no",
                              queue.fifo ? "is none" : "is one"),
                  "a dead-letter queue is of the same kind", "let both names end in .fifo, or neither"});
  }
  for (const Rule& rule : config.rules) {
    check(rule.from, "rule/" + rule.name);
    for (const RuleTarget& to : rule.to)
      if (to.on_failure) check(*to.on_failure, "rule/" + rule.name);
    if (rule.inbox) check(rule.inbox->table, "rule/" + rule.name);
    if (rule.item.beside)
      for (const RuleTarget& to : rule.to) CheckBeside(config, to.ref, "rule/" + rule.name, report);
    for (const RuleTarget& to : rule.to) check(to.ref, "rule/" + rule.name);
  }
  std::map<std::string, std::string, std::less<>> routes;
  const auto route = [&](const Route& http, Span span, const std::string& ref) {
    const auto [first, added] = routes.try_emplace(http.method + " " + http.path, ref);
    if (added || http.method.empty()) return;
    report.Add(code::kBadValue, span, ref,
               {fmt::format("{} and {} answer the same requests, {}", first->second, ref, first->first),
                {},
                "give one of them another method or path"});
  };
  for (const Function& function : config.functions)
    if (function.http) route(*function.http, function.span, "function/" + function.name);
  for (const HttpRoute& each : config.routes) {
    if (each.item.beside) CheckBeside(config, each.to, "route/" + each.name, report);
    check(each.to, "route/" + each.name);
    route(each.http, each.span, "route/" + each.name);
  }
  for (const Target& target : config.targets) {
    if (const auto* http = std::get_if<HttpTarget>(&target.to))
      for (const Ref* secret : SecretsOf(*http)) check(*secret, "target/" + target.name);
    if (const auto* kafka = std::get_if<KafkaTarget>(&target.to))
      for (const Ref* secret : SecretsOf(*kafka)) check(*secret, "target/" + target.name);
  }
}

void CheckDataflow(const Config& config, const PatternNodes& patterns, Report& report) {
  CheckCircles(config, report);
  for (const Pipe& pipe : config.pipes) CheckPipe(config, pipe, patterns, report);
  for (const Rule& rule : config.rules) CheckRule(config, rule, patterns, report);
  std::set<std::string_view> used;
  for (const Pipe& pipe : config.pipes) {
    if (pipe.to.kind == RefKind::kTarget) used.insert(pipe.to.name);
    if (pipe.from.kind == RefKind::kTarget) used.insert(pipe.from.name);
    if (!pipe.enrichment || pipe.enrichment->with.kind != RefKind::kTarget) continue;
    used.insert(pipe.enrichment->with.name);
    const Target* const target = config.FindTarget(pipe.enrichment->with.name);
    if (target != nullptr && !std::holds_alternative<HttpTarget>(target->to))
      report.Add(code::kWrongKind, pipe.enrichment->with.span, RefOf(pipe),
                 {fmt::format("{} cannot be asked", pipe.enrichment->with.ToString()),
                  "only HTTP targets and functions answer", "enrich with a function or a target with http:"});
  }
  for (const Rule& rule : config.rules)
    for (const RuleTarget& to : rule.to)
      if (to.ref.kind == RefKind::kTarget) used.insert(to.ref.name);
  for (const Target& target : config.targets)
    if (!used.contains(target.name))
      report.Add(
          code::kTargetUnused, target.span, "target/" + target.name,
          {fmt::format("nothing sends to target/{}", target.name), {}, "name it in a rule or a pipe, or remove it"});
}

}  // namespace millrace::config
