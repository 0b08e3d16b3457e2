// Constraints adds to those of every AWS service (aws/constraints.h) the members that DynamoDB's operations share.
//
// AWS reworded these messages region by region during 2026. The words here are those of the regions that have changed,
// us-east-1 and eu-west-2 among them; which members echo their value is as observed there.
//
// Threads: externally synchronised.
// Failure: Check() is InvalidArgument.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/constraints.h"
#include "base/error.h"

namespace millrace::api::dynamodb {

// Names of tables and indexes.
inline constexpr std::size_t kNameBytesMin = 3;
inline constexpr std::size_t kNameBytesMax = 255;
inline constexpr std::string_view kNamePattern = "[a-zA-Z0-9_.-]+";
inline constexpr std::size_t kTableArnBytesMax = 1024;

bool MatchesNamePattern(std::string_view name);

// What every operation of DynamoDB may check beside what every service does.
class Constraints : public aws::Constraints {
 public:
  // A table's or an index's name.
  void Name(std::optional<std::string_view> name, std::string_view member, std::size_t least = kNameBytesMin);
  // The two enums that nearly every operation has.
  void ReturnConsumedCapacity(std::optional<std::string_view> value);
  void ReturnItemCollectionMetrics(std::optional<std::string_view> value);
  // "Failed to satisfy constraint: …", without member and value, as observed.
  void ReturnValues(std::optional<std::string_view> value);
  void ReturnValuesOnConditionCheckFailure(std::optional<std::string_view> value, std::string_view member);
};

// "1 validation error detected: " and the text: the framework's form for a single mistake.
Error OneValidationError(std::string_view text);
// Puts a validation error into that form unless it has it already. PutItem, UpdateItem and DeleteItem report what they
// find before they look up the table so; the other operations report the bare text. Other errors stay as they are.
Error InEnvelope(Error error);

}  // namespace millrace::api::dynamodb
