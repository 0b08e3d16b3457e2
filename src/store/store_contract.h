// StoreContract is the suite that every Store passes: a test program names its stores with INSTANTIATE_TEST_SUITE_P.
//
//   INSTANTIATE_TEST_SUITE_P(All, StoreContract, testing::Values(StoreMaker{"memory", &MakeMemory}), MakerName);
//
// Include it in one source file of a test program.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.h"
#include "store/fault_store.h"
#include "store/store.h"
#include "store/temp_directory.h"

namespace millrace::store {

struct StoreMaker {
  std::string name;
  std::unique_ptr<Store> (*make)(const std::string& directory);  // an empty directory that outlives the store
};

inline std::string MakerName(const testing::TestParamInfo<StoreMaker>& maker) {
  return maker.param.name;
}

class StoreContract : public testing::TestWithParam<StoreMaker> {
 protected:
  using Rows = std::vector<std::pair<std::string, std::string>>;

  StoreContract() : store_(GetParam().make(directory_.path())) {}

  void Put(std::string_view key, std::string_view value, Space space = Space::kItems) {
    const auto batch = store_->NewBatch();
    batch->Put(space, key, value);
    Write(*batch);
  }
  void Delete(std::string_view key) {
    const auto batch = store_->NewBatch();
    batch->Delete(Space::kItems, key);
    Write(*batch);
  }
  void DeleteRange(std::string_view begin, std::string_view end) {
    const auto batch = store_->NewBatch();
    batch->DeleteRange(Space::kItems, begin, end);
    Write(*batch);
  }
  void Write(Batch& batch) {
    const Status written = store_->Write(batch, Durability::kNoSync);
    ASSERT_TRUE(written.ok()) << written.error().ToString();
  }
  std::optional<std::string> Get(std::string_view key, const Snapshot* snapshot = nullptr,
                                 Space space = Space::kItems) {
    std::string value = "left from before";
    const auto found = store_->Get(space, key, &value, snapshot);
    EXPECT_TRUE(found.ok());
    if (!found.ok() || !*found) return std::nullopt;
    return value;
  }
  static Rows Forward(Iterator& iterator) {
    Rows rows;
    for (iterator.SeekToFirst(); iterator.Valid(); iterator.Next()) rows.emplace_back(iterator.key(), iterator.value());
    EXPECT_TRUE(iterator.status().ok());
    return rows;
  }
  static Rows Backward(Iterator& iterator) {
    Rows rows;
    for (iterator.SeekToLast(); iterator.Valid(); iterator.Prev()) rows.emplace_back(iterator.key(), iterator.value());
    EXPECT_TRUE(iterator.status().ok());
    return rows;
  }
  Rows Scan(IterateOptions options = {}, Space space = Space::kItems) {
    return Forward(*store_->NewIterator(space, std::move(options)));
  }
  // Where a seek lands, or "-".
  static std::string Key(const Iterator& iterator) { return iterator.Valid() ? std::string(iterator.key()) : "-"; }

