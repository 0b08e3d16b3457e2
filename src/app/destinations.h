// Destinations are where records can go: a reference of the configuration, or of an API, as a target.
//
// This is the one place that knows the kinds: a bus, a queue, a function, a table, and targets that were declared with
// a name.
//
// Threads:   thread-safe.
// Ownership: site and buses outlive it; a target lives on while something writes to it.
// Failure:   NotFound for what does not exist; Add: what is wrong with a declared target, naming it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "app/buses.h"
#include "app/failure_queue.h"
#include "app/site.h"
#include "config/config.h"
#include "flow/enricher.h"
#include "http/client.h"
#include "targets/function/function_target.h"
#include "targets/http/http_options.h"
#include "targets/kafka/kafka_target.h"

namespace millrace::app {

// How records come to where they go.
struct Manner {
  config::ItemWrite item = {};  // to a table
  // To a function.
  targets::FunctionPayload payload = targets::FunctionPayload::kSingle;
  bool partial = false;     // its answer may name what it did not take
  bool from_queue = false;  // and the rest of a batch is taken then
  std::optional<config::Inbox> inbox = {};
  std::string consumer = {};  // with an inbox: "rule/x/y"
  // To Kafka.
  bool event_store = false;              // rows of an event store, not bodies
  std::string partition_attribute = {};  // of the table that is read, if messages are to have it as their key
};

class Destinations {
 public:
  Destinations(Site& site, Buses& buses, const config::Config& config, std::string directory);

  // Makes a declared target. What writes to one of that name already goes on with the old one.
  Status Add(const config::Target& declared);
  // The same for an HTTP target whose secrets are known.
  Status AddHttp(const std::string& name, targets::HttpTargetOptions options);
  // Nothing can find it any more. Idempotent.
  void Remove(const std::string& name);

  Result<std::shared_ptr<flow::Target>> Find(const config::Ref& to, const Manner& manner);
  // FailedPrecondition for what takes records but does not answer.
  Result<std::shared_ptr<flow::Enricher>> FindEnricher(const config::Ref& with);
  // Where what is given up goes: a queue.
  Result<std::shared_ptr<flow::FailureDestination>> FindFailures(const config::Ref& to, FailureOrigin origin);
  // Closes all that were ever made.
  void Stop();

 private:
  // A declared topic, and who writes to its cluster.
  struct Topic {
    config::KafkaTarget kafka;
    std::shared_ptr<kafka::Producer> producer;
  };

  Result<std::shared_ptr<flow::Target>> FindPlain(const config::Ref& to, const Manner& manner);
  Result<std::shared_ptr<flow::Target>> FindTopic(const std::string& name, const Topic& topic, const Manner& manner);
  http::Client& Client();
  void Set(const std::string& name, std::shared_ptr<flow::Target> target);

  Site& site_;
  Buses& buses_;
  const config::Config& config_;
  const std::string directory_;
  std::mutex mutex_;
  // Guarded by mutex_:
  std::unique_ptr<http::Client> client_;
  std::map<std::string, std::shared_ptr<flow::Target>> targets_;
  std::vector<std::weak_ptr<flow::Target>> replaced_;
  std::map<std::string, Topic> topics_;
};

}  // namespace millrace::app
