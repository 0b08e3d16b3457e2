#include "engine/requests.h"

#include "base/bytes.h"
#include "base/check.h"

namespace millrace::engine {
namespace {

// What a request holds beside its items: the objects around them.
constexpr std::size_t kRequestOverheadBytes = 256;

std::size_t RowBytes(const std::vector<StateRow>& rows) {
  std::size_t bytes = 0;
  for (const StateRow& row : rows) bytes += row.key.size() + (row.value ? row.value->size() : 0);
  return bytes;
}

}  // namespace

ItemRequest::ItemRequest(ItemWriteRequest request, WriteDone done, RecentWrites& recent,
                         std::chrono::milliseconds token_lifetime)
    : request_(std::move(request)),
      done_(std::move(done)),
      recent_(recent),
      token_lifetime_ms_(token_lifetime.count()) {}

Status ItemRequest::Prepare(const store::Store& store, SequenceNumber observed) {
  observed_ = observed;
  prepared_.resize(request_.actions.size());
  for (std::size_t i = 0; i < prepared_.size(); ++i) {
    const ItemAction& action = request_.actions[i];
    Prepared& prepared = prepared_[i];
    prepared.store_key = ItemStoreKey(*action.table, action.key.bytes());
    prepared.hash = std::hash<std::string>()(prepared.store_key);
    std::string current;
    ASSIGN_OR_RETURN(const bool present, store.Get(store::Space::kItems, prepared.store_key, &current));
    prepared.outcome = Decide(action, present ? std::optional(std::move(current)) : std::nullopt);
    bytes_ += kRequestOverheadBytes + 2 * prepared.store_key.size() +
              static_cast<std::size_t>(prepared.outcome.size_before) +
              static_cast<std::size_t>(prepared.outcome.size_after);
  }
  return Ok();
}

void ItemRequest::Execute(Group& group) {
  status_ = Run(group);
}

Status ItemRequest::Run(Group& group) {
  TableId known{};
  for (const ItemAction& action : request_.actions) {
    if (action.table->id == known) continue;
    if (group.catalogue().FindTable(action.table->id) == nullptr)
      return Err(ErrorCode::kNotFound, reason::kTableNotFound, "Requested resource not found");
    known = action.table->id;
  }
  const bool transaction = request_.mode == WriteMode::kTransaction;
  if (transaction && !request_.token.empty()) {
    ASSIGN_OR_RETURN(replayed_, Replayed(group));
    if (replayed_) return Ok();
  }
  if (!transaction) {
    for (std::size_t i = 0; i < prepared_.size(); ++i) {
      TRY(Refresh(group, i));
      Stage(group, i);
    }
    return Ok();
  }

  bool all_applied = true;
  for (std::size_t i = 0; i < prepared_.size(); ++i) {
    TRY(Refresh(group, i));
    all_applied &= prepared_[i].outcome.kind == ItemOutcome::Kind::kApplied;
  }
  if (!all_applied) {
    for (Prepared& prepared : prepared_)
      if (prepared.outcome.kind == ItemOutcome::Kind::kApplied) prepared.outcome.kind = ItemOutcome::Kind::kSkipped;
    return Ok();
  }
  for (std::size_t i = 0; i < prepared_.size(); ++i) Stage(group, i);
  if (!request_.token.empty()) {
    std::string value;
    PutBigEndian(value, request_.token_hash);
    PutBigEndian(value, static_cast<std::uint64_t>(group.now_ms()));
    const auto period = static_cast<std::uint64_t>(group.now_ms() / token_lifetime_ms_);
    group.PutRow(store::Space::kState, layout::TokenKey(period, request_.actions.front().table->scope, request_.token),
                 value);
    group.RequireSync();
  }
  return Ok();
}

Result<bool> ItemRequest::Replayed(Group& group) const {
  const auto period = static_cast<std::uint64_t>(group.now_ms() / token_lifetime_ms_);
  for (const std::uint64_t candidate : {period, period - 1}) {
    ASSIGN_OR_RETURN(const auto row,
                     group.Row(store::Space::kState,
                               layout::TokenKey(candidate, request_.actions.front().table->scope, request_.token)));
    if (!row) continue;
    ByteReader reader(*row);
    const auto hash = reader.BigEndian<std::uint64_t>();
    const auto time_ms = static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>());
    if (!reader.ok()) return Err(ErrorCode::kCorruption, {}, "a transaction token's row has a wrong length");
    if (group.now_ms() - time_ms >= token_lifetime_ms_) continue;
    if (hash != request_.token_hash)
      return Err(ErrorCode::kFailedPrecondition, reason::kTokenMismatch,
                 "An idempotent parameter is not the same as in a previous request with the same client token");
    return true;
  }
  return false;
}

