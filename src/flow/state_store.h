// StateStore keeps the small durable rows of subscriptions: checkpoints, parked records, dead letters.
//
// Rows are written in the order in which Write was called: whoever finds a row after a crash also finds those that were
// written before it. So a checkpoint that is written after a record was parked never covers a record that is nowhere.
//
// Threads:   thread-safe; `done` may run on any thread, also before Write returns, and must not block.
// Failure:   a store that failed once keeps failing: what it holds is then unknown.
// Format:    docs/design/positions.md
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace millrace::flow {

struct StateRow {
  std::string key;
  std::optional<std::string> value;  // nullopt: delete
};

class StateStore {
 public:
  using Done = std::function<void(Status)>;

  virtual ~StateStore() = default;
  virtual Result<std::optional<std::string>> Load(std::string_view key) = 0;
  // Rows whose key begins with `prefix` and is greater than `after`, in key order, at most `rows_max`.
  virtual Result<std::vector<StateRow>> Scan(std::string_view prefix, std::string_view after, std::size_t rows_max) = 0;
  // All rows or none.
  virtual void Write(std::vector<StateRow> rows, Done done) = 0;
};

// Waits for the write. Not to be called from completions.
Status WriteAndWait(StateStore& store, std::vector<StateRow> rows);

}  // namespace millrace::flow
