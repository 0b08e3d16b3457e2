// FunctionRef is how a request names a function: "name", "name:qualifier", "ACCOUNT:function:name" or an ARN, and a
// qualifier besides.
//
// Threads: pure functions.
// Failure: ValidationException for what is no name; ResourceNotFoundException for what is not there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/lambda/catalogue.h"
#include "aws/request_context.h"
#include "base/error.h"

namespace millrace::api::lambda {

struct FunctionRef {
  std::string account;
  std::string region;
  std::string name;
  std::string qualifier;  // as written; empty: none

  std::string Arn() const;  // with the qualifier
};

Result<FunctionRef> ParseFunctionRef(std::string_view text, std::optional<std::string_view> qualifier,
                                     const aws::RequestContext& context);

// A function that is there, and the version that the qualifier means.
struct Found {
  FunctionRef ref;
  DefinitionPtr definition;
  const Configuration* version = nullptr;  // of `definition`
};

Result<Found> FindFunction(const Catalogue& catalogue, FunctionRef ref);
// The version that a qualifier means: itself, or what an alias stands for. `draw` in [0, 1) chooses among an alias's
// versions by their weights.
const Configuration* VersionOf(const Definition& definition, std::string_view qualifier, double draw);

}  // namespace millrace::api::lambda
