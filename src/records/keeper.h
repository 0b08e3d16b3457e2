// Keeper is where an API keeps what it was told.
//
// Threads:   thread-safe. Both may wait for the disk.
#pragma once

#include "flow/state_store.h"

namespace millrace::records {

class Keeper {
 public:
  virtual ~Keeper() = default;
  virtual flow::StateStore& rows() = 0;
  // Waits until all rows that were written are on the disk.
  virtual Status Sync() = 0;
};

}  // namespace millrace::records