  TempDirectory directory_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreContract, AnAbsentKeyIsNotFoundAndLeavesTheValueAlone) {
  std::string value = "before";
  const auto found = store_->Get(Space::kItems, "absent", &value);
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(*found);
  EXPECT_EQ(value, "before");
}

TEST_P(StoreContract, ABatchAppliesItsOperationsInOrder) {
  Put("range-old", "x");
  const auto batch = store_->NewBatch();
  batch->Put(Space::kItems, "a", "1");
  batch->Delete(Space::kItems, "a");
  batch->Put(Space::kItems, "a", "2");
  batch->Put(Space::kItems, "b", "1");
  batch->Delete(Space::kItems, "b");
  batch->Put(Space::kItems, "range-before", "x");
  batch->DeleteRange(Space::kItems, "range", "rangf");
  batch->Put(Space::kItems, "range-after", "y");
  Write(*batch);
  EXPECT_EQ(Scan(), (Rows{{"a", "2"}, {"range-after", "y"}}));
}

TEST_P(StoreContract, ABatchCanBeClearedAndUsedAgain) {
  const auto batch = store_->NewBatch();
  const std::size_t empty_size = batch->SizeBytes();
  batch->Put(Space::kItems, "dropped", "1");
  EXPECT_GE(batch->SizeBytes(), empty_size + 8);
  batch->Clear();
  EXPECT_EQ(batch->SizeBytes(), empty_size);
  batch->Put(Space::kItems, "kept", "1");
  Write(*batch);
  EXPECT_EQ(Scan(), (Rows{{"kept", "1"}}));
}

TEST_P(StoreContract, AnEmptyBatchIsWritten) {
  Write(*store_->NewBatch());
}

TEST_P(StoreContract, SpacesDoNotSeeEachOther) {
  const Space spaces[] = {Space::kMeta, Space::kItems, Space::kLog, Space::kState};
  const auto batch = store_->NewBatch();
  for (const Space space : spaces) {
    const std::string name = std::to_string(static_cast<int>(space));
    batch->Put(space, "", "empty" + name);
    batch->Put(space, "k", "v" + name);
    batch->Put(space, "\xff\xff\xff", "last" + name);
  }
  Write(*batch);
  for (const Space space : spaces) {
    const std::string name = std::to_string(static_cast<int>(space));
    const Rows all = {{"", "empty" + name}, {"k", "v" + name}, {"\xff\xff\xff", "last" + name}};
    EXPECT_EQ(Scan({}, space), all);
    const auto iterator = store_->NewIterator(space, {});
    EXPECT_EQ(Backward(*iterator), Rows(all.rbegin(), all.rend()));
    EXPECT_EQ(Get("k", nullptr, space), "v" + name);
  }
  DeleteRange("", "");  // the whole space of items
  EXPECT_EQ(Scan().size(), 0u);
  EXPECT_EQ(Scan({}, Space::kMeta).size(), 3u);
  EXPECT_EQ(Scan({}, Space::kLog).size(), 3u);
  EXPECT_EQ(Scan({}, Space::kState).size(), 3u);
}

TEST_P(StoreContract, KeysAndValuesAreBytes) {
  const std::string zeros("\0\0", 2), high("\xff\x00\xff", 3), value("\0v\xff", 3);
  Put(zeros, value);
  Put(high, "");
  Put("", "empty key");
  EXPECT_EQ(Get(zeros), value);
  EXPECT_EQ(Get(high), "");
  EXPECT_EQ(Get(""), "empty key");
  EXPECT_EQ(Scan(), (Rows{{"", "empty key"}, {zeros, value}, {high, ""}}));  // memcmp order, unsigned
}

TEST_P(StoreContract, LargeValuesComeBackWhole) {
  const std::string value(3 << 20, 'v');
  Put("large", value);
  EXPECT_EQ(Get("large"), value);
}

TEST_P(StoreContract, DeleteRangeTakesTheBeginAndLeavesTheEnd) {
  for (const char* key : {"a", "b", "c", "d"}) Put(key, "1");
  DeleteRange("b", "d");
  EXPECT_EQ(Scan(), (Rows{{"a", "1"}, {"d", "1"}}));
  Put("c", "2");
  EXPECT_EQ(Get("c"), "2");
}

TEST_P(StoreContract, DeleteRangeOfNothingDoesNothing) {
  Put("b", "1");
  DeleteRange("b", "b");
  DeleteRange("c", "a");
  DeleteRange("x", "z");
  EXPECT_EQ(Scan(), (Rows{{"b", "1"}}));
}

TEST_P(StoreContract, DeleteRangeWithoutAnEndGoesToTheLastKey) {
  for (const char* key : {"a", "b", "\xff\xff"}) Put(key, "1");
  DeleteRange("b", "");
  EXPECT_EQ(Scan(), (Rows{{"a", "1"}}));
}

TEST_P(StoreContract, ASnapshotSeesItsMoment) {
  Put("changed", "1");
  Put("deleted", "1");
  Put("ranged", "1");
  const auto snapshot = store_->NewSnapshot();
  Put("changed", "2");
  Delete("deleted");
  DeleteRange("r", "s");
  Put("new", "1");
  const Rows before = {{"changed", "1"}, {"deleted", "1"}, {"ranged", "1"}};
  EXPECT_EQ(Scan({.snapshot = snapshot.get(), .lower = {}, .upper = {}}), before);
  EXPECT_EQ(Get("changed", snapshot.get()), "1");
  EXPECT_EQ(Get("deleted", snapshot.get()), "1");
  EXPECT_EQ(Get("ranged", snapshot.get()), "1");
  EXPECT_EQ(Get("new", snapshot.get()), std::nullopt);
  EXPECT_EQ(Scan(), (Rows{{"changed", "2"}, {"new", "1"}}));
}

TEST_P(StoreContract, SnapshotsOfDifferentMomentsLiveSideBySide) {
  std::vector<std::unique_ptr<Snapshot>> snapshots;
  for (int i = 0; i < 10; ++i) {
    Put("k", std::to_string(i));
    snapshots.push_back(store_->NewSnapshot());
  }
  Delete("k");
  for (int i : {3, 0, 7}) snapshots[static_cast<std::size_t>(i)].reset();
  for (int i = 0; i < 200; ++i) Put("other", "x");  // gives reclamation its chance
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    if (snapshots[i] == nullptr) continue;
    EXPECT_EQ(Get("k", snapshots[i].get()), std::to_string(i));
  }
  EXPECT_EQ(Get("k"), std::nullopt);
}

