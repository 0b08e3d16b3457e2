// Debezium: the envelope without schemas, as a current connector orders it, for every operation and view type.
#include "transform/debezium.h"

#include <gtest/gtest.h>

#include "base/version.h"
#include "json/parse.h"
#include "transform/testing/changes.h"

namespace millrace::transform {
namespace {

using testing::ChangeOf;

constexpr DebeziumContext kContext{.name = "shop",
                                   .region = "eu-central-1",
                                   .table = "orders",
                                   .sequence_number = "000000000000000000042",
                                   .processed_ms = 1'767'225'601'003};

std::string ValueOf(const model::Change& change, const DebeziumContext& context = kContext) {
  std::string out;
  const Status status = AppendDebeziumValue(out, change, context);
  return status.ok() ? out : status.error().message();
}

TEST(Debezium, HasTheEnvelopeOfAConnector) {
  EXPECT_EQ(
      ValueOf(
          ChangeOf(R"({"id":{"S":"o-1"},"n":{"N":"1"}})", R"({"id":{"S":"o-1"},"n":{"N":"0.1234567890123456789"}})")),
      R"({"before":{"id":"o-1","n":1},"after":{"id":"o-1","n":0.1234567890123456789},"source":{"version":")" +
          std::string(ProgramVersion()) +
          R"(","connector":"dynamodb","name":"shop","ts_ms":1767225600999,"snapshot":"false","db":"eu-central-1",)"
          R"("sequence":"000000000000000000042","ts_us":1767225600999000,"ts_ns":1767225600999000000,)"
          R"("table":"orders"},"transaction":null,"op":"u","ts_ms":1767225601003,"ts_us":1767225601003000,)"
          R"("ts_ns":1767225601003000000})");
}

TEST(Debezium, HasTheKeyApart) {
  std::string key;
  AppendDebeziumKey(key, ChangeOf("", R"({"id":{"N":"42.0"},"x":{"S":"y"}})"));
  EXPECT_EQ(key, R"({"id":42})");
}

// before, after, op
std::string Outline(const model::Change& change, Snapshot snapshot = Snapshot::kFalse) {
  DebeziumContext context = kContext;
  context.snapshot = snapshot;
  const std::string value = ValueOf(change, context);
  json::Document document;
  if (!document.Parse(value).ok()) return value;
  const json::Value& root = document.root();
  const auto shape = [&](std::string_view name) { return json::TypeName(root.Find(name)->type()); };
  return fmt::format("{} {} {} {}", shape("before"), shape("after"), root.Find("op")->string(),
                     root.Find("source")->Find("snapshot")->string());
}

TEST(Debezium, KnowsEveryOperation) {
  const model::Change inserted = ChangeOf("", R"({"id":{"S":"1"}})");
  EXPECT_EQ(Outline(inserted), "null object c false");
  EXPECT_EQ(Outline(inserted, Snapshot::kTrue), "null object r true");
  EXPECT_EQ(Outline(ChangeOf(R"({"id":{"S":"1"}})", R"({"id":{"S":"1"},"a":{"S":"b"}})")), "object object u false");
  EXPECT_EQ(Outline(ChangeOf(R"({"id":{"S":"1"}})", "")), "object null d false");
}

TEST(Debezium, MakesDoWithFewerImages) {
  model::Change modified = ChangeOf(R"({"id":{"S":"1"}})", R"({"id":{"S":"1"},"a":{"S":"b"}})");
  modified.old_image.reset();
  EXPECT_EQ(Outline(modified), "null object u false");
  modified.new_image.reset();
  EXPECT_NE(Outline(modified).find("needs a stream with the view type NEW_IMAGE"), std::string::npos);
  std::string out = "kept";
  EXPECT_FALSE(AppendDebeziumValue(out, modified, kContext).ok());
  EXPECT_EQ(out, "kept");
  model::Change removed = ChangeOf(R"({"id":{"S":"1"},"a":{"S":"b"}})", "");
  removed.old_image.reset();
  EXPECT_TRUE(ValueOf(removed).starts_with(R"({"before":{"id":"1"},"after":null,)"));
}

TEST(Debezium, WritesTheEpochAsAPlainZero) {
  model::Change change = ChangeOf("", R"({"id":{"S":"1"}})");
  change.time_ms = 0;
  EXPECT_NE(ValueOf(change).find(R"("ts_us":0,"ts_ns":0,)"), std::string::npos);
}

}  // namespace
}  // namespace millrace::transform
