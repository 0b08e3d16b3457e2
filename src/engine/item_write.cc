#include "engine/item_write.h"

#include "base/check.h"
#include "model/codec.h"
#include "model/limits.h"

namespace millrace::engine {
namespace {

ItemOutcome Invalid(Error error) {
  ItemOutcome outcome;
  outcome.kind = ItemOutcome::Kind::kInvalid;
  outcome.error = std::move(error);
  return outcome;
}

// Source of the words: DynamoDB's answers to PutItem and UpdateItem beyond 400 KB.
constexpr std::string_view kPutTooBig = "Item size has exceeded the maximum allowed size";
constexpr std::string_view kUpdateTooBig = "Item size to update has exceeded the maximum allowed size";
constexpr std::string_view kTooDeep =
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";

}  // namespace

ItemOutcome Decide(const ItemAction& action, std::optional<std::string> current) {
  using Kind = ItemAction::Kind;
  ItemOutcome outcome;
  outcome.before = std::move(current);
  const std::optional<std::string>& before = outcome.before;
  if (before) {
    auto size = model::StoredSizeBytes(*before);
    if (!size.ok()) return Invalid(std::move(size).error());
    outcome.size_before = static_cast<std::int64_t>(*size);
  }

  if (action.only_if_absent && before) {
    outcome.kind = ItemOutcome::Kind::kConditionFailed;
    return outcome;
  }

  // The item is decoded only when something looks into it.
  model::Item existing;
  if (before && (action.condition || (action.kind == Kind::kUpdate && action.update))) {
    auto decoded = model::DecodeItem(*before);
    if (!decoded.ok()) return Invalid(std::move(decoded).error());
    existing = *std::move(decoded);
  }
  if (action.condition && !action.condition->Evaluate(existing)) {
    outcome.kind = ItemOutcome::Kind::kConditionFailed;
    return outcome;
  }

  switch (action.kind) {
    case Kind::kCheck:
      outcome.after = outcome.before;
      outcome.size_after = outcome.size_before;
      return outcome;
    case Kind::kDelete:
      return outcome;
    case Kind::kPut:
      if (action.put.size > model::limits::kItemBytesMax) return Invalid(InvalidArgument("{}", kPutTooBig));
      outcome.after = action.put.bytes;
      outcome.size_after = static_cast<std::int64_t>(action.put.size);
      return outcome;
    case Kind::kUpdate:
      break;
  }

  if (!action.update) {
    if (!before) {
      outcome.after = model::EncodeItem(action.item);
      outcome.size_after = static_cast<std::int64_t>(model::SizeBytes(action.item));
    } else {
      outcome.after = outcome.before;
      outcome.size_after = outcome.size_before;
    }
    return outcome;
  }
  // An update that only removes from an item that does not exist creates nothing.
  if (!before && action.update->only_removes()) return outcome;
  auto updated = action.update->Apply(!before ? action.item : existing);
  if (!updated.ok()) return Invalid(std::move(updated).error());
  const std::size_t size = model::SizeBytes(*updated);
  if (size > model::limits::kItemBytesMax) return Invalid(InvalidArgument("{}", kUpdateTooBig));
  for (const auto& [name, value] : *updated)
    if (model::Depth(value) >= model::limits::kNestingMax) return Invalid(InvalidArgument("{}", kTooDeep));
  outcome.after = model::EncodeItem(*updated);
  outcome.size_after = static_cast<std::int64_t>(size);
  return outcome;
}

}  // namespace millrace::engine
