#include "aws/constraints.h"

#include <algorithm>

namespace millrace::aws {
namespace {

// A value that is refused may be megabytes long; its beginning tells which one it was.
constexpr std::size_t kEchoBytesMax = 4096;

std::string Violation(std::string_view value, std::string_view member, std::string_view constraint) {
  return fmt::format("Value '{}' at '{}' failed to satisfy constraint: Member must {}", value, member, constraint);
}

std::string_view Echo(std::string_view value) {
  if (value.size() <= kEchoBytesMax) return value;
  std::size_t size = kEchoBytesMax;
  while (size > 0 && (static_cast<unsigned char>(value[size]) & 0xc0) == 0x80) --size;  // not within a character
  return value.substr(0, size);
}

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

void Constraints::Add(std::string violation) {
  if (count_++ > 0) text_ += "; ";
  text_ += violation;
}

void Constraints::NotNull(bool present, std::string_view member) {
  if (!present) Add(fmt::format("Value null at '{}' failed to satisfy constraint: Member must not be null", member));
}

void Constraints::OneOf(std::optional<std::string_view> value, std::string_view member,
                        std::span<const std::string_view> allowed) {
  if (!value || std::ranges::find(allowed, *value) != allowed.end()) return;
  std::string set;
  for (const std::string_view word : allowed) {
    if (!set.empty()) set += ", ";
    set += word;
  }
  Add(Violation(Echo(*value), member, fmt::format("satisfy enum value set: [{}]", set)));
}

void Constraints::AtLeast(std::optional<std::int64_t> value, std::string_view member, std::int64_t least) {
  if (!value || *value >= least) return;
  Add(Violation(std::to_string(*value), member, fmt::format("have value greater than or equal to {}", least)));
}

void Constraints::AtMost(std::optional<std::int64_t> value, std::string_view member, std::int64_t most) {
  if (!value || *value <= most) return;
  Add(Violation(std::to_string(*value), member, fmt::format("have value less than or equal to {}", most)));
}

void Constraints::Between(std::optional<std::int64_t> value, std::string_view member, std::int64_t least,
                          std::int64_t most) {
  AtLeast(value, member, least);
  AtMost(value, member, most);
}

void Constraints::Length(std::optional<std::string_view> value, std::string_view member, std::size_t least,
                         std::size_t most) {
  if (!value) return;
  if (value->size() < least)
    Add(Violation(*value, member, fmt::format("have length greater than or equal to {}", least)));
  else if (value->size() > most)
    Add(Violation(Echo(*value), member, fmt::format("have length less than or equal to {}", most)));
}

void Constraints::Characters(std::optional<std::string_view> value, std::string_view member, std::string_view others,
                             std::string_view pattern) {
  if (!value) return;
  const bool matches = !value->empty() && std::ranges::all_of(*value, [&](char c) {
    return IsAlphanumeric(c) || others.find(c) != std::string_view::npos;
  });
  if (!matches) Add(Violation(Echo(*value), member, fmt::format("satisfy regular expression pattern: {}", pattern)));
}

Status Constraints::Check() const {
  if (count_ == 0) return Ok();
  return InvalidArgument("{} validation error{} detected: {}", count_, count_ == 1 ? "" : "s", text_);
}

}  // namespace millrace::aws
