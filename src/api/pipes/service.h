// Service is the EventBridge Pipes API of a node.
//
//   POST   /v1/pipes/NAME          CreatePipe      GET    /v1/pipes            ListPipes
//   GET    /v1/pipes/NAME          DescribePipe    POST   /tags/ARN            TagResource
//   PUT    /v1/pipes/NAME          UpdatePipe      DELETE /tags/ARN?tagKeys=…  UntagResource
//   DELETE /v1/pipes/NAME          DeletePipe      GET    /tags/ARN            ListTagsForResource
//   POST   /v1/pipes/NAME/start    StartPipe
//   POST   /v1/pipes/NAME/stop     StopPipe
//
// A change is done when it is answered. The answer says CREATING, UPDATING, … all the same, and DescribePipe does for a
// moment: clients wait for the way from one state to the other.
//
// Source: https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/Welcome.html
//
// Threads:   Handle is thread-safe and never waits: operations run on one thread of the service, one after the other.
//            Restore comes before the first Handle.
// Ownership: everything it is given outlives it.
// Failure:   every request is answered. Restore fails if stored rows are damaged or of a newer release; a pipe that
//            cannot run any more is reported, and stays, in state START_FAILED.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/pipes/plant.h"
#include "api/pipes/record.h"
#include "aws/caller.h"
#include "aws/rest.h"
#include "base/clock.h"
#include "base/work_queue.h"
#include "http/server.h"
#include "records/shelf.h"

namespace millrace::api::pipes {

class Service {
 public:
  Service(Plant& plant, const config::Config& declared, aws::Home home, const Clock& clock);

  // Whether a request is for this service.
  static bool Takes(const http::Request& request);
  // What the API was told before the node stopped runs again.
  Status Restore();
  void Handle(http::Request&& request, http::Responder responder);
  // Takes no more. Idempotent.
  void Close();
  // Waits for the operation that runs. Idempotent.
  void Stop();

 private:
  using Body = Result<std::string>;
  Body Run(const http::Request& request);
  Body RunTags(const std::string& method, const aws::RestTarget& target, const json::Value& request);
  Body Create(const std::string& name, const json::Value& request);
  Body Update(const std::string& name, const json::Value& request);
  Body Describe(const std::string& name);
  Body Delete(const std::string& name);
  Body SetRunning(const std::string& name, bool running);
  Body List(const aws::RestTarget& target);

  Status Apply(const PipeRecord& record);
  // Of what the file declares: an error that says so.
  Result<PipeRecord> Changeable(const std::string& name) const;
  std::string ArnOf(std::string_view name) const;
  std::string StateOf(const PipeRecord& record, std::string* why) const;
  // What clients see for a moment.
  void Show(const std::string& name, std::string_view state);
  std::string Rendered(const PipeRecord& record, std::string_view state) const;
  void AppendSummary(json::Writer& writer, const PipeRecord& record) const;

  struct Shown {
    std::string_view state;
    MonoTime until;
    PipeRecord deleted;  // of DELETING: what it was
  };

  Plant& plant_;
  const config::Config& declared_;
  const aws::Home home_;
  const Clock& clock_;
  // Of the thread of operations_:
  records::Shelf<PipeRecord> pipes_;
  std::map<std::string, Shown> shown_;
  std::map<std::string, std::string> broken_;  // pipes that could not be restored, and why
  WorkQueue operations_;
};

}  // namespace millrace::api::pipes
