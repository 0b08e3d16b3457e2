// ServiceLimits: EventBridge's by default, exact at their edges, and settable.
#include "pattern/service_limits.h"

#include <gtest/gtest.h>

#include <string>

namespace millrace::pattern {
namespace {

TEST(ServiceLimits, CountCharactersOfAPattern) {
  const ServiceLimits limits;
  std::string text;
  for (int i = 0; i < 4096; ++i) text += "é";
  EXPECT_TRUE(limits.CheckPattern(text).ok());
  const Status status = limits.CheckPattern(text + "x");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(status.error().message(), "the pattern has 4097 characters as JSON; at most 4096 are allowed");
}

TEST(ServiceLimits, CountRulesOfABus) {
  EXPECT_TRUE(ServiceLimits().CheckBus({.rules = 300, .wildcard_rules = 30}).ok());
  EXPECT_EQ(ServiceLimits().CheckBus({.rules = 301}).error().message(),
            "the bus has 301 rules; at most 300 are allowed");
  EXPECT_EQ(ServiceLimits().CheckBus({.rules = 31, .wildcard_rules = 31}).error().message(),
            "the bus has 31 rules with wildcards; at most 30 are allowed");
  EXPECT_TRUE(ServiceLimits{.rules_per_bus_max = 301}.CheckBus({.rules = 301}).ok());
}

}  // namespace
}  // namespace millrace::pattern
