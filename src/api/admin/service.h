// Service is the admin API: what the command line's status, tail, dlq and pipe commands ask, and the metrics.
//
//   GET  /_millrace/status                  how every flow is (status.h)
//   GET  /_millrace/dlq                     dead letters of a flow (dead_letters.h)
//   GET  /_millrace/dlq/letter              one of them, whole
//   POST /_millrace/dlq/redrive, …/drop     delivers them again, forgets them
//   POST /_millrace/flow/pause, …/resume, …/seek    {"flow": …}, to seek also {"to": …}
//   POST /_millrace/replay                  archived events once more (replays.h)
//   GET  /_millrace/tail                    what comes in a log (tail.h)
//   GET  /metrics, /_millrace/metrics       Prometheus
//
// Threads:   Handle is called on request threads and never blocks. One thread looks, one operates, since what waits for
//            a target that hangs must not keep people from looking, one tails.
// Ownership: everything it is given outlives it.
// Failure:   in the answer; 503 when too much waits.
#pragma once

#include <functional>

#include "api/admin/plant.h"
#include "api/admin/tail.h"
#include "base/clock.h"
#include "base/work_queue.h"
#include "http/server.h"
#include "metrics/registry.h"

namespace millrace::api::admin {

class Service {
 public:
  Service(const Plant& plant, const metrics::Registry& registry, const Clock& clock);
  ~Service() { Stop(); }

  // False if the request is for somebody else; then nothing was taken.
  bool Handle(http::Request& request, http::Responder& responder);
  // Answers long polls and takes no more requests, so that a server can drain. Does not wait. Idempotent.
  void Close();
  // Waits for what runs. What waits for a subscription ends when that is stopped. Idempotent.
  void Stop();

 private:
  using Work = std::function<http::Response()>;
  void Do(WorkQueue& queue, http::Responder& responder, Work work);
  http::Response Operate(std::string_view what, std::string_view body) const;

  const Plant& plant_;
  const metrics::Registry& registry_;
  const Clock& clock_;
  WorkQueue looking_;
  WorkQueue operating_;
  Tail tail_;
};

}  // namespace millrace::api::admin
