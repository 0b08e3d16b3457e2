// Service is the EventBridge Scheduler API of a node.
//
//   POST GET PUT DELETE  /schedules/NAME         CreateSchedule, GetSchedule, UpdateSchedule, DeleteSchedule
//   GET                  /schedules              ListSchedules
//   POST GET DELETE      /schedule-groups/NAME   CreateScheduleGroup, GetScheduleGroup, DeleteScheduleGroup
//   GET                  /schedule-groups        ListScheduleGroups
//   POST GET DELETE      /tags/ARN               TagResource, ListTagsForResource, UntagResource: of groups
//
// Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/Welcome.html
//
// Threads:   Handle is thread-safe and never waits: operations run on one thread of the service, one after the other.
//            Restore comes before the first Handle.
// Ownership: everything it is given outlives it.
// Failure:   every request is answered. Restore fails if stored rows are damaged or of a newer release; a schedule that
//            cannot run any more is reported.
#pragma once

#include <string>

#include "api/scheduler/plant.h"
#include "api/scheduler/record.h"
#include "aws/caller.h"
#include "aws/rest.h"
#include "base/clock.h"
#include "base/work_queue.h"
#include "http/server.h"
#include "json/write.h"
#include "records/shelf.h"

namespace millrace::api::scheduler {

class Service {
 public:
  Service(Plant& plant, aws::Home home, const Clock& clock);

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
  Body CreateSchedule(const std::string& name, const json::Value& request);
  Body UpdateSchedule(const std::string& name, const json::Value& request);
  Body GetSchedule(const std::string& name, std::string_view group) const;
  Body DeleteSchedule(const std::string& name, std::string_view group);
  Body ListSchedules(const aws::RestTarget& target) const;
  Body CreateGroup(const std::string& name, const json::Value& request);
  Body GetGroup(const std::string& name) const;
  Body DeleteGroup(const std::string& name);
  Body ListGroups(const aws::RestTarget& target) const;

  Status Apply(const ScheduleRecord& record);
  // Those that were to be deleted after they fired for the last time.
  Status DeleteCompleted();
  Result<const ScheduleRecord*> Find(std::string_view group, std::string_view name) const;
  Result<const GroupRecord*> FindGroup(std::string_view name) const;
  std::string ArnOf(std::string_view resource) const;
  std::string ArnOf(const ScheduleRecord& schedule) const;
  void AppendGroup(json::Writer& writer, const GroupRecord& group) const;

  Plant& plant_;
  const aws::Home home_;
  const Clock& clock_;
  // Of the thread of operations_:
  records::Shelf<ScheduleRecord> schedules_;
  records::Shelf<GroupRecord> groups_;
  WorkQueue operations_;
};

}  // namespace millrace::api::scheduler
