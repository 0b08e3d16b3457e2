// Service answers HTTP requests: each goes to the function, or the receiver, whose route fits best, as API Gateway's
// HTTP APIs choose it.
//
// A literal segment fits better than a parameter, that better than "{name+}", and a method better than ANY.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
//
//   no route fits                        404 {"message":"Not Found"}
//   the function fails, or its answer is no response
//                                        500 {"message":"Internal Server Error"}; the log says why
//   it takes too long, or too many wait  503 {"message":"Service Unavailable"}
//   more than 6 MB, event and all        413
//
// Threads:   thread-safe; answers come from the functions' threads.
// Ownership: functions, clock and random outlive it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "config/route.h"
#include "functions/functions.h"
#include "http/server.h"

namespace millrace::api::routes {

// What a request says, for something that is no function.
struct RoutedRequest {
  // The same whenever a client repeats a request with the same Idempotency-Key.
  std::string id;
  std::string event;  // payload 2.0
};
// Calls `answer` once, from any thread.
using Receiver = std::function<void(RoutedRequest request, std::function<void(http::Response)> answer)>;

struct ServedRoute {
  config::Route route;
  std::string function;         // or
  Receiver receiver = nullptr;  // this
};

struct ServiceOptions {
  std::vector<ServedRoute> routes = {};
  std::string account = {};
  // Pages of which origin may read the answers: "*" all, empty none.
  std::string cors_origin = {};
  std::function<void(const std::string&)> problem = {};  // in words, for people
};

class Service {
 public:
  Service(ServiceOptions options, functions::Functions& functions, const Clock& clock, Random& random);

  void Handle(http::Request&& request, http::Responder responder);

 private:
  const ServiceOptions options_;
  functions::Functions& functions_;
  const Clock& clock_;
  Random& random_;
};

// How well a route fits a request's path: nothing if it does not; what fits better compares greater.
std::optional<std::vector<int>> Fit(const config::Route& route, std::string_view method, std::string_view path);

}  // namespace millrace::api::routes
