#include "config/config.h"

#include <fmt/core.h>

namespace millrace::config {
namespace {

template <class T>
const T* FindByName(const std::vector<T>& all, std::string_view name) {
  for (const T& one : all)
    if (one.name == name) return &one;
  return nullptr;
}

}  // namespace

std::string_view RefKindName(RefKind kind) {
  switch (kind) {
    case RefKind::kTable:
      return "table";
    case RefKind::kBus:
      return "bus";
    case RefKind::kPipe:
      return "pipe";
    case RefKind::kRule:
      return "rule";
    case RefKind::kTarget:
      return "target";
    case RefKind::kSecret:
      return "secret";
    case RefKind::kQueue:
      return "queue";
    case RefKind::kFunction:
      return "function";
    case RefKind::kRoute:
      return "route";
    case RefKind::kSchema:
      return "schema";
  }
  return "";
}

std::string Ref::ToString() const {
  return fmt::format("{}/{}", RefKindName(kind), name);
}

const Table* Config::FindTable(std::string_view table) const {
  return FindByName(tables, table);
}
const Bus* Config::FindBus(std::string_view bus) const {
  return FindByName(buses, bus);
}
const Target* Config::FindTarget(std::string_view target) const {
  return FindByName(targets, target);
}
const SecretSource* Config::FindSecret(std::string_view secret) const {
  return FindByName(secrets, secret);
}

const Queue* Config::FindQueue(std::string_view queue) const {
  return FindByName(queues, queue);
}
const Function* Config::FindFunction(std::string_view function) const {
  return FindByName(functions, function);
}
const Schema* Config::FindSchema(std::string_view schema) const {
  return FindByName(schemas, schema);
}

}  // namespace millrace::config
