// RuntimeApi answers what processes of functions ask: the Lambda Runtime API. The port through which a request comes
// says which process it is.
//
// A path does not: AWS's clients for Node.js and Python take host and port of AWS_LAMBDA_RUNTIME_API and drop the rest.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
//
// Internal to functions.
//
// Threads:   thread-safe.
#pragma once

#include <mutex>
#include <unordered_map>

#include "functions/worker.h"
#include "http/server.h"

namespace millrace::functions {

class RuntimeApi {
 public:
  void Add(const WorkerPtr& worker);
  void Remove(const WorkerPtr& worker);
  void Handle(http::Request&& request, http::Responder responder);

 private:
  WorkerPtr Find(std::uint64_t listener) const;

  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, WorkerPtr> workers_;  // guarded by mutex_; by listener
};

}  // namespace millrace::functions
