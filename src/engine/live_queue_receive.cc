// Receiving, deleting and moving messages: decided on the calling thread, written by the writer.
#include <algorithm>

#include "engine/live_queue.h"
#include "engine/queue_requests.h"

namespace millrace::engine {
namespace {

// Behind many messages that have expired a receive gives up, and is asked again.
constexpr int kReceiveSteps = 16;
constexpr std::size_t kAttemptsMax = 10'000;

// Of leases that begin now: they last no shorter than was asked for.
std::int64_t RoundedUpMillis(const Clock& clock) {
  return std::chrono::ceil<std::chrono::milliseconds>(clock.Now().time_since_epoch()).count();
}

}  // namespace

// A receive is answered when its leases are written, its messages read, and what it moved away is moved.
struct LiveQueue::ReceiveOperation {
  std::mutex mutex;
  int open = 1;                // guarded by mutex: parts that are not done
  std::optional<Error> error;  // guarded by mutex
  ReceiveResult result;        // the receiving thread's, then the last part's
  Queues::ReceiveDone done;

  void Begin() {
    std::lock_guard lock(mutex);
    ++open;
  }
  void Finish(const Status& status) {
    {
      std::lock_guard lock(mutex);
      if (!status.ok() && !error) error = status.error();
      if (--open > 0) return;
    }
    if (error) return done(*std::move(error));
    done(std::move(result));
  }
};

bool LiveQueue::RepeatLocked(const std::string& attempt, std::int64_t now_ms, std::int64_t visible_ms,
                             std::vector<QueueIndex::Picked>& leased) {
  const auto found = attempts_.find(attempt);
  if (found == attempts_.end() || now_ms - found->second.time_ms >= queue_limits::kDeduplicationTime.count())
    return false;
  for (const auto& each : found->second.leased)
    if (!index_.IsLeased(each.sequence, each.lease.nonce, each.lease.visible_ms)) return false;
  bool freed = false;
  for (auto& each : found->second.leased) {
    const auto nonce = each.lease.nonce;
    index_.SetVisibility(each.sequence, nonce, visible_ms, now_ms, false, &each.lease, &freed);
  }
  leased = found->second.leased;
  return true;
}

void LiveQueue::RememberLocked(const std::string& attempt, std::int64_t now_ms,
                               const std::vector<QueueIndex::Picked>& leased) {
  const std::int64_t since_ms = now_ms - queue_limits::kDeduplicationTime.count();
  while (!attempts_order_.empty() &&
         (attempts_order_.front().first <= since_ms || attempts_order_.size() >= kAttemptsMax)) {
    const auto oldest = attempts_.find(attempts_order_.front().second);
    if (oldest != attempts_.end() && oldest->second.time_ms == attempts_order_.front().first) attempts_.erase(oldest);
    attempts_order_.pop_front();
  }
  Attempt made{.time_ms = now_ms, .leased = {}};
  for (const auto& each : leased) made.leased.push_back({each.sequence, each.lease, nullptr});
  attempts_.insert_or_assign(attempt, std::move(made));
  attempts_order_.emplace_back(now_ms, attempt);
}

void LiveQueue::Receive(const QueueSettings& settings, const Catalogue& catalogue, const ReceiveRequest& request,
                        Queues::ReceiveDone done) {
  const std::size_t messages_max = std::clamp<std::size_t>(request.messages_max, 1, queue_limits::kReceiveMax);
  const auto dead_letters =
      settings.redrive ? catalogue.FindQueueByArn(settings.redrive->dead_letter_arn) : std::shared_ptr<const Queue>();

  auto operation = std::make_shared<ReceiveOperation>();
  operation->done = std::move(done);
  QueueIndex::PickOptions options;
  options.messages_max = messages_max;
  options.bytes_max = request.bytes_max;
  options.nonce = parts_.random.Next();
  if (dead_letters != nullptr) options.receives_max = settings.redrive->max_receives;
  QueueIndex::Pick pick;
  Status submitted = Ok();
  bool others = false;
  bool again = true;
  // More than once if what was read ahead had expired, or went to the dead letters, or to somebody else.
  for (int step = 0; again && step < kReceiveSteps; ++step) {
    if (Status filled = Fill([&] { return index_.Wants(messages_max - pick.leased.size()) && !AtEndLocked(); });
        !filled.ok())
      return operation->Finish(filled);
    std::lock_guard lock(mutex_);
    options.now_ms = parts_.clock.NowMillis();
    const bool named = fifo_ && !request.attempt.empty();
    const std::int64_t visibility = request.visibility.value_or(settings.visibility).count();
    options.visible_ms = visibility == 0 ? options.now_ms : RoundedUpMillis(parts_.clock) + visibility;
    options.sent_after_ms = options.now_ms - settings.retention.count();
    const bool freed = index_.Tick(options.now_ms);
    const std::size_t leased_before = pick.leased.size();
    pick.expired.clear();
    const bool repeated =
        named && step == 0 && RepeatLocked(request.attempt, options.now_ms, options.visible_ms, pick.leased);
    if (!repeated) index_.Take(options, pick);
    if (named && !repeated && !pick.leased.empty()) RememberLocked(request.attempt, options.now_ms, pick.leased);
    others |= freed && index_.HasReady();
    const bool unread = index_.Wants(1) && !AtEndLocked();
    operation->result.at_end = !index_.HasReady() && !unread;
    again = unread && !repeated && !pick.full && !pick.over_limit && pick.leased.size() < messages_max;

    if (pick.leased.size() > leased_before) {
      std::vector<std::pair<SequenceNumber, Lease>> leases;
      for (std::size_t i = leased_before; i < pick.leased.size(); ++i)
        leases.emplace_back(SequenceNumber(pick.leased[i].sequence), pick.leased[i].lease);
      operation->Begin();
      std::unique_ptr<QueuedRequest> queued = std::make_unique<LeaseQueued>(
          shared_from_this(), std::move(leases), [operation](const Status& status) { operation->Finish(status); });
      submitted = SubmitLocked(queued);
      again &= submitted.ok();
    }
    if (!pick.expired.empty()) {
      std::unique_ptr<QueuedRequest> queued =
          std::make_unique<RemoveQueued>(shared_from_this(), pick.expired, false, [](const Status&) {});
      (void)SubmitLocked(queued).ok();  // if it is refused, the engine is at its end
    }
    PublishDueLocked();
  }
  if (others) Notify();
  if (!submitted.ok()) {
    operation->Finish(submitted);  // for the leases that were refused
    return operation->Finish(submitted);
  }
  if (pick.over_limit && pick.leased.empty() && !fifo_)
    return operation->Finish(Err(ErrorCode::kResourceExhausted, reason::kOverLimit,
                                 "{} messages are in flight, and no more may be", queue_limits::kInFlightMax));
  if (!pick.move.empty()) {
    operation->result.at_end = false;  // behind them in their groups there may be more, once they are away
    operation->Begin();
    MoveAway(pick.move, dead_letters->id, true, [operation](const Status& status) {
      // The dead-letter queue was removed this moment: the messages stay.
      const bool gone = !status.ok() && status.error().code() == ErrorCode::kNotFound;
      operation->Finish(gone ? Ok() : status);
    });
  }

  Status read = Ok();
  for (const auto& picked : pick.leased) {
    std::string stored;
    std::string_view value;
    if (picked.value != nullptr) {
      value = *picked.value;
    } else {
      auto found = ReadMessage(picked.sequence);
      if (!found.ok()) {
        read = found.error();
        break;
      }
      if (!*found) continue;  // purged meanwhile
      stored = **std::move(found);
      value = stored;
    }
    const auto message = DecodeMessage(value);
    if (!message.ok()) {
      read = message.error();
      break;
    }
    ReceivedMessage received;
    received.sequence = SequenceNumber(picked.sequence);
    received.receipt = EncodeReceipt({id_, received.sequence, picked.lease.nonce});
    received.id = message->id;
    received.sent_ms = message->sent_ms;
    received.first_received_ms = picked.lease.first_ms;
    received.receives = picked.lease.receives;
    received.group = message->group;
    received.deduplication_id = message->deduplication_id;
    received.attributes = message->attributes;
    received.sender = message->sender;
    received.dead_letter_source = message->dead_letter_source;
    received.body = message->body;
    operation->result.messages.push_back(std::move(received));
  }
  operation->Finish(read);
}

void LiveQueue::MoveAway(std::vector<std::uint64_t> sequences, QueueId to, bool redrive,
                         std::function<void(Status)> done) {
  std::vector<MoveQueued::Message> messages;
  Status read = Ok();
  for (const std::uint64_t sequence : sequences) {
    auto value = ReadMessage(sequence);
    if (!value.ok()) {
      read = value.error();
      break;
    }
    if (*value) messages.push_back({SequenceNumber(sequence), **std::move(value), redrive ? "" : parts_.random.Uuid()});
  }
  if (!read.ok()) {
    {
      std::lock_guard lock(mutex_);
      for (const std::uint64_t sequence : sequences) index_.GiveBack(sequence);
    }
    return done(read);
  }
  parts_.writer.Submit(std::make_unique<MoveQueued>(shared_from_this(), std::move(messages), to, std::move(done)));
}

void LiveQueue::Delete(const std::vector<std::string>& receipts, Queues::ReceiptsDone done) {
  std::vector<ReceiptOutcome> outcomes;
  std::vector<std::uint64_t> claimed;
  Status submitted = Ok();
  std::unique_ptr<QueuedRequest> queued;
  {
    std::lock_guard lock(mutex_);
    index_.Tick(parts_.clock.NowMillis());
    bool any = false;
    for (const std::string& text : receipts) {
      const auto receipt = DecodeReceipt(text);
      if (!receipt || receipt->queue != id_) {
        outcomes.push_back(ReceiptOutcome::kMalformed);
        continue;
      }
      bool fresh = false;
      outcomes.push_back(index_.Claim(receipt->sequence.value(), receipt->nonce, &fresh));
      if (fresh) claimed.push_back(receipt->sequence.value());
      any |= outcomes.back() == ReceiptOutcome::kDone;
    }
    // Also if all of them are being deleted already: then it is answered when they are.
    if (any) {
      queued = std::make_unique<RemoveQueued>(
          shared_from_this(), std::move(claimed), true,
          [done, outcomes](const Status& status) { status.ok() ? done(outcomes) : done(status.error()); });
      submitted = SubmitLocked(queued);
      if (submitted.ok()) done = nullptr;
    }
    PublishDueLocked();
  }
  if (!submitted.ok()) return queued->Complete(submitted);
  if (done) done(std::move(outcomes));
}

void LiveQueue::Move(const std::vector<std::string>& receipts, QueueId to, Queues::ReceiptsDone done) {
  std::vector<ReceiptOutcome> outcomes;
  std::vector<std::uint64_t> claimed;
  {
    std::lock_guard lock(mutex_);
    index_.Tick(parts_.clock.NowMillis());
    for (const std::string& text : receipts) {
      const auto receipt = DecodeReceipt(text);
      if (!receipt || receipt->queue != id_) {
        outcomes.push_back(ReceiptOutcome::kMalformed);
        continue;
      }
      bool fresh = false;
      outcomes.push_back(index_.Claim(receipt->sequence.value(), receipt->nonce, &fresh));
      if (fresh) claimed.push_back(receipt->sequence.value());
    }
    PublishDueLocked();
  }
  MoveAway(std::move(claimed), to, false,
           [done = std::move(done), outcomes = std::move(outcomes)](const Status& status) mutable {
             status.ok() ? done(std::move(outcomes)) : done(status.error());
           });
}

void LiveQueue::ChangeVisibility(const std::vector<VisibilityChange>& changes, Queues::ReceiptsDone done) {
  std::vector<ReceiptOutcome> outcomes;
  std::vector<std::pair<SequenceNumber, Lease>> leases;
  Status submitted = Ok();
  std::unique_ptr<QueuedRequest> queued;
  bool freed = false;
  {
    std::lock_guard lock(mutex_);
    const std::int64_t now_ms = parts_.clock.NowMillis();
    const std::int64_t until_ms = RoundedUpMillis(parts_.clock);
    freed = index_.Tick(now_ms);
    for (const VisibilityChange& change : changes) {
      const auto receipt = DecodeReceipt(change.receipt);
      if (!receipt || receipt->queue != id_) {
        outcomes.push_back(ReceiptOutcome::kMalformed);
        continue;
      }
      Lease lease;
      outcomes.push_back(
          index_.SetVisibility(receipt->sequence.value(), receipt->nonce,
                               change.visibility.count() == 0 ? now_ms : until_ms + change.visibility.count(), now_ms,
                               change.untried, &lease, &freed));
      if (outcomes.back() == ReceiptOutcome::kDone) leases.emplace_back(receipt->sequence, lease);
    }
    if (!leases.empty()) {
      queued = std::make_unique<LeaseQueued>(
          shared_from_this(), std::move(leases),
          [done, outcomes](const Status& status) { status.ok() ? done(outcomes) : done(status.error()); });
      submitted = SubmitLocked(queued);
      if (submitted.ok()) done = nullptr;
    }
    PublishDueLocked();
  }
  if (freed) Notify();
  if (!submitted.ok()) return queued->Complete(submitted);
  if (done) done(std::move(outcomes));
}

Result<bool> LiveQueue::RemoveExpired(const QueueSettings& settings, std::size_t max) {
  bool all = false;
  std::size_t claimed_count = 0;
  SequenceNumber reached;
  auto waiter = std::make_shared<SchemaQueued::Waiter>();
  Status submitted = Ok();
  {
    std::lock_guard lock(mutex_);
    const std::int64_t now_ms = parts_.clock.NowMillis();
    index_.Tick(now_ms);
    auto claimed = index_.ClaimExpired(now_ms - settings.retention.count(), max, &all);
    claimed_count = claimed.size();
    reached = cursor_;
    if (!claimed.empty()) {
      std::unique_ptr<QueuedRequest> queued = std::make_unique<RemoveQueued>(
          shared_from_this(), std::move(claimed), false, [waiter](const Status& status) { waiter->Answer(status); });
      submitted = SubmitLocked(queued);
    }
    PublishDueLocked();
  }
  TRY(submitted);
  if (claimed_count > 0) TRY(waiter->Wait());
  if (!all) return claimed_count == max;
  TRY(Fill([&] { return cursor_ == reached && !AtEndLocked(); }));
  std::lock_guard lock(mutex_);
  return cursor_ != reached;
}

}  // namespace millrace::engine
