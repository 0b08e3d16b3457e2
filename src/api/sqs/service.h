// Service is the SQS API over an engine, in the JSON protocol and in the older query protocol with XML.
//
// Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html
//
// Threads:   thread-safe. Answers come from the request thread, the engine's writer, or the thread of long polls.
// Ownership: engine, clock and random outlive the service, and the service every request that it was given. Close it
//            before the engine is stopped.
// Failure:   every request is answered, in its own protocol.
#pragma once

#include <string>

#include "api/sqs/move_tasks.h"
#include "api/sqs/poller.h"
#include "api/sqs/purge_times.h"
#include "aws/request_context.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/engine.h"
#include "http/server.h"

namespace millrace::api::sqs {

class Service {
 public:
  Service(engine::Engine& engine, const Clock& clock, Random& random)
      : engine_(engine), clock_(clock), poller_(engine, clock), tasks_(engine, clock, random) {}

  // The JSON protocol: the operation is the context's.
  void Handle(const aws::RequestContext& context, http::Request&& request, http::Responder responder);
  // The query protocol: the operation is in the form.
  void HandleQuery(const aws::RequestContext& context, http::Request&& request, http::Responder responder);
  // Whether a request is of the query protocol and for SQS: a form with its version or to the path of a queue.
  static bool IsQuery(const http::Request& request);

  // Ends long polls and move tasks.
  void Close();

 private:
  enum class Protocol : bool { kJson, kQuery };
  struct Exchange;
  void Run(const aws::RequestContext& context, std::string_view host, Protocol protocol, std::string body,
           http::Responder responder);

  engine::Engine& engine_;
  const Clock& clock_;
  Poller poller_;
  MoveTasks tasks_;
  PurgeTimes purges_;
};

}  // namespace millrace::api::sqs
