// Proves that a malformed request of any operation is answered 400 with AWS's error type and words, and that no body,
// whatever its bytes, is answered with anything else than 200 or 400.
#include <gtest/gtest.h>

#include <algorithm>

#include "api/streams/error_map.h"
#include "api/streams/operations.h"
#include "api/streams/testing/client.h"
#include "aws/request_reader.h"

namespace millrace::api::streams {
namespace {

using engine::testing::TestNode;
using streams::testing::Answer;
using streams::testing::StreamsClient;

struct Case {
  std::string_view operation;
  std::string_view body;  // $ARN, $SHARD, $START and $ITERATOR stand for those of the table "orders"
  std::string_view type;
  std::string_view text;  // what the message begins with
};

constexpr Case kCases[] = {
    // Wrong JSON, and JSON of the wrong types.
    {"ListStreams", "", "SerializationException", ""},
    {"ListStreams", "{", "SerializationException", ""},
    {"ListStreams", "[]", "SerializationException", "Start of structure or map expected"},
    {"ListStreams", "7", "SerializationException", "Start of structure or map expected"},
    {"ListStreams", "\xff", "SerializationException", ""},
    {"ListStreams", R"({"Limit":"3"})", "SerializationException", "STRING_VALUE cannot be converted to Integer"},
    {"ListStreams", R"({"TableName":3})", "SerializationException", "NUMBER_VALUE cannot be converted to String"},
    {"ListStreams", R"({"TableName":true})", "SerializationException", "TRUE_VALUE cannot be converted to String"},
    {"ListStreams", R"({"TableName":1.5})", "SerializationException", "DECIMAL_VALUE cannot be converted to String"},
    {"ListStreams", R"({"TableName":["orders"]})", "SerializationException",
     "Unrecognized collection type class java.lang.String"},
    {"ListStreams", R"({"TableName":{"a":1}})", "SerializationException",
     "Start of structure or map found where not expected"},
    {"DescribeStream", R"({"StreamArn":"$ARN","ShardFilter":"x"})", "SerializationException", "Unexpected field type"},
    {"DescribeStream", R"({"StreamArn":"$ARN","ShardFilter":{"Type":1}})", "SerializationException",
     "NUMBER_VALUE cannot be converted to String"},
    {"GetRecords", R"({"ShardIterator":{}})", "SerializationException",
     "Start of structure or map found where not expected"},

    {"Scan", "{}", "UnknownOperationException", ""},
    {"", "{}", "UnknownOperationException", ""},

    {"ListStreams", R"({"Limit":0})", "ValidationException",
     "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater "
     "than or equal to 1"},
    {"ListStreams", R"({"Limit":-1})", "ValidationException", "1 validation error detected: Value '-1' at 'limit'"},
    {"ListStreams", R"({"Limit":101})", "ValidationException",
     "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member must have value less "
     "than or equal to 100"},
    {"ListStreams", R"({"Limit":1e99})", "ValidationException", "1 validation error detected: Value '9223372036854775"},
    {"ListStreams", R"({"TableName":"ab"})", "ValidationException",
     "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length "
     "greater than or equal to 3"},
    {"ListStreams", R"({"TableName":""})", "ValidationException", "2 validation errors detected: "},
    {"ListStreams", R"({"TableName":"a b c"})", "ValidationException",
     "1 validation error detected: Value 'a b c' at 'tableName' failed to satisfy constraint: Member must satisfy "
     "regular expression pattern: [a-zA-Z0-9_.-]+"},
    {"ListStreams", R"({"ExclusiveStartStreamArn":"arn:aws:dynamodb"})", "ValidationException",
     "1 validation error detected: Value 'arn:aws:dynamodb' at 'exclusiveStartStreamArn' failed to satisfy "
     "constraint: Member must have length greater than or equal to 37"},
    {"ListStreams", R"({"ExclusiveStartStreamArn":"kossaapaaasdafsdaasdasdasdasasdasfadfadfasdasdas"})",
     "ValidationException", "Invalid StreamArn"},

    {"DescribeStream", "{}", "ValidationException",
     "1 validation error detected: Value null at 'streamArn' failed to satisfy constraint: Member must not be null"},
    {"DescribeStream", R"({"StreamArn":null})", "ValidationException", "1 validation error detected: Value null"},
    {"DescribeStream", R"({"StreamArn":"sdfadfsdfnlfkajakfgjalksfgklasjklasdjfklasdfasdfgasf"})", "ValidationException",
     "Invalid StreamArn"},
    {"DescribeStream", R"({"StreamArn":"arn:aws:dynamodb:us-east-1:000000000000:table/orders"})", "ValidationException",
     "Invalid StreamArn"},
    {"DescribeStream", R"({"StreamArn":"arn:aws:dynamodb:us-east-1:0:table//stream/2026-01-31T12:34:56.789"})",
     "ValidationException", "Invalid StreamArn"},
    {"DescribeStream", R"({"StreamArn":"$ARN/x"})", "ValidationException", "Invalid StreamArn"},
    {"DescribeStream", R"({"StreamArn":"$ARN7"})", "ResourceNotFoundException",
     "Requested resource not found: Stream: $ARN7 not found"},
    {"DescribeStream", R"({"StreamArn":"$ARN","Limit":0})", "ValidationException",
     "1 validation error detected: Value '0' at 'limit'"},
    {"DescribeStream", R"({"StreamArn":"$ARN","Limit":101})", "ValidationException",
     "1 validation error detected: Value '101' at 'limit'"},
    {"DescribeStream", R"({"StreamArn":"$ARN","ExclusiveStartShardId":"shardId-1"})", "ValidationException",
     "1 validation error detected: Value 'shardId-1' at 'exclusiveStartShardId' failed to satisfy constraint: Member "
     "must have length greater than or equal to 28"},
    {"DescribeStream", R"({"StreamArn":"x","Limit":0})", "ValidationException", "2 validation errors detected: "},
    {"DescribeStream", R"({"StreamArn":"$ARN","ShardFilter":{"Type":"CHILD_SHARDS"}})", "ValidationException",
     "ShardFilter.ShardId must be specified"},
    {"DescribeStream", R"({"StreamArn":"$ARN","ShardFilter":{"ShardId":"$SHARD"}})", "ValidationException",
     "ShardFilter.Type must be specified"},
    {"DescribeStream", R"({"StreamArn":"$ARN","ShardFilter":{}})", "ValidationException", "ShardFilter.Type must be"},
    {"DescribeStream", R"({"StreamArn":"$ARN","ShardFilter":{"Type":"ALL_SHARDS","ShardId":"$SHARD"}})",
     "ValidationException",
     "1 validation error detected: Value 'ALL_SHARDS' at 'shardFilter.type' failed to satisfy constraint: Member must "
     "satisfy enum value set: [CHILD_SHARDS]"},
    {"DescribeStream", R"({"StreamArn":"$ARN","ShardFilter":{"Type":"CHILD_SHARDS","ShardId":"shardId-1"}})",
     "ValidationException", "1 validation error detected: Value 'shardId-1' at 'shardFilter.shardId'"},
    {"DescribeStream",
     R"({"StreamArn":"$ARN","ShardFilter":{"Type":"CHILD_SHARDS","ShardId":"semprinidfaasdasfsdvacsdcfsdsvsdv"}})",
     "ValidationException", "Invalid ShardId in ShardFilter"},

    {"GetShardIterator", "{}", "ValidationException",
     "3 validation errors detected: Value null at 'streamArn' failed to satisfy constraint: Member must not be null; "
     "Value null at 'shardId' failed to satisfy constraint: Member must not be null; Value null at "
     "'shardIteratorType' failed to satisfy constraint: Member must not be null"},
    {"GetShardIterator", R"({"StreamArn":"$ARN","ShardId":"$SHARD","ShardIteratorType":"AT_TIMESTAMP"})",
     "ValidationException",
     "1 validation error detected: Value 'AT_TIMESTAMP' at 'shardIteratorType' failed to satisfy constraint: Member "
     "must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, AT_SEQUENCE_NUMBER, LATEST, TRIM_HORIZON]"},
    {"GetShardIterator", R"({"StreamArn":"$ARN","ShardId":"$SHARD","ShardIteratorType":"AT_SEQUENCE_NUMBER"})",
     "ValidationException", "SequenceNumber must be specified when ShardIteratorType is AT_SEQUENCE_NUMBER"},
    {"GetShardIterator", R"({"StreamArn":"$ARN","ShardId":"$SHARD","ShardIteratorType":"AFTER_SEQUENCE_NUMBER"})",
     "ValidationException", "SequenceNumber must be specified when ShardIteratorType is AFTER_SEQUENCE_NUMBER"},
    {"GetShardIterator",
     R"({"StreamArn":"$ARN","ShardId":"$SHARD","ShardIteratorType":"LATEST","SequenceNumber":"$START"})",
     "ValidationException", "SequenceNumber must not be specified when ShardIteratorType is LATEST"},
    {"GetShardIterator",
     R"({"StreamArn":"$ARN","ShardId":"$SHARD","ShardIteratorType":"TRIM_HORIZON","SequenceNumber":"$START"})",
     "ValidationException", "SequenceNumber must not be specified when ShardIteratorType is TRIM_HORIZON"},
    {"GetShardIterator",
     R"({"StreamArn":"$ARN","ShardId":"$SHARD","ShardIteratorType":"AT_SEQUENCE_NUMBER","SequenceNumber":"1"})",
     "ValidationException",
     "1 validation error detected: Value '1' at 'sequenceNumber' failed to satisfy constraint: Member must have length "
     "greater than or equal to 21"},
    {"GetShardIterator",
     R"({"StreamArn":"$ARN","ShardId":"$SHARD","ShardIteratorType":"AT_SEQUENCE_NUMBER",)"
     R"("SequenceNumber":"12345678901234567890123456789012345678901"})",
     "ValidationException", "1 validation error detected: Value '12345678901234567890123456789012345678901'"},
    {"GetShardIterator",
     R"({"StreamArn":"$ARN","ShardId":"$SHARD","ShardIteratorType":"AT_SEQUENCE_NUMBER",)"
     R"("SequenceNumber":"1234567890123456789012345678901234567890"})",
     "ValidationException", "Invalid SequenceNumber: 1234567890"},
    {"GetShardIterator",
     R"({"StreamArn":"$ARN","ShardId":"$SHARD","ShardIteratorType":"AT_SEQUENCE_NUMBER",)"
     R"("SequenceNumber":"sdfsafglldfngjdafnasdflgnaldklkafds"})",
     "ValidationException", "Invalid SequenceNumber: sdfsaf"},
    // Before the shard began, and beyond all that was ever written.
    {"GetShardIterator",
     R"({"StreamArn":"$ARN","ShardId":"$SHARD","ShardIteratorType":"AT_SEQUENCE_NUMBER",)"
     R"("SequenceNumber":"100000000000000000000"})",
     "ValidationException", "Invalid SequenceNumber: 100000000000000000000 is not within shard $SHARD"},
    {"GetShardIterator",
     R"({"StreamArn":"$ARN","ShardId":"$SHARD","ShardIteratorType":"AFTER_SEQUENCE_NUMBER",)"
     R"("SequenceNumber":"118446744073709551615"})",
     "ValidationException", "Invalid SequenceNumber: 118446744073709551615 is not within shard $SHARD"},
    {"GetShardIterator",
     R"({"StreamArn":"$ARN","ShardId":"semprinidfaasdasfsdvacsdcfsdsv","ShardIteratorType":"LATEST"})",
     "ResourceNotFoundException", "Requested resource not found: Shard does not exist"},
    {"GetShardIterator", R"({"StreamArn":"$ARN7","ShardId":"$SHARD","ShardIteratorType":"LATEST"})",
     "ResourceNotFoundException", "Requested resource not found: Stream: $ARN7 not found"},
    {"GetShardIterator",
     R"({"StreamArn":"sdfadfsddafgdafsgjnadflkgnalngalsdfnlkasnlkasdfasdfasf","ShardId":"$SHARD",)"
     R"("ShardIteratorType":"LATEST"})",
     "ValidationException", "Invalid StreamArn"},

    {"GetRecords", "{}", "ValidationException", "1 validation error detected: Value null at 'shardIterator'"},
    {"GetRecords", R"({"ShardIterator":""})", "ValidationException",
     "1 validation error detected: Value '' at 'shardIterator' failed to satisfy constraint: Member must have length "
     "greater than or equal to 1"},
    {"GetRecords", R"({"ShardIterator":"sdfsdfsgagaddafgagasgasgasdfasdfasdfasdf","Limit":1000})",
     "ValidationException", "Invalid ShardIterator"},
    {"GetRecords", R"({"ShardIterator":"$ARN|1|AAAA"})", "ValidationException", "Invalid ShardIterator"},
    {"GetRecords", R"({"ShardIterator":"$ITERATOR","Limit":0})", "ValidationException",
     "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater "
     "than or equal to 1"},
    {"GetRecords", R"({"ShardIterator":"$ITERATOR","Limit":1001})", "ValidationException",
     "1 validation error detected: Value '1001' at 'limit' failed to satisfy constraint: Member must have value less "
     "than or equal to 1000"},
};

class Validation : public ::testing::Test {
 protected:
  void SetUp() override {
    node_.CreateTable("orders");
    const auto stream = node_.StreamOf("orders");
    const engine::Shard& shard = stream->shards.front();
    words_ = {{"$ARN", stream->arn},
              {"$SHARD", shard.id},
              {"$START", engine::FormatSequenceNumber(shard.start)},
              {"$ITERATOR", client_.Iterator(stream->arn, shard.id, "TRIM_HORIZON")}};
  }

