#include "targets/inbox/inbox_target.h"

#include "base/check.h"
#include "base/log.h"
#include "expr/condition.h"
#include "model/codec.h"

namespace millrace::targets {
namespace {

using engine::ItemOutcome;
using flow::EntryOutcome;
using flow::WriteReport;

constexpr std::string_view kInProgress = "IN_PROGRESS";
constexpr std::string_view kCompleted = "COMPLETED";

model::AttributeValue Seconds(std::int64_t ms) {
  return model::AttributeValue(MUST(model::Number::Parse(std::to_string(ms / 1000))));
}

// There is no such row, or it counts no more.
Result<expr::Condition> Free(const std::string& key, std::int64_t now_ms) {
  model::AttributeMap values;
  values.Set(":now", Seconds(now_ms));
  ASSIGN_OR_RETURN(auto placeholders,
                   expr::Placeholders::Create({{"#key", key}, {"#expires", "expiresAt"}}, std::move(values)));
  return expr::Condition::Parse("attribute_not_exists(#key) OR #expires <= :now", placeholders);
}

bool IsCompleted(const ItemOutcome& outcome) {
  if (!outcome.before) return false;
  const auto item = model::DecodeItem(*outcome.before);
  if (!item.ok()) return false;
  const model::AttributeValue* const status = item->Find("status");
  return status != nullptr && status->s() != nullptr && *status->s() == kCompleted;
}

}  // namespace

struct InboxTarget::Delivery {
  std::span<const flow::Record> batch;  // of one
  Done done;
};

InboxTarget::InboxTarget(InboxOptions options, engine::Engine& engine, engine::TableId table, flow::Target& target,
                         const Clock& clock)
    : options_(std::move(options)),
      engine_(engine),
      table_(table),
      target_(target),
      clock_(clock),
      // One by one, so that of each it is known what became of it.
      traits_{.kind = flow::BatchKind::kPerEntry,
              .batch_records_max = 1,
              .batch_bytes_max = target.traits().batch_bytes_max} {}

Status InboxTarget::Open() {
  const auto table = engine_.catalogue()->FindTable(table_);
  if (table == nullptr) return Err(ErrorCode::kNotFound, {}, "the inbox's table was deleted");
  if (table->schema.sort || table->schema.partition.type != model::AttributeType::kS)
    return Err(ErrorCode::kFailedPrecondition, {},
               "table/{} cannot be an inbox: it needs a partition key of type S and no sort key", table->name);
  return target_.Open();
}

Result<engine::ItemAction> InboxTarget::RowOf(const flow::Record& record, std::string_view status,
                                              std::chrono::milliseconds expires) const {
  engine::ItemAction action;
  action.table = engine_.catalogue()->FindTable(table_);
  if (action.table == nullptr) return Err(ErrorCode::kNotFound, {}, "the inbox's table was deleted");
  const std::string& key = action.table->schema.partition.name;
  const std::int64_t now = clock_.NowMillis();
  model::Item item;
  item.Set(key, model::AttributeValue(options_.consumer + "#" + record.id));
  ASSIGN_OR_RETURN(action.key, model::KeyOfItem(action.table->schema, item));
  if (status.empty()) {
    action.kind = engine::ItemAction::Kind::kDelete;
    return action;
  }
  item.Set("status", model::AttributeValue(std::string(status)));
  // Rounded up: an inbox that remembers too little forgets.
  item.Set("expiresAt", Seconds(now + expires.count() + 999));
  action.put = model::StoreItem(item);
  if (status == kInProgress) {
    ASSIGN_OR_RETURN(action.condition, Free(key, now));
  }
  return action;
}

void InboxTarget::Write(std::span<const flow::Record> batch, std::vector<flow::StateRow>, Done done) {
  CHECK(batch.size() == 1);
  auto action = RowOf(batch[0], kInProgress, options_.lock);
  if (!action.ok()) {
    auto report = WriteReport::AllFailed(1, EntryOutcome::kRetry, std::move(action).error());
    report.target_down = true;
    return done(std::move(report));
  }
  auto delivery = std::make_shared<Delivery>(batch, std::move(done));
  engine::ItemWriteRequest request;
  request.actions.push_back(*std::move(action));
  engine_.Write(std::move(request),
                [this, delivery](Result<engine::WriteResult> begun) { OnBegun(delivery, std::move(begun)); });
}

void InboxTarget::OnBegun(const DeliveryPtr& delivery, Result<engine::WriteResult> begun) {
  if (!begun.ok()) {
    auto report = WriteReport::AllFailed(1, EntryOutcome::kRetry, std::move(begun).error());
    report.target_down = true;
    return delivery->done(std::move(report));
  }
  const ItemOutcome& outcome = begun->outcomes[0];
  if (outcome.kind == ItemOutcome::Kind::kConditionFailed) {
    if (IsCompleted(outcome)) return delivery->done(WriteReport::AllTaken(1));
    // It is no fault of the record, and costs it no try.
    auto report = WriteReport::AllFailed(
        1, EntryOutcome::kRetry,
        Err(ErrorCode::kUnavailable, {}, "{} is under way already, by what the inbox says", delivery->batch[0].id));
    report.throttled = true;
    report.retry_after = std::chrono::seconds(1);
    return delivery->done(std::move(report));
  }
  if (outcome.kind == ItemOutcome::Kind::kInvalid) {
    return delivery->done(WriteReport::AllFailed(
        1, EntryOutcome::kReject,
        outcome.error ? *outcome.error : Error(ErrorCode::kInvalidArgument, {}, "it has no row in the inbox")));
  }
  target_.Write(delivery->batch, {}, [this, delivery](WriteReport report) { Finish(delivery, std::move(report)); });
}

void InboxTarget::Finish(const DeliveryPtr& delivery, WriteReport report) {
  const bool taken = report.entries[0] == EntryOutcome::kTaken;
  auto action = RowOf(delivery->batch[0], taken ? kCompleted : std::string_view(), options_.remember);
  if (!action.ok()) return delivery->done(std::move(report));
  engine::ItemWriteRequest request;
  request.actions.push_back(*std::move(action));
  engine_.Write(std::move(request), [delivery, report = std::move(report),
                                     name = target_.name()](const Result<engine::WriteResult>& finished) mutable {
    if (!finished.ok())
      log::Warn("{}: the inbox was not told what became of {}: {}", name, delivery->batch[0].id,
                finished.error().message());
    delivery->done(std::move(report));
  });
}

}  // namespace millrace::targets
