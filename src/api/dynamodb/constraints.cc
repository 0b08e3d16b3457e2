#include "api/dynamodb/constraints.h"

#include <algorithm>
#include <array>

#include "model/dynamodb_json.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::string_view kFailed = "failed to satisfy constraint:";

std::string Join(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

bool Contains(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

bool MatchesNamePattern(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  });
}

void Constraints::Add(std::string violation) {
  if (count_++ > 0) text_ += "; ";
  text_ += violation;
}

void Constraints::NotNull(bool present, std::string_view member) {
  if (!present) Add(fmt::format("Value null at '{}' {} Member must not be null", member, kFailed));
}

void Constraints::OneOf(std::optional<std::string_view> value, std::string_view member,
                        std::span<const std::string_view> allowed) {
  if (!value || Contains(allowed, *value)) return;
  Add(fmt::format("Value '{}' at '{}' {} Member must satisfy enum value set: [{}]", *value, member, kFailed,
                  Join(allowed)));
}

void Constraints::AtLeast(std::optional<std::int64_t> value, std::string_view member, std::int64_t least) {
  if (!value || *value >= least) return;
  Add(fmt::format("Value '{}' at '{}' {} Member must have value greater than or equal to {}", *value, member, kFailed,
                  least));
}

void Constraints::AtMost(std::optional<std::int64_t> value, std::string_view member, std::int64_t most) {
  if (!value || *value <= most) return;
  Add(fmt::format("Value '{}' at '{}' {} Member must have value less than or equal to {}", *value, member, kFailed,
                  most));
}

void Constraints::Length(std::string_view value, std::string_view member, std::size_t least, std::size_t most) {
  if (value.size() < least)
    Add(fmt::format("Value '{}' at '{}' {} Member must have length greater than or equal to {}", value, member, kFailed,
                    least));
  else if (value.size() > most)
    Add(fmt::format("Value '{}' at '{}' {} Member must have length less than or equal to {}", value, member, kFailed,
                    most));
}

void Constraints::Name(std::optional<std::string_view> name, std::string_view member, std::size_t least) {
  if (!name) return;
  if (!name->empty() && !MatchesNamePattern(*name))
    Add(fmt::format("Value '{}' at '{}' {} Member must satisfy regular expression pattern: {}", *name, member, kFailed,
                    kNamePattern));
  Length(*name, member, least, kNameBytesMax);
}

void Constraints::ReturnConsumedCapacity(std::optional<std::string_view> value) {
  static constexpr std::array<std::string_view, 3> kAllowed = {"INDEXES", "TOTAL", "NONE"};
  OneOf(value, "returnConsumedCapacity", kAllowed);
}

void Constraints::ReturnItemCollectionMetrics(std::optional<std::string_view> value) {
  static constexpr std::array<std::string_view, 2> kAllowed = {"SIZE", "NONE"};
  OneOf(value, "returnItemCollectionMetrics", kAllowed);
}

void Constraints::ReturnValues(std::optional<std::string_view> value) {
  static constexpr std::array<std::string_view, 5> kAllowed = {"ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW",
                                                               "NONE"};
  if (!value || Contains(kAllowed, *value)) return;
  // "UPDATE_NEW" is AWS's own slip.
  Add("Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, "
      "NONE]");
}

void Constraints::ReturnValuesOnConditionCheckFailure(std::optional<std::string_view> value, std::string_view member) {
  static constexpr std::array<std::string_view, 2> kAllowed = {"ALL_OLD", "NONE"};
  OneOf(value, member, kAllowed);
}

Status Constraints::Check() const {
  if (count_ == 0) return Ok();
  return InvalidArgument("{} validation error{} detected: {}", count_, count_ == 1 ? "" : "s", text_);
}

Error OneValidationError(std::string_view text) {
  return InvalidArgument("1 validation error detected: {}", text);
}

Error InEnvelope(Error error) {
  if (error.code() != ErrorCode::kInvalidArgument || error.reason() == model::reason::kSerialization) return error;
  const std::string& message = error.message();
  if (message.find(" validation error detected: ") != std::string::npos ||
      message.find(" validation errors detected: ") != std::string::npos)
    return error;
  return Error(error.code(), error.reason(), "1 validation error detected: " + message);
}

}  // namespace millrace::api::dynamodb
