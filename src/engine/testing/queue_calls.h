// Calls of an engine's queues that wait for their answers, and short ways to say what is sent.
//
// Threads: not from a completion.
#pragma once

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "engine/testing/node.h"

namespace millrace::engine::testing {

template <class T, class Start>
Result<T> Await(Start start) {
  auto promise = std::make_shared<std::promise<Result<T>>>();
  auto answer = promise->get_future();
  start([promise](Result<T> result) { promise->set_value(std::move(result)); });
  return answer.get();
}

inline Result<std::vector<SentMessage>> Send(Engine& engine, SendRequest request) {
  return Await<std::vector<SentMessage>>([&](auto done) { engine.queues().Send(std::move(request), std::move(done)); });
}
inline Result<SentMessage> Send(Engine& engine, QueueId queue, OutgoingMessage message) {
  SendRequest request{.queue = queue, .messages = {}, .state = {}};
  request.messages.push_back(std::move(message));
  ASSIGN_OR_RETURN(auto sent, Send(engine, std::move(request)));
  return std::move(sent.front());
}
inline OutgoingMessage Message(std::string body) {
  OutgoingMessage message;
  message.body = std::move(body);
  return message;
}
inline OutgoingMessage Message(std::string body, std::string group, std::string deduplication_id) {
  OutgoingMessage message = Message(std::move(body));
  message.group = std::move(group);
  message.deduplication_id = std::move(deduplication_id);
  return message;
}
inline OutgoingMessage Delayed(std::string body, std::chrono::milliseconds delay) {
  OutgoingMessage message = Message(std::move(body));
  message.delay = delay;
  return message;
}

inline Result<ReceiveResult> Receive(Engine& engine, ReceiveRequest request) {
  return Await<ReceiveResult>([&](auto done) { engine.queues().Receive(std::move(request), std::move(done)); });
}
inline Result<ReceiveResult> Receive(Engine& engine, QueueId queue, std::size_t max = 10,
                                     std::optional<std::chrono::milliseconds> visibility = std::nullopt) {
  ReceiveRequest request;
  request.queue = queue;
  request.messages_max = max;
  request.visibility = visibility;
  return Receive(engine, std::move(request));
}
inline std::vector<std::string> Bodies(const ReceiveResult& result) {
  std::vector<std::string> bodies;
  for (const ReceivedMessage& message : result.messages) bodies.push_back(message.body);
  return bodies;
}
inline std::vector<std::string> Receipts(const ReceiveResult& result) {
  std::vector<std::string> receipts;
  for (const ReceivedMessage& message : result.messages) receipts.push_back(message.receipt);
  return receipts;
}

inline Result<std::vector<ReceiptOutcome>> Delete(Engine& engine, QueueId queue, std::vector<std::string> receipts) {
  return Await<std::vector<ReceiptOutcome>>(
      [&](auto done) { engine.queues().Delete(queue, std::move(receipts), std::move(done)); });
}
inline Result<std::vector<ReceiptOutcome>> ChangeVisibility(Engine& engine, QueueId queue,
                                                            std::vector<VisibilityChange> changes) {
  return Await<std::vector<ReceiptOutcome>>(
      [&](auto done) { engine.queues().ChangeVisibility(queue, std::move(changes), std::move(done)); });
}
inline Result<std::vector<ReceiptOutcome>> Move(Engine& engine, QueueId from, std::vector<std::string> receipts,
                                                QueueId to) {
  return Await<std::vector<ReceiptOutcome>>(
      [&](auto done) { engine.queues().Move(from, std::move(receipts), to, std::move(done)); });
}

inline QueueId MakeQueue(Engine& engine, std::string name, QueueSettings settings = {}) {
  return MUST(engine.queues().Create({kScope, std::move(name), std::move(settings)}))->id;
}

}  // namespace millrace::engine::testing
