#include "targets/table/placing.h"

#include "base/check.h"
#include "model/codec.h"
#include "model/limits.h"

namespace millrace::targets {

Result<model::Item> Placing::Moved(const engine::Table& table, const model::Item& item, std::size_t number,
                                   const model::Number& sort) const {
  model::Item moved = item;
  if (number == 0) return moved;
  moved.Set(table.schema.sort->name, model::AttributeValue(sort));
  if (!options_.mark.empty() && item.Find(options_.mark) == nullptr)
    moved.Set(options_.mark, model::AttributeValue(model::Number(static_cast<std::int64_t>(number))));
  return moved;
}

Result<Placing::Look> Placing::LookAt(const engine::Table& table, const model::ItemKey& key, const std::string& bytes,
                                      const Chain& chain, std::size_t number) const {
  if (const auto reserved = chain.find(number); reserved != chain.end())
    return Look{*reserved->second.bytes == bytes ? Occupant::kSame : Occupant::kOther, true};
  ASSIGN_OR_RETURN(const std::optional<std::string> found, engine_.Get(table, key));
  if (!found) return Look{};
  return Look{*found == bytes ? Occupant::kSame : Occupant::kOther, false};
}

Placing::Chain Placing::ChainOf(const std::string& own_key) const {
  std::lock_guard lock(mutex_);
  const auto chain = chains_.find(own_key);
  return chain == chains_.end() ? Chain() : chain->second;
}

// False if somebody else was given the place meanwhile.
bool Placing::Take(const Place& place, bool shared) {
  std::lock_guard lock(mutex_);
  Reserved& reserved = chains_[place.own_key][place.number];
  if (reserved.writers > 0 && !shared) return false;
  if (reserved.writers == 0) reserved.bytes = std::make_shared<const std::string>(place.action.put.bytes);
  ++reserved.writers;
  return true;
}

Result<Placing::Place> Placing::Reserve(const std::shared_ptr<const engine::Table>& table, const model::Item& item) {
  CHECK(table->schema.sort && table->schema.sort->type == model::AttributeType::kN);
  ASSIGN_OR_RETURN(const model::ItemKey own, model::KeyOfItem(table->schema, item));
  Place place;
  place.own_key = own.bytes();
  const model::Number first = *item.Find(table->schema.sort->name)->n();
  Chain chain = ChainOf(place.own_key);
  model::Number sort = first;
  for (place.number = 0; place.number < options_.places_max;) {
    ASSIGN_OR_RETURN(const model::Item moved, Moved(*table, item, place.number, sort));
    place.action.table = table;
    ASSIGN_OR_RETURN(place.action.key, model::KeyOfItem(table->schema, moved));
    place.action.put = model::StoreItem(moved);
    if (place.action.put.size > model::limits::kItemBytesMax)
      return InvalidArgument("the item has {} bytes, more than {}", place.action.put.size,
                             model::limits::kItemBytesMax);
    place.action.only_if_absent = true;
    ASSIGN_OR_RETURN(const Look look, LookAt(*table, place.action.key, place.action.put.bytes, chain, place.number));
    if (look.occupant == Occupant::kSame && !look.reserved) {
      place.stored = true;
      return place;
    }
    if (look.occupant != Occupant::kOther) {
      // The same that is being written is written once more: if that one fails, this one does not.
      if (Take(place, look.reserved)) return place;
      chain = ChainOf(place.own_key);
      continue;
    }
    auto next = model::Number::Add(sort, options_.step);
    if (!next.ok())
      return InvalidArgument("another item has its key, and there is no place beside it: {} and the step {}: {}",
                             sort.ToString(), options_.step.ToString(), next.error().message());
    sort = *next;
    ++place.number;
  }
  return InvalidArgument("another item has its key, and all {} places beside it are taken", options_.places_max);
}

void Placing::Release(const Place& place) {
  std::lock_guard lock(mutex_);
  const auto chain = chains_.find(place.own_key);
  CHECK(chain != chains_.end());
  const auto reserved = chain->second.find(place.number);
  CHECK(reserved != chain->second.end() && reserved->second.writers > 0);
  if (--reserved->second.writers > 0) return;
  chain->second.erase(reserved);
  if (chain->second.empty()) chains_.erase(chain);
}

}  // namespace millrace::targets
