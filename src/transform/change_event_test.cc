// The crud format: the mission's event on INSERT, MODIFY and REMOVE, exact values, every option.
#include "transform/change_event.h"

#include <gtest/gtest.h>

#include "transform/differences.h"
#include "transform/testing/changes.h"

namespace millrace::transform {
namespace {

using testing::ChangeOf;
using testing::ItemOf;

std::string DetailOf(const model::Change& change, const ChangeEventOptions& options = {}) {
  const auto entry = MakeChangeEvent("user-table", change, options);
  EXPECT_TRUE(entry.ok()) << entry.error().message();
  return entry->detail;
}

TEST(ChangeEvent, AnInsertHasAllNamesUpdated) {
  const auto entry =
      MakeChangeEvent("user-table", ChangeOf("", R"({"id":{"S":"u1"},"phone-number":{"S":"1"},"name":{"S":"Ada"}})"));
  ASSERT_TRUE(entry.ok());
  EXPECT_EQ(entry->source, "user-table");
  EXPECT_EQ(entry->detail_type, "INSERT");
  EXPECT_EQ(entry->detail,
            R"({"Values":{"id":"u1","name":"Ada","phone-number":"1"},"UpdatedFields":["id","name","phone-number"]})");
}

TEST(ChangeEvent, AModifyHasTheNamesThatDiffer) {
  const auto entry = MakeChangeEvent(
      "user-table",
      ChangeOf(R"({"id":{"S":"u1"},"phone-number":{"S":"1"},"gone":{"BOOL":true},"n":{"N":"1.0"},"t":{"S":"1"},
                   "set":{"SS":["b","a"]},"m":{"M":{"x":{"N":"1"}}}})",
               R"({"id":{"S":"u1"},"phone-number":{"S":"2"},"new":{"NULL":true},"n":{"N":"1"},"t":{"N":"1"},
                   "set":{"SS":["a","b"]},"m":{"M":{"x":{"N":"2"}}}})"));
  ASSERT_TRUE(entry.ok());
  EXPECT_EQ(entry->detail_type, "MODIFY");
  EXPECT_EQ(entry->detail,
            R"({"Values":{"id":"u1","m":{"x":2},"n":1,"new":null,"phone-number":"2","set":["a","b"],"t":1},)"
            R"("UpdatedFields":["gone","m","new","phone-number","t"]})");
}

TEST(ChangeEvent, ARemoveHasTheOldValuesAside) {
  const auto entry = MakeChangeEvent("user-table", ChangeOf(R"({"id":{"S":"u1"},"name":{"S":"Ada"}})", ""));
  ASSERT_TRUE(entry.ok());
  EXPECT_EQ(entry->detail_type, "REMOVE");
  EXPECT_EQ(entry->detail,
            R"({"Values":{},"UpdatedFields":[],"Keys":{"id":"u1"},"OldValues":{"id":"u1","name":"Ada"}})");
}

TEST(ChangeEvent, SaysWhenTheItemExpired) {
  model::Change change = ChangeOf(R"({"id":{"S":"u1"}})", "");
  change.expired = true;
  EXPECT_EQ(DetailOf(change),
            R"({"Values":{},"UpdatedFields":[],"Keys":{"id":"u1"},"OldValues":{"id":"u1"},"Expired":true})");
}

TEST(ChangeEvent, KeepsEveryDigitAndEscapes) {
  EXPECT_EQ(
      DetailOf(ChangeOf("", R"({"id":{"N":"12345678901234567890123456789012345678"},"b":{"B":"AQI="},
                                      "e":{"N":"1E-3"},"q\"":{"S":"a\nb\u20ac"}})")),
      "{\"Values\":{\"b\":\"AQI=\",\"e\":0.001,\"id\":12345678901234567890123456789012345678,\"q\\\"\":\"a\\nb€\"},"
      "\"UpdatedFields\":[\"b\",\"e\",\"id\",\"q\\\"\"]}");
}

