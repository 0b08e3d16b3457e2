#include "app/pipes.h"

#include "app/shaping.h"
#include "targets/ordered/ordered_target.h"

namespace millrace::app {
namespace {

// "id=u1" of a change's key, cut short for a line on a terminal.
std::string KeyText(const model::Item& keys) {
  std::string text;
  for (const auto& [name, value] : keys) {
    if (!text.empty()) text += ' ';
    text += name + '=';
    if (value.s() != nullptr) {
      text += *value.s();
    } else if (value.n() != nullptr) {
      text += value.n()->ToString();
    } else {
      text += "(binary)";
    }
  }
  constexpr std::size_t kShown = 60;
  if (text.size() > kShown) {
    text.resize(kShown);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
    text += "…";
  }
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

Manner MannerOf(const config::Pipe& pipe, const std::string& partition_attribute) {
  // Pipes always read what a function answers; mappings if they are asked to.
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html
  return {.item = pipe.item,
          .payload = pipe.trigger ? targets::FunctionPayload::kRecords : targets::FunctionPayload::kArray,
          .partial = pipe.partial || !pipe.trigger,
          .from_queue = pipe.from.kind == config::RefKind::kQueue,
          .inbox = pipe.inbox,
          .consumer = Pipes::NameOf(pipe),
          .event_store = pipe.format == config::Format::kEventStore,
          .partition_attribute = pipe.order.by == config::Order::By::kPath ? std::string() : partition_attribute};
}

// An enriching target, and what it needs, which goes after it.
std::shared_ptr<flow::Target> Enriching(std::shared_ptr<flow::Enricher> enricher, std::shared_ptr<flow::Target> target,
                                        flow::EnrichingTarget::Shape shape) {
  struct Held {
    std::shared_ptr<flow::Enricher> enricher;
    std::shared_ptr<flow::Target> target;
    flow::EnrichingTarget enriching;
  };
  flow::Enricher& asked = *enricher;
  flow::Target& written = *target;
  std::shared_ptr<Held> held(new Held{std::move(enricher), std::move(target), {asked, written, std::move(shape)}});
  return {held, &held->enriching};
}

// Puts the events of each stream in the order of their versions, before the target.
Result<std::shared_ptr<flow::Target>> Ordered(const config::Sequence& sequence, const config::Ref& events, Site& site,
                                              std::shared_ptr<flow::Target> target) {
  const auto catalogue = site.engine.catalogue();
  const auto from = catalogue->FindTable(site.ScopeId(), events.name);
  const auto offsets = catalogue->FindTable(site.ScopeId(), sequence.offsets.name);
  if (from == nullptr || offsets == nullptr)
    return Err(ErrorCode::kNotFound, {}, "{} does not exist", (from == nullptr ? events : sequence.offsets).ToString());
  targets::OrderedTargetOptions options{.first = sequence.first, .gap_after = sequence.gap_after};
  if (sequence.gap == config::Sequence::Gap::kSkip) options.gap = targets::GapPolicy::kSkip;
  if (sequence.gap == config::Sequence::Gap::kFail) options.gap = targets::GapPolicy::kFail;
  auto ordered = std::make_shared<targets::OrderedTarget>(options, site.engine, from->id, offsets->id,
                                                          std::move(target), site.clock);
  TRY(ordered->Open());
  return std::shared_ptr<flow::Target>(std::move(ordered));
}

}  // namespace

std::string Pipes::NameOf(const config::Pipe& pipe) {
  return (pipe.trigger ? "trigger/" : "pipe/") + pipe.name;
}

flow::SubscriptionId Pipes::IdentityOf(const config::Pipe& pipe, std::string source_arn) const {
  return {site_.scope.account, site_.scope.region, NameOf(pipe), std::move(source_arn)};
}

Status Pipes::Put(const config::Pipe& pipe) {
  ASSIGN_OR_RETURN(Source source, sources_.Find(pipe.from));
  if (pipe.format == config::Format::kCrud && source.stream != nullptr &&
      source.stream->view != model::StreamViewType::kNewAndOldImages)
    return Err(ErrorCode::kFailedPrecondition, {},
               "the crud format compares old and new images, but the stream of table/{} keeps {}; declare the table "
               "with `stream: new-and-old`",
               pipe.from.name, StreamViewTypeName(source.stream->view));
  if (const auto live = pipes_.find(pipe.name); live != pipes_.end()) {
    const config::Pipe& before = live->second.pipe;
    if (live->second.source_arn != source.arn)
      return Err(ErrorCode::kFailedPrecondition, {}, "{} reads {}; another source needs another pipe", NameOf(pipe),
                 before.from.ToString());
    if (before.order.by != pipe.order.by || before.order.path != pipe.order.path ||
        before.order.sequence.has_value() != pipe.order.sequence.has_value())
      return Err(ErrorCode::kFailedPrecondition, {}, "another order key than that of pipe/{} needs another pipe",
                 pipe.name);
  }
  Runner::Order order;
  order.options.id = IdentityOf(pipe, source.arn);
  ASSIGN_OR_RETURN(auto of_answer, ShapePipe(pipe, site_.place, source.arn, source.stream, order.options));
  const std::string partition = source.stream == nullptr ? std::string() : source.stream->schema.partition.name;
  ASSIGN_OR_RETURN(order.target, destinations_.Find(pipe.to, MannerOf(pipe, partition)));
  if (pipe.order.sequence) {
    ASSIGN_OR_RETURN(order.target, Ordered(*pipe.order.sequence, pipe.from, site_, std::move(order.target)));
  }
  if (pipe.enrichment) {
    ASSIGN_OR_RETURN(auto enricher, destinations_.FindEnricher(pipe.enrichment->with));
    order.target = Enriching(std::move(enricher), std::move(order.target), std::move(of_answer));
  }
  if (pipe.on_failure) {
    FailureOrigin origin{.kind = pipe.trigger ? FailureOrigin::Kind::kMapping : FailureOrigin::Kind::kPipe,
                         .arn = pipe.trigger ? FunctionArn(site_.place, pipe.to.name) : PipeArn(site_.place, pipe.name),
                         .source_arn = source.arn,
                         .target_arn = {}};
    ASSIGN_OR_RETURN(order.options.on_failure, destinations_.FindFailures(*pipe.on_failure, std::move(origin)));
  }
  order.feed = std::move(source.feed);
  order.queue = std::move(source.queue);
  order.delivered = [&line = site_.watcher.line, from = pipe.from.ToString(), pipe_name = NameOf(pipe),
                     to = pipe.to.ToString()](const flow::Record& record) {
    if (record.change != nullptr)
      line(fmt::format("{:<23} {:<7} {}", from, ChangeKindName(record.change->kind), KeyText(record.change->keys)));
    line(fmt::format("{:<23} 1 record   -> {}", pipe_name, to));
  };
  TRY(runner_.Start(std::move(order)));
  pipes_.insert_or_assign(pipe.name, Live{pipe, std::move(source.arn)});
  return Ok();
}

Status Pipes::Pause(const std::string& name) {
  const auto subscription = Find(name);
  if (subscription == nullptr) return Err(ErrorCode::kNotFound, {}, "pipe/{} does not exist", name);
  return subscription->Pause();
}

Status Pipes::Resume(const std::string& name) {
  const auto subscription = Find(name);
  if (subscription == nullptr) return Err(ErrorCode::kNotFound, {}, "pipe/{} does not exist", name);
  return subscription->Resume();
}

Status Pipes::Remove(const std::string& name) {
  const auto live = pipes_.find(name);
  if (live == pipes_.end()) return Ok();
  TRY(runner_.Forget(IdentityOf(live->second.pipe, live->second.source_arn)));
  pipes_.erase(live);
  return Ok();
}

std::shared_ptr<flow::Subscription> Pipes::Find(const std::string& name) const {
  const auto live = pipes_.find(name);
  return live == pipes_.end() ? nullptr : runner_.Find(NameOf(live->second.pipe), live->second.source_arn);
}

}  // namespace millrace::app
