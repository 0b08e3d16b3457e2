// ItemAction is one put, update, delete or check of one item; Decide says what it does to the item's current state.
//
// Decide is pure: the request thread decides before it queues, and the writer decides again only if the item changed
// since. The engine applies the outcome: item, counters and change record in one batch.
//
// Threads:   plain values.
// Failure:   in the outcome; nothing here throws or blocks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/catalogue.h"
#include "expr/condition.h"
#include "expr/update.h"
#include "model/attribute_value.h"
#include "model/codec.h"
#include "model/key.h"

namespace millrace::engine {

struct ItemAction {
  enum class Kind { kPut, kUpdate, kDelete, kCheck };

  Kind kind = Kind::kPut;
  std::shared_ptr<const Table> table;
  model::ItemKey key;
  model::StoredItem put;  // kPut: the whole item. Encoded by who asks, so that no thread but that one sees its tree.
  model::Item item;       // kUpdate: the key attributes, with which a missing item starts
  std::optional<expr::Condition> condition;
  std::optional<expr::Update> update;  // kUpdate; absent: an update that only creates the item
  bool only_if_absent = false;         // the condition fails if there is an item
  bool expired = false;                // kDelete by the time-to-live sweep
};

struct ItemOutcome {
  enum class Kind {
    kApplied,          // the item is now `after`; the same as before counts as applied and leaves no change record
    kConditionFailed,  // `before` is the item it failed on
    kInvalid,          // `error` says why: a type mismatch in an update, an item that grew too big
    kSkipped,          // another action of the transaction stopped it
  };

  Kind kind = Kind::kApplied;
  std::optional<Error> error;
  std::optional<std::string> before;  // stored bytes (model/codec.h); nullopt: there was none
  std::optional<std::string> after;
  std::int64_t size_before = 0;  // by DynamoDB's rules, 0 if absent
  std::int64_t size_after = 0;

  bool changed() const { return kind == Kind::kApplied && before != after; }
};

// `current`: the stored bytes, if there is an item; they become the outcome's `before`.
ItemOutcome Decide(const ItemAction& action, std::optional<std::string> current);

enum class WriteMode {
  kIndependent,  // each action stands alone: PutItem, UpdateItem, DeleteItem, BatchWriteItem
  kTransaction,  // all or nothing; actions name distinct items
};

// The outcomes in the order of the actions. In a transaction that did not happen, at least one is neither kApplied nor
// kSkipped, and nothing was written.
struct WriteResult {
  std::vector<ItemOutcome> outcomes;
  bool replayed = false;  // this token's transaction had succeeded before: nothing was written, outcomes are empty
};

struct ItemWriteRequest {
  std::vector<ItemAction> actions;
  WriteMode mode = WriteMode::kIndependent;
  // Transactions: the client's token and a hash of what it asked for; remembered for 10 minutes.
  std::string token;
  std::uint64_t token_hash = 0;
};

// Called once, on the writer thread, after the commit is as durable as the engine was told. Must not block.
using WriteDone = std::function<void(Result<WriteResult>)>;

}  // namespace millrace::engine
