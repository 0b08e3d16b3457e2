// Caller is who signed a request, for which region and service, as the request says of itself: in its Authorization
// header or, when presigned, in its query. Signatures are not checked here: without `--auth` any are accepted.
//
// The account is the access key if that has the form of an account number (twelve digits), so that tests can keep
// accounts apart; the region and the service are those of the SigV4 credential scope.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
//
// Threads: pure function.
// Failure: InvalidArgument with a reason below and AWS's words, which dynalite's test suite has recorded.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "http/message.h"

namespace millrace::aws {

namespace reason {
inline constexpr std::string_view kMissingToken = "MissingAuthenticationToken";
inline constexpr std::string_view kIncompleteSignature = "IncompleteSignature";
inline constexpr std::string_view kInvalidSignature = "InvalidSignature";
}  // namespace reason

struct Caller {
  std::string account;
  std::string region;
  std::string service;  // the signing name: "dynamodb", "sqs"
};

// `home` gives the account of callers whose access key is not one.
struct Home {
  std::string account;
  std::string region;
};

// From the Authorization header, or the query of a presigned request.
Result<Caller> CallerOf(const http::Request& request, const Home& home);

}  // namespace millrace::aws
