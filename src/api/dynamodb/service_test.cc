// Proves what takes more than one request and one answer to see: limits to the byte, pages, segments, snapshots,
// concurrent writers, tokens that expire.
#include "api/dynamodb/service.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "api/dynamodb/testing/harness.h"
#include "json/parse.h"
#include "json/write.h"

namespace millrace::api::dynamodb {
namespace {

using testing::Harness;
using testing::Response;

class ServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Ok("CreateTable", R"({"TableName": "tab", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]})");
  }

  std::string Ok(std::string_view operation, std::string_view body) {
    Response response = harness_.Call(operation, body);
    EXPECT_EQ(response.status, 200) << operation << " " << body.substr(0, 500) << "\n" << response.body;
    return std::move(response.body);
  }
  // The message of the error.
  std::string Refused(std::string_view operation, std::string_view body) {
    const Response response = harness_.Call(operation, body);
    EXPECT_EQ(response.status, 400) << response.body.substr(0, 500);
    json::Document document;
    EXPECT_TRUE(document.Parse(response.body).ok());
    const json::Value* message = document.root().Find("message");
    if (message == nullptr) message = document.root().Find("Message");
    return message == nullptr ? "" : std::string(message->string());
  }

  // An item of `size` bytes: "pk" 2 + 1, "sk" 2 + the number, "d" 1 + the text.
  static std::string ItemOfSize(std::size_t size, std::string_view pk = "p", int sk = 0) {
    const std::size_t number = sk == 0 ? 1 : 1 + (std::to_string(sk).size() + 1) / 2;
    return fmt::format(R"({{"pk": {{"S": "{}"}}, "sk": {{"N": "{}"}}, "d": {{"S": "{}"}}}})", pk, sk,
                       std::string(size - 2 - pk.size() - 2 - number - 1, 'x'));
  }
  static std::string Put(const std::string& item) { return fmt::format(R"({{"TableName": "tab", "Item": {}}})", item); }

  Harness harness_;
};

