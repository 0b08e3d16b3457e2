// Strong<Tag, T> makes ids and positions distinct types: explicit in, explicit out, no conversion between them.
#pragma once

#include <compare>
#include <functional>
#include <utility>

namespace millrace {

template <class Tag, class T>
class Strong {
 public:
  using Value = T;
  constexpr Strong() = default;
  constexpr explicit Strong(T value) : value_(std::move(value)) {}
  constexpr const T& value() const { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;
  friend constexpr bool operator==(const Strong&, const Strong&) = default;

 private:
  T value_{};
};

}  // namespace millrace

template <class Tag, class T>
struct std::hash<millrace::Strong<Tag, T>> {
  std::size_t operator()(const millrace::Strong<Tag, T>& id) const { return std::hash<T>()(id.value()); }
};
