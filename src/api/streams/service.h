// Service is the DynamoDB Streams API over an engine: it parses a request, finds its operation, and answers.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
//
// Threads:   thread-safe. Everything is answered on the calling thread.
// Ownership: engine and clock outlive the service.
// Failure:   every request is answered. Whatever the bytes of its body, the answer is 200 or 400, unless stored bytes
//            are damaged.
#pragma once

#include "aws/request_context.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "http/server.h"

namespace millrace::api::streams {

class Service {
 public:
  Service(engine::Engine& engine, const Clock& clock) : engine_(engine), clock_(clock) {}

  void Handle(const aws::RequestContext& context, http::Request&& request, http::Responder responder) const;

 private:
  engine::Engine& engine_;
  const Clock& clock_;
};

}  // namespace millrace::api::streams
