#include "api/streams/operations.h"

namespace millrace::api::streams {
namespace {

constexpr Operation kOperations[] = {
    {"DescribeStream", DescribeStream},
    {"GetRecords", GetRecords},
    {"GetShardIterator", GetShardIterator},
    {"ListStreams", ListStreams},
};

}  // namespace

std::span<const Operation> Operations() {
  return kOperations;
}

const Operation* FindOperation(std::string_view name) {
  for (const Operation& operation : kOperations)
    if (operation.name == name) return &operation;
  return nullptr;
}

}  // namespace millrace::api::streams
