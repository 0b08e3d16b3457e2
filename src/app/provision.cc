#include "app/provision.h"

namespace millrace::app {
namespace {

std::optional<model::StreamViewType> ViewOf(config::StreamView view) {
  switch (view) {
    case config::StreamView::kNone:
      return std::nullopt;
    case config::StreamView::kKeysOnly:
      return model::StreamViewType::kKeysOnly;
    case config::StreamView::kNewImage:
      return model::StreamViewType::kNewImage;
    case config::StreamView::kOldImage:
      return model::StreamViewType::kOldImage;
    case config::StreamView::kNewAndOldImages:
      return model::StreamViewType::kNewAndOldImages;
  }
  return std::nullopt;
}

std::string Describe(const model::KeySchema& schema) {
  std::string text = fmt::format("{}:{}", schema.partition.name, AttributeTypeName(schema.partition.type));
  if (schema.sort) text += fmt::format(", {}:{}", schema.sort->name, AttributeTypeName(schema.sort->type));
  return text;
}

Status ProvisionTable(const config::Table& declared, const engine::Scope& scope, engine::Engine& engine) {
  ASSIGN_OR_RETURN(const engine::ScopeId scope_id, engine.EnsureScope(scope));
  const auto view = ViewOf(declared.stream);
  const auto existing = engine.catalogue()->FindTable(scope_id, declared.name);
  if (existing == nullptr) {
    engine::CreateTableRequest request;
    request.scope = scope;
    request.name = declared.name;
    request.schema = declared.key;
    request.stream_shards = declared.shards;
    request.stream_retention = declared.retain;
    request.stream = view;
    const auto created = engine.CreateTable(request);
    return created.ok() ? Ok() : Status(created.error());
  }
  if (existing->schema != declared.key)
    return Err(ErrorCode::kFailedPrecondition, {},
               "table/{} has the key [{}] in the data directory, but the file declares [{}]; a key cannot be changed: "
               "delete the table, or use another data directory (--data)",
               declared.name, Describe(existing->schema), Describe(declared.key));
  if (existing->stream_retention_ms != declared.retain.count()) {
    const auto set = engine.SetStreamRetention(existing->id, declared.retain);
    if (!set.ok()) return set.error();
  }
  if (!view) return Ok();  // a stream that someone switched on by hand is theirs
  if (!existing->stream) {
    const auto enabled = engine.EnableStream(existing->id, *view);
    return enabled.ok() ? Ok() : Status(enabled.error());
  }
  const auto stream = engine.catalogue()->FindLog(*existing->stream);
  if (stream->view != *view)
    return Err(ErrorCode::kFailedPrecondition, {},
               "table/{} has a stream of {}, but the file declares {}; a stream's view cannot be changed: disable the "
               "stream with UpdateTable first, or correct the file",
               declared.name, StreamViewTypeName(stream->view), StreamViewTypeName(*view));
  return Ok();
}

engine::QueueSettings SettingsOf(const config::Queue& declared, const engine::Scope& scope) {
  engine::QueueSettings settings;
  settings.fifo = declared.fifo;
  settings.content_deduplication = declared.content_deduplication;
  settings.visibility = declared.visibility;
  settings.delay = declared.delay;
  settings.retention = declared.retain;
  settings.receive_wait = declared.wait;
  if (declared.message_bytes_max) settings.message_bytes_max = *declared.message_bytes_max;
  if (declared.dead_letters)
    settings.redrive = {QueueArn(scope, declared.dead_letters->queue.name), declared.dead_letters->receives_max};
  return settings;
}

// What the file does not say of a queue stays as it was set by hand.
Status ProvisionQueue(const config::Queue& declared, const engine::Scope& scope, engine::Engine& engine) {
  ASSIGN_OR_RETURN(const engine::ScopeId scope_id, engine.EnsureScope(scope));
  engine::QueueSettings settings = SettingsOf(declared, scope);
  const auto existing = engine.catalogue()->FindQueue(scope_id, declared.name);
  if (existing == nullptr) {
    const auto created = engine.queues().Create({scope, declared.name, std::move(settings)});
    return created.ok() ? Ok() : Status(created.error());
  }
  const auto updated = engine.queues().Update(existing->id, [&settings, &declared](engine::QueueSettings& now) {
    settings.deduplication_scope = now.deduplication_scope;
    if (!declared.message_bytes_max) settings.message_bytes_max = now.message_bytes_max;
    settings.echoed = now.echoed;
    settings.tags = now.tags;
    now = settings;
    return Ok();
  });
  return updated.ok() ? Ok() : Status(updated.error());
}

}  // namespace

std::string QueueArn(const engine::Scope& scope, std::string_view queue) {
  return fmt::format("arn:aws:sqs:{}:{}:{}", scope.region, scope.account, queue);
}

std::string ArchiveLogName(std::string_view bus, std::string_view archive) {
  return bus == archive ? fmt::format("archive/{}", bus) : fmt::format("archive/{}/{}", bus, archive);
}

engine::Scope ScopeOf(const config::Settings& settings) {
  return {settings.account, settings.region};
}

Status Provision(const config::Config& config, engine::Engine& engine) {
  const engine::Scope scope = ScopeOf(config.settings);
  for (const config::Table& table : config.tables) TRY(ProvisionTable(table, scope, engine));
  for (const config::Queue& queue : config.queues)
    if (Status made = ProvisionQueue(queue, scope, engine); !made.ok())
      return made.error().WithContext("queue/" + queue.name);
  return Ok();
}

}  // namespace millrace::app
