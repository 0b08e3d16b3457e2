// EventPath: it finds what a path names, the images of a change as plain JSON included, and never more.
#include "transform/event_path.h"

#include <gtest/gtest.h>

#include "json/parse.h"

namespace millrace::transform {
namespace {

constexpr std::string_view kRecord = R"({
  "eventName":"MODIFY",
  "dynamodb":{
    "Keys":{"id":{"S":"u1"},"sort-key":{"N":"007"}},
    "NewImage":{"id":{"S":"u1"},"n":{"N":"1.50"},"big":{"N":"12345678901234567890123456789012345678"},"plus":{"N":"+1"},
                "odd":{"N":"x\"y"},"none":{"NULL":true},"yes":{"BOOL":true},"bin":{"B":"AQI="},
                "ss":{"SS":["a","b"]},"ns":{"NS":["1","2.50"]},"bs":{"BS":["AQ=="]},
                "address":{"M":{"city":{"S":"Köln \"C\""},"geo":{"M":{"lat":{"N":"50.9"}}}}},
                "lines":{"L":[{"M":{"sku":{"S":"a"},"count":{"N":"2"}}},{"M":{"sku":{"S":"b"}}},{"N":"3"}]},
                "new":{"S":"own"},"bad":{"Q":1},"dynamodb":{"M":{}}}},
  "list":["x",1,true,null],"o":{"a":{"v":1},"b":{"v":2},"c":3}})";

struct Texts {
  std::string json;
  std::string unquoted;
  std::string text;
};

Texts At(std::string_view path, std::string_view event = kRecord) {
  json::Document document;
  EXPECT_TRUE(document.Parse(event).ok()) << event;
  const auto parsed = EventPath::Parse(path);
  if (!parsed.ok()) return {parsed.error().message(), "", ""};
  const Extract found = parsed->Find(document.root());
  if (found.missing()) return {"missing", "missing", "missing"};
  Texts texts;
  found.AppendJson(texts.json);
  found.AppendUnquoted(texts.unquoted);
  found.AppendText(texts.text);
  return texts;
}

TEST(EventPath, ReadsPlainPlaces) {
  EXPECT_EQ(At("$.eventName").json, "\"MODIFY\"");
  EXPECT_EQ(At("$.eventName").unquoted, "MODIFY");
  EXPECT_EQ(At("$.eventName").text, "MODIFY");
  EXPECT_EQ(At("$.list[1]").text, "1");
  EXPECT_EQ(At("$.list").json, R"(["x",1,true,null])");
  EXPECT_EQ(At("$.list").text, R"(["x",1,true,null])");
  EXPECT_EQ(At("$.list").unquoted, "[x,1,true,null]");
  EXPECT_EQ(At("$.o").unquoted, "{a:{v:1},b:{v:2},c:3}");
  EXPECT_EQ(At("$.dynamodb.NewImage.n.N").json, "\"1.50\"");
  EXPECT_EQ(At("$.nowhere").json, "missing");
  EXPECT_EQ(At("$.list[4]").json, "missing");
  EXPECT_EQ(At("$.list.x").json, "missing");
  EXPECT_EQ(At("$.eventName[0]").json, "missing");
  EXPECT_EQ(At("$", "[]").json, "[]");
  EXPECT_EQ(At("$", "[]").unquoted, "[]");
}

TEST(EventPath, EscapesWithinStrings) {
  EXPECT_EQ(At("$.a", R"({"a":"q\"\n\\"})").unquoted, R"(q\"\n\\)");
  EXPECT_EQ(At("$.a", R"({"a":"q\"\n\\"})").text, "q\"\n\\");
  EXPECT_EQ(At("$.a", R"({"a":{"k\"":["\t"]}})").unquoted, R"({k\":[\t]})");
}

