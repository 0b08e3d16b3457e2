#include "app/sources.h"

#include "app/kafka_options.h"
#include "app/secrets.h"
#include "sources/queue/queue_source.h"

namespace millrace::app {

Result<Source> Sources::Find(const config::Ref& from) {
  if (from.kind == config::RefKind::kBus) {
    ASSIGN_OR_RETURN(const auto bus, buses_.Find(from.name));
    return Source{FeedOf(bus), nullptr, bus->log->arn, nullptr};
  }
  if (from.kind == config::RefKind::kTarget) return FindTopic(from);
  const auto catalogue = site_.engine.catalogue();
  if (from.kind == config::RefKind::kQueue) {
    const auto queue = catalogue->FindQueue(site_.ScopeId(), from.name);
    if (queue == nullptr) return Err(ErrorCode::kNotFound, {}, "{} does not exist", from.ToString());
    return Source{nullptr, std::make_shared<sources::QueueSource>(site_.engine, *queue), queue->arn, nullptr};
  }
  const auto table = catalogue->FindTable(site_.ScopeId(), from.name);
  if (from.kind != config::RefKind::kTable || table == nullptr)
    return Err(ErrorCode::kNotFound, {}, "{} does not exist", from.ToString());
  if (!table->stream)
    return Err(ErrorCode::kFailedPrecondition, {}, "table/{} has no stream; add `stream: new-and-old` to it",
               from.name);
  auto log = catalogue->FindLog(*table->stream);
  std::lock_guard lock(mutex_);
  std::erase_if(streams_, [](const auto& each) { return each.second.expired(); });
  std::shared_ptr<Stream> stream = streams_[log->arn].lock();
  if (stream == nullptr) {
    stream = std::make_shared<Stream>(site_, log);
    streams_[log->arn] = stream;
  }
  std::string arn = log->arn;
  return Source{std::shared_ptr<flow::Feed>(stream, &stream->feed), nullptr, std::move(arn), std::move(log)};
}

Result<Source> Sources::FindTopic(const config::Ref& from) {
  const config::Target* const target = config_.FindTarget(from.name);
  const auto* const kafka = target == nullptr ? nullptr : std::get_if<config::KafkaTarget>(&target->to);
  if (kafka == nullptr || !kafka->one_topic())
    return Err(ErrorCode::kNotFound, {}, "{} is no Kafka topic that can be read", from.ToString());
  ASSIGN_OR_RETURN(auto client, ClientOptionsOf(from.ToString(), *kafka, Secrets(config_, directory_), directory_));
  ASSIGN_OR_RETURN(auto log, logs::KafkaLog::Open(std::move(client), kafka->topic));
  auto topic = std::make_shared<Topic>(site_, std::move(log));
  {
    std::lock_guard lock(mutex_);
    std::erase_if(topics_, [](const auto& each) { return each.expired(); });
    topics_.push_back(topic);
  }
  // Brokers come and go: a position belongs to what the topic is called here.
  std::string place = fmt::format("kafka:{}:{}", from.name, kafka->topic);
  return Source{std::shared_ptr<flow::Feed>(topic, &topic->feed), nullptr, std::move(place), nullptr};
}

void Sources::Stop() {
  std::vector<std::shared_ptr<Stream>> streams;
  std::vector<std::shared_ptr<Topic>> topics;
  {
    std::lock_guard lock(mutex_);
    for (const auto& each : topics_)
      if (auto topic = each.lock()) topics.push_back(std::move(topic));
    for (const auto& [arn, each] : streams_)
      if (auto stream = each.lock()) streams.push_back(std::move(stream));
  }
  for (const auto& stream : streams) stream->feed.Stop();
  for (const auto& topic : topics) {
    topic->feed.Stop();
    topic->reader->Close();
  }
}

}  // namespace millrace::app
