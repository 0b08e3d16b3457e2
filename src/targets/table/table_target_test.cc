// TableTarget keeps the contract of targets; what is an item and what is not; what is kept and what replaced.
#include "targets/table/table_target.h"

#include <gtest/gtest.h>

#include <future>

#include "base/check.h"
#include "flow/testing/target_contract.h"
#include "model/codec.h"
#include "model/dynamodb_json.h"
#include "store/memory_store.h"

namespace millrace::flow::testing {
namespace {

class TableRig final : public TargetRig {
 public:
  explicit TableRig(targets::TableTargetOptions options = {}) {
    engine_ = MUST(engine::Engine::Open({}, store_, clock_, random_));
    engine::CreateTableRequest request;
    request.scope = {"000000000000", "us-east-1"};
    request.name = "items";
    request.schema.partition = {"key", model::AttributeType::kS};
    request.schema.sort = model::KeyAttribute{"number", model::AttributeType::kN};
    request.stream = model::StreamViewType::kNewImage;
    table_ = MUST(engine_->CreateTable(request));
    target_ = std::make_unique<targets::TableTarget>(*engine_, *table_, options);
  }
  Target& target() override { return *target_; }
  std::string Body(const std::string& key, int number) override {
    return fmt::format(R"({{"key":"{}","number":{}}})", key, number);
  }
  // In the order of the change stream: what has changed nothing is not in it.
  std::vector<std::string> Effects() override {
    const auto stream = engine_->catalogue()->FindLog(*table_->stream);
    std::vector<std::string> bodies;
    const auto page = MUST(engine_->ReadLog(stream->id, stream->shards[0].number, {.after = {}, .bytes_max = 1 << 30}));
    for (const engine::LogRecord& record : page.records) {
      const model::Change change = MUST(engine::DecodeChange(*stream, record));
      model::AppendPlainJson(bodies.emplace_back(), *change.new_image);
    }
    return bodies;
  }
  void Break() override { engine_->Stop(); }
  bool mends() const override { return false; }

  EntryOutcome Put(const std::string& body, std::string* why = nullptr) {
    Record record;
    record.body = body;
    EntryOutcome outcome = EntryOutcome::kRetry;
    std::mutex mutex;
    std::condition_variable ready;
    bool done = false;
    const std::vector<Record> batch = {record};
    target_->Write(batch, {}, [&](const WriteReport& report) {
      std::lock_guard lock(mutex);
      outcome = report.entries[0];
      if (why != nullptr && report.error) *why = report.error->message();
      done = true;
      ready.notify_one();
    });
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return done; });
    return outcome;
  }

 private:
  store::MemoryStore store_;
  ManualClock clock_;
  SeededRandom random_{3};
  std::unique_ptr<engine::Engine> engine_;
  std::shared_ptr<const engine::Table> table_;
  std::unique_ptr<targets::TableTarget> target_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Table, TargetContract, ::testing::Types<TableRig>);

TEST(TableTarget, TheSameAgainChangesNothing) {
  TableRig rig;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.Put(R"({"key":"a","number":1,"v":1.50})"), EntryOutcome::kTaken);
  EXPECT_EQ(rig.Effects(), std::vector<std::string>{R"({"key":"a","number":1,"v":1.5})"});
}

TEST(TableTarget, ReplacesOrKeeps) {
  TableRig replaces;
  replaces.Put(R"({"key":"a","number":1,"v":1})");
  EXPECT_EQ(replaces.Put(R"({"key":"a","number":1,"v":2})"), EntryOutcome::kTaken);
  EXPECT_EQ(replaces.Effects().size(), 2u);
  TableRig keeps({.overwrite = targets::ItemOverwrite::kKeep});
  keeps.Put(R"({"key":"a","number":1,"v":1})");
  EXPECT_EQ(keeps.Put(R"({"key":"a","number":1,"v":2})"), EntryOutcome::kTaken);
  EXPECT_EQ(keeps.Effects(), std::vector<std::string>{R"({"key":"a","number":1,"v":1})"});
}

targets::TableTargetOptions Beside(std::size_t places_max = 1000) {
  return {.beside = targets::PlacingOptions{
              .step = MUST(model::Number::Parse("1e-9")), .mark = "seq", .places_max = places_max}};
}

TEST(TableTarget, PutsAnItemBesideADifferentOneWithItsKeyAndTheSameOneOnce) {
  TableRig rig(Beside());
  const std::vector<std::string> bodies = {
      R"({"key":"a","number":1596719980,"v":1})", R"({"key":"a","number":1596719980,"v":2})",
      R"({"key":"b","number":1596719980,"v":3})", R"({"key":"a","number":1596719980,"v":3,"seq":"mine"})"};
  const std::vector<std::string> stored = {
      R"({"key":"a","number":1596719980,"v":1})", R"({"key":"a","number":1596719980.000000001,"seq":1,"v":2})",
      R"({"key":"b","number":1596719980,"v":3})", R"({"key":"a","number":1596719980.000000002,"seq":"mine","v":3})"};
  // However often, and in whatever order they come again.
  for (const std::string& body : bodies) EXPECT_EQ(rig.Put(body), EntryOutcome::kTaken);
  for (auto body = bodies.rbegin(); body != bodies.rend(); ++body) EXPECT_EQ(rig.Put(*body), EntryOutcome::kTaken);
  EXPECT_EQ(rig.Put(R"({"v":2.0,"number":15967199.80e2,"key":"a"})"), EntryOutcome::kTaken) << "the same by value";
  EXPECT_EQ(rig.Effects(), stored);
}