TEST(EventPath, ReadsTheImagesOfAChangeAsPlainJson) {
  EXPECT_EQ(At("$.keys").json, R"({"id":"u1","sort-key":7})");
  EXPECT_EQ(At("$.keys.id").json, "\"u1\"");
  EXPECT_EQ(At("$.new.n").json, "1.50");
  EXPECT_EQ(At("$.new.n").text, "1.50");
  EXPECT_EQ(At("$.new.big").json, "12345678901234567890123456789012345678");
  EXPECT_EQ(At("$.new.odd").json, R"("x\"y")");
  EXPECT_EQ(At("$.new.none").json, "null");
  EXPECT_EQ(At("$.new.yes").json, "true");
  EXPECT_EQ(At("$.new.bin").json, "\"AQI=\"");
  EXPECT_EQ(At("$.new.ss").json, R"(["a","b"])");
  EXPECT_EQ(At("$.new.ss[1]").json, "\"b\"");
  EXPECT_EQ(At("$.new.ns").json, "[1,2.50]");
  EXPECT_EQ(At("$.new.ns[1]").json, "2.50");
  EXPECT_EQ(At("$.new.bs").json, R"(["AQ=="])");
  EXPECT_EQ(At("$.new.address").json, R"({"city":"Köln \"C\"","geo":{"lat":50.9}})");
  EXPECT_EQ(At("$.new.address").unquoted, R"({city:Köln \"C\",geo:{lat:50.9}})");
  EXPECT_EQ(At("$.new.address.city").text, "Köln \"C\"");
  EXPECT_EQ(At("$.new.address.geo.lat").json, "50.9");
  EXPECT_EQ(At("$.new.lines[0].count").json, "2");
  EXPECT_EQ(At("$.new.lines[2]").json, "3");
  EXPECT_EQ(At("$.new.lines[*].sku").json, R"(["a","b"])");
  EXPECT_EQ(At("$.new.lines").json, R"([{"sku":"a","count":2},{"sku":"b"},3])");
  EXPECT_EQ(At("$.new.new").json, "\"own\"");
  EXPECT_EQ(At("$.new.bad").json, R"({"Q":1})");
}

TEST(EventPath, AnImageThatTheRecordLacksIsMissing) {
  EXPECT_EQ(At("$.old").json, "missing");
  EXPECT_EQ(At("$.old.id").json, "missing");
  EXPECT_EQ(At("$.new.nowhere").json, "missing");
  EXPECT_EQ(At("$.new.address.old").json, "missing");
  EXPECT_EQ(At("$.new.n.x").json, "missing");
  EXPECT_EQ(At("$.new.ns.x").json, "missing");
  EXPECT_EQ(At("$.new.dynamodb.keys").json, "missing");
}

TEST(EventPath, VirtualNamesAreWhereverARecordIsAndGiveWayToRealOnes) {
  constexpr std::string_view kEvent =
      R"({"detail":{"dynamodb":{"Keys":{"id":{"S":"k"}}},"items":[{"dynamodb":{"Keys":{"id":{"S":"i"}}}}]},"keys":1})";
  EXPECT_EQ(At("$.detail.keys.id", kEvent).json, "\"k\"");
  EXPECT_EQ(At("$.detail.items[0].keys.id", kEvent).json, "\"i\"");
  EXPECT_EQ(At("$.keys", kEvent).json, "1");
  EXPECT_EQ(At("$.new", kEvent).json, "missing");
  EXPECT_EQ(At("$.keys", R"({"dynamodb":{"Keys":{"id":{"S":"k"}}},"keys":"own"})").json, "\"own\"");
  EXPECT_EQ(At("$.keys", R"({"dynamodb":7})").json, "missing");
  EXPECT_EQ(At("$.keys", R"({"dynamodb":{"Keys":[]}})").json, "missing");
}

TEST(EventPath, WildcardsCollectAnArray) {
  EXPECT_EQ(At("$.list[*]").json, R"(["x",1,true,null])");
  EXPECT_EQ(At("$.list[*]").unquoted, "[x,1,true,null]");
  EXPECT_EQ(At("$.o.*").json, R"([{"v":1},{"v":2},3])");
  EXPECT_EQ(At("$.o.*.v").json, "[1,2]");
  EXPECT_EQ(At("$.o.*.w").json, "[]");
  EXPECT_EQ(At("$.o.*.*").json, "[1,2]");
  EXPECT_EQ(At("$.eventName[*]").json, "missing");
  EXPECT_EQ(At("$.nowhere[*]").json, "missing");
  EXPECT_EQ(At("$.keys.*").json, R"(["u1",7])");
  EXPECT_EQ(At("$.new.ns[*]").json, "[1,2.50]");
  EXPECT_EQ(At("$.a[*][*]", R"({"a":[[1,2],[],[3],4]})").json, "[1,2,3]");
  EXPECT_EQ(At("$.a[*][1]", R"({"a":[[1,2],[],[3],4]})").json, "[2]");
}

TEST(EventPath, SaysWhatIsWrongWithAPath) {
  EXPECT_EQ(At("$.a..b").json, "invalid JSON path '$.a..b' at character 5: '..' is not supported");
}

}  // namespace
}  // namespace millrace::transform
