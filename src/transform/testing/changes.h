// Changes written as DynamoDB JSON, for tests.
#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "json/parse.h"
#include "model/change.h"
#include "model/dynamodb_json.h"

namespace millrace::transform::testing {

inline model::Item ItemOf(std::string_view text) {
  json::Document document;
  EXPECT_TRUE(document.Parse(text).ok()) << text;
  auto item = model::ParseItem(document.root());
  EXPECT_TRUE(item.ok()) << text;
  return item.ok() ? *item : model::Item();
}

// An empty text is an absent image. The key is the attribute "id".
inline model::Change ChangeOf(std::string_view old_image, std::string_view new_image) {
  model::Change change;
  if (!old_image.empty()) change.old_image = ItemOf(old_image);
  if (!new_image.empty()) change.new_image = ItemOf(new_image);
  change.kind = old_image.empty()   ? model::ChangeKind::kInsert
                : new_image.empty() ? model::ChangeKind::kRemove
                                    : model::ChangeKind::kModify;
  const model::Item& image = change.new_image ? *change.new_image : *change.old_image;
  if (const model::AttributeValue* id = image.Find("id")) change.keys.Set("id", *id);
  change.time_ms = 1'767'225'600'999;  // 2026-01-01T00:00:00.999Z
  return change;
}

}  // namespace millrace::transform::testing
