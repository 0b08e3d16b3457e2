#include "aws/request_reader.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace millrace::aws {
namespace {

bool IsDecimal(std::string_view number) {
  return number.find_first_of(".eE") != std::string_view::npos;
}

// How AWS's parser calls the token it found.
std::string_view TokenName(const json::Value& value) {
  switch (value.type()) {
    case json::Type::kBool:
      return value.boolean() ? "TRUE_VALUE" : "FALSE_VALUE";
    case json::Type::kNumber:
      return IsDecimal(value.number()) ? "DECIMAL_VALUE" : "NUMBER_VALUE";
    case json::Type::kString:
      return "STRING_VALUE";
    case json::Type::kNull:
    case json::Type::kArray:
    case json::Type::kObject:
      break;
  }
  return "VALUE";
}

std::string Mismatch(const json::Value& value, std::string_view wanted) {
  if (wanted == "Structure" || wanted == "List") {
    if (value.is_object()) return "Start of structure or map found where not expected";
    if (value.is_array()) return "Start of list found where not expected";
    return "Unexpected field type";
  }
  if (value.is_object()) return "Start of structure or map found where not expected";
  if (value.is_array()) return fmt::format("Unrecognized collection type class java.lang.{}", wanted);
  if (wanted == "Boolean" && value.is_string()) return "Unexpected token received from parser";
  return fmt::format("{} cannot be converted to {}", TokenName(value), wanted);
}

std::int64_t Truncate(std::string_view text) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  std::int64_t whole = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (code == std::errc() && end == text.data() + text.size()) return whole;
  double value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc())
    return text.starts_with('-') ? kMin : kMax;
  if (value >= static_cast<double>(kMax)) return kMax;
  if (value <= static_cast<double>(kMin)) return kMin;
  return static_cast<std::int64_t>(value);
}

}  // namespace

Error WrongJsonType(const json::Value& value, std::string_view wanted) {
  return Error(ErrorCode::kInvalidArgument, reason::kSerialization, Mismatch(value, wanted));
}

RequestReader::RequestReader(const json::Value& structure) : structure_(&structure) {
  if (structure.is_object()) return;
  structure_ = nullptr;
  if (!structure.is_null())
    Fail(structure.is_array() ? "Start of list found where not expected" : "Unexpected value type in payload");
}

const json::Value* RequestReader::Find(std::string_view name) const {
  if (structure_ == nullptr) return nullptr;
  const json::Value* value = structure_->Find(name);
  return value != nullptr && value->is_null() ? nullptr : value;
}

void RequestReader::Fail(std::string message) {
  if (mistake_.empty()) mistake_ = std::move(message);
}

bool RequestReader::Has(std::string_view name) const {
  return Find(name) != nullptr;
}

std::optional<std::string_view> RequestReader::String(std::string_view name) {
  const json::Value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->string();
  Fail(Mismatch(*value, "String"));
  return std::nullopt;
}

std::optional<std::int64_t> RequestReader::Integer(std::string_view name) {
  const json::Value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) return Truncate(value->number());
  Fail(Mismatch(*value, "Integer"));
  return std::nullopt;
}

std::optional<std::int64_t> RequestReader::EpochMillis(std::string_view name) {
  const json::Value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  double seconds = 0;
  const std::string_view text = value->is_number() ? value->number() : std::string_view();
  // Years 1 to 9999.
  if (std::from_chars(text.data(), text.data() + text.size(), seconds).ec == std::errc() && !text.empty() &&
      seconds >= -62'135'596'800.0 && seconds < 253'402'300'800.0)
    return static_cast<std::int64_t>(std::floor(seconds * 1000 + 0.5));
  Fail(value->is_number() ? "The timestamp is out of range" : Mismatch(*value, "Timestamp"));
  return std::nullopt;
}
std::optional<bool> RequestReader::Boolean(std::string_view name) {
  const json::Value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_bool()) return value->boolean();
  Fail(Mismatch(*value, "Boolean"));
  return std::nullopt;
}

const json::Value* RequestReader::Structure(std::string_view name) {
  const json::Value* value = Find(name);
  if (value == nullptr || value->is_object()) return value;
  Fail(Mismatch(*value, "Structure"));
  return nullptr;
}

const json::Value* RequestReader::List(std::string_view name) {
  const json::Value* value = Find(name);
  if (value == nullptr || value->is_array()) return value;
  Fail(Mismatch(*value, "List"));
  return nullptr;
}

Status RequestReader::status() const {
  if (mistake_.empty()) return Ok();
  return Error(ErrorCode::kInvalidArgument, reason::kSerialization, mistake_);
}

}  // namespace millrace::aws