Status ItemRequest::Refresh(Group& group, std::size_t index) {
  Prepared& prepared = prepared_[index];
  if (!recent_.ChangedSince(prepared.hash, observed_)) return Ok();
  ASSIGN_OR_RETURN(auto current, group.Item(prepared.store_key));
  prepared.outcome = Decide(request_.actions[index], std::move(current));
  return Ok();
}

void ItemRequest::Stage(Group& group, std::size_t index) {
  const ItemAction& action = request_.actions[index];
  Prepared& prepared = prepared_[index];
  const ItemOutcome& outcome = prepared.outcome;
  if (!outcome.changed()) return;

  const SequenceNumber sequence = group.NextSequence();
  recent_.Mark(prepared.hash, sequence);
  // Read anew: the stream may have been switched since the request was made.
  const auto table = group.catalogue().FindTable(action.table->id);
  if (table->stream) {
    const auto stream = group.catalogue().FindLog(*table->stream);
    const auto kind = !outcome.before ? model::ChangeKind::kInsert
                      : outcome.after ? model::ChangeKind::kModify
                                      : model::ChangeKind::kRemove;
    group.AppendLog(
        *stream, stream->ShardFor(action.key.hash()).number, sequence,
        EncodeChange(*stream, kind, group.now_ms(), action.expired, outcome.before ? &*outcome.before : nullptr,
                     outcome.after ? &*outcome.after : nullptr));
  }
  group.Count(*table, (outcome.after ? 1 : 0) - (outcome.before ? 1 : 0), outcome.size_after - outcome.size_before);
  if (outcome.after) {
    group.PutItem(prepared.store_key, *outcome.after);
  } else {
    group.DeleteItem(prepared.store_key);
  }
}

void ItemRequest::Complete(const Status& commit) {
  if (!commit.ok()) return done_(commit.error());
  if (!status_.ok()) return done_(status_.error());
  WriteResult result;
  result.replayed = replayed_;
  if (!replayed_) {
    result.outcomes.reserve(prepared_.size());
    for (Prepared& prepared : prepared_) result.outcomes.push_back(std::move(prepared.outcome));
  }
  done_(std::move(result));
}

AppendQueued::AppendQueued(AppendRequest request, Engine::AppendDone done)
    : request_(std::move(request)), done_(std::move(done)) {
  bytes_ = kRequestOverheadBytes + RowBytes(request_.state);
  for (const auto& event : request_.events) bytes_ += event.value.size();
}

void AppendQueued::Execute(Group& group) {
  const auto log = group.catalogue().FindLog(request_.log);
  if (log == nullptr || !log->enabled()) {
    status_ = Err(ErrorCode::kNotFound, reason::kStreamNotFound, "log {} does not exist", request_.log.value());
    return;
  }
  for (const auto& event : request_.events) {
    last_ = group.NextSequence();
    group.AppendLog(*log, log->ShardFor(event.hash).number, last_, EncodeEvent(group.now_ms(), event.value));
  }
  StageStateRows(group, request_.state);
}

void AppendQueued::Complete(const Status& commit) {
  const Engine::AppendDone done = std::exchange(done_, nullptr);
  if (!commit.ok()) return done(commit.error());
  if (!status_.ok()) return done(status_.error());
  done(last_);
}

StateQueued::StateQueued(std::vector<StateRow> rows, Engine::StateDone done)
    : rows_(std::move(rows)), done_(std::move(done)), bytes_(kRequestOverheadBytes + RowBytes(rows_)) {}

void StateQueued::Execute(Group& group) {
  StageStateRows(group, rows_);
}

void StageStateRows(Group& group, const std::vector<StateRow>& rows) {
  for (const StateRow& row : rows) {
    CHECK(!row.key.empty() && row.key.front() != 'e', "rows that begin with 'e' are the engine's");
    if (row.value) {
      group.PutRow(store::Space::kState, row.key, *row.value);
    } else {
      group.DeleteRow(store::Space::kState, row.key);
    }
  }
}

Status SchemaQueued::Waiter::Wait() {
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [&] { return status_.has_value(); });
  return *status_;
}

void SchemaQueued::Waiter::Answer(const Status& status) {
  std::lock_guard lock(mutex_);
  status_ = status;
  ready_.notify_all();
}

void SchemaQueued::Execute(Group& group) {
  status_ = change_(group);
  group.RequireSync();
}

void SchemaQueued::Complete(const Status& commit) {
  waiter_->Answer(commit.ok() ? status_ : commit);
}

}  // namespace millrace::engine
