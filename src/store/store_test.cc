// PrefixEnd is the least upper bound of a prefix; MemoryStore gives back the versions that nobody can see.
#include "store/store.h"

#include <gtest/gtest.h>

#include "store/memory_store.h"

namespace millrace::store {
namespace {

using namespace std::string_view_literals;

TEST(PrefixEnd, IsTheNextPrefixAndCarriesOver) {
  EXPECT_EQ(PrefixEnd("ab"), "ac");
  EXPECT_EQ(PrefixEnd("a\xff"), "b");
  EXPECT_EQ(PrefixEnd("a\xff\xff"), "b");
  EXPECT_EQ(PrefixEnd("\0"sv), "\1"sv);
  EXPECT_EQ(PrefixEnd("\x7f"), "\x80");
}

TEST(PrefixEnd, IsEmptyWhenThereIsNone) {
  EXPECT_EQ(PrefixEnd(""), "");
  EXPECT_EQ(PrefixEnd("\xff\xff"), "");
}

void Put(Store& store, std::string_view key, std::string_view value) {
  const auto batch = store.NewBatch();
  batch->Put(Space::kItems, key, value);
  ASSERT_TRUE(store.Write(*batch, Durability::kNoSync).ok());
}
void Delete(Store& store, std::string_view key) {
  const auto batch = store.NewBatch();
  batch->Delete(Space::kItems, key);
  ASSERT_TRUE(store.Write(*batch, Durability::kNoSync).ok());
}

TEST(MemoryStore, OverwritesWithoutSnapshotsKeepOneVersion) {
  MemoryStore store;
  for (int i = 0; i < 1000; ++i) Put(store, "k", std::to_string(i));
  EXPECT_EQ(store.VersionCount(), 1u);
  Delete(store, "k");
  EXPECT_EQ(store.VersionCount(), 0u);
}

TEST(MemoryStore, AHotKeyUnderALongSnapshotKeepsTwoVersions) {
  MemoryStore store;
  Put(store, "k", "0");
  const auto snapshot = store.NewSnapshot();
  for (int i = 1; i <= 10'000; ++i) Put(store, "k", std::to_string(i));
  EXPECT_EQ(store.VersionCount(), 2u);
  std::string value;
  ASSERT_TRUE(*store.Get(Space::kItems, "k", &value, snapshot.get()));
  EXPECT_EQ(value, "0");
}

TEST(MemoryStore, VersionsOfAReleasedSnapshotAreReclaimedByLaterWrites) {
  MemoryStore store;
  for (int i = 0; i < 1000; ++i) Put(store, std::to_string(i), "old");
  auto snapshot = store.NewSnapshot();
  for (int i = 0; i < 1000; ++i) i % 2 == 0 ? Put(store, std::to_string(i), "new") : Delete(store, std::to_string(i));
  EXPECT_EQ(store.VersionCount(), 2000u);
  snapshot.reset();
  for (int i = 0; i < 100; ++i) Put(store, "other", "x");
  EXPECT_EQ(store.VersionCount(), 501u);
}

}  // namespace
}  // namespace millrace::store