TEST(TableTarget, PlacesTheItemsOfABatchInItsOrderAndThoseUnderWay) {
  TableRig rig(Beside());
  std::vector<std::vector<Record>> batches;
  for (int batch = 0; batch < 3; ++batch) {
    batches.emplace_back();
    for (int i = 0; i < 4; ++i)
      batches.back().emplace_back().body = fmt::format(R"({{"key":"a","number":5,"v":{}}})", batch * 3 + i);
  }
  // The last of one batch is the first of the next: it comes again while it is under way.
  std::mutex mutex;
  std::condition_variable ready;
  std::size_t done = 0;
  for (const std::vector<Record>& batch : batches)
    rig.target().Write(batch, {}, [&](const WriteReport& report) {
      std::lock_guard lock(mutex);
      EXPECT_EQ(report.entries, std::vector<EntryOutcome>(4, EntryOutcome::kTaken));
      ++done;
      ready.notify_one();
    });
  std::unique_lock lock(mutex);
  ready.wait(lock, [&] { return done == batches.size(); });
  std::vector<std::string> expected = {R"({"key":"a","number":5,"v":0})"};
  for (int i = 1; i < 10; ++i)
    expected.push_back(fmt::format(R"({{"key":"a","number":5.00000000{0},"seq":{0},"v":{0}}})", i));
  EXPECT_EQ(rig.Effects(), expected);
}

TEST(TableTarget, GivesUpWhatFindsNoPlaceBesideAnother) {
  TableRig rig(Beside(2));
  const std::string body = R"({{"key":"a","number":{},"v":{}}})";
  std::string why;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(rig.Put(fmt::format(fmt::runtime(body), 1, i)), EntryOutcome::kTaken);
  EXPECT_EQ(rig.Put(fmt::format(fmt::runtime(body), 1, 2), &why), EntryOutcome::kReject);
  EXPECT_NE(why.find("all 2 places beside it are taken"), std::string::npos) << why;
  const std::string long_number = "1" + std::string(30, '0');  // with the step, 40 digits
  EXPECT_EQ(rig.Put(fmt::format(fmt::runtime(body), long_number, 1)), EntryOutcome::kTaken);
  EXPECT_EQ(rig.Put(fmt::format(fmt::runtime(body), long_number, 2), &why), EntryOutcome::kReject);
  EXPECT_NE(why.find("no place beside it"), std::string::npos) << why;
  EXPECT_EQ(rig.Effects().size(), 3u);
}

TEST(TableTarget, SaysOfEachRejectedRecordWhyItWasItself) {
  TableRig rig;
  std::vector<Record> batch(3);
  batch[0].body = R"({"key":"","number":1})";
  batch[1].body = R"({"key":"a","number":1})";
  batch[2].body = R"({"key":"a","number":1,"n":12345678901234567890123456789012345678901})";
  std::promise<WriteReport> promise;
  rig.target().Write(batch, {}, [&](WriteReport report) { promise.set_value(std::move(report)); });
  const WriteReport report = promise.get_future().get();
  EXPECT_EQ(report.entries,
            (std::vector<EntryOutcome>{EntryOutcome::kReject, EntryOutcome::kTaken, EntryOutcome::kReject}));
  ASSERT_EQ(report.causes.size(), 2u);
  EXPECT_NE(report.causes.at(0).message().find("empty string"), std::string::npos) << report.causes.at(0).message();
  EXPECT_NE(report.causes.at(2).message().find("38"), std::string::npos) << report.causes.at(2).message();
}

TEST(TableTarget, ReadsDynamoDbJson) {
  TableRig rig({.json = targets::ItemJson::kDynamoDb});
  EXPECT_EQ(rig.Put(R"({"key":{"S":"a"},"number":{"N":"1"},"set":{"SS":["x","y"]}})"), EntryOutcome::kTaken);
  EXPECT_EQ(rig.Effects(), std::vector<std::string>{R"({"key":"a","number":1,"set":["x","y"]})"});
}

TEST(TableTarget, RejectsWhatIsNoItemOfTheTableWithTheReason) {
  TableRig rig;
  for (const auto& [body, reason] : std::vector<std::pair<std::string, std::string>>{
           {"[1]", "an item is a JSON object"},
           {"{", "table/items"},
           {R"({"number":1})", "key"},
           {R"({"key":"a","number":"1"})", "number"},
           {R"({"key":"a","number":1,"v":")" + std::string(500'000, 'x') + R"("})", "bytes"}}) {
    std::string why;
    EXPECT_EQ(rig.Put(body, &why), EntryOutcome::kReject) << body.substr(0, 60);
    EXPECT_NE(why.find(reason), std::string::npos) << why;
  }
  EXPECT_TRUE(rig.Effects().empty());
}

}  // namespace
}  // namespace millrace::flow::testing
