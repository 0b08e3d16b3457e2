#include "expr/update_program.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "base/check.h"

namespace millrace::expr {
namespace {

using model::AttributeMap;
using model::AttributeType;
using model::AttributeValue;
using model::List;
using model::Number;

Error InvalidPath() {
  return InvalidArgument("The document path provided in the update expression is invalid for update");
}
Error WrongType() {
  return InvalidArgument("An operand in the update expression has an incorrect data type");
}
Error NoSuchAttribute() {
  return InvalidArgument("The provided expression refers to an attribute that does not exist in the item");
}

// Evaluates values against the item as it was. A value that only copies stays a reference until it is written.
class Evaluator {
 public:
  Evaluator(const UpdateProgram& program, const model::Item& item) : program_(program), item_(item) {}

  // Either owned, or a reference into the item or the placeholders.
  using Value = std::variant<const AttributeValue*, AttributeValue>;

  // Recursion is bounded by the limit of operators and functions.
  Result<Value> Evaluate(std::uint32_t position) const {
    const UpdateValue& node = program_.nodes[position];
    switch (node.kind) {
      case UpdateValue::Kind::kConstant:
        return Value(node.constant);
      case UpdateValue::Kind::kPath: {
        const AttributeValue* value = Resolve(item_, program_.sources[node.first]);
        if (value == nullptr) return NoSuchAttribute();
        return Value(value);
      }
      case UpdateValue::Kind::kIfNotExists: {
        if (const AttributeValue* value = Resolve(item_, program_.sources[node.first])) return Value(value);
        return Evaluate(node.second);
      }
      case UpdateValue::Kind::kListAppend:
        return ListAppend(node);
      case UpdateValue::Kind::kAdd:
      case UpdateValue::Kind::kSubtract:
        return Calculate(node);
    }
    CHECK(false, "a kind of value without a rule");
    return NoSuchAttribute();
  }

  static AttributeValue Take(Value value) {
    if (auto* owned = std::get_if<AttributeValue>(&value)) return std::move(*owned);
    return **std::get_if<const AttributeValue*>(&value);
  }

 private:
  static const AttributeValue& Peek(const Value& value) {
    if (const auto* owned = std::get_if<AttributeValue>(&value)) return *owned;
    return **std::get_if<const AttributeValue*>(&value);
  }

  Result<Value> ListAppend(const UpdateValue& node) const {
    ASSIGN_OR_RETURN(const Value first, Evaluate(node.first));
    ASSIGN_OR_RETURN(const Value second, Evaluate(node.second));
    const List* head = Peek(first).l();
    const List* tail = Peek(second).l();
    if (head == nullptr || tail == nullptr) return WrongType();
    List joined;
    joined.reserve(head->size() + tail->size());
    joined.insert(joined.end(), head->begin(), head->end());
    joined.insert(joined.end(), tail->begin(), tail->end());
    return Value(AttributeValue(std::move(joined)));
  }

  Result<Value> Calculate(const UpdateValue& node) const {
    ASSIGN_OR_RETURN(const Value first, Evaluate(node.first));
    ASSIGN_OR_RETURN(const Value second, Evaluate(node.second));
    const Number* a = Peek(first).n();
    const Number* b = Peek(second).n();
    if (a == nullptr || b == nullptr) return WrongType();
    ASSIGN_OR_RETURN(Number result,
                     node.kind == UpdateValue::Kind::kAdd ? Number::Add(*a, *b) : Number::Subtract(*a, *b));
    return Value(AttributeValue(std::move(result)));
  }

  const UpdateProgram& program_;
  const model::Item& item_;
};

template <class Set>
AttributeValue Union(const Set& a, const Set& b) {
  Set out;
  out.values.reserve(a.values.size() + b.values.size());
  std::set_union(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(), std::back_inserter(out.values));
  return AttributeValue(std::move(out));
}

// Nothing if no element is left: there are no empty sets.
template <class Set>
std::optional<AttributeValue> Difference(const Set& a, const Set& b) {
  Set out;
  std::set_difference(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(),
                      std::back_inserter(out.values));
  if (out.values.empty()) return std::nullopt;
  return AttributeValue(std::move(out));
}

Result<AttributeValue> Added(const AttributeValue* existing, const AttributeValue& operand) {
  if (existing == nullptr) return operand;
  if (existing->type() != operand.type()) return WrongType();
  switch (operand.type()) {
    case AttributeType::kN: {
      ASSIGN_OR_RETURN(Number sum, Number::Add(*existing->n(), *operand.n()));
      return AttributeValue(std::move(sum));
    }
    case AttributeType::kSs:
      return Union(*existing->As<model::StringSet>(), *operand.As<model::StringSet>());
    case AttributeType::kNs:
      return Union(*existing->As<model::NumberSet>(), *operand.As<model::NumberSet>());
    case AttributeType::kBs:
      return Union(*existing->As<model::BinarySet>(), *operand.As<model::BinarySet>());
    default:
      return WrongType();
  }
}

Result<std::optional<AttributeValue>> Deleted(const AttributeValue* existing, const AttributeValue& operand) {
  if (existing == nullptr) return std::optional<AttributeValue>();
  if (existing->type() != operand.type()) return WrongType();
  switch (operand.type()) {
    case AttributeType::kSs:
      return Difference(*existing->As<model::StringSet>(), *operand.As<model::StringSet>());
    case AttributeType::kNs:
      return Difference(*existing->As<model::NumberSet>(), *operand.As<model::NumberSet>());
    case AttributeType::kBs:
      return Difference(*existing->As<model::BinarySet>(), *operand.As<model::BinarySet>());
    default:
      return WrongType();
  }
}

// Walks the item and the targets together, so that each map and list on the way is looked up once, and all indexes of a
// list mean the list as it was.
class Writer {
 public:
  Writer(const UpdateProgram& program, std::vector<AttributeValue> set_values)
      : program_(program), set_values_(std::move(set_values)) {}

