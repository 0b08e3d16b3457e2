// Gateway is the one port: it tells from a request's headers which service it is for, and hands it over.
//
//   OPTIONS                      a browser's preflight
//   /_millrace/…, /metrics       admin: health, what operators ask (api/admin), and what tests need
//   /_localstack/health, /health the same health, under the names that other tools poll
//   /v1/pipes…, /tags/ARN        EventBridge Pipes
//   /schedules…, /schedule-groups…  EventBridge Scheduler
//   X-Amz-Target                 DynamoDB, DynamoDB Streams, EventBridge, SQS
//   /2015-03-31/functions…       Lambda, and its other paths that begin with a date
//   Action=…&Version=2012-11-05  SQS in its older protocol, also at a queue's own URL: /{account}/{queue}
//   GET /                        DynamoDB's own health answer
//
// Threads:   Handle is called on request threads and never blocks.
// Ownership: everything it is given outlives it; the server that calls it is stopped first.
#pragma once

#include <functional>
#include <string>

#include "api/admin/service.h"
#include "api/dynamodb/service.h"
#include "api/lambda/service.h"
#include "api/sqs/service.h"
#include "api/streams/service.h"
#include "app/event_services.h"
#include "aws/caller.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/engine.h"
#include "http/server.h"
#include "metrics/registry.h"

namespace millrace::app {

class Gateway {
 public:
  // `health` renders the body of the health answer, a JSON object.
  Gateway(engine::Engine& engine, const Clock& clock, Random& random, aws::Home home,
          std::function<std::string()> health, api::admin::Service& admin, EventServices& events,
          metrics::Registry& metrics);

  // Before the first request; it outlives the gateway.
  void SetLambda(api::lambda::Service& lambda) { lambda_ = &lambda; }
  void Handle(http::Request&& request, http::Responder responder);
  // Answers what waits for something to happen. Before the server and the engine are stopped.
  void Close() { sqs_.Close(); }

 private:
  void HandleLambda(http::Request&& request, http::Responder plain);
  bool HandleLocal(http::Request& request, http::Responder& responder);

  engine::Engine& engine_;
  Random& random_;
  const aws::Home home_;
  const std::function<std::string()> health_;
  api::admin::Service& admin_;
  EventServices& events_;
  metrics::Counter& dynamodb_requests_;
  metrics::Counter& streams_requests_;
  metrics::Counter& events_requests_;
  metrics::Counter& pipes_requests_;
  metrics::Counter& scheduler_requests_;
  metrics::Counter& lambda_requests_;
  metrics::Counter& sqs_requests_;
  api::dynamodb::Service dynamodb_;
  api::streams::Service streams_;
  api::sqs::Service sqs_;
  api::lambda::Service* lambda_ = nullptr;
};

}  // namespace millrace::app
