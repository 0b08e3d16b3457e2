#include "http/headers.h"

#include <algorithm>

namespace millrace::http {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

}  // namespace

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && Lower(a[i]) != Lower(b[i])) return false;
  }
  return true;
}

void Headers::Add(std::string_view name, std::string_view value) {
  const std::size_t begin = wire_.size();
  wire_.resize(begin + name.size() + value.size() + 4);
  char* out = wire_.data() + begin;
  out = std::copy(name.begin(), name.end(), out);
  *out++ = ':';
  *out++ = ' ';
  char* const value_begin = out;
  out = std::copy(value.begin(), value.end(), out);
  for (const char forbidden : {'\r', '\n', '\0'})
    if (value.find(forbidden) != std::string_view::npos) std::replace(value_begin, out, forbidden, ' ');
  *out++ = '\r';
  *out = '\n';
  entries_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(name.size()),
                      static_cast<std::uint32_t>(value.size())});
}

void Headers::Set(std::string_view name, std::string_view value) {
  if (Has(name)) Remove(name);
  Add(name, value);
}

void Headers::Remove(std::string_view name) {
  Headers kept;
  for (std::size_t i = 0; i < size(); ++i) {
    const Field field = at(i);
    if (!EqualsIgnoreCase(field.name, name)) kept.Add(field.name, field.value);
  }
  *this = std::move(kept);
}

void Headers::Clear() {
  wire_.clear();
  entries_.clear();
}

void Headers::Reserve(std::size_t fields, std::size_t bytes) {
  entries_.reserve(fields);
  wire_.reserve(bytes);
}

std::optional<std::string_view> Headers::Find(std::string_view name) const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].name_bytes != name.size()) continue;
    const Field field = at(i);
    if (EqualsIgnoreCase(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t Headers::CountOf(std::string_view name) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < size(); ++i) count += EqualsIgnoreCase(at(i).name, name) ? 1 : 0;
  return count;
}

Headers::Field Headers::at(std::size_t index) const {
  const Entry& entry = entries_[index];
  const std::string_view wire = wire_;
  return {wire.substr(entry.begin, entry.name_bytes),
          wire.substr(entry.begin + entry.name_bytes + 2, entry.value_bytes)};
}

}  // namespace millrace::http
