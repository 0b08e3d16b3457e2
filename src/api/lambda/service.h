// Service is the Lambda API: functions, their versions, aliases, policies and tags, Invoke, and event source mappings.
//
// Functions that it makes run from a directory of its own and are kept durably; those that the configuration declares
// are listed and invoked too, and are changed in the configuration only.
//
// Source: https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
//
// Threads:   thread-safe. What changes something takes turns on a thread of its own; the rest is answered on the
// calling
//            thread, Invoke when the function has answered. Loading and stopping wait.
// Ownership: functions, store, sources, clock and random outlive it, as do requests under way. Stop comes before that
// of
//            the functions.
// Failure:   every request is answered.
#pragma once

#include <atomic>
#include <string>

#include "api/lambda/async_invoker.h"
#include "api/lambda/catalogue.h"
#include "api/lambda/code_store.h"
#include "api/lambda/event_source_mappings.h"
#include "api/lambda/event_sources.h"
#include "api/lambda/route.h"
#include "aws/request_context.h"
#include "base/clock.h"
#include "base/random.h"
#include "flow/executor.h"
#include "flow/state_store.h"
#include "functions/functions.h"
#include "http/server.h"

namespace millrace::api::lambda {

struct ServiceOptions {
  std::string account = "000000000000";  // whose functions are known to Functions by their bare names
  std::string region = "us-east-1";
  std::string code_directory;  // absolute; made when it is needed
};

class Service {
 public:
  // `sources` may be null: then no event source mappings can be made.
  Service(ServiceOptions options, functions::Functions& functions, flow::StateStore& store, EventSources* sources,
          const Clock& clock, Random& random);
  ~Service();

  // A function that was added to Functions by whoever reads the configuration. Before LoadFunctions.
  void Declare(const functions::FunctionOptions& function) { catalogue_.Declare(function); }
  // Stored functions can be invoked from here on.
  Status LoadFunctions();
  // Stored event source mappings run from here on, and events that were accepted are carried out. After LoadFunctions.
  Status LoadMappings();
  // Begins nothing new. Idempotent. Events that were accepted and not carried out stay stored.
  void Stop();

  static bool Handles(const http::Request& request) { return IsLambdaPath(request.path()); }
  void Handle(const aws::RequestContext& context, http::Request&& request, http::Responder responder);

 private:
  struct Work;

  void Run(Work& work);
  void Invoke(Work& work);
  Status StartInvoke(Work& work);

  functions::Functions& functions_;
  const Clock& clock_;
  Random& random_;
  const CodeStore code_;
  Catalogue catalogue_;
  Mappings mappings_;
  flow::ThreadExecutor executor_;  // of one thread
  AsyncInvoker async_;
  std::atomic<int> changes_waiting_{0};
  std::atomic<bool> stopping_{false};
};

}  // namespace millrace::api::lambda