  std::string Fill(std::string_view text) const {
    std::string filled(text);
    for (const auto& [name, value] : words_)
      for (std::size_t at = filled.find(name); at != std::string::npos; at = filled.find(name, at + value.size()))
        filled.replace(at, name.size(), value);
    return filled;
  }

  TestNode node_;
  StreamsClient client_{node_.engine(), node_.clock()};
  std::vector<std::pair<std::string, std::string>> words_;
};

TEST_F(Validation, AnswersEachMistakeInAwssWords) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(fmt::format("{} {}", c.operation, c.body));
    const Answer answer = client_.Call(c.operation, Fill(c.body));
    EXPECT_EQ(answer.status(), 400);
    EXPECT_EQ(answer.ErrorType(), c.type);
    EXPECT_TRUE(answer.ErrorText().starts_with(Fill(c.text))) << answer.body();
  }
}

TEST_F(Validation, CarriesTheTextOfASerializationErrorUnderItsOwnName) {
  EXPECT_NE(client_.Call("ListStreams", R"({"Limit":"3"})").root().Find("Message"), nullptr);
  EXPECT_NE(client_.Call("ListStreams", R"({"Limit":0})").root().Find("message"), nullptr);
}

TEST_F(Validation, DoesNotEchoMegabytes) {
  const Answer answer =
      client_.Call("ListStreams", fmt::format(R"({{"TableName":"{}"}})", std::string(1'000'000, 'x')));
  EXPECT_EQ(answer.ErrorType(), "ValidationException");
  EXPECT_LT(answer.body().size(), 10'000u);
}

TEST_F(Validation, AcceptsTheLimitsThemselves) {
  EXPECT_EQ(client_.Call("ListStreams", R"({"Limit":100})").status(), 200);
  EXPECT_EQ(client_.Call("DescribeStream", Fill(R"({"StreamArn":"$ARN","Limit":100})")).status(), 200);
  EXPECT_EQ(client_.Call("GetRecords", Fill(R"({"ShardIterator":"$ITERATOR","Limit":1000})")).status(), 200);
  EXPECT_EQ(client_.Call("ListStreams", R"({"Unknown":{"deep":[1]}})").status(), 200);
}

// Valid requests with bytes changed, removed and put in, thousands of times.
TEST_F(Validation, SurvivesMutilatedRequests) {
  constexpr std::uint64_t kSeed = 20260131;
  SCOPED_TRACE(kSeed);
  SeededRandom random(kSeed);
  constexpr std::string_view kAlphabet = "{}[]\":,|0123456789azAZ\\u\xc3\xa9\x01-.e+";
  for (int round = 0; round < 5'000; ++round) {
    const Case& c = kCases[random.Below(std::size(kCases))];
    std::string body = Fill(c.body);
    for (std::uint64_t edits = 1 + random.Below(4); edits > 0; --edits) {
      const std::size_t at = random.Below(body.size() + 1);
      const char letter = kAlphabet[random.Below(kAlphabet.size())];
      const auto kind = random.Below(3);
      if (kind == 0 || at == body.size()) {
        body.insert(at, 1, letter);
      } else if (kind == 1) {
        body.erase(at, 1 + random.Below(8));
      } else {
        body[at] = letter;
      }
    }
    const Answer answer = client_.Call(c.operation, body);
    EXPECT_TRUE(answer.status() == 400 || answer.status() == 200) << c.operation << " " << body << answer.body();
  }
}

TEST(ErrorMap, HasARowForEachCodeAndReason) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    const aws::WireError& row = aws::FindWireError(WireErrors(), Error(static_cast<ErrorCode>(code), {}, "words"));
    EXPECT_TRUE(row.status == 400 || row.status == 500);
    EXPECT_NE(row.type.find('#'), std::string_view::npos);
  }
  for (const aws::WireError& row : WireErrors())
    EXPECT_EQ(&aws::FindWireError(WireErrors(), Error(row.code, row.reason, "words")), &row) << row.type << row.reason;
}

TEST(ErrorMap, NeverTellsWhatIsInsideOfOurOwnFailures) {
  for (const auto code : {ErrorCode::kInternal, ErrorCode::kCorruption, ErrorCode::kIo}) {
    const aws::JsonReply answer = RenderError(Error(code, {}, "secret path"));
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  }
}

TEST(Operations, AreFoundByName) {
  for (const Operation& operation : Operations()) EXPECT_EQ(FindOperation(operation.name), &operation);
  EXPECT_EQ(FindOperation("GetRecord"), nullptr);
}

}  // namespace
}  // namespace millrace::api::streams
