#include "http/headers.h"

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
  const auto begin = static_cast<std::uint32_t>(wire_.size());
  wire_.append(name).append(": ");
  const std::size_t value_begin = wire_.size();
  wire_.append(value);
  for (const char forbidden : {'\r', '\n', '\0'}) {
    for (std::size_t i = wire_.find(forbidden, value_begin); i != std::string::npos; i = wire_.find(forbidden, i))
      wire_[i] = ' ';
  }
  wire_.append("\r\n");
  entries_.push_back({begin, static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())});
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
  for (std::size_t i = 0; i < size(); ++i) {
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
