// DynamoDB JSON: AWS's words for every malformed value, and random values there and back without loss.
#include "model/dynamodb_json.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "json/parse.h"
#include "model/testing/random_value.h"

namespace millrace::model {
namespace {

Result<AttributeValue> Parse(std::string_view text) {
  json::Document document;
  TRY(document.Parse(text));
  return ParseAttributeValue(document.root());
}
Result<Item> ParseItemText(std::string_view text) {
  json::Document document;
  TRY(document.Parse(text));
  return ParseItem(document.root());
}

std::string Json(const AttributeValue& value) {
  std::string out;
  AppendDynamoDbJson(out, value);
  return out;
}
std::string Plain(const AttributeValue& value) {
  std::string out;
  AppendPlainJson(out, value);
  return out;
}

// The value written again; or the error, with "!" in front if it is a SerializationException.
std::string Outcome(std::string_view text) {
  const auto value = Parse(text);
  if (value.ok()) return Json(*value);
  EXPECT_EQ(value.error().code(), ErrorCode::kInvalidArgument);
  return (value.error().reason() == reason::kSerialization ? "!" : "") + value.error().message();
}

std::string Nested(int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += i % 2 == 0 ? R"({"M":{"a":)" : R"({"L":[)";
  text += R"({"S":"x"})";
  for (int i = levels; i-- > 0;) text += i % 2 == 0 ? "}}" : "]}";
  return text;
}

TEST(DynamoDbJson, ReadsAndWritesEveryType) {
  for (const char* text : {R"({"S":""})", R"({"S":"caf\u00e9 \"x\""})", R"({"N":"42.12"})", R"({"B":""})",
                           R"({"B":"AAEC/w=="})", R"({"BOOL":true})", R"({"BOOL":false})", R"({"NULL":true})",
                           R"({"M":{}})", R"({"M":{"a":{"N":"1"},"b":{"L":[]}}})", R"({"L":[{"S":"a"},{"NULL":true}]})",
                           R"({"SS":["","a"]})", R"({"NS":["-1","0","10"]})", R"({"BS":["YQ==","Yg=="]})"}) {
    const auto value = Parse(text);
    ASSERT_TRUE(value.ok()) << text << ": " << value.error().ToString();
    EXPECT_EQ(*Parse(Json(*value)), *value);
    if (std::string_view(text).find("\\u") == std::string_view::npos) {
      EXPECT_EQ(Json(*value), text);
    }
  }
  EXPECT_EQ(Outcome(R"({"N":"0042.1200"})"), R"({"N":"42.12"})");
  EXPECT_EQ(Outcome(R"({"SS":["b","a"]})"), R"({"SS":["a","b"]})");
  EXPECT_EQ(Outcome(R"({"NS":["10","9.0"]})"), R"({"NS":["9","10"]})");
  EXPECT_EQ(Outcome(R"({"M":{"b":{"S":"1"},"a":{"S":"2"}}})"), R"({"M":{"a":{"S":"2"},"b":{"S":"1"}}})");
  EXPECT_EQ(Outcome(R"({"S":"a","N":null,"other":7})"), R"({"S":"a"})");
}

