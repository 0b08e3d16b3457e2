// Names are how resources of EventBridge are called: their ARNs, and what a request may call them by.
//
// Threads: pure functions.
// Failure: InvalidArgument in AWS's words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/caller.h"
#include "aws/constraints.h"
#include "base/error.h"

namespace millrace::api::events {

inline constexpr std::string_view kDefaultBus = "default";

// "arn:aws:events:REGION:ACCOUNT:RESOURCE"
std::string ArnOf(const aws::Home& home, std::string_view resource);
std::string BusArn(const aws::Home& home, std::string_view bus);
// "rule/NAME" on the default bus, "rule/BUS/NAME" on any other.
std::string RuleArn(const aws::Home& home, std::string_view bus, std::string_view rule);

// The name of a bus that may be given by its ARN. Nothing: the default bus.
Result<std::string> BusNameOf(std::optional<std::string_view> name_or_arn);
// The bus and the rule of a rule's ARN.
struct RuleName {
  std::string bus;
  std::string rule;
};
std::optional<RuleName> RuleNameOf(std::string_view arn);
// "NAME" of "arn:…:KIND/NAME" or "arn:…:KIND/NAME/ID".
std::optional<std::string> NameOfArn(std::string_view arn, std::string_view kind);

// The constraints of names, as AWS words them; `member` is "name", "ruleName".
void CheckName(aws::Constraints& constraints, std::optional<std::string_view> name, std::string_view member,
               std::size_t characters_max);
// Of a bus that may be given by its ARN.
void CheckBusName(aws::Constraints& constraints, std::optional<std::string_view> name, std::string_view member);

}  // namespace millrace::api::events
