// The changes of the catalogue that are about queues.
#include "engine/schema.h"

namespace millrace::engine {
namespace {

void SaveQueue(Group& group, Queue queue) {
  group.PutRow(store::Space::kMeta, layout::MetaKey(layout::kQueueKind, queue.id.value()), layout::EncodeQueue(queue));
  group.MutableCatalogue().SetQueue(std::make_shared<const Queue>(std::move(queue)));
}

Error NoSuchQueue(QueueId id) {
  return Err(ErrorCode::kNotFound, reason::kQueueNotFound, "queue {} does not exist", id.value());
}

}  // namespace

Status Schema::CreateQueue(Group& group, const CreateQueueRequest& request, const LiveQueueParts& parts,
                           std::shared_ptr<const Queue>* queue) {
  ScopeId scope;
  TRY(EnsureScope(group, request.scope, &scope));
  if (group.catalogue().FindQueue(scope, request.name) != nullptr)
    return Err(ErrorCode::kAlreadyExists, reason::kQueueExists, "queue '{}' exists already", request.name);
  Queue made;
  made.id = QueueId(next_.log++);
  made.scope = scope;
  made.account = request.scope.account;
  made.region = request.scope.region;
  made.name = request.name;
  made.arn = fmt::format("arn:aws:sqs:{}:{}:{}", made.region, made.account, made.name);
  made.settings = request.settings;
  made.created_ms = made.modified_ms = group.now_ms();
  made.live = std::make_shared<LiveQueue>(parts, scope, made.id, made.arn, made.settings.fifo);
  SaveNextIds(group);
  const QueueId id = made.id;
  SaveQueue(group, std::move(made));
  *queue = group.catalogue().FindQueue(id);
  return Ok();
}

Status Schema::UpdateQueue(Group& group, QueueId id, const Queues::Change& change,
                           std::shared_ptr<const Queue>* queue) {
  const auto current = group.catalogue().FindQueue(id);
  if (current == nullptr) return NoSuchQueue(id);
  Queue changed = *current;
  TRY(change(changed.settings));
  if (changed.settings.fifo != current->settings.fifo)
    return InvalidArgument("whether queue '{}' is FIFO cannot be changed", current->name);
  if (changed.settings != current->settings) {
    changed.modified_ms = group.now_ms();
    SaveQueue(group, std::move(changed));
  }
  *queue = group.catalogue().FindQueue(id);
  return Ok();
}

Status Schema::RemoveQueue(Group& group, QueueId id) {
  const auto current = group.catalogue().FindQueue(id);
  if (current == nullptr) return NoSuchQueue(id);
  current->live->StageEnd(group);
  group.DeleteRow(store::Space::kMeta, layout::MetaKey(layout::kQueueKind, id.value()));
  group.MutableCatalogue().EraseQueue(id);
  return Ok();
}

}  // namespace millrace::engine
