#include "records/row.h"

#include <charconv>

namespace millrace::records {
namespace {

constexpr std::int64_t kVersion = 1;

}  // namespace

RowWriter::RowWriter() {
  writer_.BeginObject();
  Number("Version", kVersion);
}

void RowWriter::Text(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  writer_.Key(name);
  writer_.String(value);
}

void RowWriter::Json(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  writer_.Key(name);
  writer_.Raw(value);
}

void RowWriter::Number(std::string_view name, std::int64_t value) {
  writer_.Key(name);
  writer_.Integer(value);
}

void RowWriter::Object(std::string_view name, const Pairs& pairs) {
  if (pairs.empty()) return;
  writer_.Key(name);
  writer_.BeginObject();
  for (const auto& [key, value] : pairs) {
    writer_.Key(key);
    writer_.String(value);
  }
  writer_.EndObject();
}

std::string RowWriter::End() {
  writer_.EndObject();
  return std::move(text_);
}

Result<RowReader> RowReader::Open(std::string_view json) {
  RowReader row;
  if (!row.document_.Parse(json).ok() || !row.document_.root().is_object())
    return Err(ErrorCode::kCorruption, {}, "a stored record of an API is damaged");
  if (row.Number("Version") > kVersion)
    return Err(ErrorCode::kUnimplemented, {}, "a stored record of an API was written by a newer release");
  return row;
}

std::string RowReader::Text(std::string_view name) const {
  const json::Value* value = Find(name);
  return value != nullptr && value->is_string() ? std::string(value->string()) : std::string();
}

std::string RowReader::Json(std::string_view name) const {
  std::string text;
  if (const json::Value* value = Find(name)) json::AppendValue(text, *value);
  return text;
}

std::int64_t RowReader::Number(std::string_view name) const {
  const json::Value* value = Find(name);
  std::int64_t number = 0;
  if (value != nullptr && value->is_number())
    std::from_chars(value->number().data(), value->number().data() + value->number().size(), number);
  return number;
}

Pairs RowReader::Object(std::string_view name) const {
  Pairs pairs;
  const json::Value* value = Find(name);
  if (value == nullptr || !value->is_object()) return pairs;
  for (const json::Member& member : value->object())
    if (member.value.is_string()) pairs.emplace_back(member.name, member.value.string());
  return pairs;
}

}  // namespace millrace::records
