// Reserved concurrency: how many invocations of a function run at once; 0: none.
#include "api/lambda/errors.h"
#include "api/lambda/function_ref.h"
#include "api/lambda/operations.h"
#include "aws/request_reader.h"

namespace millrace::api::lambda {
namespace {

Result<Found> FindOwn(const Call& call) {
  ASSIGN_OR_RETURN(FunctionRef ref, ParseFunctionRef(call.place(0), std::nullopt, call.context));
  return FindFunction(call.catalogue, std::move(ref));
}

std::string Render(std::int64_t reserved) {
  return fmt::format(R"({{"ReservedConcurrentExecutions":{}}})", reserved);
}

Result<Answer> Set(const Call& call, std::optional<std::int64_t> reserved) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  if (found.definition->declared)
    return InvalidArgument("Function {} is declared in the configuration file of this server: change it there",
                           found.definition->name);
  Definition definition = *found.definition;
  definition.reserved_concurrency = reserved;
  TRY(call.catalogue.Put(std::move(definition)));
  return reserved ? Answer{200, Render(*reserved)} : Answer{204};
}

}  // namespace

Result<Answer> PutFunctionConcurrency(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto reserved = reader.Integer("ReservedConcurrentExecutions");
  TRY(reader.status());
  if (!reserved) return MissingMember("reservedConcurrentExecutions");
  if (*reserved < 0)
    return ValidationError(std::to_string(*reserved), "reservedConcurrentExecutions",
                           "Member must have value greater than or equal to 0");
  if (*reserved > 900)
    return InvalidArgument(
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
        "its minimum value of [100].");
  return Set(call, *reserved);
}

Result<Answer> GetFunctionConcurrency(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  if (!found.definition->reserved_concurrency) return Answer{200, "{}"};
  return Answer{200, Render(*found.definition->reserved_concurrency)};
}

Result<Answer> DeleteFunctionConcurrency(const Call& call) {
  return Set(call, std::nullopt);
}

}  // namespace millrace::api::lambda
