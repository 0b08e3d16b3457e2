// Headers is the list of header fields of one message: in order, looked up without regard to case, in one buffer.
//
// The buffer is kept in wire form ("Name: value\r\n" …), so that sending is one append. A message has few fields: a
// lookup walks them.
//
// Threads:   externally synchronised.
// Ownership: plain value. A view from it lives until the next Add, Set, Remove or move.
// Failure:   none. CR, LF and NUL in a value become spaces, so that a value can never forge another field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::http {

// ASCII only, as header names are.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

class Headers {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  Headers() = default;
  Headers(std::initializer_list<Field> fields) {
    for (const Field& field : fields) Add(field.name, field.value);
  }

  void Add(std::string_view name, std::string_view value);
  // Replaces every field of that name by one.
  void Set(std::string_view name, std::string_view value);
  void Remove(std::string_view name);
  void Clear();
  // Room for one message's fields without growing.
  void Reserve(std::size_t fields, std::size_t bytes);

  // The first field of that name.
  std::optional<std::string_view> Find(std::string_view name) const;
  // The same, or an empty view.
  std::string_view Get(std::string_view name) const { return Find(name).value_or(std::string_view()); }
  bool Has(std::string_view name) const { return Find(name).has_value(); }
  std::size_t CountOf(std::string_view name) const;

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  Field at(std::size_t index) const;
  // "Name: value\r\n" for every field.
  std::string_view wire() const { return wire_; }

 private:
  struct Entry {
    std::uint32_t begin;
    std::uint32_t name_bytes;
    std::uint32_t value_bytes;
  };

  std::string wire_;
  std::vector<Entry> entries_;
};

}  // namespace millrace::http
