#include "targets/ordered/ordered_target.h"

#include <charconv>
#include <deque>

#include "expr/condition.h"
#include "expr/placeholders.h"
#include "expr/update.h"
#include "model/codec.h"
#include "model/key.h"

namespace millrace::targets {
namespace {

using flow::EntryOutcome;
using flow::Record;

constexpr std::size_t kStreamsMax = 100'000;  // of which the last version is remembered
constexpr std::size_t kRowsMax = 1000;        // that are read at once
constexpr std::size_t kRowBytesMax = std::size_t{4} << 20;

std::optional<std::int64_t> WholeNumber(const model::AttributeValue* value) {
  if (value == nullptr || value->n() == nullptr) return std::nullopt;
  const std::string text = value->n()->ToString();
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

model::AttributeValue Number(std::int64_t value) {
  return model::AttributeValue(model::Number(value));
}

}  // namespace

// One record of a batch: one stream, because records of one key are never together in it.
struct OrderedTarget::Stream {
  std::string id;
  model::AttributeValue partition;
  std::int64_t version = 0;
  std::int64_t last = 0;                             // sent
  std::deque<std::pair<std::int64_t, Record>> rows;  // to be sent, one after the other
  // What becomes of the record when they are sent.
  EntryOutcome then = EntryOutcome::kTaken;
  std::optional<Error> why;
};

struct OrderedTarget::Delivery {
  Done done;
  flow::WriteReport report;
  std::vector<Stream> streams;      // by place in the batch
  std::vector<Record> under_way;    // the rows of this round
  std::vector<std::size_t> places;  // whose they are
  std::vector<std::size_t> stored;  // of them, those that were taken
};

OrderedTarget::OrderedTarget(OrderedTargetOptions options, engine::Engine& engine, engine::TableId events,
                             engine::TableId offsets, std::shared_ptr<flow::Target> target, const Clock& clock)
    : options_(options),
      engine_(engine),
      events_(events),
      offsets_(offsets),
      target_(std::move(target)),
      clock_(clock),
      traits_{.kind = flow::BatchKind::kPerEntry,
              .batch_records_max = target_->traits().batch_records_max,
              .batch_bytes_max = target_->traits().batch_bytes_max} {}

Status OrderedTarget::Open() {
  const auto events = engine_.catalogue()->FindTable(events_);
  const auto offsets = engine_.catalogue()->FindTable(offsets_);
  if (events == nullptr || offsets == nullptr)
    return Err(ErrorCode::kNotFound, {}, "the table of {} was deleted", events == nullptr ? "events" : "offsets");
  if (!events->schema.sort || events->schema.sort->type != model::AttributeType::kN ||
      events->schema.partition.type == model::AttributeType::kB)
    return Err(ErrorCode::kFailedPrecondition, {},
               "table/{} is no event store: its sort key has to be a number, its partition key text", events->name);
  if (offsets->schema.sort || offsets->schema.partition.name != "id" ||
      offsets->schema.partition.type != model::AttributeType::kS)
    return Err(ErrorCode::kFailedPrecondition, {}, "table/{} cannot keep offsets: its key has to be id, a text",
               offsets->name);
  return target_->Open();
}

void OrderedTarget::Write(std::span<const Record> batch, std::vector<flow::StateRow>, Done done) {
  auto delivery = std::make_shared<Delivery>();
  delivery->done = std::move(done);
  delivery->report = flow::WriteReport::AllTaken(batch.size());
  delivery->streams.resize(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Stream& stream = delivery->streams[i];
    if (Status planned = Plan(batch[i], stream); !planned.ok()) {
      stream.rows.clear();
      stream.then = IsRetryable(planned.error().code()) ? EntryOutcome::kRetry : EntryOutcome::kReject;
      stream.why = planned.error();
    }
  }
  Round(delivery);
}

Status OrderedTarget::Plan(const Record& record, Stream& stream) {
  const auto events = engine_.catalogue()->FindTable(events_);
  if (events == nullptr || !events->schema.sort)
    return Err(ErrorCode::kUnavailable, {}, "the table of events was deleted");
  if (record.change == nullptr) return InvalidArgument("record {} is no change of a table", record.id);
  const model::Change& change = *record.change;
  if (change.kind == model::ChangeKind::kRemove) return Ok();
  const model::AttributeValue* const partition = change.keys.Find(events->schema.partition.name);
  const auto version = WholeNumber(change.keys.Find(events->schema.sort->name));
  if (partition == nullptr || !version)
    return InvalidArgument("the {} of record {} is no whole number", events->schema.sort->name, record.id);
  if (*version < 0) return Ok();  // a marker
  stream.partition = *partition;
  stream.id = partition->s() != nullptr ? *partition->s() : partition->n() != nullptr ? partition->n()->ToString() : "";
  stream.version = *version;
  ASSIGN_OR_RETURN(stream.last, LastSent(stream));
  if (stream.version <= stream.last) return Ok();
  if (stream.version == stream.last + 1 && change.new_image) {
    stream.rows.emplace_back(stream.version, record);
    return Ok();
  }
  return ReadRows(record, stream);
}

Result<std::int64_t> OrderedTarget::LastSent(const Stream& stream) {
  {
    std::lock_guard lock(mutex_);
    if (const auto known = sent_.find(stream.id); known != sent_.end()) return known->second;
  }
  const auto offsets = engine_.catalogue()->FindTable(offsets_);
  if (offsets == nullptr) return Err(ErrorCode::kUnavailable, {}, "the table of offsets was deleted");
  const model::AttributeValue id{std::string(stream.id)};
  ASSIGN_OR_RETURN(const auto row, engine_.Get(*offsets, model::ItemKey(id, nullptr)));
  if (row) {
    ASSIGN_OR_RETURN(const model::Item item, model::DecodeItem(*row));
    const auto version = WholeNumber(item.Find("version"));
    if (!version)
      return Err(ErrorCode::kUnavailable, {}, "the row of '{}' in table/{} has no version that is a whole number",
                 stream.id, offsets->name);
    Remember(stream.id, *version);
    return *version;
  }
  if (options_.first) return *options_.first - 1;
  const auto events = engine_.catalogue()->FindTable(events_);
  if (events == nullptr) return Err(ErrorCode::kUnavailable, {}, "the table of events was deleted");
  const model::AttributeValue zero = Number(0);
  ++reads_;
  ASSIGN_OR_RETURN(const auto first, engine_.Get(*events, model::ItemKey(stream.partition, &zero)));
  return first ? -1 : 0;
}

Status OrderedTarget::ReadRows(const Record& record, Stream& stream) {
  const auto events = engine_.catalogue()->FindTable(events_);
  if (events == nullptr) return Err(ErrorCode::kUnavailable, {}, "the table of events was deleted");
  const model::AttributeValue from = Number(stream.last + 1);
  const model::ItemKey begin(stream.partition, &from);
  engine::ItemRange range = engine::PartitionRange(*events, begin.partition_prefix());
  range.lower = engine::ItemStoreKey(*events, begin.bytes());
  const bool overdue =
      clock_.NowMillis() - record.time_ms >= options_.gap_after.count() && options_.gap != GapPolicy::kWait;
  std::int64_t next = stream.last + 1;
  std::size_t bytes = 0;
  std::optional<Error> damaged;
  bool hole = false;
  ++reads_;
  TRY(engine_.VisitItems(*events, range, engine::Engine::Direction::kForward,
                         [&](std::string_view, std::string_view stored) {
                           auto item = model::DecodeItem(stored);
                           if (!item.ok()) {
                             damaged = item.error();
                             return false;
                           }
                           const auto version = WholeNumber(item->Find(events->schema.sort->name));
                           if (!version) return true;  // a version such as 1.5 is none
                           if (*version > next && !(overdue && options_.gap == GapPolicy::kSkip)) {
                             hole = true;
                             return false;
                           }
                           Record row;
                           row.shard = record.shard;
                           row.offset = record.offset;
                           row.id = *version == stream.version ? record.id : fmt::format("{}-{}", record.id, *version);
                           row.order_key = record.order_key;
                           row.time_ms = record.time_ms;
                           auto change = std::make_shared<model::Change>();
                           change->kind = model::ChangeKind::kInsert;
                           change->time_ms = record.time_ms;
                           change->keys = model::KeyItemOf(events->schema, *item);
                           change->new_image = *std::move(item);
                           row.change = std::move(change);
                           stream.rows.emplace_back(*version, std::move(row));
                           next = *version + 1;
                           bytes += stored.size();
                           return stream.rows.size() < kRowsMax && bytes < kRowBytesMax;
                         }));
  if (damaged) return *damaged;
  if (next > stream.version) return Ok();
  stream.then = EntryOutcome::kRetry;
  if (!hole && !stream.rows.empty()) {
    stream.why =
        Err(ErrorCode::kUnavailable, {}, "more than {} versions of '{}' go before", stream.rows.size(), stream.id);
    return Ok();
  }
  stream.why =
      Err(ErrorCode::kUnavailable, {}, "version {} of '{}' is missing before {}", next, stream.id, stream.version);
  if (overdue && options_.gap == GapPolicy::kFail) stream.then = EntryOutcome::kReject;
  return Ok();
}

void OrderedTarget::Round(const DeliveryPtr& delivery) {
  Delivery& d = *delivery;
  d.under_way.clear();
  d.places.clear();
  for (std::size_t i = 0; i < d.streams.size(); ++i) {
    if (d.streams[i].rows.empty()) continue;
    d.under_way.push_back(std::move(d.streams[i].rows.front().second));
    d.places.push_back(i);
  }
  if (!d.under_way.empty())
    return target_->Write(d.under_way, {},
                          [this, delivery](flow::WriteReport report) { OnSent(delivery, std::move(report)); });
  for (std::size_t i = 0; i < d.streams.size(); ++i) {
    if (d.streams[i].then == EntryOutcome::kTaken) continue;
    d.report.entries[i] = d.streams[i].then;
    if (d.streams[i].why && d.report.error)
      d.report.causes.emplace(i, *std::move(d.streams[i].why));
    else if (d.streams[i].why)
      d.report.error = std::move(d.streams[i].why);
    if (d.streams[i].then == EntryOutcome::kReject) Forget(d.streams[i].id);
  }
  const Done done = std::move(d.done);
  done(std::move(d.report));
}

void OrderedTarget::OnSent(const DeliveryPtr& delivery, flow::WriteReport report) {
  Delivery& d = *delivery;
  d.stored.clear();
  for (std::size_t i = 0; i < d.places.size(); ++i) {
    Stream& stream = d.streams[d.places[i]];
    if (report.entries[i] == EntryOutcome::kTaken) {
      d.stored.push_back(d.places[i]);
      continue;
    }
    // Nothing behind it may go.
    stream.rows.clear();
    stream.then = report.entries[i];
    const auto cause = report.causes.find(i);
    stream.why = cause != report.causes.end() ? cause->second : report.error;
  }
  d.report.target_down |= report.target_down;
  d.report.throttled |= report.throttled;
  if (report.retry_after) d.report.retry_after = report.retry_after;
  if (d.stored.empty()) return Round(delivery);

  const auto offsets = engine_.catalogue()->FindTable(offsets_);
  engine::ItemWriteRequest request;
  for (const std::size_t place : d.stored) {
    const Stream& stream = d.streams[place];
    auto action = offsets == nullptr
                      ? Result<engine::ItemAction>(Err(ErrorCode::kUnavailable, {}, "the table of offsets was deleted"))
                      : Keep(stream.id, stream.rows.front().first, offsets);
    if (!action.ok()) return OnKept(delivery, std::move(action).error());
    request.actions.push_back(*std::move(action));
  }
  engine_.Write(std::move(request),
                [this, delivery](Result<engine::WriteResult> kept) { OnKept(delivery, std::move(kept)); });
}

Result<engine::ItemAction> OrderedTarget::Keep(const std::string& id, std::int64_t version,
                                               const TablePtr& offsets) const {
  engine::ItemAction action;
  action.kind = engine::ItemAction::Kind::kUpdate;
  action.table = offsets;
  action.item.Set("id", model::AttributeValue(std::string(id)));
  ASSIGN_OR_RETURN(action.key, model::KeyOfItem(offsets->schema, action.item));
  model::AttributeMap values;
  values.Set(":v", Number(version));
  ASSIGN_OR_RETURN(auto placeholders, expr::Placeholders::Create({{"#v", "version"}}, std::move(values)));
  ASSIGN_OR_RETURN(action.condition, expr::Condition::Parse("attribute_not_exists(#v) OR #v < :v", placeholders));
  ASSIGN_OR_RETURN(action.update, expr::Update::Parse("SET #v = :v", placeholders));
  return action;
}

void OrderedTarget::OnKept(const DeliveryPtr& delivery, Result<engine::WriteResult> kept) {
  Delivery& d = *delivery;
  for (std::size_t i = 0; i < d.stored.size(); ++i) {
    Stream& stream = d.streams[d.stored[i]];
    const std::int64_t version = stream.rows.front().first;
    stream.rows.pop_front();
    const auto* const outcome = kept.ok() ? &kept->outcomes[i] : nullptr;
    if (outcome != nullptr && outcome->kind == engine::ItemOutcome::Kind::kApplied) {
      Remember(stream.id, version);
    } else if (outcome != nullptr && outcome->kind == engine::ItemOutcome::Kind::kConditionFailed) {
      Forget(stream.id);  // somebody else is further on: how far is read again
    } else {
      // It was sent, and will be again: what was kept decides.
      Forget(stream.id);
      stream.rows.clear();
      stream.then = EntryOutcome::kRetry;
      stream.why = !kept.ok()       ? kept.error()
                   : outcome->error ? *outcome->error
                                    : Error(ErrorCode::kUnavailable, {}, "the offset was not kept");
      d.report.target_down |= !kept.ok();
    }
  }
  Round(delivery);
}

void OrderedTarget::Remember(const std::string& id, std::int64_t version) {
  std::lock_guard lock(mutex_);
  if (sent_.size() >= kStreamsMax && !sent_.contains(id)) sent_.erase(sent_.begin());
  sent_[id] = version;
}

void OrderedTarget::Forget(const std::string& id) {
  std::lock_guard lock(mutex_);
  sent_.erase(id);
}

}  // namespace millrace::targets
