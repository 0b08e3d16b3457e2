// RequestContext says who asks for what, as read from a request's headers before any service sees its body.
//
// Threads: plain value.
#pragma once

#include <string>

namespace millrace::aws {

struct RequestContext {
  std::string account;    // 12 digits
  std::string region;     // "us-east-1"
  std::string operation;  // "GetRecords": what follows the service's prefix in X-Amz-Target
  std::string request_id;
};

}  // namespace millrace::aws