TEST_F(ServiceTest, AcceptsAnItemOf409600BytesAndRefusesOneMore) {
  constexpr std::string_view kTooBig = "Item size has exceeded the maximum allowed size";
  const std::string most = ItemOfSize(409'600);
  const std::string beyond = ItemOfSize(409'601);
  Ok("PutItem", Put(most));
  EXPECT_EQ(Refused("PutItem", Put(beyond)), kTooBig);
  const auto batch = [](const std::string& item) {
    return fmt::format(R"({{"RequestItems": {{"tab": [{{"PutRequest": {{"Item": {}}}}}]}}}})", item);
  };
  Ok("BatchWriteItem", batch(most));
  EXPECT_EQ(Refused("BatchWriteItem", batch(beyond)), kTooBig);
  const auto transaction = [](const std::string& item) {
    return fmt::format(R"({{"TransactItems": [{{"Put": {{"TableName": "tab", "Item": {}}}}}]}})", item);
  };
  Ok("TransactWriteItems", transaction(most));
  EXPECT_EQ(Refused("TransactWriteItems", transaction(beyond)), kTooBig);
}

TEST_F(ServiceTest, CountsAnUpdatedItemToTheByte) {
  Ok("PutItem", Put(ItemOfSize(409'598)));
  const auto set = [](std::string_view text) {
    return fmt::format(R"("TableName": "tab", "Key": {{"pk": {{"S": "p"}}, "sk": {{"N": "0"}}}},
        "UpdateExpression": "SET e = :e", "ExpressionAttributeValues": {{":e": {{"S": "{}"}}}})",
                       text);
  };
  constexpr std::string_view kTooBig = "Item size to update has exceeded the maximum allowed size";
  EXPECT_EQ(Refused("UpdateItem", "{" + set("xx") + "}"), kTooBig);
  // In a transaction the same cancels it.
  const Response cancelled =
      harness_.Call("TransactWriteItems", R"({"TransactItems": [{"Update": {)" + set("xx") + "}}]}");
  EXPECT_EQ(cancelled.status, 400);
  EXPECT_NE(cancelled.body.find("TransactionCanceledException"), std::string::npos);
  EXPECT_NE(cancelled.body.find(kTooBig), std::string::npos);
  Ok("UpdateItem", "{" + set("x") + "}");
}

TEST_F(ServiceTest, AcceptsThirtyOneLevelsAndRefusesThirtyTwo) {
  const auto nested = [](int levels) {
    std::string value;
    for (int i = 0; i < levels; ++i) value += R"({"M": {"n": )";
    value += R"({"S": "leaf"})";
    for (int i = 0; i < levels; ++i) value += "}}";
    return R"({"pk": {"S": "p"}, "sk": {"N": "1"}, "d": )" + value + "}";
  };
  constexpr std::string_view kTooDeep =
      "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";
  Ok("PutItem", Put(nested(31)));
  EXPECT_EQ(Refused("PutItem", Put(nested(32))), "1 validation error detected: " + std::string(kTooDeep));
  EXPECT_EQ(Refused("PutItem", Put(nested(400))), "1 validation error detected: " + std::string(kTooDeep));
  // Far beyond, the parser gives up before anything is built.
  EXPECT_EQ(harness_.Call("PutItem", Put(nested(100'000))).status, 400);
}

TEST_F(ServiceTest, RefusesMoreActionsThanABatchOrTransactionMayHave) {
  const auto repeated = [](int count, auto entry) {
    std::string list;
    for (int i = 0; i < count; ++i) list += (i > 0 ? "," : "") + entry(i);
    return list;
  };
  const auto key = [](int i) { return fmt::format(R"({{"pk": {{"S": "k"}}, "sk": {{"N": "{}"}}}})", i); };
  const auto put = [&](int i) { return R"({"PutRequest": {"Item": )" + key(i) + "}}"; };
  const auto action = [&](int i) { return R"({"Put": {"TableName": "tab", "Item": )" + key(i) + "}}"; };
  const auto get = [&](int i) { return R"({"Get": {"TableName": "tab", "Key": )" + key(i) + "}}"; };

  Ok("BatchWriteItem", R"({"RequestItems": {"tab": [)" + repeated(25, put) + "]}}");
  EXPECT_EQ(Refused("BatchWriteItem", R"({"RequestItems": {"tab": [)" + repeated(26, put) + "]}}"),
            "1 validation error detected: Value at 'RequestItems.tab.member' failed to satisfy constraint: Member must "
            "have length less than or equal to 25");
  EXPECT_EQ(Refused("BatchWriteItem", R"({"RequestItems": {"tab": [)" + repeated(13, put) + R"(], "other": [)" +
                                          repeated(13, put) + "]}}"),
            "Too many items requested for the BatchWriteItem call");
  Ok("BatchGetItem", R"({"RequestItems": {"tab": {"Keys": [)" + repeated(100, key) + "]}}}");
  EXPECT_EQ(Refused("BatchGetItem", R"({"RequestItems": {"tab": {"Keys": [)" + repeated(101, key) + "]}}}"),
            "1 validation error detected: Value at 'RequestItems.tab.member.Keys' failed to satisfy constraint: Member "
            "must have length less than or equal to 100");
  for (const auto& [operation, entry] :
       {std::pair<std::string, std::function<std::string(int)>>{"TransactWriteItems", action},
        {"TransactGetItems", get}}) {
    Ok(operation, R"({"TransactItems": [)" + repeated(100, entry) + "]}");
    EXPECT_EQ(Refused(operation, R"({"TransactItems": [)" + repeated(101, entry) + "]}"),
              "1 validation error detected: Value at 'TransactItems' failed to satisfy constraint: Member must have "
              "length less than or equal to 100");
  }
}

TEST_F(ServiceTest, RefusesATransactionBeyondFourMegabytes) {
  const auto transaction = [](int count) {
    std::string actions;
    for (int i = 0; i < count; ++i) {
      if (i > 0) actions += ',';
      actions += R"({"Put": {"TableName": "tab", "Item": )" + ItemOfSize(350'000, "p", i) + "}}";
    }
    return R"({"TransactItems": [)" + actions + "]}";
  };
  Ok("TransactWriteItems", transaction(11));
  Refused("TransactWriteItems", transaction(12));
  // What is too much to write is too much to read.
  Ok("PutItem", Put(ItemOfSize(400'000, "p", 11)));
  std::string gets;
  for (int i = 0; i < 12; ++i)
    gets += (i > 0 ? "," : "") +
            fmt::format(R"({{"Get": {{"TableName": "tab", "Key": {{"pk": {{"S": "p"}}, "sk": {{"N": "{}"}}}}}}}})", i);
  Refused("TransactGetItems", R"({"TransactItems": [)" + gets + "]}");
}

TEST_F(ServiceTest, EndsAPageBeforeOneMegabyteCountedBeforeTheFilter) {
  // Three of these fill a page; a fourth would exceed it by a byte.
  const std::size_t size = 1024 * 1024 / 4 + 1;
  for (int i = 0; i < 8; ++i) Ok("PutItem", Put(ItemOfSize(size, "p", i)));
  std::string start;
  std::vector<std::string> pages;
  do {
    const std::string page = Ok(
        "Query",
        R"json({"TableName": "tab", "KeyConditionExpression": "pk = :p", "FilterExpression": "attribute_not_exists(d)",
           "ExpressionAttributeValues": {":p": {"S": "p"}}, "ReturnConsumedCapacity": "TOTAL")json" +
            start + "}");
    pages.push_back(page);
    json::Document document;
    ASSERT_TRUE(document.Parse(page).ok());
    EXPECT_EQ(document.root().Find("Count")->number(), "0");
    const json::Value* last = document.root().Find("LastEvaluatedKey");
    start.clear();
    if (last != nullptr) {
      start = R"(, "ExclusiveStartKey": )";
      json::AppendValue(start, *last);
    }
  } while (!start.empty() && pages.size() < 10);
  ASSERT_EQ(pages.size(), 3u);
  EXPECT_NE(pages[0].find(R"("ScannedCount":3)"), std::string::npos);
  EXPECT_NE(pages[0].find(R"("CapacityUnits":96.5)"), std::string::npos) << pages[0];
  EXPECT_NE(pages[2].find(R"("ScannedCount":2)"), std::string::npos);
}

TEST_F(ServiceTest, ScansEveryItemExactlyOnceInSegmentsAndPages) {
  constexpr int kItems = 200;
  for (int i = 0; i < kItems; ++i)
    Ok("PutItem",
       fmt::format(R"({{"TableName": "tab", "Item": {{"pk": {{"S": "p{}"}}, "sk": {{"N": "{}"}}}}}})", i % 60, i));
  for (const int segments : {1, 3, 7, 1'000'000}) {
    std::set<std::string> seen;
    // Of a million segments nearly all are empty: look at those that have the hash of an item, and at some beside.
    const int step = segments > 1000 ? 15 : 1;
    for (int segment = 0; segment < segments; segment += step) {
      std::string start;
      do {
        const std::string page =
            Ok("Scan", fmt::format(R"({{"TableName": "tab", "Segment": {}, "TotalSegments": {}, "Limit": 7{}}})",
                                   segment, segments, start));
        json::Document document;
        ASSERT_TRUE(document.Parse(page).ok());
        for (const json::Value& item : document.root().Find("Items")->array())
          EXPECT_TRUE(seen.insert(std::string(item.Find("sk")->Find("N")->string())).second);
        const json::Value* last = document.root().Find("LastEvaluatedKey");
        start.clear();
        if (last != nullptr) {
          start = R"(, "ExclusiveStartKey": )";
          json::AppendValue(start, *last);
        }
      } while (!start.empty());
      if (segments > 1000 && segment > 15'000) break;
    }
    if (segments <= 1000) {
      EXPECT_EQ(seen.size(), static_cast<std::size_t>(kItems)) << segments;
    }
  }
}

TEST_F(ServiceTest, RefusesAStartKeyOfAnotherSegment) {
  int refused = 0;
  for (int segment = 0; segment < 4; ++segment) {
    const Response response =
        harness_.Call("Scan", fmt::format(R"({{"TableName": "tab", "Segment": {}, "TotalSegments": 4,
            "ExclusiveStartKey": {{"pk": {{"S": "p"}}, "sk": {{"N": "1"}}}}}})",
                                          segment));
    if (response.status == 400) ++refused;
  }
  EXPECT_EQ(refused, 3);
}

TEST_F(ServiceTest, LeavesWhatDoesNotFitIntoSixteenMegabytesUnprocessed) {
  constexpr int kItems = 42;
  constexpr std::size_t kSize = 409'600;
  for (int i = 0; i < kItems; ++i) Ok("PutItem", Put(ItemOfSize(kSize, "p", i)));
  std::string keys;
  for (int i = 0; i < kItems; ++i)
    keys += (i > 0 ? "," : "") + fmt::format(R"({{"pk": {{"S": "p"}}, "sk": {{"N": "{}"}}}})", i);
  std::string request =
      R"({"tab": {"Keys": [)" + keys +
      R"(], "ProjectionExpression": "#s", "ExpressionAttributeNames": {"#s": "sk"}, "ConsistentRead": true}})";
  std::set<std::string> seen;
  std::vector<std::size_t> counts;
  while (counts.size() < 5) {
    const std::string answer = Ok("BatchGetItem", R"({"RequestItems": )" + request + "}");
    json::Document document;
    ASSERT_TRUE(document.Parse(answer).ok());
    const auto items = document.root().Find("Responses")->Find("tab")->array();
    counts.push_back(items.size());
    for (const json::Value& item : items) {
      EXPECT_EQ(item.object().size(), 1u);
      seen.insert(std::string(item.Find("sk")->Find("N")->string()));
    }
    const json::Value* rest = document.root().Find("UnprocessedKeys");
    if (rest->object().empty()) break;
    request.clear();
    json::AppendValue(request, *rest);
  }
  EXPECT_EQ(counts, (std::vector<std::size_t>{40, 2}));
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kItems));
}

TEST_F(ServiceTest, LosesNoIncrementOfConcurrentWriters) {
  constexpr int kThreads = 8;
  constexpr int kIncrements = 100;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([this] {
      for (int j = 0; j < kIncrements; ++j)
        Ok("UpdateItem",
           R"({"TableName": "tab", "Key": {"pk": {"S": "c"}, "sk": {"N": "1"}}, "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}}})");
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Ok("GetItem",
               R"({"TableName": "tab", "Key": {"pk": {"S": "c"}, "sk": {"N": "1"}}, "ProjectionExpression": "n"})"),
            R"({"Item":{"n":{"N":"800"}}})");
}

TEST_F(ServiceTest, LetsExactlyOneOfManyConditionalPutsWin) {
  std::atomic<int> won = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      const Response response = harness_.Call(
          "PutItem",
          fmt::format(
              R"json({{"TableName": "tab", "Item": {{"pk": {{"S": "w"}}, "sk": {{"N": "1"}}, "by": {{"N": "{}"}}}},
              "ConditionExpression": "attribute_not_exists(pk)"}})json",
              i));
      if (response.status == 200) ++won;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
}

TEST_F(ServiceTest, ReadsATransactionFromOneMoment) {
  std::atomic<bool> stop = false;
  const auto write = [this](int value) {
    Ok("TransactWriteItems", fmt::format(R"({{"TransactItems": [
           {{"Put": {{"TableName": "tab", "Item": {{"pk": {{"S": "x"}}, "sk": {{"N": "1"}}, "v": {{"N": "{0}"}}}}}}}},
           {{"Put": {{"TableName": "tab", "Item": {{"pk": {{"S": "y"}}, "sk": {{"N": "1"}}, "v": {{"N": "{0}"}}}}}}}}]}})",
                                         value));
  };
  write(0);
  std::thread writer([&] {
    for (int i = 1; !stop; ++i) write(i);
  });
  for (int i = 0; i < 300; ++i) {
    const std::string answer = Ok("TransactGetItems", R"({"TransactItems": [
        {"Get": {"TableName": "tab", "Key": {"pk": {"S": "x"}, "sk": {"N": "1"}}, "ProjectionExpression": "v"}},
        {"Get": {"TableName": "tab", "Key": {"pk": {"S": "y"}, "sk": {"N": "1"}}, "ProjectionExpression": "v"}}]})");
    json::Document document;
    ASSERT_TRUE(document.Parse(answer).ok());
    const auto responses = document.root().Find("Responses")->array();
    const auto value = [](const json::Value& response) {
      return response.Find("Item")->Find("v")->Find("N")->string();
    };
    EXPECT_EQ(value(responses[0]), value(responses[1]));
  }
  stop = true;
  writer.join();
}

