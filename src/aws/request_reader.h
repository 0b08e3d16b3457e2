// RequestReader takes typed members out of a request's JSON object and remembers the first one that has a wrong type.
//
//   RequestReader reader(json);
//   const auto arn = reader.String("StreamArn");  const auto limit = reader.Integer("Limit");
//   TRY(reader.status());
//
// An absent member and a JSON null are the same, and members that nobody asks for are ignored, as AWS does. The service
// deserialises a request before it validates anything, so these mistakes come before all others, in AWS's own words.
//
// Threads:   externally synchronised.
// Ownership: the views and pointers it gives live as long as the document.
// Failure:   status() is InvalidArgument with reason::kSerialization, which is answered as SerializationException.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "json/value.h"

namespace millrace::aws {

namespace reason {
// The same text as model::reason::kSerialization: both are answered alike.
inline constexpr std::string_view kSerialization = "Serialization";
}  // namespace reason

class RequestReader {
 public:
  // Anything but an object is remembered as a mistake, and then has no members.
  explicit RequestReader(const json::Value& structure);
  explicit RequestReader(json::Value&&) = delete;  // it would be gone at once

  std::optional<std::string_view> String(std::string_view name);
  // Fractions are cut off, and numbers beyond 64 bits become the largest: the limits of the member then refuse them.
  std::optional<std::int64_t> Integer(std::string_view name);
  // A timestamp, in seconds since the epoch with a fraction, as milliseconds.
  std::optional<std::int64_t> EpochMillis(std::string_view name);
  std::optional<bool> Boolean(std::string_view name);
  // An object, or null if there is none.
  const json::Value* Structure(std::string_view name);
  // An array, or null if there is none.
  const json::Value* List(std::string_view name);

  // Present and not null, whatever it is.
  bool Has(std::string_view name) const;

  Status status() const;

 private:
  const json::Value* Find(std::string_view name) const;
  void Fail(std::string message);

  const json::Value* structure_;
  std::string mistake_;
};

// "Start of structure or map found where not expected" and its like, for a value that should have been `wanted`:
// "String", "Integer", "Boolean", "Structure" or "List".
Error WrongJsonType(const json::Value& value, std::string_view wanted);

}  // namespace millrace::aws