// The words are those of the service, its spelling included.
TEST(DynamoDbJson, RefusesValuesWithAwsWords) {
  constexpr const char* kEmpty =
      "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
  constexpr const char* kInvalid = "One or more parameter values were invalid: ";
  const std::pair<const char*, std::string> kCases[] = {
      {"{}", kEmpty},
      {"null", kEmpty},
      {R"({"a":""})", kEmpty},
      {R"({"S":null})", kEmpty},
      {R"({"L":[{}]})", kEmpty},
      {R"({"L":[null]})", kEmpty},
      {R"({"M":{"a":{}}})", kEmpty},
      {R"({"S":"a","N":"1"})",
       "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"},
      {R"({"S":"a","N":""})", "The parameter cannot be converted to a numeric value"},
      {R"({"N":"b"})", "The parameter cannot be converted to a numeric value: b"},
      {R"({"NS":["1",""]})", "The parameter cannot be converted to a numeric value"},
      {R"({"NS":["1","1.0"]})", "Input collection contains duplicates"},
      {R"({"NULL":false})", std::string(kInvalid) + "Null attribute value types must have the value of true"},
      {R"({"SS":[]})", std::string(kInvalid) + "An string set  may not be empty"},
      {R"({"NS":[]})", std::string(kInvalid) + "An number set  may not be empty"},
      {R"({"BS":[]})", std::string(kInvalid) + "Binary sets should not be empty"},
      {R"({"SS":["a",null]})", std::string(kInvalid) + "An string set may not have a null string as a member"},
      {R"({"SS":["a","b","a"]})", std::string(kInvalid) + "Input collection [a, b, a] contains duplicates."},
      {R"({"BS":["Yg==","Yg=="]})",
       std::string(kInvalid) + "Input collection [Yg==, Yg==]of type BS contains duplicates."},
      {R"({"N":"1e126"})", "Number overflow. Attempting to store a number with magnitude larger than supported range"},
  };
  for (const auto& [text, message] : kCases) EXPECT_EQ(Outcome(text), message) << text;
}

TEST(DynamoDbJson, RefusesWrongJsonTypesAsSerializationErrors) {
  const std::pair<const char*, const char*> kCases[] = {
      {R"({"S":true})", "!TRUE_VALUE cannot be converted to String"},
      {R"({"S":false})", "!FALSE_VALUE cannot be converted to String"},
      {R"({"N":23})", "!NUMBER_VALUE cannot be converted to String"},
      {R"({"S":34.56})", "!DECIMAL_VALUE cannot be converted to String"},
      {R"({"S":[]})", "!Unrecognized collection type class java.lang.String"},
      {R"({"S":{}})", "!Start of structure or map found where not expected"},
      {R"({"B":1})", "!only base-64-encoded strings are convertible to bytes"},
      {R"({"B":[]})", "!Unrecognized collection type class java.nio.ByteBuffer"},
      {R"({"B":"23456"})", "!Base64 encoded length is expected a multiple of 4 bytes but found: 5"},
      {R"({"B":"=+/="})", "!Invalid last non-pad Base64 character dectected"},
      {R"({"BS":["+/+="]})", "!Invalid last non-pad Base64 character dectected"},
      {R"({"BOOL":"true"})", "!Unexpected token received from parser"},
      {R"({"BOOL":23})", "!NUMBER_VALUE cannot be converted to Boolean"},
      {R"({"NULL":1e5})", "!DECIMAL_VALUE cannot be converted to Boolean"},
      {R"({"NULL":[]})", "!Unrecognized collection type class java.lang.Boolean"},
      {R"({"SS":"a"})", "!Unexpected field type"},
      {R"({"SS":{}})", "!Start of structure or map found where not expected"},
      {R"({"SS":[1]})", "!NUMBER_VALUE cannot be converted to String"},
      {R"({"NS":[1]})", "!NUMBER_VALUE cannot be converted to String"},
      {R"({"L":7})", "!Unexpected field type"},
      {R"({"L":["a"]})", "!Unexpected value type in payload"},
      {R"({"L":[[]]})", "!Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"},
      {R"({"M":"a"})", "!Unexpected field type"},
      {R"({"M":[]})",
       "!Unrecognized collection type java.util.Map<java.lang.String, "
       "com.amazonaws.dynamodb.v20120810.AttributeValue>"},
      {R"({"M":{"a":1}})", "!Unexpected value type in payload"},
      {R"("text")", "!Unexpected value type in payload"},
  };
  for (const auto& [text, message] : kCases) EXPECT_EQ(Outcome(text), message) << text;
}

TEST(DynamoDbJson, AWrongJsonTypeAnywhereComesBeforeAnyOtherError) {
  EXPECT_EQ(Outcome(R"({"L":[{"N":"bad"},{"M":{"a":{"S":1}}}]})"), "!NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(Outcome(R"({"SS":["a","a"],"B":"x"})"),
            "!Base64 encoded length is expected a multiple of 4 bytes but found: 1");
  const auto item = ParseItemText(R"({"a":{},"b":{"BOOL":1}})");
  ASSERT_FALSE(item.ok());
  EXPECT_EQ(item.error().reason(), reason::kSerialization);
  EXPECT_EQ(ParseItemText("[]").error().reason(), reason::kSerialization);
}

