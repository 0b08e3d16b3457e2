// RowWriter and RowReader are one record as it is kept: a JSON object with a version.
//
// Threads:   plain values.
// Failure:   Open: Corruption, or Unimplemented for a version that is newer than this program. What a member should be
//            and is not, is empty.
// Format:    docs/design/api-records.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "json/parse.h"
#include "json/value.h"
#include "json/write.h"

namespace millrace::records {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// What is empty is left out.
class RowWriter {
 public:
  RowWriter();
  void Text(std::string_view name, std::string_view value);
  void Json(std::string_view name, std::string_view value);
  void Number(std::string_view name, std::int64_t value);
  void Object(std::string_view name, const Pairs& pairs);
  json::Writer& writer() { return writer_; }
  std::string End();

 private:
  std::string text_;
  json::Writer writer_{&text_};
};

class RowReader {
 public:
  static Result<RowReader> Open(std::string_view json);
  std::string Text(std::string_view name) const;
  std::string Json(std::string_view name) const;
  std::int64_t Number(std::string_view name) const;
  Pairs Object(std::string_view name) const;
  const json::Value* Find(std::string_view name) const { return document_.root().Find(name); }

 private:
  json::Document document_;
};

}  // namespace millrace::records
