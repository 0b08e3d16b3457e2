// Proves that no request, however damaged, gets anything but 200 or 400, or an answer that is not JSON.
//
// Valid requests of every operation are mutated at random, as JSON trees and as text. MILLRACE_SEED repeats a run;
// MILLRACE_MUTATIONS makes it longer.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dynamodb/operations.h"
#include "api/dynamodb/testing/harness.h"
#include "base/random.h"
#include "json/parse.h"
#include "json/write.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::pair<std::string_view, std::string_view> kRequests[] = {
    {"BatchGetItem",
     R"json({"RequestItems": {"tab": {"Keys": [{"pk": {"S": "a"}, "sk": {"N": "1"}}], "ConsistentRead": true,
        "ProjectionExpression": "#a.b[1], c", "ExpressionAttributeNames": {"#a": "a"}}}, "ReturnConsumedCapacity": "TOTAL"})json"},
    {"BatchWriteItem",
     R"json({"RequestItems": {"tab": [{"PutRequest": {"Item": {"pk": {"S": "a"}, "sk": {"N": "1"}, "s": {"SS": ["a"]}}}},
        {"DeleteRequest": {"Key": {"pk": {"S": "b"}, "sk": {"N": "1"}}}}]}, "ReturnConsumedCapacity": "INDEXES"})json"},
    {"CreateTable",
     R"json({"TableName": "made", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"},
        "Tags": [{"Key": "k", "Value": "v"}], "SSESpecification": {"Enabled": true}, "WarmThroughput": {"ReadUnitsPerSecond": 12000}})json"},
    {"DeleteItem",
     R"json({"TableName": "tab", "Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}, "ConditionExpression": "size(a) > :n OR #b IN (:n, :s)",
        "ExpressionAttributeNames": {"#b": "b"}, "ExpressionAttributeValues": {":n": {"N": "1"}, ":s": {"S": "x"}}, "ReturnValues": "ALL_OLD"})json"},
    {"DeleteTable", R"json({"TableName": "made"})json"},
    {"DescribeEndpoints", R"json({})json"},
    {"DescribeLimits", R"json({})json"},
    {"DescribeTable", R"json({"TableName": "made"})json"},
    {"GetItem",
     R"json({"TableName": "tab", "Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}, "ProjectionExpression": "a[0].b, c", "ReturnConsumedCapacity": "TOTAL"})json"},
    {"ListTables", R"json({"Limit": 10, "ExclusiveStartTableName": "aaa"})json"},
    {"PutItem",
     R"json({"TableName": "tab", "Item": {"pk": {"S": "a"}, "sk": {"N": "1"}, "m": {"M": {"l": {"L": [{"NULL": true}, {"BOOL": false}]}}},
        "b": {"B": "AAE="}, "ns": {"NS": ["1", "2"]}, "bs": {"BS": ["AA=="]}}, "ConditionExpression": "attribute_not_exists(pk) OR begins_with(pk, :a)",
        "ExpressionAttributeValues": {":a": {"S": "a"}}, "ReturnValues": "ALL_OLD"})json"},
    {"Query",
     R"json({"TableName": "tab", "KeyConditionExpression": "pk = :p AND sk BETWEEN :a AND :b", "FilterExpression": "m.l[0] = :p",
        "ProjectionExpression": "m.l", "ExpressionAttributeValues": {":p": {"S": "a"}, ":a": {"N": "0"}, ":b": {"N": "9"}}, "Limit": 5,
        "ExclusiveStartKey": {"pk": {"S": "a"}, "sk": {"N": "1"}}, "ScanIndexForward": false, "Select": "SPECIFIC_ATTRIBUTES"})json"},
    {"Scan",
     R"json({"TableName": "tab", "FilterExpression": "contains(ns, :n)", "ExpressionAttributeValues": {":n": {"N": "1"}}, "Segment": 0,
        "TotalSegments": 2, "Limit": 5, "Select": "COUNT", "ConsistentRead": true})json"},
    {"TransactGetItems",
     R"json({"TransactItems": [{"Get": {"TableName": "tab", "Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}, "ProjectionExpression": "m"}}]})json"},
    {"TransactWriteItems",
     R"json({"ClientRequestToken": "x", "TransactItems": [{"Put": {"TableName": "tab", "Item": {"pk": {"S": "a"}, "sk": {"N": "1"}}}},
        {"Update": {"TableName": "tab", "Key": {"pk": {"S": "b"}, "sk": {"N": "1"}}, "UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}}},
        {"Delete": {"TableName": "tab", "Key": {"pk": {"S": "c"}, "sk": {"N": "1"}}}},
        {"ConditionCheck": {"TableName": "tab", "Key": {"pk": {"S": "d"}, "sk": {"N": "1"}}, "ConditionExpression": "attribute_not_exists(pk)",
         "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}], "ReturnConsumedCapacity": "TOTAL"
})json"},
    {"UpdateItem",
     R"json({"TableName": "tab", "Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}, "UpdateExpression": "SET a = if_not_exists(a, :n) + :n, l = list_append(:l, :l) REMOVE m.x ADD ns :s DELETE bs :t",
        "ExpressionAttributeValues": {":n": {"N": "1"}, ":l": {"L": []}, ":s": {"NS": ["3"]}, ":t": {"BS": ["AA=="]}}, "ReturnValues": "UPDATED_NEW"})json"},
    {"UpdateTable", R"json({"TableName": "made", "StreamSpecification": {"StreamEnabled": false}})json"},
};

