// The Lambda operations: functions in files of their subjects, and the table that finds them by method and path.
//
// An operation that changes something waits for the store and runs on the service's own thread, one after the other;
// the others answer on the request thread.
//
// Source:  https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
//
// Threads: see above.
// Failure: errors as errors.h lists them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "api/lambda/catalogue.h"
#include "api/lambda/code_store.h"
#include "api/lambda/event_source_mappings.h"
#include "api/lambda/route.h"
#include "aws/request_context.h"
#include "base/clock.h"
#include "base/random.h"
#include "json/value.h"

namespace millrace::api::lambda {

// What an operation works with. Lives until it returns.
struct Call {
  Catalogue& catalogue;
  const CodeStore& code;
  Mappings& mappings;
  const Clock& clock;
  Random& random;
  const aws::RequestContext& context;
  const RouteMatch& route;
  const json::Value& request;  // an object; empty if there is no body

  std::string_view place(std::size_t index) const { return route.places.at(index); }
  std::string NewRevision() const { return random.Uuid(); }
};

struct Answer {
  int status = 200;
  std::string body = {};
};

struct Operation {
  std::string_view name;
  std::string_view method;
  std::string_view path;  // "/2015-03-31/functions/{}/code"
  // Null: Invoke, which the service answers itself.
  Result<Answer> (*run)(const Call& call) = nullptr;
  bool changes = false;
};

std::span<const Operation> Operations();

// functions.cc
Result<Answer> CreateFunction(const Call& call);
Result<Answer> UpdateFunctionCode(const Call& call);
Result<Answer> UpdateFunctionConfiguration(const Call& call);
Result<Answer> DeleteFunction(const Call& call);
Result<Answer> PublishVersion(const Call& call);
// function_queries.cc
Result<Answer> GetFunction(const Call& call);
Result<Answer> GetFunctionConfiguration(const Call& call);
Result<Answer> ListFunctions(const Call& call);
Result<Answer> GetFunctionCodeSigningConfig(const Call& call);
Result<Answer> GetRuntimeManagementConfig(const Call& call);
Result<Answer> GetFunctionRecursionConfig(const Call& call);
Result<Answer> GetAccountSettings(const Call& call);
Result<Answer> ListVersionsByFunction(const Call& call);
// aliases.cc
Result<Answer> CreateAlias(const Call& call);
Result<Answer> GetAlias(const Call& call);
Result<Answer> UpdateAlias(const Call& call);
Result<Answer> DeleteAlias(const Call& call);
Result<Answer> ListAliases(const Call& call);
// permissions.cc
Result<Answer> AddPermission(const Call& call);
Result<Answer> RemovePermission(const Call& call);
Result<Answer> GetPolicy(const Call& call);
// tags.cc
Result<Answer> ListTags(const Call& call);
Result<Answer> TagResource(const Call& call);
Result<Answer> UntagResource(const Call& call);
// concurrency.cc
Result<Answer> PutFunctionConcurrency(const Call& call);
Result<Answer> GetFunctionConcurrency(const Call& call);
Result<Answer> DeleteFunctionConcurrency(const Call& call);
// mapping_operations.cc
Result<Answer> CreateEventSourceMapping(const Call& call);
Result<Answer> GetEventSourceMapping(const Call& call);
Result<Answer> UpdateEventSourceMapping(const Call& call);
Result<Answer> DeleteEventSourceMapping(const Call& call);
Result<Answer> ListEventSourceMappings(const Call& call);

}  // namespace millrace::api::lambda