TEST(ChangeEvent, FollowsItsOptions) {
  const model::Change change = ChangeOf(R"({"id":{"S":"u1"},"a":{"M":{"city":{"S":"x"},"zip":{"S":"1"}}}})",
                                        R"({"id":{"S":"u1"},"a":{"M":{"city":{"S":"y"},"zip":{"S":"1"}}}})");
  const auto entry = MakeChangeEvent("user-table", change,
                                     {.source = "users",
                                      .field_case = FieldCase::kCamel,
                                      .old_values = OldValues::kAlways,
                                      .updated_paths = UpdatedPaths::kInclude});
  ASSERT_TRUE(entry.ok());
  EXPECT_EQ(entry->source, "users");
  EXPECT_EQ(entry->detail, R"({"values":{"a":{"city":"y","zip":"1"},"id":"u1"},"updatedFields":["a"],)"
                           R"("updatedPaths":["a.city"],"oldValues":{"a":{"city":"x","zip":"1"},"id":"u1"}})");
  model::Change removed = ChangeOf(R"({"id":{"S":"u1"}})", "");
  removed.expired = true;
  EXPECT_EQ(DetailOf(removed, {.field_case = FieldCase::kCamel, .old_values = OldValues::kNever}),
            R"({"values":{},"updatedFields":[],"keys":{"id":"u1"},"expired":true})");
  EXPECT_EQ(DetailOf(ChangeOf("", R"({"id":{"S":"u1"}})"), {.old_values = OldValues::kAlways}),
            R"({"Values":{"id":"u1"},"UpdatedFields":["id"],"OldValues":{}})");
}

TEST(ChangeEvent, NeedsBothImages) {
  model::Change change = ChangeOf(R"({"id":{"S":"u1"}})", R"({"id":{"S":"u1"},"a":{"S":"b"}})");
  model::Change without_old = change;
  without_old.old_image.reset();
  model::Change without_new = change;
  without_new.new_image.reset();
  model::Change removed_without_old = without_old;
  removed_without_old.kind = model::ChangeKind::kRemove;
  for (const model::Change& lacking : {without_old, without_new, removed_without_old}) {
    const auto entry = MakeChangeEvent("user-table", lacking);
    ASSERT_FALSE(entry.ok());
    EXPECT_EQ(entry.error().code(), ErrorCode::kFailedPrecondition);
    EXPECT_NE(entry.error().message().find("NEW_AND_OLD_IMAGES"), std::string::npos);
  }
}

TEST(DifferingPaths, LeadToTheInnermostDifference) {
  const model::Item old_image = ItemOf(R"({"same":{"S":"x"},"gone":{"M":{"a":{"S":"b"}}},"kind":{"M":{}},
      "m":{"M":{"x":{"N":"1"},"y.z":{"N":"1"},"it's":{"N":"1"},"deep":{"M":{"l":{"L":[{"N":"1"},{"N":"2"}]}}}}},
      "l":{"L":[{"M":{"q":{"N":"1"}}},{"S":"same"},{"S":"cut"}]},"set":{"NS":["1","2"]}})");
  const model::Item new_image = ItemOf(R"({"same":{"S":"x"},"new":{"L":[]},"kind":{"L":[]},
      "m":{"M":{"x":{"N":"1.0"},"y.z":{"N":"2"},"it's":{"N":"2"},"deep":{"M":{"l":{"L":[{"N":"1"},{"N":"3"}]}}}}},
      "l":{"L":[{"M":{"q":{"N":"2"}}},{"S":"same"}]},"set":{"NS":["2","3"]}})");
  EXPECT_EQ(DifferingPaths(old_image, new_image),
            (std::vector<std::string>{"gone", "kind", "l[0].q", "l[2]", "m.deep.l[1]", "m['it\\'s']", "m['y.z']", "new",
                                      "set"}));
  EXPECT_TRUE(DifferingPaths(old_image, old_image).empty());
  EXPECT_TRUE(DifferingNames(new_image, new_image).empty());
}

}  // namespace
}  // namespace millrace::transform
