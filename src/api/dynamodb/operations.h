// The DynamoDB operations: one function each, in a file of its own name, and the table that finds them.
//
// To add one: its file, its declaration here, its row in operations.cc. What has no row answers
// UnknownOperationException.
//
// Threads: functions on the request thread; see Call and Answer.
#pragma once

#include <span>
#include <string_view>

#include "api/dynamodb/call.h"
#include "base/error.h"

namespace millrace::api::dynamodb {

struct Operation {
  enum class Access { kRead, kWrite };
  // Answers before it returns, or later from the engine's writer thread. Exactly one is set.
  using Now = Result<Reply> (*)(const Call& call);
  using Later = void (*)(const Call& call, Answer answer);

  std::string_view name;
  Access access = Access::kRead;
  Now now = nullptr;
  Later later = nullptr;
};

// Sorted by name.
std::span<const Operation> Operations();
// Null if there is none.
const Operation* FindOperation(std::string_view name);

void BatchWriteItem(const Call& call, Answer answer);
void DeleteItem(const Call& call, Answer answer);
void PutItem(const Call& call, Answer answer);
void TransactWriteItems(const Call& call, Answer answer);
void UpdateItem(const Call& call, Answer answer);
Result<Reply> BatchGetItem(const Call& call);
Result<Reply> CreateTable(const Call& call);
Result<Reply> DeleteTable(const Call& call);
Result<Reply> DescribeEndpoints(const Call& call);
Result<Reply> DescribeLimits(const Call& call);
Result<Reply> DescribeTable(const Call& call);
Result<Reply> GetItem(const Call& call);
Result<Reply> ListTables(const Call& call);
Result<Reply> Query(const Call& call);
Result<Reply> Scan(const Call& call);
Result<Reply> TransactGetItems(const Call& call);
Result<Reply> UpdateTable(const Call& call);

}  // namespace millrace::api::dynamodb
