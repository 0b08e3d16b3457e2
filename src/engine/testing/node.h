// TestNode is an engine over a store in memory, on a clock that the test moves, and can be restarted.
//
// Threads:   as the engine; Restart while nobody else uses it.
// Ownership: owns everything it is made of.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/engine.h"
#include "engine/testing/items.h"
#include "store/memory_store.h"

namespace millrace::engine::testing {

inline const Scope kScope{"000000000000", "us-east-1"};

// Writes and waits for the commit. Not from a completion.
inline Result<WriteResult> Write(Engine& engine, ItemWriteRequest request) {
  std::promise<Result<WriteResult>> done;
  auto result = done.get_future();
  engine.Write(std::move(request), [&done](Result<WriteResult> written) { done.set_value(std::move(written)); });
  return result.get();
}
// One action that stands alone; its outcome.
inline Result<ItemOutcome> Write(Engine& engine, ItemAction action) {
  ItemWriteRequest request;
  request.actions.push_back(std::move(action));
  ASSIGN_OR_RETURN(WriteResult result, Write(engine, std::move(request)));
  return std::move(result.outcomes.front());
}
inline Result<WriteResult> Transact(Engine& engine, std::vector<ItemAction> actions, std::string token = {},
                                    std::uint64_t token_hash = 0) {
  return Write(engine, {.actions = std::move(actions),
                        .mode = WriteMode::kTransaction,
                        .token = std::move(token),
                        .token_hash = token_hash});
}

// Everything that is in the shard after a position, however many pages it takes.
inline Result<std::vector<model::Change>> ReadShard(const Engine& engine, const Log& stream, const Shard& shard) {
  std::vector<model::Change> changes;
  SequenceNumber after = shard.trimmed;
  for (bool at_end = false; !at_end;) {
    ASSIGN_OR_RETURN(const LogPage page, engine.ReadLog(stream.id, shard.number, {.after = after, .records_max = 100}));
    for (const LogRecord& record : page.records) {
      ASSIGN_OR_RETURN(model::Change change, DecodeChange(stream, record));
      changes.push_back(std::move(change));
    }
    after = page.next;
    at_end = page.at_end;
  }
  return changes;
}
// The whole stream: shards in the order of their birth, so parents come before their children.
inline Result<std::vector<model::Change>> ReadStream(const Engine& engine, LogId id) {
  const auto stream = engine.catalogue()->FindLog(id);
  CHECK(stream != nullptr, "the stream exists");
  std::vector<model::Change> changes;
  for (const Shard& shard : stream->shards) {
    ASSIGN_OR_RETURN(std::vector<model::Change> more, ReadShard(engine, *stream, shard));
    std::move(more.begin(), more.end(), std::back_inserter(changes));
  }
  return changes;
}

class TestNode {
 public:
  explicit TestNode(EngineOptions options = {}, std::unique_ptr<store::Store> store = nullptr)
      : options_(std::move(options)),
        store_(store == nullptr ? std::make_unique<store::MemoryStore>() : std::move(store)) {
    Restart();
  }

  Engine& engine() { return *engine_; }
  store::Store& store() { return *store_; }
  ManualClock& clock() { return clock_; }
  Random& random() { return random_; }

  void Restart() {
    engine_.reset();
    engine_ = MUST(Engine::Open(options_, *store_, clock_, random_));
  }

  TablePtr CreateTable(std::string name, model::KeySchema schema = StringKey(),
                       std::optional<model::StreamViewType> stream = model::StreamViewType::kNewAndOldImages,
                       std::uint32_t stream_shards = 1) {
    CreateTableRequest request;
    request.scope = kScope;
    request.name = std::move(name);
    request.schema = std::move(schema);
    request.stream = stream;
    request.stream_shards = stream_shards;
    return MUST(engine_->CreateTable(request));
  }
  // As it is now.
  TablePtr FindTable(std::string_view name) const {
    const auto catalogue = engine_->catalogue();
    const auto scope = catalogue->FindScope(kScope);
    return scope ? catalogue->FindTable(*scope, name) : nullptr;
  }
  std::shared_ptr<const Log> StreamOf(std::string_view name) const {
    const auto table = FindTable(name);
    CHECK(table != nullptr && table->latest_stream, "the table has a stream");
    return engine_->catalogue()->FindLog(*table->latest_stream);
  }

 private:
  const EngineOptions options_;
  const std::unique_ptr<store::Store> store_;
  ManualClock clock_;
  SeededRandom random_{20260131};
  std::unique_ptr<Engine> engine_;
};

}  // namespace millrace::engine::testing