// What replaces a part of a request.
constexpr std::string_view kReplacements[] = {
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1.5",
    "1e400",
    "99999999999999999999",
    "\"\"",
    "\"a\"",
    "\"tab\"",
    "\"arn:aws:dynamodb\"",
    "\"\\u0000\"",
    "\"((((\"",
    "\"a.b[99999999999]\"",
    "\"#\"",
    "\":\"",
    "\"SET\"",
    "[]",
    "{}",
    "[null]",
    "[[]]",
    "[{}]",
    "{\"\": {}}",
    "{\"S\": null}",
    "{\"N\": \"1e-200\"}",
    "{\"SS\": [\"a\", \"a\"]}",
    "{\"S\": \"a\", \"N\": \"1\"}",
    "{\"B\": \"!\"}",
    "{\"pk\": {\"S\": \"\"}}",
    "{\"L\": [{\"M\": {\"\": {\"L\": []}}}]}",
    "{\"pk\": {\"S\": \"a\"}, \"sk\": {\"N\": \"1\"}, \"x\": {\"S\": \"\"}}",
};

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::uint64_t Below(std::uint64_t bound) { return random_.Below(bound); }

  std::string Mutate(std::string_view body) {
    if (Below(4) == 0) return MutateText(std::string(body));
    json::Document document;
    if (!document.Parse(body).ok()) return MutateText(std::string(body));
    std::string out;
    Write(out, document.root());
    return out;
  }

 private:
  static constexpr std::uint64_t kOdds = 14;  // about one change in a request

  void Write(std::string& out, const json::Value& value) {
    if (Below(kOdds) == 0) {
      out += kReplacements[Below(std::size(kReplacements))];
      return;
    }
    if (value.is_object()) {
      out += '{';
      bool first = true;
      for (const json::Member& member : value.object()) {
        if (Below(kOdds) == 0) continue;
        if (!std::exchange(first, false)) out += ',';
        json::AppendString(out, Below(kOdds * 3) == 0 ? "TableName" : member.name);
        out += ':';
        Write(out, member.value);
      }
      out += '}';
      return;
    }
    if (value.is_array()) {
      out += '[';
      bool first = true;
      for (const json::Value& element : value.array()) {
        const std::uint64_t copies = Below(kOdds) == 0 ? Below(4) : 1;
        for (std::uint64_t i = 0; i < copies; ++i) {
          if (!std::exchange(first, false)) out += ',';
          Write(out, element);
        }
      }
      out += ']';
      return;
    }
    if (value.is_string() && Below(kOdds) == 0) return json::AppendString(out, MutateWord(value.string()));
    json::AppendValue(out, value);
  }

  // Stays UTF-8: only ASCII comes and goes, and the texts here are ASCII.
  std::string MutateWord(std::string_view word) {
    constexpr std::string_view kPieces[] = {"(", ")", "[",  "]",     ".",     ",",    ":",  "#",
                                            " ", "=", "<>", " AND ", " NOT ", "SET ", "\"", "a"};
    std::string text(word);
    const std::size_t at = Below(text.size() + 1);
    if (Below(2) == 0 && !text.empty()) text.erase(at, 1 + Below(3));
    text.insert(std::min(at, text.size()), kPieces[Below(std::size(kPieces))]);
    return text;
  }

  std::string MutateText(std::string text) {
    for (std::uint64_t i = 0; i <= Below(4) && !text.empty(); ++i) {
      const std::size_t at = Below(text.size());
      switch (Below(3)) {
        case 0:
          text[at] = static_cast<char>(Below(256));
          break;
        case 1:
          text.erase(at, 1 + Below(8));
          break;
        default:
          text.insert(at, text.substr(Below(text.size()), Below(16)));
          break;
      }
    }
    return text;
  }

  SeededRandom random_;
};

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Mutation, EveryOperationHasARequest) {
  for (const Operation& operation : Operations())
    EXPECT_TRUE(std::any_of(std::begin(kRequests), std::end(kRequests), [&](const auto& request) {
      return request.first == operation.name;
    })) << operation.name;
}

TEST(Mutation, DamagedRequestsAreAnsweredTwoHundredOrFourHundred) {
  const std::uint64_t seed = FromEnvironment("MILLRACE_SEED", SystemRandom().Next());
  const std::uint64_t mutations = FromEnvironment("MILLRACE_MUTATIONS", 20'000);
  std::cout << "MILLRACE_SEED=" << seed << std::endl;
  testing::Harness harness;
  ASSERT_EQ(harness
                .Call("CreateTable", R"({"TableName": "tab", "BillingMode": "PAY_PER_REQUEST",
      "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}],
      "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]})")
                .status,
            200);
  Mutator mutator(seed);
  std::uint64_t accepted = 0;
  for (std::uint64_t i = 0; i < mutations; ++i) {
    const auto& [operation, body] = kRequests[mutator.Below(std::size(kRequests))];
    const std::string request = mutator.Mutate(body);
    const testing::Response response = harness.Call(operation, request);
    json::Document document;
    ASSERT_TRUE(response.status == 200 || response.status == 400) << operation << " " << request << "\n"
                                                                  << response.body;
    ASSERT_TRUE(document.Parse(response.body).ok() && document.root().is_object())
        << operation << " " << request << "\n"
        << response.body;
    if (response.status == 200) ++accepted;
    if (response.status == 400) {
      ASSERT_NE(document.root().Find("__type"), nullptr) << response.body;
    }
  }
  // Had nothing or everything been accepted, the mutations would prove little.
  EXPECT_GT(accepted, mutations / 50);
  EXPECT_LT(accepted, mutations - mutations / 5);
}

}  // namespace
}  // namespace millrace::api::dynamodb
