// Service is the DynamoDB API over an engine: it parses a request, finds its operation, and answers.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations.html
//
// Threads:   thread-safe. Handle runs on the request threads; writes are answered from the engine's writer thread.
// Ownership: the engine outlives the service, and the service every request that it was given.
// Failure:   every request is answered. Whatever the bytes of its body, the answer is 200 or 400, unless the engine
// itself
//            has failed.
#pragma once

#include "api/dynamodb/call.h"
#include "aws/request_context.h"
#include "engine/engine.h"
#include "http/server.h"

namespace millrace::api::dynamodb {

class Service {
 public:
  explicit Service(engine::Engine& engine) : engine_(engine) {}

  // The responder adds what every service answers with (aws/response.h); this adds status, type and body.
  void Handle(const aws::RequestContext& context, http::Request&& request, http::Responder responder);

 private:
  engine::Engine& engine_;
};

}  // namespace millrace::api::dynamodb
