#include "engine/writer.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/check.h"

namespace millrace::engine {
namespace {

// A batch that was larger gives its memory back.
constexpr std::size_t kBatchBytesKept = 1 << 20;

}  // namespace

Group::Group(store::Store& store, store::Batch& batch, std::shared_ptr<const Catalogue> catalogue, SequenceNumber last,
             std::int64_t now_ms, std::size_t requests)
    : store_(store), published_(std::move(catalogue)), batch_(batch), last_(last), now_ms_(now_ms) {
  overlay_.reserve(requests);
}

Catalogue& Group::MutableCatalogue() {
  if (!changed_) changed_ = std::make_unique<Catalogue>(*published_);
  return *changed_;
}

Result<std::optional<std::string>> Group::Item(const std::string& store_key) const {
  if (const auto found = overlay_.find(store_key); found != overlay_.end())
    return found->second == nullptr ? std::optional<std::string>() : std::optional(*found->second);
  for (const ItemRange& range : deleted_ranges_)
    if (range.lower <= store_key && store_key < range.upper) return std::optional<std::string>();
  std::string bytes;
  ASSIGN_OR_RETURN(const bool present, store_.Get(store::Space::kItems, store_key, &bytes));
  return present ? std::optional(std::move(bytes)) : std::nullopt;
}

void Group::PutItem(const std::string& store_key, const std::string& bytes) {
  batch_.Put(store::Space::kItems, store_key, bytes);
  overlay_[store_key] = &bytes;
  sync_ = written_ = true;
}

void Group::DeleteItem(const std::string& store_key) {
  batch_.Delete(store::Space::kItems, store_key);
  overlay_[store_key] = nullptr;
  sync_ = written_ = true;
}

void Group::DeleteItems(const ItemRange& range) {
  batch_.DeleteRange(store::Space::kItems, range.lower, range.upper);
  std::erase_if(overlay_, [&](const auto& entry) { return range.lower <= entry.first && entry.first < range.upper; });
  deleted_ranges_.push_back(range);
  sync_ = written_ = true;
}

void Group::PutRow(store::Space space, std::string_view key, std::string_view value) {
  batch_.Put(space, key, value);
  rows_[{space, std::string(key)}] = std::string(value);
  written_ = true;
}

void Group::DeleteRow(store::Space space, std::string_view key) {
  batch_.Delete(space, key);
  rows_[{space, std::string(key)}] = std::nullopt;
  written_ = true;
}

void Group::DeleteRows(store::Space space, std::string_view begin, std::string_view end) {
  batch_.DeleteRange(space, begin, end);
  const auto first = rows_.lower_bound({space, std::string(begin)});
  rows_.erase(first, rows_.lower_bound({space, std::string(end)}));
  written_ = true;
}

Result<std::optional<std::string>> Group::Row(store::Space space, std::string_view key) const {
  if (const auto found = rows_.find({space, std::string(key)}); found != rows_.end()) return found->second;
  std::string value;
  ASSIGN_OR_RETURN(const bool present, store_.Get(space, key, &value));
  return present ? std::optional(std::move(value)) : std::nullopt;
}

void Group::PutBlind(store::Space space, std::string_view key, std::string_view value) {
  batch_.Put(space, key, value);
  written_ = true;
}

void Group::DeleteBlind(store::Space space, std::string_view key) {
  batch_.Delete(space, key);
  written_ = true;
}

void Group::Join(std::shared_ptr<GroupPart> part) {
  if (std::ranges::find(parts_, part) == parts_.end()) parts_.push_back(std::move(part));
}

void Group::Count(const Table& table, std::int64_t items, std::int64_t bytes) {
  Delta& delta = deltas_[table.id];
  delta.counters = table.counters;
  delta.items += items;
  delta.bytes += bytes;
}

void Group::AppendLog(const Log& log, ShardNumber shard, SequenceNumber sequence, std::string_view value) {
  batch_.Put(store::Space::kLog, layout::LogKey(log.scope, log.id, shard, sequence), value);
  touched_.insert(log.id);
  sync_ = written_ = true;
}

Writer::Writer(const EngineOptions& options, store::Store& store, Clock& clock, Published<Catalogue>& catalogue,
               SequenceNumber last)
    : options_(options),
      store_(store),
      clock_(clock),
      catalogue_(catalogue),
      committed_(last.value()),
      batch_(store.NewBatch()) {}

void Writer::Start() {
  thread_ = Thread(ThreadRole::kCommit, "mr-writer", [this] { Run(); });
}

void Writer::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.Join();
}

Status Writer::Health() const {
  std::lock_guard lock(mutex_);
  return failure_ ? Status(*failure_) : Ok();
}

void Writer::Submit(std::unique_ptr<QueuedRequest> request) {
  if (const Status taken = TrySubmit(request); !taken.ok()) request->Complete(taken);
}

