// The parts of the specification (spec.h) that stand in files of their own.
//
// Threads:   constants and pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "config/spec.h"

namespace millrace::config {

inline constexpr std::int64_t kSecond = 1000;
inline constexpr std::int64_t kMinute = 60 * kSecond;
inline constexpr std::int64_t kDay = 24 * 60 * kMinute;

// spec_http.cc: an http target, and what it is authorized and signed with.
extern const Object kHttpObject;
extern const Object kSecretObject;
// spec_kafka.cc
extern const Object kKafkaObject;
// spec_flow.cc: pipes, rules, and what makes a function run.
extern const Object kPipeObject;
extern const Object kRuleObject;
extern const Object kTriggerObject;
// spec_flow.cc: requests that become records.
extern const Object kRouteObject;
// spec_function.cc
extern const Object kFunctionObject;
// spec_aws.cc: what CloudFormation calls a pipe and a rule.
extern const Object kAwsPipeObject;
extern const Object kAwsRuleObject;

// 1 to limits::kTextMax bytes.
bool IsNotEmpty(std::string_view text);

}  // namespace millrace::config
