// FlowEventSources runs event source mappings of the Lambda API as triggers: pipes from a stream or a queue to a
// function.
//
// Threads:   as api::lambda::EventSources says.
// Ownership: the flows outlive it.
// Failure:   InvalidArgument in Lambda's words.
#pragma once

#include "api/lambda/event_sources.h"
#include "app/flows.h"

namespace millrace::app {

class FlowEventSources final : public api::lambda::EventSources {
 public:
  explicit FlowEventSources(Flows& flows) : flows_(flows) {}

  Status Check(const api::lambda::EventSourceMapping& mapping) override;
  Status Put(const api::lambda::EventSourceMapping& mapping) override;
  Status Remove(const api::lambda::EventSourceMapping& mapping) override;
  std::string LastResult(std::string_view uuid) const override;

 private:
  Flows& flows_;
};

}  // namespace millrace::app