TEST_F(ServiceTest, ForgetsATokenAfterItsTime) {
  constexpr std::string_view kRequest =
      R"({"ClientRequestToken": "once", "TransactItems": [{"Update": {"TableName": "tab",
      "Key": {"pk": {"S": "t"}, "sk": {"N": "1"}}, "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}}]})";
  constexpr std::string_view kGet =
      R"({"TableName": "tab", "Key": {"pk": {"S": "t"}, "sk": {"N": "1"}}, "ProjectionExpression": "n"})";
  Ok("TransactWriteItems", kRequest);
  harness_.clock().Advance(std::chrono::minutes(9));
  Ok("TransactWriteItems", kRequest);
  EXPECT_EQ(Ok("GetItem", kGet), R"({"Item":{"n":{"N":"1"}}})");
  harness_.clock().Advance(std::chrono::minutes(30));
  Ok("TransactWriteItems", kRequest);
  EXPECT_EQ(Ok("GetItem", kGet), R"({"Item":{"n":{"N":"2"}}})");
}

TEST_F(ServiceTest, AnswersBytesThatAreNotJson) {
  for (const std::string_view body :
       {"", "x", "[]", "null", "1", "{", "{\"TableName\": \"t\"", "\xff\xfe", "{\"a\": 1, \"a\": 2}"}) {
    const Response response = harness_.Call("GetItem", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_NE(response.body.find("com.amazon.coral.service#SerializationException"), std::string::npos)
        << response.body;
  }
}

TEST_F(ServiceTest, AnswersAfterTheEngineHasStopped) {
  harness_.engine().Stop();
  const Response response = harness_.Call("PutItem", Put(ItemOfSize(100)));
  EXPECT_EQ(response.status, 500);
  EXPECT_NE(response.body.find("InternalServerError"), std::string::npos);
}

}  // namespace
}  // namespace millrace::api::dynamodb
