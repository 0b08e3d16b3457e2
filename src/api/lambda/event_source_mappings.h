// Mappings holds all event source mappings that the API has made, durably, and has them run.
//
// Threads:   thread-safe. Load, Put and Remove wait for the store: they take turns and are not for request threads.
// Ownership: store and sources outlive it. Without sources, nothing is run and none can be made.
// Failure:   what the store or the sources say, and then nothing has changed. A stored mapping that cannot be run is
//            logged and listed.
// Format:    docs/design/functions.md
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/lambda/event_sources.h"
#include "flow/state_store.h"

namespace millrace::api::lambda {

using MappingPtr = std::shared_ptr<const EventSourceMapping>;

class Mappings {
 public:
  Mappings(flow::StateStore& store, EventSources* sources) : store_(store), sources_(sources) {}

  Status Load();
  MappingPtr Find(std::string_view account, std::string_view region, std::string_view uuid) const;
  std::vector<MappingPtr> List(std::string_view account, std::string_view region) const;
  Status Put(EventSourceMapping mapping);
  Status Remove(const EventSourceMapping& mapping);
  std::string LastResult(std::string_view uuid) const;

 private:
  static std::string RowKey(const EventSourceMapping& mapping);
  // Null: deletes it.
  Status Store(const std::string& uuid, std::string key, const MappingPtr& mapping);

  flow::StateStore& store_;
  EventSources* const sources_;

  mutable std::mutex mutex_;
  std::map<std::string, MappingPtr, std::less<>> mappings_;  // guarded by mutex_; by UUID
};

std::string EncodeMapping(const EventSourceMapping& mapping);
Result<EventSourceMapping> DecodeMapping(std::string_view text);

}  // namespace millrace::api::lambda
