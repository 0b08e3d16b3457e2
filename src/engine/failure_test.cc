// Proves that the engine fails stop: whichever write to the disk fails, nothing is acknowledged from then on, Health
// tells why, and after reopening every acknowledged write is there and nothing half done.
#include <gtest/gtest.h>

#include "engine/testing/node.h"
#include "engine/testing/stream_copy.h"
#include "store/fault_store.h"

namespace millrace::engine {
namespace {

using store::FaultStore;
using testing::MakeItem;
using testing::N;
using testing::Put;
using testing::S;
using testing::StreamCopy;
using testing::Transact;
using testing::Write;

class Failure : public ::testing::Test {
 protected:
  static constexpr int kWrites = 12;

  void Open() {
    EngineOptions options;
    options.on_failure = [this](const Error&) { ++failures_; };
    auto engine = Engine::Open(options, *store_, clock_, random_);
    ASSERT_TRUE(engine.ok());
    engine_ = *std::move(engine);
  }
  // A table, pairs of items written together, and shards that split halfway: each acknowledged or not.
  void Run() {
    CreateTableRequest request;
    request.scope = testing::kScope;
    request.name = "orders";
    request.schema = testing::StringKey();
    request.stream = model::StreamViewType::kNewAndOldImages;
    const auto table = engine_->CreateTable(request);
    if (!table.ok()) return NoteError(table.error());
    created_ = true;
    for (int i = 0; i < kWrites; ++i) {
      if (i == kWrites / 2) {
        if (const Status rolled = engine_->RollShards(*(*table)->stream, Engine::Roll::kSplit); !rolled.ok())
          NoteError(rolled.error());
      }
      const auto result = Transact(*engine_, {Put(*table, Half("left", i)), Put(*table, Half("right", i))});
      if (result.ok()) {
        EXPECT_EQ(errors_, 0) << "acknowledged after a failure";
        acknowledged_ = i;
      } else {
        NoteError(result.error());
      }
    }
  }
  static model::Item Half(std::string_view side, int i) {
    return MakeItem({{"pk", S(side)}, {"i", N(i)}, {"body", S(std::string(100, 'x'))}});
  }
  void NoteError(const Error& error) {
    ++errors_;
    EXPECT_TRUE(error.code() == ErrorCode::kIo || error.code() == ErrorCode::kUnavailable) << error.ToString();
  }
  std::optional<std::string> Stored(const Table& table, std::string_view side) {
    return *engine_->Get(table, MUST(model::KeyOfKeyItem(table.schema, MakeItem({{"pk", S(side)}}))));
  }

