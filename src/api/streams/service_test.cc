// Proves what a reader of a change stream sees: the records of each view type, positions that stay what they were
// across restarts and trims, shards that close and split without losing or doubling a change, and streams that stay
// readable after their table has gone. The engine is real, over a store in memory and a clock moved by hand.
#include "api/streams/service.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "api/streams/admin.h"
#include "api/streams/testing/client.h"
#include "json/write.h"

namespace millrace::api::streams {
namespace {

using engine::testing::Delete;
using engine::testing::MakeItem;
using engine::testing::N;
using engine::testing::Put;
using engine::testing::S;
using engine::testing::TestNode;
using streams::testing::Answer;
using streams::testing::StreamsClient;
using View = model::StreamViewType;

std::string Text(const json::Value& value, std::string_view name) {
  const json::Value* member = value.Find(name);
  return member != nullptr && member->is_string() ? std::string(member->string()) : std::string();
}
std::string Json(const json::Value* value) {
  std::string out;
  if (value != nullptr) json::AppendValue(out, *value);
  return out;
}
std::span<const json::Value> Elements(const json::Value* list) {
  return list == nullptr ? std::span<const json::Value>() : list->array();
}

class Streams : public ::testing::Test {
 protected:
  void WriteOne(engine::ItemAction action) {
    const auto written = engine::testing::Write(node_.engine(), std::move(action));
    ASSERT_TRUE(written.ok());
    ASSERT_EQ(written->kind, engine::ItemOutcome::Kind::kApplied);
  }
  void PutOrder(std::string_view key, std::int64_t value) {
    WriteOne(Put(node_.FindTable("orders"), MakeItem({{"pk", S(key)}, {"v", N(value)}})));
  }
  StreamsClient Client(engine::Scope scope = engine::testing::kScope) {
    return {node_.engine(), node_.clock(), std::move(scope)};
  }
  Answer Describe(std::string_view rest = {}) {
    return Client().Call("DescribeStream",
                         fmt::format(R"({{"StreamArn":"{}"{}}})", node_.StreamOf("orders")->arn, rest));
  }
  std::string Iterator(std::string_view type, std::size_t shard = 0, std::string_view sequence = {}) {
    const auto stream = node_.StreamOf("orders");
    return Client().Iterator(stream->arn, stream->shards.at(shard).id, type, sequence);
  }
  void Roll(engine::Engine::Roll roll) {
    ASSERT_TRUE(node_.engine().RollShards(node_.StreamOf("orders")->id, roll).ok());
  }

  TestNode node_;
};

// Of each record "INSERT a=1": its name, key and new value.
std::vector<std::string> Summaries(const Answer& answer) {
  std::vector<std::string> summaries;
  for (const json::Value& record : Elements(answer.root().Find("Records"))) {
    const json::Value& change = *record.Find("dynamodb");
    const json::Value* image = change.Find("NewImage");
    summaries.push_back(fmt::format("{} {}={}", Text(record, "eventName"), Text(*change.Find("Keys")->Find("pk"), "S"),
                                    image == nullptr ? "" : Text(*image->Find("v"), "N")));
  }
  return summaries;
}
using Lines = std::vector<std::string>;

// Reads a stream to its present end as a consumer library does: pages of DescribeStream, each shard from TRIM_HORIZON
// once its parent is finished, GetRecords until there is no next iterator or nothing more comes.
class Consumer {
 public:
  Consumer(std::string arn, int limit) : arn_(std::move(arn)), limit_(limit) {}

  // One round over all shards that are known and may be read.
  void Poll(const StreamsClient& client) {
    Discover(client);
    for (auto& [id, shard] : shards_) {
      const auto parent = shards_.find(shard.parent);
      if (shard.finished || (parent != shards_.end() && !parent->second.finished)) continue;
      if (shard.iterator.empty()) shard.iterator = client.Iterator(arn_, id, "TRIM_HORIZON");
      const Answer answer = client.GetRecords(shard.iterator, limit_);
      ASSERT_EQ(answer.status(), 200) << answer.body();
      for (const json::Value& record : Elements(answer.root().Find("Records"))) Take(record);
      shard.iterator = answer.Text("NextShardIterator");
      shard.finished = shard.iterator.empty();
    }
  }
  // Until a round brings nothing and no shard ends.
  void PollAll(const StreamsClient& client) {
    for (std::size_t before = ~std::size_t{0}; before != progress();) {
      before = progress();
      Poll(client);
    }
  }