  using Range = std::span<const std::uint32_t>;

  Status WriteMap(AttributeMap& map, Range range, std::size_t depth) {
    while (!range.empty()) {
      const Range group = range.first(program_.targets.GroupSize(range, depth));
      range = range.subspan(group.size());
      const auto* name = std::get_if<std::string>(&program_.targets.Step(group.front(), depth));
      if (name == nullptr) return InvalidPath();
      AttributeValue* existing = map.Find(*name);
      if (!program_.targets.EndsAt(group.front(), depth + 1)) {
        TRY(WriteBelow(existing, group, depth + 1));
        continue;
      }
      ASSIGN_OR_RETURN(std::optional<AttributeValue> value, NewValue(group.front(), existing));
      if (!value) {
        if (existing != nullptr) map.Erase(*name);
      } else if (existing != nullptr) {
        *existing = *std::move(value);
      } else {
        map.Set(*name, *std::move(value));
      }
    }
    return Ok();
  }

 private:
  Status WriteBelow(AttributeValue* value, Range range, std::size_t depth) {
    if (value == nullptr) return InvalidPath();
    if (auto* map = value->As<AttributeMap>()) return WriteMap(*map, range, depth);
    if (auto* list = value->As<List>()) return WriteList(*list, range, depth);
    return InvalidPath();
  }

  Status WriteList(List& list, Range range, std::size_t depth) {
    const std::size_t old_size = list.size();
    std::vector<std::size_t> removed;  // ascending
    while (!range.empty()) {
      const Range group = range.first(program_.targets.GroupSize(range, depth));
      range = range.subspan(group.size());
      const auto* step = std::get_if<std::uint32_t>(&program_.targets.Step(group.front(), depth));
      if (step == nullptr) return InvalidPath();
      const std::size_t index = *step;
      AttributeValue* existing = index < old_size ? &list[index] : nullptr;
      if (!program_.targets.EndsAt(group.front(), depth + 1)) {
        TRY(WriteBelow(existing, group, depth + 1));
        continue;
      }
      ASSIGN_OR_RETURN(std::optional<AttributeValue> value, NewValue(group.front(), existing));
      if (!value) {
        if (existing != nullptr) removed.push_back(index);
      } else if (existing != nullptr) {
        *existing = *std::move(value);
      } else {
        // Beyond the end: appended, in the order of the indexes.
        list.push_back(*std::move(value));
      }
    }
    EraseAt(list, removed);
    return Ok();
  }

  static void EraseAt(List& list, const std::vector<std::size_t>& ascending) {
    if (ascending.empty()) return;
    std::size_t to = ascending.front();
    auto next = ascending.begin();
    for (std::size_t from = to; from < list.size(); ++from) {
      if (next != ascending.end() && *next == from) {
        ++next;
      } else {
        list[to++] = std::move(list[from]);
      }
    }
    list.resize(to);
  }

  // What the action leaves at its target; nothing if it leaves nothing there.
  Result<std::optional<AttributeValue>> NewValue(std::uint32_t position, const AttributeValue* existing) {
    const UpdateAction& action = program_.actions[position];
    switch (action.kind) {
      case UpdateAction::Kind::kSet:
        return std::optional(std::move(set_values_[position]));
      case UpdateAction::Kind::kRemove:
        return std::optional<AttributeValue>();
      case UpdateAction::Kind::kAdd: {
        ASSIGN_OR_RETURN(AttributeValue value, Added(existing, *action.operand));
        return std::optional(std::move(value));
      }
      case UpdateAction::Kind::kDelete:
        return Deleted(existing, *action.operand);
    }
    CHECK(false, "a kind of action without a rule");
    return std::optional<AttributeValue>();
  }

  const UpdateProgram& program_;
  std::vector<AttributeValue> set_values_;  // beside the actions
};

}  // namespace

Result<model::Item> UpdateProgram::Apply(const model::Item& current) const {
  const Evaluator evaluator(*this, current);
  std::vector<AttributeValue> set_values(actions.size());
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (actions[i].kind != UpdateAction::Kind::kSet) continue;
    ASSIGN_OR_RETURN(Evaluator::Value value, evaluator.Evaluate(actions[i].value));
    set_values[i] = Evaluator::Take(std::move(value));
  }
  model::Item item = current;
  TRY(Writer(*this, std::move(set_values)).WriteMap(item, targets.sorted(), 0));
  return item;
}

}  // namespace millrace::expr
