// Placing finds each item a key of its own: an item whose key a different one has goes beside it, to the next free
// place at its sort key plus one step, two steps, …
//
// The same item is not stored twice: if it is at any of these places already, there is nothing to write. Which is the
// same is decided by value. A place is reserved until its write has been answered, so that items which come one after
// the other are placed in that order, however many writes are under way. Other writers of the table are not seen before
// they have written; so a write that it places carries the condition that its place is free.
//
// Threads:   thread-safe. Reserve reads the store on the calling thread; Release does not.
// Ownership: the engine outlives it.
// Failure:   Reserve: InvalidArgument for what is no item of the table, or finds no place: all are taken, or its sort
// key
//            would need more digits than a number has.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "engine/engine.h"
#include "model/attribute_value.h"
#include "model/number.h"

namespace millrace::targets {

struct PlacingOptions {
  model::Number step;
  std::string mark;  // the attribute that says how many steps an item was moved; empty: none
  std::size_t places_max = 1000;
};

class Placing {
 public:
  Placing(engine::Engine& engine, PlacingOptions options) : engine_(engine), options_(std::move(options)) {}

  struct Place {
    bool stored = false;        // the item is there already
    engine::ItemAction action;  // otherwise: the put, if its place is free
    std::string own_key;        // for Release
    std::size_t number = 0;
  };
  // REQUIRES: the table's sort key is a number.
  Result<Place> Reserve(const std::shared_ptr<const engine::Table>& table, const model::Item& item);
  // After the write of a place that is not `stored`.
  void Release(const Place& place);

 private:
  // Stored bytes of what is being written, by place; and how many wait for the answer.
  struct Reserved {
    std::shared_ptr<const std::string> bytes;
    std::size_t writers = 0;
  };
  using Chain = std::map<std::size_t, Reserved>;
  enum class Occupant { kNobody, kSame, kOther };
  struct Look {
    Occupant occupant = Occupant::kNobody;
    bool reserved = false;
  };

  Result<model::Item> Moved(const engine::Table& table, const model::Item& item, std::size_t number,
                            const model::Number& sort) const;
  Result<Look> LookAt(const engine::Table& table, const model::ItemKey& key, const std::string& bytes,
                      const Chain& chain, std::size_t number) const;
  Chain ChainOf(const std::string& own_key) const;
  bool Take(const Place& place, bool shared);

  engine::Engine& engine_;
  const PlacingOptions options_;
  mutable std::mutex mutex_;
  std::map<std::string, Chain, std::less<>> chains_;  // guarded by mutex_; by the items' own keys
};

}  // namespace millrace::targets
