// LambdaApi is the Lambda API of a node with what it stands on: its rows, its directory of code, and the flows as event
// sources.
//
// Threads:   Start and Stop from one thread; the service is thread-safe.
// Ownership: engine, functions, flows, clock and random outlive it. Stop comes before that of the functions.
// Failure:   Start returns Io if there is no place for code, and what the stored rows say.
#pragma once

#include <memory>
#include <string>

#include "api/lambda/service.h"
#include "app/event_sources.h"
#include "app/flows.h"
#include "app/state_rows.h"
#include "functions/functions.h"

namespace millrace::app {

struct LambdaApiOptions {
  std::string account;
  std::string region;
  std::string data_directory;  // empty: code goes with the process
};

class LambdaApi {
 public:
  // Functions holds what the configuration declares, and nothing else yet; then also what the API has made.
  static Result<std::unique_ptr<LambdaApi>> Start(const LambdaApiOptions& options, engine::Engine& engine,
                                                  functions::Functions& functions, Flows& flows, const Clock& clock,
                                                  Random& random);
  ~LambdaApi();

  api::lambda::Service& service() { return *service_; }
  // Event source mappings run from here on.
  Status StartMappings() { return service_->LoadMappings(); }
  // Idempotent.
  void Stop() { service_->Stop(); }

 private:
  LambdaApi(engine::Engine& engine, Flows& flows) : rows_(engine), sources_(flows) {}

  StateRows rows_;
  FlowEventSources sources_;
  std::string temporary_;  // a directory that goes with this; empty: none
  std::unique_ptr<api::lambda::Service> service_;
};

}  // namespace millrace::app
