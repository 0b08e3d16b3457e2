// RequestWriter is a route of the configuration that ends at a table, a queue or a bus: each request becomes a record,
// and is answered when that is stored.
//
//   stored                          the route's status, {"id":"…"}
//   it cannot be made, or is refused for what it is    400 {"message":"…"}
//   where it goes does not take it now                 503 {"message":"…"}
//
// Threads:   thread-safe; answers come from the threads of the engine.
// Ownership: the clock outlives it, and the engine its requests.
#pragma once

#include <memory>
#include <string>

#include "api/routes/service.h"
#include "app/destinations.h"

namespace millrace::app {

class RequestWriter {
 public:
  static Result<std::shared_ptr<RequestWriter>> Create(const config::HttpRoute& route, const Place& place,
                                                       Destinations& destinations, const Clock& clock);

  void Write(api::routes::RoutedRequest request, std::function<void(http::Response)> answer);

 private:
  RequestWriter(const config::HttpRoute& route, const Place& place, std::shared_ptr<flow::Target> target,
                const Clock& clock);

  const std::string name_;
  const int status_;
  const std::function<Result<flow::Verdict>(flow::Record&)> shape_;
  const std::shared_ptr<flow::Target> target_;
  const Clock& clock_;
};

}  // namespace millrace::app