  const std::map<std::string, std::vector<std::int64_t>>& values() const { return values_; }
  std::size_t count() const { return sequences_.size(); }
  bool doubled() const { return doubled_; }
  std::size_t shard_count() const { return shards_.size(); }

 private:
  struct ShardState {
    std::string parent;
    std::string iterator;
    bool finished = false;
  };

  std::size_t progress() const {
    std::size_t finished = 0;
    for (const auto& [id, shard] : shards_) finished += shard.finished ? 1 : 0;
    return sequences_.size() * 1000 + finished + shards_.size() * 100;
  }
  void Discover(const StreamsClient& client) {
    std::string last;
    do {
      const std::string start = last.empty() ? "" : fmt::format(R"(,"ExclusiveStartShardId":"{}")", last);
      const Answer answer =
          client.Call("DescribeStream", fmt::format(R"({{"StreamArn":"{}","Limit":3{}}})", arn_, start));
      const json::Value& description = *answer.root().Find("StreamDescription");
      for (const json::Value& shard : Elements(description.Find("Shards")))
        shards_.try_emplace(Text(shard, "ShardId"), ShardState{Text(shard, "ParentShardId"), "", false});
      last = Text(description, "LastEvaluatedShardId");
    } while (!last.empty());
  }
  void Take(const json::Value& record) {
    const json::Value& change = *record.Find("dynamodb");
    doubled_ |= !sequences_.insert(Text(change, "SequenceNumber")).second;
    values_[Text(*change.Find("Keys")->Find("pk"), "S")].push_back(
        std::stoll(Text(*change.Find("NewImage")->Find("v"), "N")));
  }

