// RocksStore keeps what it acknowledged, or refuses to open; it never drops anything in silence.
#include "store/rocks_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "base/random.h"
#include "store/temp_directory.h"
#include "store/watermark.h"

namespace millrace::store {
namespace {

using testing::HasSubstr;

class RocksStoreTest : public testing::Test {
 protected:
  RocksOptions Options(SyncMode mode) {
    return {.path = path_, .mode = mode, .sync_interval = std::chrono::milliseconds(0)};
  }
  std::unique_ptr<Store> Open(RocksOptions options) {
    auto store = RocksStore::Open(std::move(options));
    EXPECT_TRUE(store.ok()) << store.error().message();
    return store.ok() ? *std::move(store) : nullptr;
  }
  // Row i: key of four digits; the values make the log long enough to damage its middle.
  static void Put(Store& store, int begin, int end, Durability durability = Durability::kNoSync) {
    const auto batch = store.NewBatch();
    for (int i = begin; i < end; ++i) {
      batch->Clear();
      batch->Put(i % 2 == 0 ? Space::kItems : Space::kLog, fmt::format("{:04}", i), std::string(100, 'v'));
      ASSERT_TRUE(store.Write(*batch, durability).ok());
    }
  }
  // Which rows there are, as the length of a prefix without a gap.
  static int Rows(const Store& store) {
    int rows = 0;
    std::string value;
    for (bool found = true; found; ++rows) {
      found = *store.Get(rows % 2 == 0 ? Space::kItems : Space::kLog, fmt::format("{:04}", rows), &value, nullptr);
    }
    --rows;
    int all = 0;
    for (const Space space : {Space::kItems, Space::kLog}) {
      const auto iterator = store.NewIterator(space, {});
      for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) ++all;
    }
    EXPECT_EQ(rows, all) << "there is a gap";
    return rows;
  }
  // The write-ahead log with the most bytes.
  std::filesystem::path LogFile() {
    std::filesystem::path largest;
    for (const auto& entry : std::filesystem::directory_iterator(path_ + "/rocks")) {
      if (entry.path().extension() != ".log") continue;
      if (largest.empty() || entry.file_size() > std::filesystem::file_size(largest)) largest = entry.path();
    }
    return largest;
  }
  static std::string ReadBytes(const std::filesystem::path& path) {
    std::stringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
  }
  static void WriteBytes(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  // The sequence that a refusal offers to accept.
  static std::uint64_t OfferedSequence(const Error& error) {
    EXPECT_EQ(error.reason(), reason::kDamaged) << error.message();
    EXPECT_EQ(error.code(), ErrorCode::kCorruption);
    const std::string option = "--accept-loss-after=";
    const std::size_t at = error.message().find(option);
    EXPECT_NE(at, std::string::npos) << error.message();
    if (at == std::string::npos) return 0;
    return std::strtoull(error.message().c_str() + at + option.size(), nullptr, 10);
  }

  TempDirectory temp_;
  const std::string path_ = temp_.path() + "/data";
};

TEST_F(RocksStoreTest, KeepsItsDataThroughReopens) {
  for (const SyncMode mode : {SyncMode::kDurable, SyncMode::kRelaxed, SyncMode::kDurable}) {
    const auto store = Open(Options(mode));
    ASSERT_NE(store, nullptr);
    const int rows = Rows(*store);
    Put(*store, rows, rows + 10, Durability::kSync);
  }
  EXPECT_EQ(Rows(*Open(Options(SyncMode::kDurable))), 30);
}

TEST_F(RocksStoreTest, ASecondOpenIsRefusedAndTheMessageSaysWhatToDo) {
  const auto store = Open(Options(SyncMode::kDurable));
  const auto second = RocksStore::Open(Options(SyncMode::kDurable));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(second.error().reason(), reason::kDirectoryInUse);
  EXPECT_THAT(second.error().message(), HasSubstr(path_));
  Put(*store, 0, 1);  // the first is unharmed
}

TEST_F(RocksStoreTest, RefusesOptionsThatCannotWork) {
  EXPECT_EQ(RocksStore::Open({.path = path_, .write_buffer_bytes = 1}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(RocksStore::Open({.path = path_, .open_files_max = 1}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(RocksStoreTest, AMissingDatabaseIsNotReplacedByAnEmptyOne) {
  Open(Options(SyncMode::kDurable));
  std::filesystem::remove_all(path_ + "/rocks");
  EXPECT_FALSE(RocksStore::Open(Options(SyncMode::kDurable)).ok());
}

TEST_F(RocksStoreTest, OneFlippedBitInTheLogIsRefusedInDurableMode) {
  Put(*Open(Options(SyncMode::kDurable)), 0, 1000, Durability::kSync);
  std::string bytes = ReadBytes(LogFile());
  ASSERT_GT(bytes.size(), 100'000u);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x10);
  WriteBytes(LogFile(), bytes);

  std::uint64_t offered = 0;
  for (int attempt = 0; attempt < 2; ++attempt) {  // looking twice changes nothing
    const auto refused = RocksStore::Open(Options(SyncMode::kDurable));
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message(), HasSubstr(path_));
    offered = OfferedSequence(refused.error());
    EXPECT_GT(offered, 400u);
    EXPECT_LT(offered, 600u);
  }
  RocksOptions options = Options(SyncMode::kDurable);
  options.accept_loss_after_sequence = offered + 1;
  EXPECT_EQ(OfferedSequence(RocksStore::Open(options).error()), offered);
  options.accept_loss_after_sequence = offered;
  {
    const auto store = Open(options);
    ASSERT_NE(store, nullptr);
    EXPECT_EQ(Rows(*store), static_cast<int>(offered));
    Put(*store, static_cast<int>(offered), 1000, Durability::kSync);
  }
  EXPECT_EQ(Rows(*Open(Options(SyncMode::kDurable))), 1000);
}

TEST_F(RocksStoreTest, AnUnfinishedRecordAtTheEndOfTheLogIsNoDamage) {
  Put(*Open(Options(SyncMode::kDurable)), 0, 100, Durability::kSync);
  const auto log = LogFile();
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 50);  // the last write was never acknowledged
  EXPECT_EQ(Rows(*Open(Options(SyncMode::kDurable))), 99);
}

TEST_F(RocksStoreTest, RelaxedModeLosesWhatWasNotSyncedAndNothingElse) {
  std::string watermark;
  std::uintmax_t synced_size = 0;
  {
    const auto store = Open(Options(SyncMode::kRelaxed));
    Put(*store, 0, 100, Durability::kSync);
    ASSERT_TRUE(store->Sync().ok());
    watermark = ReadBytes(path_ + "/WATERMARK");
    synced_size = std::filesystem::file_size(LogFile());
    Put(*store, 100, 200, Durability::kSync);
  }
  // A power loss after the sync: half of the rest got to the disk, and of the last block only its length.
  WriteBytes(path_ + "/WATERMARK", watermark);
  std::string bytes = ReadBytes(LogFile());
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(synced_size + (bytes.size() - synced_size) / 2), bytes.end(),
            '\0');
  WriteBytes(LogFile(), bytes);
  const int rows = Rows(*Open(Options(SyncMode::kRelaxed)));
  EXPECT_GE(rows, 140);
  EXPECT_LT(rows, 160);
}

TEST_F(RocksStoreTest, RelaxedModeRefusesToOpenBelowTheWatermark) {
  {
    const auto store = Open(Options(SyncMode::kRelaxed));
    Put(*store, 0, 200);
    ASSERT_TRUE(store->Sync().ok());
  }
  const auto log = LogFile();
  std::filesystem::resize_file(log, std::filesystem::file_size(log) / 2);
  std::uint64_t offered = 0;
  for (const SyncMode mode : {SyncMode::kRelaxed, SyncMode::kDurable, SyncMode::kRelaxed}) {
    const auto refused = RocksStore::Open(Options(mode));
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message(), HasSubstr("the writes up to sequence 200 were on disk"));
    offered = OfferedSequence(refused.error());
    EXPECT_GT(offered, 80u);
    EXPECT_LT(offered, 120u);
  }
  RocksOptions options = Options(SyncMode::kRelaxed);
  options.accept_loss_after_sequence = offered;
  {
    const auto store = Open(options);
    ASSERT_NE(store, nullptr);
    EXPECT_EQ(Rows(*store), static_cast<int>(offered));
    Put(*store, static_cast<int>(offered), 150);
  }
  EXPECT_EQ(Rows(*Open(options)), 150);  // once the loss is accepted, the option has no effect
}

TEST_F(RocksStoreTest, AnUnreadableWatermarkIsRefusedUntilItIsAccepted) {
  Put(*Open(Options(SyncMode::kRelaxed)), 0, 20);
  WriteBytes(path_ + "/WATERMARK", std::string(64, '\0'));
  const auto refused = RocksStore::Open(Options(SyncMode::kRelaxed));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(OfferedSequence(refused.error()), 20u);
  RocksOptions options = Options(SyncMode::kRelaxed);
  options.accept_loss_after_sequence = 20;
  EXPECT_EQ(Rows(*Open(options)), 20);
  EXPECT_EQ(Rows(*Open(Options(SyncMode::kRelaxed))), 20);
}

TEST_F(RocksStoreTest, RelaxedModeSyncsInTheBackground) {
  RocksOptions options = Options(SyncMode::kRelaxed);
  options.sync_interval = std::chrono::milliseconds(1);
  const auto store = Open(options);
  for (int rows = 10; rows <= 30; rows += 10) {
    Put(*store, rows - 10, rows);
    while (Watermark::Open(path_ + "/WATERMARK")->sequence() < static_cast<std::uint64_t>(rows))
      std::this_thread::yield();
  }
  EXPECT_TRUE(store->Health().ok());
}

TEST_F(RocksStoreTest, RangesAndRowsSurviveFlushesAndReopens) {
  const RocksOptions options = {.path = path_, .cache_bytes = 64 << 10, .write_buffer_bytes = 64 << 10};
  std::map<std::string, std::string> model;
  SeededRandom random(20);
  for (int round = 0; round < 4; ++round) {
    const auto store = Open(options);
    ASSERT_NE(store, nullptr);
    const auto batch = store->NewBatch();
    for (int i = 0; i < 2000; ++i) {
      const std::string key = fmt::format("{:04}", random.Below(3000)), value(random.Below(200), 'v');
      batch->Clear();
      batch->Put(Space::kLog, key, value);
      model[key] = value;
      if (i % 500 == 0) {
        const std::string end = fmt::format("{:04}", random.Below(1000));
        batch->DeleteRange(Space::kLog, "", end);
        model.erase(model.begin(), model.lower_bound(end));
      }
      ASSERT_TRUE(store->Write(*batch, Durability::kNoSync).ok());
    }
    std::map<std::string, std::string> rows;
    const auto iterator = store->NewIterator(Space::kLog, {});
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) rows.emplace(iterator->key(), iterator->value());
    ASSERT_TRUE(iterator->status().ok());
    EXPECT_EQ(rows, model);
  }
}

}  // namespace
}  // namespace millrace::store