Status Writer::TrySubmit(std::unique_ptr<QueuedRequest>& request) {
  std::optional<Error> refusal;
  bool wake = false;
  std::array<std::unique_ptr<QueuedRequest>, 2> finished;
  {
    std::lock_guard lock(mutex_);
    for (auto& place : finished) {
      if (finished_.empty()) break;
      place = std::move(finished_.back());
      finished_.pop_back();
    }
    if (failure_) {
      refusal = Error(ErrorCode::kUnavailable, reason::kStopped,
                      fmt::format("writes stopped after a failed commit: {}", failure_->message()));
    } else if (stopping_) {
      refusal = Error(ErrorCode::kUnavailable, reason::kStopped, "the engine is shutting down");
    } else if (queue_bytes_ + request->bytes() > options_.queue_bytes_max && !queue_.empty() && !request->internal()) {
      refusal = Error(ErrorCode::kResourceExhausted, reason::kOverloaded,
                      fmt::format("{} bytes of writes are waiting for the disk already", queue_bytes_));
    } else {
      queue_bytes_ += request->bytes();
      queue_.push_back(std::move(request));
      wake = std::exchange(waiting_, false);
    }
  }
  if (refusal) return *std::move(refusal);
  if (wake) wake_.notify_one();
  return Ok();
}

void Writer::Run() {
  std::vector<std::unique_ptr<QueuedRequest>> group;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      while (queue_.empty() && !stopping_) {
        waiting_ = true;
        wake_.wait(lock);
      }
      waiting_ = false;
      if (queue_.empty()) return;
      std::size_t bytes = 0, count = 0;
      while (count < queue_.size() && (count == 0 || bytes + queue_[count]->bytes() <= options_.group_bytes_max))
        bytes += queue_[count++]->bytes();
      queue_bytes_ -= bytes;
      if (count == queue_.size()) {
        group.swap(queue_);
      } else {
        group.assign(std::make_move_iterator(queue_.begin()),
                     std::make_move_iterator(queue_.begin() + static_cast<std::ptrdiff_t>(count)));
        queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
      }
    }
    RunGroup(group);
    DropFinished(group);
  }
}

void Writer::DropFinished(std::vector<std::unique_ptr<QueuedRequest>>& group) {
  std::vector<std::unique_ptr<QueuedRequest>> left;
  {
    std::lock_guard lock(mutex_);
    if (queue_.empty()) {
      left.swap(finished_);
    } else {
      finished_.insert(finished_.end(), std::make_move_iterator(group.begin()), std::make_move_iterator(group.end()));
    }
  }
  group.clear();
}

void Writer::RunGroup(std::vector<std::unique_ptr<QueuedRequest>>& requests) {
  if (const Status health = Health(); !health.ok()) {
    const Status refusal = Err(ErrorCode::kUnavailable, reason::kStopped, "writes stopped after a failed commit: {}",
                               health.error().message());
    for (auto& request : requests) request->Complete(refusal);
    return;
  }
  // Log records of one shard never go back in time, whatever the wall clock does.
  last_time_ms_ = std::max(last_time_ms_, clock_.NowMillis());
  Group group(store_, *batch_, catalogue_.Get(), committed(), last_time_ms_, requests.size());
  for (auto& request : requests) request->Execute(group);
  for (const auto& part : group.parts_) part->BeforeCommit(group);
  const Status commit = Commit(group);
  if (commit.ok()) {
    Notify(group.touched_);
    for (const auto& part : group.parts_) part->AfterCommit();
  }
  for (auto& request : requests) request->Complete(commit);
  if (batch_->SizeBytes() > kBatchBytesKept) {
    batch_ = store_.NewBatch();
  } else {
    batch_->Clear();
  }
}

Status Writer::Commit(Group& group) {
  for (const auto& [table, delta] : group.deltas_) {
    std::string value;
    PutBigEndian(value, static_cast<std::uint64_t>(delta.counters->items.load() + delta.items));
    PutBigEndian(value, static_cast<std::uint64_t>(delta.counters->bytes.load() + delta.bytes));
    group.batch_.Put(store::Space::kState, layout::CountersKey(table), value);
  }
  if (group.last_ != committed()) {
    std::string value;
    PutBigEndian(value, group.last_.value());
    group.batch_.Put(store::Space::kState, layout::kSequenceKey, value);
    group.written_ = true;
  }
  if (!group.written_) return Ok();

  const auto durability = group.sync_ ? options_.durability : store::Durability::kNoSync;
  if (Status written = store_.Write(group.batch_, durability); !written.ok()) {
    Fail(written.error());
    return written;
  }
  for (const auto& [table, delta] : group.deltas_) {
    delta.counters->items.fetch_add(delta.items);
    delta.counters->bytes.fetch_add(delta.bytes);
  }
  if (group.changed_) catalogue_.Set(std::shared_ptr<const Catalogue>(std::move(group.changed_)));
  committed_.store(group.last_.value(), std::memory_order_release);
  return Ok();
}

void Writer::Fail(const Error& error) {
  {
    std::lock_guard lock(mutex_);
    failure_ = error;
  }
  if (options_.on_failure) options_.on_failure(error);
}

void Writer::Notify(const std::set<LogId>& touched) {
  if (touched.empty()) return;
  std::lock_guard lock(listeners_mutex_);
  for (const auto& [id, listener] : listeners_)
    if (touched.contains(listener.log)) listener.call();
}

std::uint64_t Writer::AddListener(LogId log, Engine::CommitListener listener) {
  std::lock_guard lock(listeners_mutex_);
  listeners_.emplace(next_listener_, Listener{log, std::move(listener)});
  return next_listener_++;
}

void Writer::RemoveListener(std::uint64_t id) {
  std::lock_guard lock(listeners_mutex_);
  listeners_.erase(id);
}

}  // namespace millrace::engine
