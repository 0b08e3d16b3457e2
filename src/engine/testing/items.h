// Short forms of values, items and actions for tests.
//
// Threads: functions without state.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "engine/engine.h"
#include "expr/condition.h"
#include "expr/placeholders.h"
#include "expr/update.h"
#include "model/attribute_value.h"
#include "model/key.h"

namespace millrace::engine::testing {

inline model::AttributeValue S(std::string_view text) {
  return model::AttributeValue(std::string(text));
}
inline model::AttributeValue N(std::int64_t value) {
  return model::AttributeValue(model::Number(value));
}

using Attributes = std::initializer_list<std::pair<std::string, model::AttributeValue>>;

inline model::Item MakeItem(Attributes attributes) {
  model::Item item;
  for (const auto& [name, value] : attributes) item.Set(name, value);
  return item;
}

// "pk" is the partition key, a string; "sk" the sort key, if there is one.
inline model::KeySchema StringKey() {
  return {.partition = {"pk", model::AttributeType::kS}, .sort = std::nullopt};
}
inline model::KeySchema StringAndNumberKey() {
  return {.partition = {"pk", model::AttributeType::kS}, .sort = model::KeyAttribute{"sk", model::AttributeType::kN}};
}

using TablePtr = std::shared_ptr<const Table>;

// The words must be right: a test's own mistake ends it.
inline expr::Condition MakeCondition(std::string_view text, Attributes values = {}) {
  auto placeholders = MUST(expr::Placeholders::Create({}, MakeItem(values)));
  return MUST(expr::Condition::Parse(text, placeholders));
}
inline expr::Update MakeUpdate(std::string_view text, Attributes values = {}) {
  auto placeholders = MUST(expr::Placeholders::Create({}, MakeItem(values)));
  return MUST(expr::Update::Parse(text, placeholders));
}

inline ItemAction Put(const TablePtr& table, model::Item item) {
  ItemAction action;
  action.kind = ItemAction::Kind::kPut;
  action.table = table;
  action.key = MUST(model::KeyOfItem(table->schema, item));
  action.put = model::StoreItem(item);
  return action;
}
inline ItemAction Delete(const TablePtr& table, const model::Item& key) {
  ItemAction action;
  action.kind = ItemAction::Kind::kDelete;
  action.table = table;
  action.key = MUST(model::KeyOfKeyItem(table->schema, key));
  return action;
}
inline ItemAction UpdateItem(const TablePtr& table, model::Item key, std::optional<expr::Update> update) {
  ItemAction action;
  action.kind = ItemAction::Kind::kUpdate;
  action.table = table;
  action.key = MUST(model::KeyOfKeyItem(table->schema, key));
  action.item = std::move(key);
  action.update = std::move(update);
  return action;
}
inline ItemAction Check(const TablePtr& table, const model::Item& key, expr::Condition condition) {
  ItemAction action = Delete(table, key);
  action.kind = ItemAction::Kind::kCheck;
  action.condition = std::move(condition);
  return action;
}
inline ItemAction If(ItemAction action, expr::Condition condition) {
  action.condition = std::move(condition);
  return action;
}

}  // namespace millrace::engine::testing
