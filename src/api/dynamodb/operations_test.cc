// Proves that the table of operations finds what is in it and nothing else.
#include "api/dynamodb/operations.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace millrace::api::dynamodb {
namespace {

TEST(Operations, AreSortedByNameAndAnswerInOneWay) {
  EXPECT_TRUE(std::is_sorted(Operations().begin(), Operations().end(),
                             [](const Operation& a, const Operation& b) { return a.name < b.name; }));
  for (const Operation& operation : Operations())
    EXPECT_NE(operation.now == nullptr, operation.later == nullptr) << operation.name;
}

TEST(Operations, AreFoundByTheirExactNameOnly) {
  for (const Operation& operation : Operations()) EXPECT_EQ(FindOperation(operation.name), &operation);
  EXPECT_EQ(FindOperation(""), nullptr);
  EXPECT_EQ(FindOperation("getitem"), nullptr);
  EXPECT_EQ(FindOperation("GetItems"), nullptr);
  EXPECT_EQ(FindOperation("Zzz"), nullptr);
}

}  // namespace
}  // namespace millrace::api::dynamodb
