#include "engine/queue_requests.h"

#include <unordered_map>

#include "engine/layout.h"

namespace millrace::engine {
namespace {

constexpr std::size_t kMessageOverheadBytes = 256;

std::uint64_t PeriodOf(std::int64_t time_ms) {
  return static_cast<std::uint64_t>(time_ms / queue_limits::kDeduplicationTime.count());
}

}  // namespace

SendQueued::SendQueued(SendRequest request, const Queue& queue, Random& random, Queues::SendDone done)
    : queue_(request.queue), state_(std::move(request.state)), done_(std::move(done)) {
  const bool fifo = queue.settings.fifo;
  for (const OutgoingMessage& message : request.messages) {
    const std::string id = random.Uuid();
    StoredMessage stored;
    stored.id = id;
    stored.delay_ms = (fifo ? queue.settings.delay : message.delay.value_or(queue.settings.delay)).count();
    stored.group = message.group;
    if (fifo) stored.deduplication_id = message.deduplication_id;
    stored.sender = message.sender;
    stored.attributes = message.attributes;
    stored.body = message.body;
    messages_.push_back(std::make_shared<std::string>(EncodeMessage(stored)));
    bytes_ += kMessageOverheadBytes + messages_.back()->size();
  }
  for (const StateRow& row : state_) bytes_ += row.key.size() + (row.value ? row.value->size() : 0);
}

std::string SendQueued::KeyOf(const Queue& queue, std::uint64_t period, const StoredMessage& message) const {
  const bool by_group = queue.settings.deduplication_scope == DeduplicationScope::kMessageGroup;
  return layout::DeduplicationKey(period, queue_, by_group ? message.group : std::string_view(),
                                  message.deduplication_id);
}

Status SendQueued::FindDuplicates(Group& group, const Queue& queue) {
  duplicates_.resize(messages_.size());
  if (!queue.settings.fifo) return Ok();
  const std::uint64_t period = PeriodOf(group.now_ms());
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    ASSIGN_OR_RETURN(const StoredMessage message, DecodeMessage(*messages_[i]));
    for (const std::uint64_t candidate : {period, period - 1}) {
      ASSIGN_OR_RETURN(const auto row, group.Row(store::Space::kState, KeyOf(queue, candidate, message)));
      if (!row) continue;
      ASSIGN_OR_RETURN(Remembered remembered, DecodeRemembered(*row));
      if (group.now_ms() - remembered.time_ms >= queue_limits::kDeduplicationTime.count()) continue;
      duplicates_[i] = SentMessage{std::move(remembered.id), remembered.sequence, true};
      break;
    }
  }
  return Ok();
}

void SendQueued::Execute(Group& group) {
  const auto queue = group.catalogue().FindQueue(queue_);
  if (queue == nullptr) {
    status_ = Err(ErrorCode::kNotFound, reason::kQueueNotFound, "queue {} does not exist", queue_.value());
    return;
  }
  status_ = FindDuplicates(group, *queue);
  if (!status_.ok()) return;
  const std::uint64_t period = PeriodOf(group.now_ms());
  std::unordered_map<std::string, std::size_t> here;  // deduplication ids of this very request
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    if (duplicates_[i]) {
      sent_.push_back(*std::move(duplicates_[i]));
      continue;
    }
    StampMessage(*messages_[i], group.now_ms());
    const StoredMessage message = *DecodeMessage(*messages_[i]);
    std::string key;
    if (queue->settings.fifo) {
      key = KeyOf(*queue, period, message);
      const auto [first, is_new] = here.try_emplace(key, i);
      if (!is_new) {
        sent_.push_back(sent_[first->second]);
        sent_.back().duplicate = true;
        continue;
      }
    }
    const SequenceNumber sequence = group.NextSequence();
    queue->live->StageMessage(group, sequence, messages_[i], message);
    if (queue->settings.fifo)
      group.PutRow(store::Space::kState, key, EncodeRemembered({group.now_ms(), sequence, std::string(message.id)}));
    sent_.push_back({std::string(message.id), sequence, false});
  }
  StageStateRows(group, state_);
  group.RequireSync();
}

void SendQueued::Complete(const Status& commit) {
  const Queues::SendDone done = std::exchange(done_, nullptr);
  if (!commit.ok()) return done(commit.error());
  if (!status_.ok()) return done(status_.error());
  done(std::move(sent_));
}

void LeaseQueued::Execute(Group& group) {
  for (const auto& [sequence, lease] : leases_) queue_->StageLease(group, sequence, lease);
}

void RemoveQueued::Execute(Group& group) {
  for (const std::uint64_t sequence : messages_) queue_->StageRemoval(group, SequenceNumber(sequence));
  if (sync_) group.RequireSync();
}

MoveQueued::MoveQueued(std::shared_ptr<LiveQueue> from, std::vector<Message> messages, QueueId to, Done done)
    : from_(std::move(from)), messages_(std::move(messages)), to_(to), done_(std::move(done)) {
  for (const Message& message : messages_) bytes_ += kMessageOverheadBytes + message.value.size();
}

void MoveQueued::Execute(Group& group) {
  const auto to = group.catalogue().FindQueue(to_);
  if (to == nullptr) {
    for (const Message& message : messages_) from_->StageReturn(group, message.sequence);
    status_ = Err(ErrorCode::kNotFound, reason::kQueueNotFound, "queue {} does not exist", to_.value());
    return;
  }
  for (const Message& moved : messages_) {
    if (!from_->StageRemoval(group, moved.sequence)) continue;
    StoredMessage message = *DecodeMessage(moved.value);
    message.time_ms = group.now_ms();
    message.delay_ms = 0;
    if (moved.new_id.empty()) {
      message.dead_letter_source = from_->arn();
      // How long it is kept counts from its sending in a standard queue, from this moment in a FIFO queue, as on SQS.
      if (to->settings.fifo) message.sent_ms = group.now_ms();
    } else {
      message.id = moved.new_id;
      message.sent_ms = group.now_ms();
      message.dead_letter_source = {};
    }
    const auto value = std::make_shared<const std::string>(EncodeMessage(message));
    to->live->StageMessage(group, group.NextSequence(), value, *DecodeMessage(*value));
  }
  group.RequireSync();
}

}  // namespace millrace::engine
