#include "api/dynamodb/fingerprint.h"

#include <string_view>

namespace millrace::api::dynamodb {
namespace {

// MurmurHash3's finaliser.
std::uint64_t Mix(std::uint64_t hash) {
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53u;
  return hash ^ (hash >> 33);
}

// FNV-1a.
std::uint64_t Hash(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325u ^ seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return Mix(hash);
}

}  // namespace

std::uint64_t Fingerprint(const json::Value& value) {
  // Far apart, so that values of different types do not meet.
  const std::uint64_t type = (static_cast<std::uint64_t>(value.type()) + 1) * 0x9e3779b97f4a7c15u;
  switch (value.type()) {
    case json::Type::kNull:
      return Mix(type);
    case json::Type::kBool:
      return Hash(value.boolean() ? "true" : "false", type);
    case json::Type::kNumber:
      return Hash(value.number(), type);
    case json::Type::kString:
      return Hash(value.string(), type);
    case json::Type::kArray: {
      std::uint64_t hash = Mix(type);
      for (const json::Value& element : value.array()) hash = Mix(hash * 31 + Fingerprint(element));
      return hash;
    }
    case json::Type::kObject:
      break;
  }
  // A sum does not care about order.
  std::uint64_t sum = 0;
  for (const json::Member& member : value.object())
    if (!member.value.is_null()) sum += Mix(Hash(member.name, type) * 31 + Fingerprint(member.value));
  return Mix(sum + type);
}

}  // namespace millrace::api::dynamodb
