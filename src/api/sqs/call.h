// Call is what an operation of SQS works with: the engine, who asks, the time, and the request's JSON.
//
// Threads:   a Call is confined to the request thread. An Answer moves to the thread that completes the work.
// Ownership: borrows everything and lives until the operation returns.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/sqs/errors.h"
#include "base/error.h"
#include "engine/engine.h"
#include "json/value.h"

namespace millrace::api::sqs {

class MoveTasks;
class Poller;
class PurgeTimes;

// The JSON of the answer, exactly once.
struct Answer {
  std::function<void(Result<std::string>)> send;
  // False once nobody waits for it.
  std::function<bool()> connected;
};

struct Call {
  engine::Engine& engine;
  Poller& poller;
  MoveTasks& tasks;
  PurgeTimes& purges;
  const engine::Scope& scope;
  std::string_view host;  // of the queue's URLs
  std::int64_t now_ms = 0;
  const json::Value& request;

  std::string UrlOf(const engine::Queue& queue) const {
    return fmt::format("http://{}/{}/{}", host, queue.account, queue.name);
  }
};

// The queue that QueueUrl names: of any host, in the caller's region.
Result<std::shared_ptr<const engine::Queue>> FindQueue(const Call& call);
// Members of a request that may be absent. A wrong type is an error.
Result<std::optional<std::string_view>> Text(const json::Value& in, std::string_view name);
Result<std::optional<std::int64_t>> Whole(const json::Value& in, std::string_view name);
Result<std::vector<std::string_view>> Texts(const json::Value& in, std::string_view name);
Result<std::string_view> NeededText(const json::Value& in, std::string_view name);
// What groups, deduplication ids and receive attempts may be: 1 to 128 letters, digits and punctuation marks of ASCII.
bool IsMessageId(std::string_view text);

}  // namespace millrace::api::sqs
