// Page cuts a list for an answer: Marker and MaxItems of the query.
//
// Threads: pure functions.
// Failure: ValidationException for limits that are none.
#pragma once

#include <algorithm>
#include <charconv>
#include <string>

#include "api/lambda/errors.h"
#include "api/lambda/route.h"
#include "json/write.h"
#include "model/base64.h"

namespace millrace::api::lambda {

struct Page {
  std::string after;  // the name behind which it begins
  std::size_t items_max = 50;
};

// MaxItems beyond `most` is cut, as AWS does.
inline Result<Page> ReadPage(const RouteMatch& route, std::size_t most) {
  Page page{.after = {}, .items_max = most};
  if (const auto marker = route.Query("Marker"); marker && !marker->empty()) {
    const std::optional<std::string> after = model::Base64Decode(*marker);
    if (!after) return InvalidArgument("Invalid marker");
    page.after = *after;
  }
  if (const auto text = route.Query("MaxItems"); text && !text->empty()) {
    std::size_t items = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), items);
    if (error != std::errc() || end != text->data() + text->size() || items < 1 || items > 10'000)
      return ValidationError(*text, "maxItems", "Member must have value between 1 and 10000");
    page.items_max = std::min(items, most);
  }
  return page;
}

// Writes "KEY":[…] and, if there is more, NextMarker. `items` are sorted by `name_of`.
template <class Items, class NameOf, class WriteItem>
void WritePage(json::Writer& writer, std::string_view key, const Page& page, const Items& items, NameOf name_of,
               WriteItem write_item) {
  writer.Key(key);
  writer.BeginArray();
  std::size_t count = 0;
  std::string last;
  bool more = false;
  for (const auto& item : items) {
    const std::string name = name_of(item);
    if (!page.after.empty() && name <= page.after) continue;
    if (count == page.items_max) {
      more = true;
      break;
    }
    write_item(item);
    last = name;
    ++count;
  }
  writer.EndArray();
  if (more) {
    writer.Key("NextMarker");
    writer.String(model::Base64Encode(last));
  }
}

}  // namespace millrace::api::lambda
