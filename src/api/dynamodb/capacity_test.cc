// Proves the rounding of capacity units at the edges of their steps.
#include "api/dynamodb/capacity.h"

#include <gtest/gtest.h>

namespace millrace::api::dynamodb {
namespace {

TEST(Capacity, ReadsCostHalfAUnitPerFourKilobytesUnlessConsistent) {
  EXPECT_EQ(ReadUnits(0, ReadConsistency::kEventual), CapacityUnits::Halves(1));
  EXPECT_EQ(ReadUnits(4096, ReadConsistency::kEventual), CapacityUnits::Halves(1));
  EXPECT_EQ(ReadUnits(4097, ReadConsistency::kEventual), CapacityUnits::Whole(1));
  EXPECT_EQ(ReadUnits(0, ReadConsistency::kStrong), CapacityUnits::Whole(1));
  EXPECT_EQ(ReadUnits(8193, ReadConsistency::kStrong), CapacityUnits::Whole(3));
}

TEST(Capacity, WritesCostAUnitPerKilobyte) {
  EXPECT_EQ(WriteUnits(0), CapacityUnits::Whole(1));
  EXPECT_EQ(WriteUnits(1024), CapacityUnits::Whole(1));
  EXPECT_EQ(WriteUnits(1025), CapacityUnits::Whole(2));
  EXPECT_EQ(WriteUnits(409'600), CapacityUnits::Whole(400));
}

TEST(Capacity, IsToldAsADecimal) {
  std::string body;
  json::Writer writer(&body);
  AppendConsumedCapacity(writer, "t", CapacityUnits::Halves(3), CapacityDetail::kIndexes);
  EXPECT_EQ(body, R"({"TableName":"t","CapacityUnits":1.5,"Table":{"CapacityUnits":1.5}})");
}

}  // namespace
}  // namespace millrace::api::dynamodb