TEST_P(StoreContract, AnIteratorKeepsTheMomentOfItsCreation) {
  for (const char* key : {"a", "b", "c"}) Put(key, "1");
  const auto iterator = store_->NewIterator(Space::kItems, {});
  iterator->Seek("b");
  const std::string_view value = iterator->value();
  Put("b", "2");
  Delete("c");
  Put("bb", "1");
  EXPECT_EQ(value, "1");  // the view lasts until the iterator moves
  iterator->Next();
  EXPECT_EQ(Key(*iterator), "c");
  EXPECT_EQ(Forward(*iterator), (Rows{{"a", "1"}, {"b", "1"}, {"c", "1"}}));
}

TEST_P(StoreContract, IteratorsRespectBothBoundsBothWays) {
  for (const char* key : {"a", "b", "c", "d", "e"}) Put(key, "1");
  const auto iterator = store_->NewIterator(Space::kItems, {.snapshot = nullptr, .lower = "b", .upper = "d"});
  EXPECT_EQ(Forward(*iterator), (Rows{{"b", "1"}, {"c", "1"}}));
  EXPECT_EQ(Backward(*iterator), (Rows{{"c", "1"}, {"b", "1"}}));
  iterator->Seek("a");
  EXPECT_EQ(Key(*iterator), "b");
  iterator->Seek("d");
  EXPECT_EQ(Key(*iterator), "-");
  iterator->SeekForPrev("z");
  EXPECT_EQ(Key(*iterator), "c");
  iterator->SeekForPrev("d");
  EXPECT_EQ(Key(*iterator), "c");
  iterator->SeekForPrev("a");
  EXPECT_EQ(Key(*iterator), "-");
  EXPECT_TRUE(iterator->status().ok());
}

TEST_P(StoreContract, SeeksLandOnTheNeighbour) {
  for (const char* key : {"b", "d"}) Put(key, "1");
  const auto iterator = store_->NewIterator(Space::kItems, {});
  const auto at_least = [&](std::string_view key) { return iterator->Seek(key), Key(*iterator); };
  const auto at_most = [&](std::string_view key) { return iterator->SeekForPrev(key), Key(*iterator); };
  EXPECT_EQ(at_least(""), "b");
  EXPECT_EQ(at_least("b"), "b");
  EXPECT_EQ(at_least("c"), "d");
  EXPECT_EQ(at_least("e"), "-");
  EXPECT_EQ(at_most("a"), "-");
  EXPECT_EQ(at_most("b"), "b");
  EXPECT_EQ(at_most("c"), "b");
  EXPECT_EQ(at_most("e"), "d");
}

TEST_P(StoreContract, IteratorsTurnAround) {
  for (const char* key : {"a", "b", "c"}) Put(key, "1");
  const auto iterator = store_->NewIterator(Space::kItems, {});
  iterator->SeekToFirst();
  iterator->Next();
  iterator->Next();
  iterator->Prev();
  EXPECT_EQ(Key(*iterator), "b");
  iterator->Next();
  EXPECT_EQ(Key(*iterator), "c");
  iterator->Next();
  EXPECT_FALSE(iterator->Valid());
}

TEST_P(StoreContract, ReadersSeeWholeBatchesWhileTheWriterWrites) {
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::vector<std::thread> readers;
  Put("x", "0");
  Put("y", "0");
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop.load()) {
        const auto snapshot = store_->NewSnapshot();
        std::string x, y;
        const auto found_x = store_->Get(Space::kItems, "x", &x, snapshot.get());
        const auto iterator =
            store_->NewIterator(Space::kItems, {.snapshot = snapshot.get(), .lower = "y", .upper = {}});
        iterator->SeekToFirst();
        if (iterator->Valid()) y = iterator->value();
        if (!found_x.ok() || x != y) ++torn;
      }
    });
  }
  const auto batch = store_->NewBatch();
  for (int i = 1; i <= 2000; ++i) {
    batch->Clear();
    batch->Put(Space::kItems, "x", std::to_string(i));
    if (i % 3 == 0) batch->Delete(Space::kItems, "y");
    batch->Put(Space::kItems, "y", std::to_string(i));
    ASSERT_TRUE(store_->Write(*batch, Durability::kNoSync).ok());
  }
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(torn, 0);
}

