// Service is the EventBridge API of a node: buses, rules, targets, archives, replays, API destinations, and events.
//
// A node is one account in one region: its buses are seen by every caller, whatever account or region signed the
// request.
//
// Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/Welcome.html
//
// Threads:   Handle is thread-safe and never waits: PutEvents and TestEventPattern run on the calling thread, all else
//            on one thread of the service, one after the other. Restore comes before the first Handle.
// Ownership: everything it is given outlives it.
// Failure:   every request is answered. Restore fails if stored rows are damaged or of a newer release; what cannot run
//            any more (its table is gone) is reported and left out.
#pragma once

#include "api/events/plant.h"
#include "api/events/registry.h"
#include "aws/caller.h"
#include "aws/request_context.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/work_queue.h"
#include "http/server.h"

namespace millrace::api::events {

class Service {
 public:
  Service(Plant& plant, const config::Config& declared, aws::Home home, const Clock& clock, Random& random);

  // What the API was told before the node stopped runs again.
  Status Restore();
  void Handle(const aws::RequestContext& context, http::Request&& request, http::Responder responder);
  // Takes no more. Idempotent.
  void Close();
  // Waits for the operation that runs. Idempotent.
  void Stop();

 private:
  Status RestoreRule(const RuleRecord& rule);

  Plant& plant_;
  const Clock& clock_;
  Random& random_;
  Registry registry_;  // of the thread of operations_
  WorkQueue operations_;
};

}  // namespace millrace::api::events
