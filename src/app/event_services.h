// EventServices are the EventBridge APIs of a node: EventBridge itself, Pipes, and Scheduler, over its flows.
//
// Threads:   the services are thread-safe; Restore…, Close and Stop from one thread.
// Ownership: everything it is given outlives it.
// Failure:   Restore…: stored rows that are damaged or of a newer release.
#pragma once

#include "api/events/service.h"
#include "api/pipes/service.h"
#include "api/scheduler/service.h"
#include "app/event_plant.h"
#include "app/flows.h"
#include "app/pipe_plant.h"
#include "app/schedule_plant.h"

namespace millrace::app {

class EventServices {
 public:
  EventServices(Flows& flows, engine::Engine& engine, const config::Config& declared, const aws::Home& home,
                const Clock& clock, Random& random)
      : event_plant_(flows, engine),
        pipe_plant_(flows, engine),
        schedule_plant_(flows, engine),
        events_(event_plant_, declared, home, clock, random),
        pipes_(pipe_plant_, declared, home, clock),
        scheduler_(schedule_plant_, home, clock) {}

  // What the APIs were told before the node stopped runs again. Rules come before the declared pipes begin, the rest
  // after.
  Status RestoreRules() { return events_.Restore(); }
  Status RestorePipes() {
    TRY(pipes_.Restore());
    return scheduler_.Restore();
  }
  api::events::Service& events() { return events_; }
  api::pipes::Service& pipes() { return pipes_; }
  api::scheduler::Service& scheduler() { return scheduler_; }

  // They take no more. Idempotent.
  void Close() {
    events_.Close();
    pipes_.Close();
    scheduler_.Close();
  }
  // Waits for the operations that run. Idempotent.
  void Stop() {
    events_.Stop();
    pipes_.Stop();
    scheduler_.Stop();
  }

 private:
  EventPlant event_plant_;
  PipePlant pipe_plant_;
  SchedulePlant schedule_plant_;
  api::events::Service events_;
  api::pipes::Service pipes_;
  api::scheduler::Service scheduler_;
};

}  // namespace millrace::app