TEST(DynamoDbJson, NestsThirtyOneLevelsAndNoMore) {
  EXPECT_EQ(Outcome(Nested(31)), Nested(31));
  EXPECT_EQ(Depth(*Parse(Nested(31))), 31u);
  for (const int levels : {32, 33, 400})
    EXPECT_EQ(Outcome(Nested(levels)),
              "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond "
              "supported limit");
}

TEST(DynamoDbJson, BoundsTheEchoOfAHugeSet) {
  std::string text = R"({"SS":[)";
  for (int i = 0; i < 20'000; ++i) text += "\"" + std::to_string(i) + "\",";
  const std::string message = Outcome(text + "\"7\"]}");
  EXPECT_LT(message.size(), 1200u);
  EXPECT_TRUE(message.ends_with("...] contains duplicates.")) << message;
}

TEST(DynamoDbJson, RoundTripsRandomItems) {
  const std::uint64_t seed = SystemRandom().Next();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  SeededRandom random(seed);
  RandomValue values(&random);
  for (int i = 0; i < 2000; ++i) {
    const Item item = values.NextItem();
    std::string text;
    AppendDynamoDbJson(text, item);
    const auto back = ParseItemText(text);
    ASSERT_TRUE(back.ok()) << text << ": " << back.error().ToString();
    ASSERT_EQ(*back, item) << text;
    std::string plain;
    AppendPlainJson(plain, item);
    json::Document document;
    ASSERT_TRUE(document.Parse(plain).ok()) << plain;
  }
}

TEST(DynamoDbJson, WritesPlainJson) {
  const auto value =
      Parse(R"({"M":{"name":{"S":"Ada"},"n":{"N":"12345678901234567890.5"},"b":{"B":"AAE="},"t":{"BOOL":true},)"
            R"("z":{"NULL":true},"l":{"L":[{"N":"1"},{"L":[]},{"M":{}}]},"ss":{"SS":["x","y"]},"ns":{"NS":["1","2"]},)"
            R"("bs":{"BS":["AA=="]}}})");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(Plain(*value),
            R"({"b":"AAE=","bs":["AA=="],"l":[1,[],{}],"n":12345678901234567890.5,"name":"Ada","ns":[1,2],)"
            R"("ss":["x","y"],"t":true,"z":null})");
}

TEST(PlainJson, BecomesAnItemAndPlainJsonAgain) {
  const std::string_view text =
      R"({"id":"u1","n":12345678901234567890.12345678901234567,"on":true,"off":null,"list":[1,"two",[]],"map":{"b":2,"a":{}}})";
  json::Document document;
  ASSERT_TRUE(document.Parse(text).ok());
  const auto item = ParsePlainItem(document.root());
  ASSERT_TRUE(item.ok()) << item.error().message();
  std::string out;
  AppendDynamoDbJson(out, *item);
  EXPECT_EQ(
      out, R"({"id":{"S":"u1"},"list":{"L":[{"N":"1"},{"S":"two"},{"L":[]}]},"map":{"M":{"a":{"M":{}},"b":{"N":"2"}}},)"
           R"("n":{"N":"12345678901234567890.12345678901234567"},"off":{"NULL":true},"on":{"BOOL":true}})");
  out.clear();
  AppendPlainJson(out, *item);
  ASSERT_TRUE(document.Parse(out).ok());
  EXPECT_EQ(*ParsePlainItem(document.root()), *item);
}

TEST(PlainJson, RefusesWhatNoItemHolds) {
  const std::string deep(40, '[');
  for (const std::string& text : {std::string("[1]"), std::string(R"({"n":1e200})"),
                                  std::string(R"({"n":123456789012345678901234567890123456789})"),
                                  R"({"d":)" + deep + std::string(40, ']') + "}"}) {
    json::Document document;
    ASSERT_TRUE(document.Parse(text).ok());
    EXPECT_EQ(ParsePlainItem(document.root()).error().code(), ErrorCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace millrace::model
