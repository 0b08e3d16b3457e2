// Schema makes the changes of the catalogue: tables, streams, buses, shards, trimming. Each stages its rows in a group.
//
// Threads: every method that takes a Group is confined to the writer; PlanTrim may run anywhere.
// Failure: NotFound, AlreadyExists or FailedPrecondition with the engine's reasons; nothing is staged then.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "engine/engine.h"
#include "engine/layout.h"
#include "engine/live_queue.h"
#include "engine/writer.h"

namespace millrace::engine {

class Schema {
 public:
  Schema(const EngineOptions& options, Clock& clock, Random& random, const layout::NextIds& next)
      : options_(options), clock_(clock), random_(random), next_(next) {}

  Status EnsureScope(Group& group, const Scope& scope, ScopeId* id);
  Status CreateTable(Group& group, const CreateTableRequest& request, std::shared_ptr<const Table>* table);
  Status DeleteTable(Group& group, TableId id, std::shared_ptr<const Table>* table);
  Status EnableStream(Group& group, TableId id, model::StreamViewType view, std::shared_ptr<const Table>* table);
  Status DisableStream(Group& group, TableId id, std::shared_ptr<const Table>* table);
  Status SetStreamRetention(Group& group, TableId id, std::int64_t retention_ms, std::shared_ptr<const Table>* table);
  Status CreateBus(Group& group, const Scope& scope, std::string_view name, std::int64_t retention_ms,
                   std::shared_ptr<const Log>* bus);
  Status DeleteBus(Group& group, LogId id);
  // Queues: schema_queue.cc. A new queue gets a live part for these.
  Status CreateQueue(Group& group, const CreateQueueRequest& request, const LiveQueueParts& parts,
                     std::shared_ptr<const Queue>* queue);
  Status UpdateQueue(Group& group, QueueId id, const Queues::Change& change, std::shared_ptr<const Queue>* queue);
  Status RemoveQueue(Group& group, QueueId id);
  Status RollShards(Group& group, LogId id, Engine::Roll roll);
  Status RollOldShards(Group& group, LogId id);

  // What of a log is older than its retention. Looked up in steps of bounded size.
  struct TrimPlan {
    LogId log;
    bool whole_log = false;  // a disabled stream past its retention
    std::vector<std::pair<ShardNumber, SequenceNumber>> up_to;
    std::vector<ShardNumber> drop;  // closed, empty and old
    bool more = false;
    bool empty() const { return !whole_log && up_to.empty() && drop.empty(); }
  };
  Result<TrimPlan> PlanTrim(const store::Store& store, const Catalogue& catalogue, LogId id,
                            const LogHolds& holds) const;
  // Moves the shards' trimmed positions. Committed before Trim deletes the records.
  Status MarkTrimmed(Group& group, const TrimPlan& plan);
  Status Trim(Group& group, const TrimPlan& plan);
  Result<bool> HasOldTokens(const store::Store& store) const;
  Status ForgetTokens(Group& group);

 private:
  void SaveTable(Group& group, Table table);
  void SaveLog(Group& group, Log log);
  void SaveNextIds(Group& group);
  Log NewStream(Group& group, const Table& table, model::StreamViewType view);
  void CloseStream(Group& group, LogId id);

  const EngineOptions options_;
  Clock& clock_;
  Random& random_;
  layout::NextIds next_;  // an id that a failed commit took is not reused: the engine stops then
};

}  // namespace millrace::engine