TEST_P(StoreContract, AFailedWriteStopsFurtherWritesAndLeavesReadsAlone) {
  FaultStore store(std::move(store_));
  const auto batch = store.NewBatch();
  batch->Put(Space::kItems, "before", "1");
  ASSERT_TRUE(store.Write(*batch, Durability::kNoSync).ok());
  store.Order({.operation = FaultStore::Operation::kWrite});
  batch->Clear();
  batch->Put(Space::kItems, "after", "1");
  EXPECT_FALSE(store.Write(*batch, Durability::kNoSync).ok());
  EXPECT_FALSE(store.Write(*batch, Durability::kNoSync).ok());
  EXPECT_FALSE(store.Sync().ok());
  EXPECT_FALSE(store.Health().ok());
  EXPECT_EQ(Forward(*store.NewIterator(Space::kItems, {})), (Rows{{"before", "1"}}));
}

// Random batches against std::map; snapshots are copies of the map.
TEST_P(StoreContract, RandomOperationsMatchAModel) {
  const char* const given = std::getenv("MILLRACE_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : SystemRandom().Next();
  SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(seed));
  SeededRandom random(seed);
  using Model = std::map<std::string, std::string>;
  struct Moment {
    std::unique_ptr<Snapshot> snapshot;
    Model model;
  };
  Model model;
  std::vector<Moment> moments;
  const auto random_key = [&] {
    std::string key;
    for (auto length = random.Below(4); length > 0; --length)
      key.push_back(
          "\x00\x01"
          "az\xff"[random.Below(5)]);
    return key;
  };
  const auto erase_range = [](Model& from, const std::string& begin, const std::string& end) {
    if (!end.empty() && begin >= end) return;
    from.erase(from.lower_bound(begin), end.empty() ? from.end() : from.lower_bound(end));
  };
  const auto check = [&](const Snapshot* snapshot, const Model& expected) {
    IterateOptions options{.snapshot = snapshot, .lower = random_key(), .upper = random_key()};
    if (!options.upper.empty() && options.lower > options.upper) std::swap(options.lower, options.upper);
    const auto iterator = store_->NewIterator(Space::kItems, options);
    const auto first = expected.lower_bound(options.lower);
    const auto last = options.upper.empty() ? expected.end() : expected.lower_bound(options.upper);
    const Rows rows(first, last);
    ASSERT_EQ(Forward(*iterator), rows);
    ASSERT_EQ(Backward(*iterator), Rows(rows.rbegin(), rows.rend()));
    for (int i = 0; i < 4; ++i) {
      const std::string key = random_key();
      const auto found = expected.find(key);
      ASSERT_EQ(Get(key, snapshot), found == expected.end() ? std::nullopt : std::optional(found->second));
      const auto in_range = [&](Model::const_iterator at, bool inside) { return inside ? at->first : "-"; };
      const auto next = std::max(key, options.lower);
      const auto at_least = expected.lower_bound(next);
      iterator->Seek(key);
      ASSERT_EQ(Key(*iterator), in_range(at_least, at_least != expected.end() &&
                                                       (options.upper.empty() || at_least->first < options.upper)));
      auto beyond = expected.upper_bound(key);
      if (!options.upper.empty() && key >= options.upper) beyond = expected.lower_bound(options.upper);
      const bool any = beyond != expected.begin() && std::prev(beyond)->first >= options.lower;
      iterator->SeekForPrev(key);
      ASSERT_EQ(Key(*iterator), any ? std::prev(beyond)->first : "-");
    }
  };
  for (int step = 0; step < 600; ++step) {
    const auto batch = store_->NewBatch();
    for (auto count = random.Below(6); count > 0; --count) {
      const std::string key = random_key();
      switch (random.Below(32)) {
        case 0: {  // rare, because RocksDB sorts the ranges of its memtable again for each reader
          const std::string end = random_key();
          batch->DeleteRange(Space::kItems, key, end);
          erase_range(model, key, end);
          break;
        }
        case 1:
        case 2:
        case 3:
        case 4:
        case 5:
          batch->Delete(Space::kItems, key);
          model.erase(key);
          break;
        default: {
          const std::string value(random.Below(40), static_cast<char>('a' + random.Below(26)));
          batch->Put(Space::kItems, key, value);
          model[key] = value;
        }
      }
    }
    ASSERT_TRUE(store_->Write(*batch, Durability::kNoSync).ok());
    if (random.Below(10) == 0) moments.push_back({store_->NewSnapshot(), model});
    if (moments.size() > 5) moments.erase(moments.begin() + static_cast<std::ptrdiff_t>(random.Below(moments.size())));
    ASSERT_NO_FATAL_FAILURE(check(nullptr, model));
    if (!moments.empty()) {
      const Moment& moment = moments[random.Below(moments.size())];
      ASSERT_NO_FATAL_FAILURE(check(moment.snapshot.get(), moment.model));
    }
  }
}

}  // namespace millrace::store
