#include "api/dynamodb/constraints.h"

#include <algorithm>
#include <array>

#include "model/dynamodb_json.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::string_view kNameCharacters = "_.-";  // beside letters and digits

}  // namespace

bool MatchesNamePattern(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  });
}

void Constraints::Name(std::optional<std::string_view> name, std::string_view member, std::size_t least) {
  if (!name) return;
  if (!name->empty()) Characters(name, member, kNameCharacters, kNamePattern);
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
  if (!value || std::ranges::find(kAllowed, *value) != kAllowed.end()) return;
  // "UPDATE_NEW" is AWS's own slip.
  Add("Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, "
      "NONE]");
}

void Constraints::ReturnValuesOnConditionCheckFailure(std::optional<std::string_view> value, std::string_view member) {
  static constexpr std::array<std::string_view, 2> kAllowed = {"ALL_OLD", "NONE"};
  OneOf(value, member, kAllowed);
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
