#include "expr/placeholders.h"

#include <algorithm>
#include <utility>

#include "model/limits.h"

namespace millrace::expr {
namespace {

constexpr std::size_t kKeyBytesMax = 255;
constexpr std::size_t kMapBytesMax = 2 * 1024 * 1024;  // names, values: each map as a whole

Status CheckKey(std::string_view map, std::string_view key, char sign) {
  if (key.size() > kKeyBytesMax) {
    return InvalidArgument(
        "{} contains invalid key: The expression attribute map contains a key that is too long; size of key: {}", map,
        key.size());
  }
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (key.size() < 2 || key.front() != sign || !std::all_of(key.begin() + 1, key.end(), is_part)) {
    return InvalidArgument("{} contains invalid key: Syntax error; key: \"{}\"", map, key);
  }
  return Ok();
}

Error UnusedError(std::string_view map, const std::vector<std::string_view>& keys) {
  std::string list;
  for (const std::string_view key : keys) {
    if (!list.empty()) list += ", ";
    list += key;
  }
  return InvalidArgument("Value provided in {} unused in expressions: keys: {{{}}}", map, list);
}

}  // namespace

Result<Placeholders> Placeholders::Create(Names names, Values values) {
  Placeholders placeholders;

  std::size_t names_bytes = 0;
  placeholders.names_.reserve(names.size());
  for (auto& [key, name] : names) {
    TRY(CheckKey("ExpressionAttributeNames", key, '#'));
    if (name.empty()) {
      return InvalidArgument("ExpressionAttributeNames contains invalid value: Empty attribute name for key {}", key);
    }
    if (name.size() > model::limits::kAttributeNameBytesMax) {
      return InvalidArgument(
          "ExpressionAttributeNames contains invalid value: Attribute name is too large, must be less than 65536 bytes "
          "for "
          "key {}",
          key);
    }
    names_bytes += key.size() + name.size();
    placeholders.names_.push_back({key, std::move(name)});
  }
  if (names_bytes > kMapBytesMax) return InvalidArgument("ExpressionAttributeNames exceeds max size");

  if (values.empty()) return placeholders;
  for (const auto& [key, value] : values) {
    TRY(CheckKey("ExpressionAttributeValues", key, ':'));
    if (model::Depth(value) >= model::limits::kNestingMax) {
      return InvalidArgument(
          "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported "
          "limit");
    }
  }
  if (model::SizeBytes(values) > kMapBytesMax) return InvalidArgument("ExpressionAttributeValues exceeds max size");
  placeholders.values_used_.resize(values.size());
  placeholders.values_ = std::make_shared<const Values>(std::move(values));
  return placeholders;
}

const std::string* Placeholders::UseName(std::string_view key) {
  const auto it = std::lower_bound(names_.begin(), names_.end(), key,
                                   [](const Name& name, std::string_view wanted) { return name.key < wanted; });
  if (it == names_.end() || it->key != key) return nullptr;
  it->used = true;
  return &it->name;
}

const model::AttributeValue* Placeholders::UseValue(std::string_view key) {
  if (values_ == nullptr) return nullptr;
  const auto it =
      std::lower_bound(values_->begin(), values_->end(), key,
                       [](const Values::Entry& entry, std::string_view wanted) { return entry.first < wanted; });
  if (it == values_->end() || it->first != key) return nullptr;
  values_used_[static_cast<std::size_t>(it - values_->begin())] = true;
  return &it->second;
}

Status Placeholders::CheckAllUsed() const {
  std::vector<std::string_view> unused;
  for (const Name& name : names_) {
    if (!name.used) unused.push_back(name.key);
  }
  if (!unused.empty()) return UnusedError("ExpressionAttributeNames", unused);
  if (values_ == nullptr) return Ok();
  for (std::size_t i = 0; i < values_used_.size(); ++i) {
    if (!values_used_[i]) unused.push_back((values_->begin() + static_cast<std::ptrdiff_t>(i))->first);
  }
  if (!unused.empty()) return UnusedError("ExpressionAttributeValues", unused);
  return Ok();
}

}  // namespace millrace::expr