  std::string arn_;
  int limit_;
  std::map<std::string, ShardState> shards_;
  std::map<std::string, std::vector<std::int64_t>> values_;  // of each key, as they came
  std::set<std::string> sequences_;
  bool doubled_ = false;
};

TEST_F(Streams, RendersARecordWithAllItsFields) {
  const auto table = node_.CreateTable("orders");
  node_.clock().Advance(std::chrono::milliseconds(1999));
  WriteOne(Put(table, MakeItem({{"pk", S("a")}, {"v", N(1)}})));
  WriteOne(Put(table, MakeItem({{"pk", S("a")}, {"v", N(123)}})));
  const auto stream = node_.StreamOf("orders");
  const engine::SequenceNumber second = node_.engine().committed();
  const Answer answer = Client().GetRecords(Iterator("AT_SEQUENCE_NUMBER", 0, engine::FormatSequenceNumber(second)));
  ASSERT_EQ(answer.status(), 200);
  ASSERT_EQ(Elements(answer.root().Find("Records")).size(), 1u);
  EXPECT_EQ(
      Json(&answer.root().Find("Records")->array()[0]),
      fmt::format(
          R"({{"eventID":"{}","eventName":"MODIFY","eventVersion":"1.1","eventSource":"aws:dynamodb",)"
          R"("awsRegion":"us-east-1","dynamodb":{{"ApproximateCreationDateTime":1700000001,"Keys":{{"pk":{{"S":"a"}}}},)"
          R"("NewImage":{{"pk":{{"S":"a"}},"v":{{"N":"123"}}}},"OldImage":{{"pk":{{"S":"a"}},"v":{{"N":"1"}}}},)"
          R"("SequenceNumber":"{}","SizeBytes":16,"StreamViewType":"NEW_AND_OLD_IMAGES"}}}})",
          engine::EventId(*stream, second), engine::FormatSequenceNumber(second)));
  EXPECT_EQ(engine::EventId(*stream, second).size(), 32u);
}

TEST_F(Streams, KeepsOfEachChangeWhatTheViewTypeSays) {
  for (const View view : {View::kKeysOnly, View::kNewImage, View::kOldImage, View::kNewAndOldImages}) {
    SCOPED_TRACE(model::StreamViewTypeName(view));
    TestNode node;
    const auto table = node.CreateTable("orders", engine::testing::StringKey(), view);
    const auto key_only = MakeItem({{"pk", S("a")}});
    const auto full = MakeItem({{"pk", S("a")}, {"v", N(1)}});
    for (auto action : {Put(table, key_only), Put(table, full), Delete(table, key_only)})
      ASSERT_TRUE(engine::testing::Write(node.engine(), std::move(action)).ok());
    const StreamsClient client(node.engine(), node.clock());
    const auto stream = node.StreamOf("orders");
    const Answer answer = client.GetRecords(client.Iterator(stream->arn, stream->shards[0].id, "TRIM_HORIZON"));
    const auto records = Elements(answer.root().Find("Records"));
    ASSERT_EQ(records.size(), 3u);
    const bool with_new = view == View::kNewImage || view == View::kNewAndOldImages;
    const bool with_old = view == View::kOldImage || view == View::kNewAndOldImages;
    const std::string key_json = R"({"pk":{"S":"a"}})", full_json = R"({"pk":{"S":"a"},"v":{"N":"1"}})";
    const std::string none;
    const std::string names[] = {"INSERT", "MODIFY", "REMOVE"};
    const std::string news[] = {key_json, full_json, none};
    const std::string olds[] = {none, key_json, full_json};
    for (std::size_t i = 0; i < 3; ++i) {
      const json::Value& change = *records[i].Find("dynamodb");
      EXPECT_EQ(Text(records[i], "eventName"), names[i]);
      EXPECT_EQ(Json(change.Find("Keys")), key_json);
      EXPECT_EQ(Json(change.Find("NewImage")), with_new ? news[i] : none);
      EXPECT_EQ(Json(change.Find("OldImage")), with_old ? olds[i] : none);
      EXPECT_EQ(Text(change, "StreamViewType"), model::StreamViewTypeName(view));
      EXPECT_EQ(records[i].Find("userIdentity"), nullptr);
    }
  }
}

TEST_F(Streams, NamesTheServiceAsTheOneThatRemovedAnExpiredItem) {
  const auto table = node_.CreateTable("orders");
  PutOrder("a", 1);
  auto action = Delete(table, MakeItem({{"pk", S("a")}}));
  action.expired = true;
  WriteOne(std::move(action));
  const Answer answer = Client().GetRecords(Iterator("TRIM_HORIZON"));
  const auto records = Elements(answer.root().Find("Records"));
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(Text(records[1], "eventName"), "REMOVE");
  EXPECT_EQ(Json(records[1].Find("userIdentity")), R"({"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"})");
}

TEST_F(Streams, SaysRecordsAlsoWhenThereAreNone) {
  node_.CreateTable("orders");
  const Answer answer = Client().GetRecords(Iterator("TRIM_HORIZON"));
  EXPECT_TRUE(answer.body().starts_with(R"({"Records":[],"NextShardIterator":"arn:aws:dynamodb:)"));
}

TEST_F(Streams, ReadsInPagesOfTheLimit) {
  node_.CreateTable("orders");
  for (int i = 0; i < 7; ++i) PutOrder("a", i);
  std::string iterator = Iterator("TRIM_HORIZON");
  std::vector<std::size_t> sizes;
  Lines all;
  for (int page = 0; page < 4; ++page) {
    const Answer answer = Client().GetRecords(iterator, 3);
    const Lines lines = Summaries(answer);
    sizes.push_back(lines.size());
    all.insert(all.end(), lines.begin(), lines.end());
    iterator = answer.Text("NextShardIterator");
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{3, 3, 1, 0}));
  EXPECT_EQ(all,
            (Lines{"INSERT a=0", "MODIFY a=1", "MODIFY a=2", "MODIFY a=3", "MODIFY a=4", "MODIFY a=5", "MODIFY a=6"}));
}

TEST_F(Streams, ReadsInPagesOfOneMegabyte) {
  const auto table = node_.CreateTable("orders");
  for (int i = 0; i < 12; ++i)
    WriteOne(Put(table, MakeItem({{"pk", S(std::to_string(i))}, {"body", S(std::string(200'000, 'x'))}})));
  std::string iterator = Iterator("TRIM_HORIZON");
  std::size_t seen = 0, pages = 0;
  while (seen < 12) {
    const Answer answer = Client().GetRecords(iterator);
    const std::size_t count = Elements(answer.root().Find("Records")).size();
    ASSERT_GE(count, 1u);
    EXPECT_LE(count, 5u);
    seen += count;
    ++pages;
    iterator = answer.Text("NextShardIterator");
  }
  EXPECT_EQ(pages, 3u);
}

TEST_F(Streams, LatestDeliversWhatIsWrittenLaterAlsoAfterLongSilence) {
  node_.CreateTable("orders");
  PutOrder("a", 1);
  const std::string latest = Iterator("LATEST");
  node_.clock().Advance(std::chrono::minutes(14));
  Answer answer = Client().GetRecords(latest);
  EXPECT_EQ(Summaries(answer), Lines{});
  PutOrder("a", 2);
  // The first iterator still means the moment when it was asked for; the next one goes on from there.
  EXPECT_EQ(Summaries(Client().GetRecords(latest)), Lines{"MODIFY a=2"});
  EXPECT_EQ(Summaries(Client().GetRecords(answer.Text("NextShardIterator"))), Lines{"MODIFY a=2"});
}

TEST_F(Streams, StartsAtOrAfterASequenceNumber) {
  node_.CreateTable("orders");
  PutOrder("a", 1);
  const std::string first = engine::FormatSequenceNumber(node_.engine().committed());
  PutOrder("a", 2);
  EXPECT_EQ(Summaries(Client().GetRecords(Iterator("AT_SEQUENCE_NUMBER", 0, first))),
            (Lines{"INSERT a=1", "MODIFY a=2"}));
  EXPECT_EQ(Summaries(Client().GetRecords(Iterator("AFTER_SEQUENCE_NUMBER", 0, first))), Lines{"MODIFY a=2"});
  const auto start = engine::FormatSequenceNumber(node_.StreamOf("orders")->shards[0].start);
  EXPECT_EQ(Summaries(Client().GetRecords(Iterator("AT_SEQUENCE_NUMBER", 0, start))).size(), 2u);
}

TEST_F(Streams, StartsAtTheBeginningOfAShardThatHasNoRecordYet) {
  node_.CreateTable("orders");
  Roll(engine::Engine::Roll::kContinue);
  const auto stream = node_.StreamOf("orders");
  const std::string start = engine::FormatSequenceNumber(stream->shards.at(1).start);
  const std::string at = Iterator("AT_SEQUENCE_NUMBER", 1, start);
  ASSERT_FALSE(at.empty());
  PutOrder("a", 1);
  EXPECT_EQ(Summaries(Client().GetRecords(at)), Lines{"INSERT a=1"});
}

TEST_F(Streams, AnIteratorExpiresAfterFifteenMinutes) {
  node_.CreateTable("orders");
  const std::string iterator = Iterator("TRIM_HORIZON");
  node_.clock().Advance(std::chrono::minutes(15) - std::chrono::milliseconds(1));
  EXPECT_EQ(Client().GetRecords(iterator).status(), 200);
  node_.clock().Advance(std::chrono::milliseconds(1));
  const Answer expired = Client().GetRecords(iterator);
  EXPECT_EQ(expired.status(), 400);
  EXPECT_EQ(expired.ErrorType(), "ExpiredIteratorException");
}

TEST_F(Streams, IteratorsAndStreamsSurviveARestart) {
  node_.CreateTable("orders");
  PutOrder("a", 1);
  const std::string latest = Iterator("LATEST"), horizon = Iterator("TRIM_HORIZON");
  const std::string described = Describe().body(), records = Client().GetRecords(horizon).body();
  node_.Restart();
  EXPECT_EQ(Describe().body(), described);
  EXPECT_EQ(Client().GetRecords(horizon).body(), records);
  PutOrder("a", 2);
  EXPECT_EQ(Summaries(Client().GetRecords(latest)), Lines{"MODIFY a=2"});
  EXPECT_EQ(Summaries(Client().GetRecords(horizon)), (Lines{"INSERT a=1", "MODIFY a=2"}));
}

TEST_F(Streams, AClosedShardEndsWithoutANextIterator) {
  node_.CreateTable("orders");
  PutOrder("a", 1);
  PutOrder("a", 2);
  const std::string latest = Iterator("LATEST");
  Roll(engine::Engine::Roll::kContinue);
  PutOrder("a", 3);

  const Answer first = Client().GetRecords(Iterator("TRIM_HORIZON"), 1);
  EXPECT_EQ(Summaries(first), Lines{"INSERT a=1"});
  const Answer second = Client().GetRecords(first.Text("NextShardIterator"), 1000);
  EXPECT_EQ(Summaries(second), Lines{"MODIFY a=2"});
  EXPECT_EQ(second.root().Find("NextShardIterator"), nullptr);
  const Answer end = Client().GetRecords(latest);
  EXPECT_EQ(end.body(), R"({"Records":[]})");
  EXPECT_EQ(Client().GetRecords(Iterator("LATEST", 0)).body(), R"({"Records":[]})");
  EXPECT_EQ(Summaries(Client().GetRecords(Iterator("TRIM_HORIZON", 1))), Lines{"MODIFY a=3"});
  const std::string ending = engine::FormatSequenceNumber(*node_.StreamOf("orders")->shards[0].end);
  EXPECT_EQ(Client().GetRecords(Iterator("AFTER_SEQUENCE_NUMBER", 0, ending)).body(), R"({"Records":[]})");
}

TEST_F(Streams, LosesAndDoublesNothingWhileShardsRollAndSplit) {
  constexpr std::uint64_t kSeed = 99;
  SCOPED_TRACE(kSeed);
  SeededRandom random(kSeed);
  node_.CreateTable("orders", engine::testing::StringKey(), View::kNewAndOldImages, 2);
  Consumer consumer(node_.StreamOf("orders")->arn, 7);
  std::map<std::string, std::vector<std::int64_t>> written;
  std::int64_t value = 0;
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 20; ++i) {
      const std::string key = fmt::format("key-{}", random.Below(12));
      PutOrder(key, ++value);
      written[key].push_back(value);
    }
    if (round % 6 == 3) Roll(engine::Engine::Roll::kContinue);
    if (round == 10 || round == 31) Roll(engine::Engine::Roll::kSplit);
    if (round % 2 == 0) consumer.Poll(Client());
    if (round == 40) node_.Restart();
  }
  consumer.PollAll(Client());
  EXPECT_EQ(consumer.values(), written);
  EXPECT_EQ(consumer.count(), static_cast<std::size_t>(value));
  EXPECT_FALSE(consumer.doubled());
  EXPECT_GT(consumer.shard_count(), 60u);
}

TEST_F(Streams, RollsShardsByAgeEvenWhenIdle) {
  node_.CreateTable("orders");
  ASSERT_TRUE(node_.engine().Maintain().ok());
  EXPECT_EQ(node_.StreamOf("orders")->shards.size(), 1u);
  node_.clock().Advance(std::chrono::hours(4));
  ASSERT_TRUE(node_.engine().Maintain().ok());
  const auto stream = node_.StreamOf("orders");
  ASSERT_EQ(stream->shards.size(), 2u);
  EXPECT_FALSE(stream->shards[0].open());
  EXPECT_TRUE(stream->shards[1].open());
  EXPECT_EQ(stream->shards[1].parent_id, stream->shards[0].id);
}

TEST_F(Streams, TrimsWhatIsOlderThanADay) {
  node_.CreateTable("orders");
  PutOrder("a", 1);
  const std::string first = engine::FormatSequenceNumber(node_.engine().committed());
  node_.clock().Advance(std::chrono::hours(3));
  PutOrder("a", 2);
  const std::string second = engine::FormatSequenceNumber(node_.engine().committed());
  node_.clock().Advance(std::chrono::hours(21) - std::chrono::minutes(5));
  const std::string early = Iterator("TRIM_HORIZON");  // before the trim
  node_.clock().Advance(std::chrono::minutes(5));
  ASSERT_TRUE(node_.engine().Maintain().ok());

  EXPECT_EQ(Client().GetRecords(early).ErrorType(), "TrimmedDataAccessException");
  EXPECT_EQ(Summaries(Client().GetRecords(Iterator("TRIM_HORIZON"))), Lines{"MODIFY a=2"});
  EXPECT_EQ(Summaries(Client().GetRecords(Iterator("AT_SEQUENCE_NUMBER", 0, second))), Lines{"MODIFY a=2"});
  EXPECT_EQ(Summaries(Client().GetRecords(Iterator("AFTER_SEQUENCE_NUMBER", 0, first))), Lines{"MODIFY a=2"});
  const auto stream = node_.StreamOf("orders");
  const Answer trimmed = Client().Call(
      "GetShardIterator",
      fmt::format(
          R"({{"StreamArn":"{}","ShardId":"{}","ShardIteratorType":"AT_SEQUENCE_NUMBER","SequenceNumber":"{}"}})",
          stream->arn, stream->shards[0].id, first));
  EXPECT_EQ(trimmed.status(), 400);
  EXPECT_EQ(trimmed.ErrorType(), "TrimmedDataAccessException");
  // What DescribeStream calls the start can be read from.
  const Answer described = Describe();
  const std::string start =
      Text(*Elements(described.root().Find("StreamDescription")->Find("Shards"))[0].Find("SequenceNumberRange"),
           "StartingSequenceNumber");
  EXPECT_EQ(Summaries(Client().GetRecords(Iterator("AT_SEQUENCE_NUMBER", 0, start))), Lines{"MODIFY a=2"});
}

TEST_F(Streams, ForgetsAClosedShardADayAfterItsEnd) {
  node_.CreateTable("orders");
  PutOrder("a", 1);
  Roll(engine::Engine::Roll::kContinue);
  const std::string parent = node_.StreamOf("orders")->shards[0].id;
  node_.clock().Advance(std::chrono::hours(24) - std::chrono::minutes(1));
  const std::string early = Iterator("TRIM_HORIZON");
  node_.clock().Advance(std::chrono::minutes(1));
  ASSERT_TRUE(node_.engine().Maintain().ok());
  const auto stream = node_.StreamOf("orders");
  ASSERT_EQ(stream->FindShard(parent), nullptr);
  EXPECT_EQ(stream->shards[0].parent_id, parent);  // told to readers who hold a checkpoint of the parent
  EXPECT_EQ(Client().GetRecords(early).ErrorType(), "TrimmedDataAccessException");
  EXPECT_TRUE(Client().Iterator(stream->arn, parent, "TRIM_HORIZON").empty());
  // A page that ended with the forgotten shard goes on with those that came after it.
  const Answer page = Describe(fmt::format(R"(,"ExclusiveStartShardId":"{}")", parent));
  EXPECT_EQ(Elements(page.root().Find("StreamDescription")->Find("Shards")).size(), stream->shards.size());
}

TEST_F(Streams, StaysReadableADayAfterItWasSwitchedOff) {
  const auto table = node_.CreateTable("orders");
  PutOrder("a", 1);
  const std::string arn = node_.StreamOf("orders")->arn;
  ASSERT_TRUE(node_.engine().DisableStream(table->id).ok());
  node_.clock().Advance(std::chrono::hours(23));
  ASSERT_TRUE(node_.engine().Maintain().ok());

  const Answer described = Describe();
  const json::Value& description = *described.root().Find("StreamDescription");
  EXPECT_EQ(Text(description, "StreamStatus"), "DISABLED");
  const auto shards = Elements(description.Find("Shards"));
  ASSERT_EQ(shards.size(), 1u);
  EXPECT_FALSE(Text(*shards[0].Find("SequenceNumberRange"), "EndingSequenceNumber").empty());
  const Answer records = Client().GetRecords(Iterator("TRIM_HORIZON"));
  EXPECT_EQ(Summaries(records), Lines{"INSERT a=1"});
  EXPECT_EQ(records.root().Find("NextShardIterator"), nullptr);

  // Switched on again it is another stream; both are listed.
  ASSERT_TRUE(node_.engine().EnableStream(table->id, View::kKeysOnly).ok());
  const Answer listed = Client().Call("ListStreams", R"({"TableName":"orders"})");
  EXPECT_EQ(Elements(listed.root().Find("Streams")).size(), 2u);
  EXPECT_NE(node_.StreamOf("orders")->arn, arn);

  node_.clock().Advance(std::chrono::hours(1));
  ASSERT_TRUE(node_.engine().Maintain().ok());
  EXPECT_EQ(Client().Call("DescribeStream", fmt::format(R"({{"StreamArn":"{}"}})", arn)).ErrorType(),
            "ResourceNotFoundException");
  EXPECT_EQ(Elements(Client().Call("ListStreams", "{}").root().Find("Streams")).size(), 1u);
}

TEST_F(Streams, StaysReadableADayAfterItsTableWasDeleted) {
  const auto table = node_.CreateTable("orders");
  PutOrder("a", 1);
  const auto stream = node_.StreamOf("orders");
  ASSERT_TRUE(node_.engine().DeleteTable(table->id).ok());
  const auto read = [&] {
    return Client().GetRecords(Client().Iterator(stream->arn, stream->shards[0].id, "TRIM_HORIZON"));
  };
  EXPECT_EQ(Summaries(read()), Lines{"INSERT a=1"});  // and no REMOVE: deleting a table is no change of its items
  EXPECT_EQ(read().root().Find("NextShardIterator"), nullptr);
  // A new table of that name has its own stream.
  node_.CreateTable("orders");
  PutOrder("b", 2);
  EXPECT_EQ(Summaries(read()), Lines{"INSERT a=1"});
  EXPECT_EQ(Summaries(Client().GetRecords(Iterator("TRIM_HORIZON"))), Lines{"INSERT b=2"});
  node_.clock().Advance(std::chrono::hours(24));
  ASSERT_TRUE(node_.engine().Maintain().ok());
  EXPECT_EQ(Client().Call("DescribeStream", fmt::format(R"({{"StreamArn":"{}"}})", stream->arn)).ErrorType(),
            "ResourceNotFoundException");
}

TEST_F(Streams, DescribesAStream) {
  node_.clock().Advance(std::chrono::milliseconds(7));
  node_.CreateTable("orders", engine::testing::StringAndNumberKey(), View::kKeysOnly);
  const auto stream = node_.StreamOf("orders");
  EXPECT_EQ(
      Describe().body(),
      fmt::format(R"({{"StreamDescription":{{"StreamArn":"{0}","StreamLabel":"2023-11-14T22:13:20.007",)"
                  R"("StreamStatus":"ENABLED","StreamViewType":"KEYS_ONLY","CreationRequestDateTime":1700000000.007,)"
                  R"("TableName":"orders","KeySchema":[{{"AttributeName":"pk","KeyType":"HASH"}},)"
                  R"({{"AttributeName":"sk","KeyType":"RANGE"}}],"Shards":[{{"ShardId":"{1}","SequenceNumberRange":)"
                  R"({{"StartingSequenceNumber":"{2}"}}}}]}}}})",
                  stream->arn, stream->shards[0].id, engine::FormatSequenceNumber(stream->shards[0].start)));
  EXPECT_EQ(stream->arn, "arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2023-11-14T22:13:20.007");
}

TEST_F(Streams, DescribesShardsInPages) {
  node_.CreateTable("orders", engine::testing::StringKey(), View::kKeysOnly, 5);
  Roll(engine::Engine::Roll::kContinue);
  std::vector<std::string> ids;
  std::string start;
  int pages = 0;
  do {
    const Answer answer =
        Describe(R"(,"Limit":4)" + (start.empty() ? "" : fmt::format(R"(,"ExclusiveStartShardId":"{}")", start)));
    const json::Value& description = *answer.root().Find("StreamDescription");
    for (const json::Value& shard : Elements(description.Find("Shards"))) ids.push_back(Text(shard, "ShardId"));
    start = Text(description, "LastEvaluatedShardId");
    ++pages;
  } while (!start.empty());
  std::vector<std::string> expected;
  for (const engine::Shard& shard : node_.StreamOf("orders")->shards) expected.push_back(shard.id);
  EXPECT_EQ(ids, expected);
  EXPECT_EQ(pages, 3);
  const Answer none = Describe(R"(,"ExclusiveStartShardId":"zzzzzzzzzzzzzzzzzzzzzzzzsfasdgagadfadfgagkjsdf")");
  EXPECT_EQ(none.status(), 200);
  EXPECT_TRUE(Elements(none.root().Find("StreamDescription")->Find("Shards")).empty());
}

TEST_F(Streams, FindsTheChildrenOfAShard) {
  node_.CreateTable("orders", engine::testing::StringKey(), View::kKeysOnly, 2);
  const auto children = [&](const std::string& parent) {
    const Answer answer = Describe(fmt::format(R"(,"ShardFilter":{{"Type":"CHILD_SHARDS","ShardId":"{}"}})", parent));
    std::set<std::string> ids;
    for (const json::Value& shard : Elements(answer.root().Find("StreamDescription")->Find("Shards"))) {
      EXPECT_EQ(Text(shard, "ParentShardId"), parent);
      ids.insert(Text(shard, "ShardId"));
    }
    return ids;
  };
  const std::string first = node_.StreamOf("orders")->shards[0].id, second = node_.StreamOf("orders")->shards[1].id;
  EXPECT_TRUE(children(first).empty());
  Roll(engine::Engine::Roll::kSplit);
  const auto shards = node_.StreamOf("orders")->shards;
  ASSERT_EQ(shards.size(), 6u);
  EXPECT_EQ(children(first), (std::set<std::string>{shards[2].id, shards[3].id}));
  EXPECT_EQ(children(second), (std::set<std::string>{shards[4].id, shards[5].id}));
  EXPECT_TRUE(children(shards[2].id).empty());
}

TEST_F(Streams, ListsStreamsInPagesThatADeletedOneDoesNotBreak) {
  std::set<std::string> expected;
  for (int i = 0; i < 7; ++i) expected.insert(node_.CreateTable(fmt::format("table-{}", i))->name);
  node_.CreateTable("silent", engine::testing::StringKey(), std::nullopt);
  Answer answer = Client().Call("ListStreams", R"({"Limit":3})");
  std::set<std::string> names;
  const auto take = [&](const Answer& page) {
    for (const json::Value& stream : Elements(page.root().Find("Streams"))) {
      EXPECT_EQ(Text(stream, "StreamArn").substr(Text(stream, "StreamArn").rfind('/') + 1),
                Text(stream, "StreamLabel"));
      EXPECT_TRUE(names.insert(Text(stream, "TableName")).second);
    }
  };
  take(answer);
  const std::string cookie = answer.Text("LastEvaluatedStreamArn");
  const auto last = node_.engine().catalogue()->FindLogByArn(cookie);
  ASSERT_NE(last, nullptr);
  // The stream of the cookie goes away for good; those of the others stay.
  ASSERT_TRUE(node_.engine().DeleteTable(last->table).ok());
  node_.clock().Advance(std::chrono::hours(24));
  ASSERT_TRUE(node_.engine().Maintain().ok());
  ASSERT_EQ(node_.engine().catalogue()->FindLogByArn(cookie), nullptr);
  take(Client().Call("ListStreams", fmt::format(R"({{"Limit":3,"ExclusiveStartStreamArn":"{}"}})", cookie)));
  EXPECT_EQ(names.size(), 6u);
  const Answer full = Client().Call("ListStreams", R"({"Limit":6})");
  EXPECT_EQ(Elements(full.root().Find("Streams")).size(), 6u);
  EXPECT_EQ(full.root().Find("LastEvaluatedStreamArn"), nullptr);
  EXPECT_EQ(Client().Call("ListStreams", R"({"TableName":"silent"})").body(), R"({"Streams":[]})");
  EXPECT_EQ(Elements(Client().Call("ListStreams", R"({"TableName":"table-6"})").root().Find("Streams")).size(), 1u);
}

TEST_F(Streams, AreSeenFromTheirOwnAccountAndRegionOnly) {
  node_.CreateTable("orders");
  PutOrder("a", 1);
  const std::string arn = node_.StreamOf("orders")->arn, iterator = Iterator("TRIM_HORIZON");
  for (const engine::Scope& other :
       {engine::Scope{"000000000000", "eu-west-1"}, engine::Scope{"111122223333", "us-east-1"}}) {
    const StreamsClient stranger = Client(other);
    EXPECT_EQ(stranger.Call("ListStreams", "{}").body(), R"({"Streams":[]})");
    EXPECT_EQ(stranger.Call("DescribeStream", fmt::format(R"({{"StreamArn":"{}"}})", arn)).ErrorType(),
              "ResourceNotFoundException");
    EXPECT_EQ(stranger.GetRecords(iterator).ErrorType(), "ResourceNotFoundException");
  }
}

TEST_F(Streams, AnswersDamagedBytesWithAServerError) {
  node_.CreateTable("orders");
  PutOrder("a", 1);
  const auto stream = node_.StreamOf("orders");
  std::string key;
  const auto rows = node_.store().NewIterator(store::Space::kLog, {});
  rows->SeekToFirst();
  ASSERT_TRUE(rows->Valid());
  key = rows->key();
  const auto batch = node_.store().NewBatch();
  batch->Put(store::Space::kLog, key, "garbage that is no change record");
  ASSERT_TRUE(node_.store().Write(*batch, store::Durability::kSync).ok());
  const Answer answer = Client().GetRecords(Iterator("TRIM_HORIZON"));
  EXPECT_EQ(answer.status(), 500);
  EXPECT_EQ(answer.ErrorType(), "InternalServerError");
}

class Admin : public Streams {
 protected:
  http::Response Post(std::string_view body) {
    http::Response response;
    EXPECT_TRUE(HandleAdmin(node_.engine(), {engine::testing::kScope.account, engine::testing::kScope.region, "", ""},
                            kRollPath, body, &response));
    return response;
  }
};

TEST_F(Admin, RollsAndSplitsTheShardsOfATable) {
  node_.CreateTable("orders");
  EXPECT_EQ(Post(R"({"TableName":"orders"})").status, 200);
  EXPECT_EQ(node_.StreamOf("orders")->shards.size(), 2u);
  EXPECT_EQ(Post(R"({"TableName":"orders","Split":true})").body, "{}");
  EXPECT_EQ(node_.StreamOf("orders")->shards.size(), 4u);
}

TEST_F(Admin, RefusesWhatItCannotRoll) {
  node_.CreateTable("silent", engine::testing::StringKey(), std::nullopt);
  for (const std::string_view body : {"", "[]", "{}", R"({"TableName":7})", R"({"TableName":"orders"})",
                                      R"({"TableName":"silent"})", R"({"TableName":"silent","Split":"yes"})"})
    EXPECT_EQ(Post(body).status, 400) << body;
}

TEST_F(Admin, LeavesOtherPathsAlone) {
  http::Response response;
  response.status = 299;
  EXPECT_FALSE(HandleAdmin(node_.engine(), {}, "/_millrace/streams", "{}", &response));
  EXPECT_EQ(response.status, 299);
}

}  // namespace
}  // namespace millrace::api::streams
