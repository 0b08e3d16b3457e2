#include "engine/queue_service.h"

#include <algorithm>

#include "engine/queue_requests.h"

namespace millrace::engine {
namespace {

// Removed in one commit, at most.
constexpr std::size_t kExpireStep = 1000;

Status CheckMessages(const Queue& queue, const std::vector<OutgoingMessage>& messages) {
  const QueueSettings& settings = queue.settings;
  for (const OutgoingMessage& message : messages) {
    if (message.body.size() > settings.message_bytes_max)
      return Err(ErrorCode::kInvalidArgument, reason::kMessageTooLong, "a message of queue '{}' has at most {} bytes",
                 queue.name, settings.message_bytes_max);
    if (!settings.fifo) continue;
    if (message.group.empty())
      return Err(ErrorCode::kInvalidArgument, reason::kGroupMissing, "a message of FIFO queue '{}' needs a group",
                 queue.name);
    if (message.deduplication_id.empty())
      return Err(ErrorCode::kInvalidArgument, reason::kDeduplicationMissing,
                 "a message of FIFO queue '{}' needs a deduplication id", queue.name);
  }
  return Ok();
}

}  // namespace

QueueService::QueueService(store::Store& store, Clock& clock, Random& random, Schema& schema,
                           Published<Catalogue>& catalogue, Writer& writer)
    : store_(store),
      clock_(clock),
      random_(random),
      schema_(schema),
      catalogue_(catalogue),
      writer_(writer),
      timer_(
          clock, [this] { Tick(); }, [this] { return NextDueMs(); }) {}

Status QueueService::Load(SequenceNumber last) {
  const auto stored = catalogue_.Get();
  if (stored->queues().empty()) return Ok();
  auto loaded = std::make_shared<Catalogue>(*stored);
  for (const auto& [id, row] : stored->queues()) {
    auto queue = std::make_shared<Queue>(*row);
    queue->live = std::make_shared<LiveQueue>(LiveQueueParts{store_, clock_, random_, writer_, timer_}, queue->scope,
                                              queue->id, queue->arn, queue->settings.fifo);
    TRY(queue->live->Load(last));
    loaded->SetQueue(std::move(queue));
  }
  catalogue_.Set(std::move(loaded));
  return Ok();
}

Status QueueService::Commit(std::function<Status(Group&)> change) {
  auto waiter = std::make_shared<SchemaQueued::Waiter>();
  writer_.Submit(std::make_unique<SchemaQueued>(std::move(change), waiter));
  return waiter->Wait();
}

Result<std::shared_ptr<const Queue>> QueueService::Find(QueueId id) const {
  auto queue = catalogue_.Get()->FindQueue(id);
  if (queue == nullptr) return Err(ErrorCode::kNotFound, reason::kQueueNotFound, "queue {} does not exist", id.value());
  return queue;
}

Result<std::shared_ptr<const Queue>> QueueService::Create(const CreateQueueRequest& request) {
  std::shared_ptr<const Queue> queue;
  const LiveQueueParts parts{store_, clock_, random_, writer_, timer_};
  TRY(Commit([&](Group& group) { return schema_.CreateQueue(group, request, parts, &queue); }));
  return queue;
}

Result<std::shared_ptr<const Queue>> QueueService::Update(QueueId id, Change change) {
  std::shared_ptr<const Queue> queue;
  TRY(Commit([&](Group& group) { return schema_.UpdateQueue(group, id, change, &queue); }));
  return queue;
}

Status QueueService::Remove(QueueId id) {
  return Commit([&](Group& group) { return schema_.RemoveQueue(group, id); });
}

Status QueueService::Purge(QueueId id) {
  return Commit([&](Group& group) -> Status {
    const auto queue = group.catalogue().FindQueue(id);
    if (queue == nullptr)
      return Err(ErrorCode::kNotFound, reason::kQueueNotFound, "queue {} does not exist", id.value());
    queue->live->StagePurge(group);
    return Ok();
  });
}

void QueueService::Send(SendRequest request, SendDone done) {
  const auto queue = Find(request.queue);
  if (!queue.ok()) return done(queue.error());
  if (const Status fit = CheckMessages(**queue, request.messages); !fit.ok()) return done(fit.error());
  writer_.Submit(std::make_unique<SendQueued>(std::move(request), **queue, random_, std::move(done)));
}

void QueueService::Receive(ReceiveRequest request, ReceiveDone done) {
  const auto catalogue = catalogue_.Get();
  const auto queue = catalogue->FindQueue(request.queue);
  if (queue == nullptr)
    return done(Err(ErrorCode::kNotFound, reason::kQueueNotFound, "queue {} does not exist", request.queue.value()));
  queue->live->Receive(queue->settings, *catalogue, request, std::move(done));
}

void QueueService::Delete(QueueId id, std::vector<std::string> receipts, ReceiptsDone done) {
  const auto queue = Find(id);
  if (!queue.ok()) return done(queue.error());
  (*queue)->live->Delete(receipts, std::move(done));
}

void QueueService::ChangeVisibility(QueueId id, std::vector<VisibilityChange> changes, ReceiptsDone done) {
  const auto queue = Find(id);
  if (!queue.ok()) return done(queue.error());
  (*queue)->live->ChangeVisibility(changes, std::move(done));
}

void QueueService::Move(QueueId from, std::vector<std::string> receipts, QueueId to, ReceiptsDone done) {
  const auto queue = Find(from);
  if (!queue.ok()) return done(queue.error());
  (*queue)->live->Move(receipts, to, std::move(done));
}

Result<QueueCounts> QueueService::Counts(QueueId id) {
  ASSIGN_OR_RETURN(const auto queue, Find(id));
  return queue->live->Counts();
}

std::uint64_t QueueService::AddListener(QueueId id, Listener listener) {
  std::uint64_t number = 0;
  const auto queue = Find(id);
  {
    std::lock_guard lock(listeners_mutex_);
    number = next_listener_++;
    if (!queue.ok()) return number;
    listeners_[number] = (*queue)->live;
  }
  (*queue)->live->AddListener(number, std::move(listener));
  return number;
}

void QueueService::RemoveListener(std::uint64_t id) {
  std::shared_ptr<LiveQueue> queue;
  {
    std::lock_guard lock(listeners_mutex_);
    const auto found = listeners_.find(id);
    if (found == listeners_.end()) return;
    queue = std::move(found->second);
    listeners_.erase(found);
  }
  queue->RemoveListener(id);
}

std::optional<std::int64_t> QueueService::NextDueMs() const {
  const auto catalogue = catalogue_.Get();
  std::int64_t next = LiveQueue::kNever;
  for (const auto& [id, queue] : catalogue->queues()) next = std::min(next, queue->live->next_due_ms());
  return next == LiveQueue::kNever ? std::nullopt : std::optional(next);
}

void QueueService::Tick() {
  const std::int64_t now_ms = clock_.NowMillis();
  const auto catalogue = catalogue_.Get();
  for (const auto& [id, queue] : catalogue->queues())
    if (queue->live->next_due_ms() <= now_ms) queue->live->Tick();
}

Status QueueService::Maintain() {
  const auto catalogue = catalogue_.Get();
  for (const auto& [id, queue] : catalogue->queues()) {
    for (bool more = true; more;) {
      ASSIGN_OR_RETURN(more, queue->live->RemoveExpired(queue->settings, kExpireStep));
    }
  }
  const auto period = static_cast<std::uint64_t>(clock_.NowMillis() / queue_limits::kDeduplicationTime.count());
  if (period < 2) return Ok();
  // Two periods are looked into. Only if there are older ones: a range deletion slows its readers down.
  const std::string lower = layout::DeduplicationPrefix(0);
  const std::string upper = layout::DeduplicationPrefix(period - 1);
  const auto rows = store_.NewIterator(store::Space::kState, {.lower = lower, .upper = upper});
  rows->SeekToFirst();
  TRY(rows->status());
  if (!rows->Valid()) return Ok();
  return Commit([&](Group& group) {
    group.DeleteRows(store::Space::kState, lower, upper);
    return Ok();
  });
}

}  // namespace millrace::engine
