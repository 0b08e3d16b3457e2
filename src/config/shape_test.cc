// Shapes are the truth about what pipes produce: everything that module transform makes of a change fits the shape, and
// the shape names nothing that transform never makes. So `check` neither refuses a rule that works nor passes one that
// cannot.
#include "config/shape.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "json/parse.h"
#include "transform/change_event.h"
#include "transform/stream_record.h"
#include "transform/testing/changes.h"

namespace millrace::config {
namespace {

using transform::testing::ChangeOf;

std::vector<model::Change> EveryKindOfChange() {
  // Of all ten types.
  const std::string rest =
      R"("b":{"B":"AA=="},"t":{"BOOL":true},"z":{"NULL":true},"m":{"M":{"x":{"S":"y"}}},"l":{"L":[]},)"
      R"("ss":{"SS":["x"]},"ns":{"NS":["1"]},"bs":{"BS":["AA=="]}})";
  const std::string old_image = R"({"id":{"S":"a"},"n":{"N":"1"},)" + rest;
  const std::string new_image = R"({"id":{"S":"a"},"n":{"N":"2"},)" + rest;
  std::vector<model::Change> changes = {ChangeOf("", new_image), ChangeOf(old_image, new_image),
                                        ChangeOf(new_image, "")};
  changes.push_back(changes.back());
  changes.back().expired = true;
  return changes;
}

// Fails where the value is not what the shape says; collects the paths of the shape that were seen.
void ExpectFits(const json::Value& value, const Shape& shape, const std::string& path, std::set<std::string>& seen) {
  seen.insert(path);
  switch (shape.kind) {
    case Shape::Kind::kAny:
      break;
    case Shape::Kind::kTexts:
      ASSERT_TRUE(value.is_string()) << path;
      EXPECT_NE(std::find(shape.texts.begin(), shape.texts.end(), value.string()), shape.texts.end())
          << path << " " << value.string();
      break;
    case Shape::Kind::kMap:
      for (const json::Member& member : value.object())
        ExpectFits(member.value, shape.fields[0].second, path + ".*", seen);
      break;
    case Shape::Kind::kObject:
      ASSERT_TRUE(value.is_object()) << path;
      for (const json::Member& member : value.object()) {
        const auto field = std::find_if(shape.fields.begin(), shape.fields.end(),
                                        [&](const auto& candidate) { return candidate.first == member.name; });
        ASSERT_NE(field, shape.fields.end()) << path << " has " << member.name;
        ExpectFits(member.value, field->second, fmt::format("{}.{}", path, member.name), seen);
      }
  }
}

void ExpectAllSeen(const Shape& shape, const std::string& path, const std::set<std::string>& seen) {
  EXPECT_TRUE(seen.contains(path)) << path << " is never made";
  for (const auto& [name, field] : shape.fields)
    ExpectAllSeen(field, path + "." + (shape.kind == Shape::Kind::kMap ? "*" : name), seen);
}

TEST(Shape, TheDetailOfCrudEventsIsWhatTheyHave) {
  Table table;
  table.name = "users";
  table.stream = StreamView::kNewAndOldImages;
  for (const FieldCase field_case : {FieldCase::kPascal, FieldCase::kCamel}) {
    Pipe pipe;
    pipe.format = Format::kCrud;
    pipe.field_case = field_case;
    const Shape event = EventShape(pipe, table);
    const auto part = [&](std::string_view name) {
      return std::find_if(event.fields.begin(), event.fields.end(), [&](const auto& f) { return f.first == name; })
          ->second;
    };
    transform::ChangeEventOptions options;
    options.field_case =
        field_case == FieldCase::kPascal ? transform::FieldCase::kPascal : transform::FieldCase::kCamel;
    std::set<std::string> seen;
    for (const model::Change& change : EveryKindOfChange()) {
      const auto made = transform::MakeChangeEvent(table.name, change, options);
      ASSERT_TRUE(made.ok());
      EXPECT_EQ(part("source").texts, std::vector{made->source});
      const auto types = part("detail-type").texts;
      EXPECT_NE(std::find(types.begin(), types.end(), made->detail_type), types.end());
      json::Document document;
      ASSERT_TRUE(document.Parse(made->detail).ok());
      ExpectFits(document.root(), part("detail"), "detail", seen);
    }
    ExpectAllSeen(part("detail"), "detail", seen);
  }
}

TEST(Shape, RecordsAreWhatTheirViewKeeps) {
  for (const auto& [stream, view] :
       {std::pair(StreamView::kKeysOnly, model::StreamViewType::kKeysOnly),
        std::pair(StreamView::kNewImage, model::StreamViewType::kNewImage),
        std::pair(StreamView::kOldImage, model::StreamViewType::kOldImage),
        std::pair(StreamView::kNewAndOldImages, model::StreamViewType::kNewAndOldImages)}) {
    Table table;
    table.key.partition.name = "id";
    table.stream = stream;
    const Shape shape = RecordShape(table);
    std::set<std::string> seen;
    for (model::Change change : EveryKindOfChange()) {
      if (stream == StreamView::kKeysOnly || stream == StreamView::kOldImage) change.new_image.reset();
      if (stream == StreamView::kKeysOnly || stream == StreamView::kNewImage) change.old_image.reset();
      std::string text;
      transform::AppendStreamRecord(text, change, {.view_type = view});
      json::Document document;
      ASSERT_TRUE(document.Parse(text).ok()) << text;
      ExpectFits(document.root(), shape, "record", seen);
    }
    for (const auto& [name, field] : shape.fields) EXPECT_TRUE(seen.contains("record." + name)) << name;
    if (stream == StreamView::kNewAndOldImages) ExpectAllSeen(shape, "record", seen);
  }
}

}  // namespace
}  // namespace millrace::config