  std::unique_ptr<FaultStore> store_ = std::make_unique<FaultStore>(std::make_unique<store::MemoryStore>());
  ManualClock clock_;
  SeededRandom random_{1};
  std::unique_ptr<Engine> engine_;
  bool created_ = false;
  int acknowledged_ = -1;
  int errors_ = 0;
  std::atomic<int> failures_{0};
};

TEST_F(Failure, OfAnyWriteStopsTheEngineAndLosesNothingAcknowledged) {
  Open();
  Run();
  ASSERT_EQ(errors_, 0);
  const std::uint64_t writes = store_->Calls(FaultStore::Operation::kWrite);
  ASSERT_GE(writes, static_cast<std::uint64_t>(kWrites));
  engine_.reset();

  for (const auto effect : {FaultStore::Effect::kNotDone, FaultStore::Effect::kDone}) {
    for (std::uint64_t k = 1; k <= writes; ++k) {
      SCOPED_TRACE(
          fmt::format("write {} of {}, {}", k, writes, effect == FaultStore::Effect::kDone ? "done" : "not done"));
      store_ = std::make_unique<FaultStore>(std::make_unique<store::MemoryStore>());
      created_ = false;
      acknowledged_ = -1;
      errors_ = failures_ = 0;
      Open();
      store_->Order({.operation = FaultStore::Operation::kWrite, .nth = k, .effect = effect});
      Run();
      EXPECT_GT(errors_, 0);
      EXPECT_EQ(failures_.load(), 1);
      const Status health = engine_->Health();
      ASSERT_FALSE(health.ok());
      EXPECT_NE(health.error().ToString().find("njected"), std::string::npos) << health.error().ToString();
      EXPECT_FALSE(engine_->EnsureScope({"111122223333", "eu-west-1"}).ok());

      engine_.reset();
      store_->Restart();
      Open();
      EXPECT_TRUE(engine_->Health().ok());
      const auto catalogue = engine_->catalogue();
      const auto scope = catalogue->FindScope(testing::kScope);
      const auto table = scope ? catalogue->FindTable(*scope, "orders") : nullptr;
      ASSERT_TRUE(table != nullptr || !created_);
      if (table == nullptr) continue;
      // The last acknowledged pair, or the one whose answer was lost; both halves alike.
      const auto left = Stored(*table, "left"), right = Stored(*table, "right");
      const auto is = [&](int i) {
        return i < 0 ? !left && !right
                     : left == model::EncodeItem(Half("left", i)) && right == model::EncodeItem(Half("right", i));
      };
      EXPECT_TRUE(is(acknowledged_) || is(acknowledged_ + 1));
      StreamCopy copy;
      const Status followed = copy.Follow(*engine_, *table->stream);
      ASSERT_TRUE(followed.ok()) << followed.error().message();
      std::string first;
      EXPECT_EQ(*copy.Differences(*engine_, *table, &first), 0u) << first;
      EXPECT_EQ(table->counters->items.load(), static_cast<std::int64_t>(copy.items().size()));
      EXPECT_TRUE(Transact(*engine_, {Put(table, Half("left", 99)), Put(table, Half("right", 99))}).ok());
    }
  }
}

TEST_F(Failure, OfAReadIsThatRequestsOnly) {
  Open();
  Run();
  const auto catalogue = engine_->catalogue();
  const auto table = catalogue->FindTable(*catalogue->FindScope(testing::kScope), "orders");
  store_->Order({.operation = FaultStore::Operation::kGet, .nth = 1});
  const auto failed = Write(*engine_, Put(table, Half("left", 50)));
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code(), ErrorCode::kIo);
  EXPECT_TRUE(Write(*engine_, Put(table, Half("left", 51))).ok());
  EXPECT_TRUE(engine_->Health().ok());
}

TEST_F(Failure, OfAnIteratorIsToldAndNotTakenForTheEnd) {
  Open();
  Run();
  const auto catalogue = engine_->catalogue();
  const auto table = catalogue->FindTable(*catalogue->FindScope(testing::kScope), "orders");
  for (std::uint64_t step = 1; step <= 3; ++step) {
    store_->Order({.operation = FaultStore::Operation::kIteratorStep, .nth = step});
    EXPECT_FALSE(engine_
                     ->VisitItems(*table, SegmentRange(*table, 0, 1), Engine::Direction::kForward,
                                  [](std::string_view, std::string_view) { return true; })
                     .ok())
        << step;
    store_->Order({.operation = FaultStore::Operation::kIteratorStep, .nth = step});
    EXPECT_FALSE(engine_->ReadLog(*table->stream, ShardNumber(0), {}).ok()) << step;
  }
  // The engine cannot be opened over a catalogue that it cannot read.
  engine_.reset();
  store_->Order({.operation = FaultStore::Operation::kIteratorStep, .nth = 1});
  EXPECT_FALSE(Engine::Open({}, *store_, clock_, random_).ok());
}

TEST_F(Failure, OfTheStoredCatalogueIsCorruption) {
  Open();
  Run();
  engine_.reset();
  std::vector<std::pair<std::string, std::string>> rows;
  {
    const auto meta = store_->NewIterator(store::Space::kMeta, {});
    for (meta->SeekToFirst(); meta->Valid(); meta->Next()) rows.emplace_back(meta->key(), meta->value());
  }
  ASSERT_GE(rows.size(), 4u);  // ids, scope, table, log
  const auto replace = [&](const std::string& key, std::string_view value) {
    const auto batch = store_->NewBatch();
    batch->Put(store::Space::kMeta, key, value);
    ASSERT_TRUE(store_->Write(*batch, store::Durability::kSync).ok());
  };
  for (const auto& [key, value] : rows) {
    for (const std::string& damaged : {std::string(), std::string("garbage"), value.substr(0, value.size() / 2)}) {
      replace(key, damaged);
      const auto opened = Engine::Open({}, *store_, clock_, random_);
      ASSERT_FALSE(opened.ok()) << key;
      EXPECT_EQ(opened.error().code(), ErrorCode::kCorruption) << opened.error().ToString();
    }
    replace(key, value);
  }
  EXPECT_TRUE(Engine::Open({}, *store_, clock_, random_).ok());
}

}  // namespace
}  // namespace millrace::engine
