// FaultStore fails exactly the calls that were ordered, and after a failed write nothing more is written.
#include "store/fault_store.h"

#include <gtest/gtest.h>

#include "store/memory_store.h"

namespace millrace::store {
namespace {

using Operation = FaultStore::Operation;
using Times = FaultStore::Times;
using Effect = FaultStore::Effect;

class FaultStoreTest : public testing::Test {
 protected:
  Status Put(std::string_view key) {
    const auto batch = store_.NewBatch();
    batch->Put(Space::kItems, key, "v");
    return store_.Write(*batch, Durability::kSync);
  }
  bool Has(std::string_view key) {
    std::string value;
    const auto found = store_.Get(Space::kItems, key, &value, nullptr);
    EXPECT_TRUE(found.ok());
    return found.ok() && *found;
  }

  FaultStore store_{std::make_unique<MemoryStore>()};
};

TEST_F(FaultStoreTest, AFailedWriteStopsAllFurtherWrites) {
  store_.Order({.operation = Operation::kWrite, .nth = 2});
  EXPECT_TRUE(Put("1").ok());
  EXPECT_TRUE(store_.Health().ok());
  const Status failed = Put("2");
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code(), ErrorCode::kIo);
  EXPECT_EQ(failed.error().reason(), reason::kInjected);
  EXPECT_FALSE(Put("3").ok());
  EXPECT_FALSE(store_.Sync().ok());
  EXPECT_FALSE(store_.Health().ok());
  EXPECT_TRUE(Has("1"));
  EXPECT_FALSE(Has("2"));
  EXPECT_FALSE(Has("3"));
  store_.Restart();
  EXPECT_TRUE(Put("4").ok());
  EXPECT_TRUE(store_.Health().ok());
}

TEST_F(FaultStoreTest, AWriteCanTakePlaceAndBeReportedAsFailed) {
  store_.Order({.operation = Operation::kWrite, .effect = Effect::kDone});
  EXPECT_FALSE(Put("1").ok());
  EXPECT_FALSE(Put("2").ok());
  EXPECT_TRUE(Has("1"));
  EXPECT_FALSE(Has("2"));
}

TEST_F(FaultStoreTest, AFailedSyncStopsAllFurtherWrites) {
  store_.Order({.operation = Operation::kSync, .code = ErrorCode::kCorruption});
  EXPECT_EQ(store_.Sync().error().code(), ErrorCode::kCorruption);
  EXPECT_FALSE(Put("1").ok());
  EXPECT_FALSE(Has("1"));
}

TEST_F(FaultStoreTest, AGetFailsOnceOrForEver) {
  std::string value;
  const auto get = [&] { return store_.Get(Space::kItems, "k", &value, nullptr).ok(); };
  store_.Order({.operation = Operation::kGet, .nth = 2});
  EXPECT_TRUE(get());
  EXPECT_FALSE(get());
  EXPECT_TRUE(get());
  store_.Order({.operation = Operation::kGet, .nth = 1, .times = Times::kForEver});
  EXPECT_FALSE(get());
  EXPECT_FALSE(get());
  EXPECT_TRUE(Put("reads do not stop writes").ok());
}

TEST_F(FaultStoreTest, AFailedStepEndsTheIterationWithAnError) {
  ASSERT_TRUE(Put("a").ok() && Put("b").ok() && Put("c").ok());
  const auto iterator = store_.NewIterator(Space::kItems, {});
  store_.Order({.operation = Operation::kIteratorStep, .nth = 3});
  int rows = 0;
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) ++rows;
  EXPECT_EQ(rows, 2);
  EXPECT_FALSE(iterator->status().ok());
  iterator->SeekToFirst();
  EXPECT_TRUE(iterator->Valid() && iterator->status().ok());
}

TEST_F(FaultStoreTest, CallsAreCountedSoThatEachCanBeMadeToFail) {
  ASSERT_TRUE(Put("a").ok() && Put("b").ok());
  ASSERT_TRUE(store_.Sync().ok());
  Has("a");
  EXPECT_EQ(store_.Calls(Operation::kWrite), 2u);
  EXPECT_EQ(store_.Calls(Operation::kSync), 1u);
  EXPECT_EQ(store_.Calls(Operation::kGet), 1u);
  EXPECT_EQ(store_.Calls(Operation::kIteratorStep), 0u);
}

}  // namespace
}  // namespace millrace::store
