#include "api/scheduler/service.h"

#include <algorithm>
#include <array>

#include "aws/arn.h"
#include "aws/constraints.h"
#include "aws/request_reader.h"
#include "base/log.h"
#include "json/parse.h"
#include "model/base64.h"

namespace millrace::api::scheduler {
namespace {

using enum ErrorCode;

constexpr std::string_view kInternalText = "Unexpected error encountered while processing the request.";
constexpr std::string_view kDefaultGroup = "default";
constexpr std::size_t kWaitingMax = 1000;
constexpr std::size_t kNameMax = 64;
constexpr std::size_t kSchedulesMax = 10'000;
constexpr std::size_t kGroupsMax = 500;
constexpr std::size_t kTagsMax = 200;
constexpr std::int64_t kListMax = 100;
constexpr std::array<std::string_view, 2> kStates = {"ENABLED", "DISABLED"};
constexpr std::array<std::string_view, 2> kWindows = {"OFF", "FLEXIBLE"};
constexpr std::array<std::string_view, 2> kAfterCompletion = {"NONE", "DELETE"};

// https://docs.aws.amazon.com/scheduler/latest/APIReference/CommonErrors.html
constexpr aws::WireError kErrors[] = {
    {kUnimplemented, aws::reason::kUnknownOperation, 404, "UnknownOperationException", {}, "Message"},
    {kInvalidArgument, {}, 400, "ValidationException", {}, "Message"},
    {kNotFound, {}, 404, "ResourceNotFoundException", {}, "Message"},
    {kAlreadyExists, {}, 409, "ConflictException", {}, "Message"},
    {kFailedPrecondition, {}, 409, "ConflictException", {}, "Message"},
    {kResourceExhausted, {}, 402, "ServiceQuotaExceededException", {}, "Message"},
    {kUnavailable, {}, 500, "InternalServerException", kInternalText, "Message"},
    {kTimeout, {}, 500, "InternalServerException", kInternalText, "Message"},
    {kCancelled, {}, 500, "InternalServerException", kInternalText, "Message"},
    {kCorruption, {}, 500, "InternalServerException", kInternalText, "Message"},
    {kIo, {}, 500, "InternalServerException", kInternalText, "Message"},
    {kUnimplemented, {}, 400, "ValidationException", {}, "Message"},
    {kInternal, {}, 500, "InternalServerException", kInternalText, "Message"},
};

void Reply(http::Responder& responder, Result<std::string> body) {
  if (!body.ok()) return responder.Send(aws::RestError(kErrors, "scheduler", body.error()));
  http::Response response;
  response.content_type = "application/json";
  response.body = *std::move(body);
  responder.Send(std::move(response));
}

Status CheckName(std::string_view name, std::string_view member) {
  aws::Constraints constraints;
  constraints.Length(name, member, 1, kNameMax);
  constraints.Characters(name, member, ".-_", R"([0-9a-zA-Z-_.]+)");
  return constraints.Check();
}

void AppendText(json::Writer& writer, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  writer.Key(name);
  writer.String(value);
}
void AppendTime(json::Writer& writer, std::string_view name, std::int64_t time_ms) {
  writer.Key(name);
  writer.Raw(fmt::format("{}.{:03}", time_ms / 1000, time_ms % 1000));
}

std::string TextOf(const json::Value* value) {
  std::string text;
  if (value != nullptr) json::AppendValue(text, *value);
  return text;
}

Status ReadTags(const json::Value& request, records::Pairs& pairs) {
  aws::RequestReader reader(request);
  const json::Value* list = reader.List("Tags");
  TRY(reader.status());
  if (list == nullptr) return Ok();
  for (const json::Value& each : list->array()) {
    aws::RequestReader tag(each);
    const auto key = tag.String("Key"), value = tag.String("Value");
    TRY(tag.status());
    if (!key || key->empty() || key->size() > 128 || !value || value->size() > 256)
      return InvalidArgument("A tag has a Key of 1 to 128 characters and a Value of at most 256.");
    std::erase_if(pairs, [&](const auto& pair) { return pair.first == *key; });
    pairs.emplace_back(*key, *value);
  }
  if (pairs.size() > kTagsMax) return Err(kResourceExhausted, {}, "More than {} tags.", kTagsMax);
  return Ok();
}

// All that CreateSchedule and UpdateSchedule say: what an update does not give is as if it had never been given.
Result<ScheduleRecord> ReadSchedule(const std::string& name, const json::Value& request) {
  aws::RequestReader reader(request);
  const auto group = reader.String("GroupName"), expression = reader.String("ScheduleExpression"),
             timezone = reader.String("ScheduleExpressionTimezone"), description = reader.String("Description"),
             state = reader.String("State"), after = reader.String("ActionAfterCompletion"),
             kms_key = reader.String("KmsKeyArn");
  const auto start = reader.EpochMillis("StartDate"), end = reader.EpochMillis("EndDate");
  const json::Value* target = reader.Structure("Target");
  const json::Value* window = reader.Structure("FlexibleTimeWindow");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.NotNull(expression.has_value(), "scheduleExpression");
  constraints.Length(expression, "scheduleExpression", 1, 256);
  constraints.Length(timezone, "scheduleExpressionTimezone", 1, 50);
  constraints.Length(description, "description", 0, 512);
  constraints.Length(group, "groupName", 1, kNameMax);
  constraints.OneOf(state, "state", kStates);
  constraints.OneOf(after, "actionAfterCompletion", kAfterCompletion);
  constraints.NotNull(target != nullptr, "target");
  constraints.NotNull(window != nullptr, "flexibleTimeWindow");
  std::optional<std::int64_t> minutes;
  if (window != nullptr) {
    aws::RequestReader parts(*window);
    const auto mode = parts.String("Mode");
    minutes = parts.Integer("MaximumWindowInMinutes");
    TRY(parts.status());
    constraints.NotNull(mode.has_value(), "flexibleTimeWindow.mode");
    constraints.OneOf(mode, "flexibleTimeWindow.mode", kWindows);
    constraints.Between(minutes, "flexibleTimeWindow.maximumWindowInMinutes", 1, 1440);
  }
  TRY(constraints.Check());
  return ScheduleRecord{.group = std::string(group.value_or(kDefaultGroup)),
                        .name = name,
                        .description = std::string(description.value_or("")),
                        .expression = std::string(*expression),
                        .timezone = std::string(timezone.value_or("")),
                        .state = std::string(state.value_or("ENABLED")),
                        .target = TextOf(target),
                        .flexible_window = TextOf(window),
                        .after_completion = std::string(after.value_or("NONE")),
                        .kms_key = std::string(kms_key.value_or("")),
                        .start_ms = start,
                        .end_ms = end};
}

struct Paging {
  std::string after;
  std::int64_t limit = kListMax;
};

Result<Paging> ReadPaging(const aws::RestTarget& target) {
  Paging paging;
  if (const auto text = target.Find("MaxResults")) {
    json::Document number;
    if (!number.Parse(*text).ok() || !number.root().is_number()) return InvalidArgument("MaxResults is not a number.");
    paging.limit = std::strtoll(std::string(*text).c_str(), nullptr, 10);
  }
  aws::Constraints constraints;
  constraints.Between(paging.limit, "maxResults", 1, kListMax);
  TRY(constraints.Check());
  if (const auto token = target.Find("NextToken")) {
    const auto after = model::Base64Decode(*token);
    if (!after) return InvalidArgument("NextToken is not valid.");
    paging.after = *after;
  }
  return paging;
}

}  // namespace

Service::Service(Plant& plant, aws::Home home, const Clock& clock)
    : plant_(plant),
      home_(std::move(home)),
      clock_(clock),
      schedules_(plant),
      groups_(plant),
      operations_("scheduler-api", kWaitingMax) {}

bool Service::Takes(const http::Request& request) {
  const auto target = aws::ParseRestTarget(request.path());
  if (target.parts.empty() || target.parts.size() > 3) return false;
  if (target.parts[0] == "schedules" || target.parts[0] == "schedule-groups") return target.parts.size() <= 2;
  if (target.parts[0] != "tags" || target.parts.size() < 2) return false;
  const auto arn = aws::ParseArn(target.parts[1]);
  return arn.ok() && arn->service == "scheduler";
}

Status Service::Restore() {
  groups_.Provide({.name = std::string(kDefaultGroup)});
  TRY(groups_.Load());
  TRY(schedules_.Load());
  for (const auto& [key, schedule] : schedules_.all())
    if (const Status applied = Apply(schedule); !applied.ok())
      log::Failure("scheduler: the schedule {} does not run: {}", key, applied.error().message());
  return Ok();
}

void Service::Handle(http::Request&& request, http::Responder responder) {
  const auto pending = std::make_shared<http::Responder>(std::move(responder));
  const auto shared = std::make_shared<http::Request>(std::move(request));
  if (!operations_.Post([this, pending, shared] { Reply(*pending, Run(*shared)); }))
    Reply(*pending, Err(kUnavailable, {}, "too many operations wait, or the node is stopping"));
}

Service::Body Service::Run(const http::Request& http) {
  const aws::RestTarget target = aws::ParseRestTarget(http.target);
  json::Document document;
  const Status parsed = document.Parse(http.body.empty() ? "{}" : http.body,
                                       {.depth_max = 32, .duplicate_names = json::DuplicateNames::kKeepAll});
  if (!parsed.ok() || !document.root().is_object()) return InvalidArgument("The request's body is not a JSON object.");
  const json::Value& request = document.root();
  const auto& parts = target.parts;
  const std::string& method = http.method;
  TRY(DeleteCompleted());
  if (parts[0] == "tags") return RunTags(method, target, request);
  const bool groups = parts[0] == "schedule-groups";
  if (parts.size() == 1 && method == "GET") return groups ? ListGroups(target) : ListSchedules(target);
  if (parts.size() == 2) {
    const std::string& name = parts[1];
    TRY(CheckName(name, "name"));
    const std::string_view group = target.Find("groupName").value_or(kDefaultGroup);
    if (method == "POST") return groups ? CreateGroup(name, request) : CreateSchedule(name, request);
    if (method == "GET") return groups ? GetGroup(name) : GetSchedule(name, group);
    if (method == "DELETE") return groups ? DeleteGroup(name) : DeleteSchedule(name, group);
    if (method == "PUT" && !groups) return UpdateSchedule(name, request);
  }
  return Err(kUnimplemented, aws::reason::kUnknownOperation, "{} {} is no operation of this service", method,
             http.path());
}

std::string Service::ArnOf(std::string_view resource) const {
  return fmt::format("arn:{}:scheduler:{}:{}:{}", aws::PartitionOf(home_.region), home_.region, home_.account,
                     resource);
}
std::string Service::ArnOf(const ScheduleRecord& schedule) const {
  return ArnOf(fmt::format("schedule/{}/{}", schedule.group, schedule.name));
}

Status Service::Apply(const ScheduleRecord& record) {
  ASSIGN_OR_RETURN(const Order order, Runnable(record, ArnOf(record)));
  return plant_.Put(order);
}

Status Service::DeleteCompleted() {
  std::vector<std::string> done;
  for (const auto& [key, schedule] : schedules_.all())
    if (schedule.after_completion == "DELETE" && plant_.IsDone(key)) done.push_back(key);
  for (const std::string& key : done) {
    TRY(plant_.Remove(key));
    TRY(schedules_.Erase(key));
  }
  return Ok();
}

Result<const ScheduleRecord*> Service::Find(std::string_view group, std::string_view name) const {
  const ScheduleRecord* schedule = schedules_.Find(ScheduleRecord::KeyOf(group, name));
  if (schedule == nullptr) return Err(kNotFound, {}, "Schedule {} does not exist.", name);
  return schedule;
}
Result<const GroupRecord*> Service::FindGroup(std::string_view name) const {
  const GroupRecord* group = groups_.Find(name);
  if (group == nullptr) return Err(kNotFound, {}, "Schedule group {} does not exist.", name);
  return group;
}

Service::Body Service::CreateSchedule(const std::string& name, const json::Value& request) {
  ASSIGN_OR_RETURN(ScheduleRecord schedule, ReadSchedule(name, request));
  TRY(FindGroup(schedule.group));
  schedule.created_ms = schedule.modified_ms = clock_.NowMillis();
  if (schedules_.Find(schedule.Key()) != nullptr) return Err(kAlreadyExists, {}, "Schedule {} already exists.", name);
  if (schedules_.all().size() >= kSchedulesMax)
    return Err(kResourceExhausted, {}, "There are {} schedules already.", kSchedulesMax);
  TRY(Apply(schedule));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  AppendText(writer, "ScheduleArn", ArnOf(schedule));
  writer.EndObject();
  TRY(schedules_.Put(std::move(schedule)));
  return body;
}

Service::Body Service::UpdateSchedule(const std::string& name, const json::Value& request) {
  ASSIGN_OR_RETURN(ScheduleRecord schedule, ReadSchedule(name, request));
  ASSIGN_OR_RETURN(const ScheduleRecord* before, Find(schedule.group, name));
  schedule.created_ms = before->created_ms;
  schedule.modified_ms = clock_.NowMillis();
  TRY(Apply(schedule));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  AppendText(writer, "ScheduleArn", ArnOf(schedule));
  writer.EndObject();
  TRY(schedules_.Put(std::move(schedule)));
  return body;
}

Service::Body Service::GetSchedule(const std::string& name, std::string_view group) const {
  ASSIGN_OR_RETURN(const ScheduleRecord* schedule, Find(group, name));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  AppendText(writer, "Arn", ArnOf(*schedule));
  AppendText(writer, "GroupName", schedule->group);
  AppendText(writer, "Name", name);
  AppendText(writer, "Description", schedule->description);
  AppendText(writer, "ScheduleExpression", schedule->expression);
  AppendText(writer, "ScheduleExpressionTimezone", schedule->timezone.empty() ? "UTC" : schedule->timezone);
  AppendText(writer, "State", schedule->state);
  AppendText(writer, "ActionAfterCompletion", schedule->after_completion);
  AppendText(writer, "KmsKeyArn", schedule->kms_key);
  writer.Key("Target");
  writer.Raw(schedule->target);
  writer.Key("FlexibleTimeWindow");
  writer.Raw(schedule->flexible_window);
  if (schedule->start_ms) AppendTime(writer, "StartDate", *schedule->start_ms);
  if (schedule->end_ms) AppendTime(writer, "EndDate", *schedule->end_ms);
  AppendTime(writer, "CreationDate", schedule->created_ms);
  AppendTime(writer, "LastModificationDate", schedule->modified_ms);
  writer.EndObject();
  return body;
}

Service::Body Service::DeleteSchedule(const std::string& name, std::string_view group) {
  ASSIGN_OR_RETURN(const ScheduleRecord* schedule, Find(group, name));
  const std::string key = schedule->Key();
  TRY(plant_.Remove(key));
  TRY(schedules_.Erase(key));
  return "{}";
}

Service::Body Service::ListSchedules(const aws::RestTarget& target) const {
  const auto group = target.Find("ScheduleGroup"), prefix = target.Find("NamePrefix"), state = target.Find("State");
  ASSIGN_OR_RETURN(const Paging paging, ReadPaging(target));
  if (group) TRY(FindGroup(*group));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("Schedules");
  writer.BeginArray();
  std::int64_t count = 0;
  std::string last;
  bool more = false;
  for (const auto& [key, schedule] : schedules_.all()) {
    if (key <= paging.after || (group && schedule.group != *group) || !schedule.name.starts_with(prefix.value_or("")) ||
        (state && schedule.state != *state))
      continue;
    if ((more = count++ == paging.limit)) break;
    json::Document parsed;
    TRY(parsed.Parse(schedule.target));
    aws::RequestReader reader(parsed.root());
    writer.BeginObject();
    AppendText(writer, "Arn", ArnOf(schedule));
    AppendText(writer, "GroupName", schedule.group);
    AppendText(writer, "Name", schedule.name);
    AppendText(writer, "State", schedule.state);
    writer.Key("Target");
    writer.BeginObject();
    AppendText(writer, "Arn", reader.String("Arn").value_or(""));
    writer.EndObject();
    AppendTime(writer, "CreationDate", schedule.created_ms);
    AppendTime(writer, "LastModificationDate", schedule.modified_ms);
    writer.EndObject();
    last = key;
  }
  writer.EndArray();
  if (more) AppendText(writer, "NextToken", model::Base64Encode(last));
  writer.EndObject();
  return body;
}

void Service::AppendGroup(json::Writer& writer, const GroupRecord& group) const {
  writer.BeginObject();
  AppendText(writer, "Arn", ArnOf("schedule-group/" + group.name));
  AppendText(writer, "Name", group.name);
  AppendText(writer, "State", "ACTIVE");
  AppendTime(writer, "CreationDate", group.created_ms);
  AppendTime(writer, "LastModificationDate", group.modified_ms);
  writer.EndObject();
}

Service::Body Service::CreateGroup(const std::string& name, const json::Value& request) {
  GroupRecord group{.name = name, .created_ms = clock_.NowMillis(), .modified_ms = clock_.NowMillis()};
  TRY(ReadTags(request, group.tags));
  if (groups_.Find(name) != nullptr) return Err(kAlreadyExists, {}, "Schedule group {} already exists.", name);
  if (groups_.all().size() >= kGroupsMax)
    return Err(kResourceExhausted, {}, "There are {} groups already.", kGroupsMax);
  TRY(groups_.Put(std::move(group)));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  AppendText(writer, "ScheduleGroupArn", ArnOf("schedule-group/" + name));
  writer.EndObject();
  return body;
}

Service::Body Service::GetGroup(const std::string& name) const {
  ASSIGN_OR_RETURN(const GroupRecord* group, FindGroup(name));
  std::string body;
  json::Writer writer(&body);
  AppendGroup(writer, *group);
  return body;
}

// With its schedules.
Service::Body Service::DeleteGroup(const std::string& name) {
  if (name == kDefaultGroup) return InvalidArgument("Deleting default schedule group is not allowed.");
  TRY(FindGroup(name));
  std::vector<std::string> keys;
  for (const auto& [key, schedule] : schedules_.all())
    if (schedule.group == name) keys.push_back(key);
  for (const std::string& key : keys) {
    TRY(plant_.Remove(key));
    TRY(schedules_.Erase(key));
  }
  TRY(groups_.Erase(name));
  return "{}";
}

Service::Body Service::ListGroups(const aws::RestTarget& target) const {
  const auto prefix = target.Find("NamePrefix");
  ASSIGN_OR_RETURN(const Paging paging, ReadPaging(target));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("ScheduleGroups");
  writer.BeginArray();
  std::int64_t count = 0;
  std::string last;
  bool more = false;
  for (const auto& [name, group] : groups_.all()) {
    if (name <= paging.after || !name.starts_with(prefix.value_or(""))) continue;
    if ((more = count++ == paging.limit)) break;
    AppendGroup(writer, group);
    last = name;
  }
  writer.EndArray();
  if (more) AppendText(writer, "NextToken", model::Base64Encode(last));
  writer.EndObject();
  return body;
}

Service::Body Service::RunTags(const std::string& method, const aws::RestTarget& target, const json::Value& request) {
  const auto arn = aws::ParseArn(target.parts.size() > 2 ? target.parts[1] + "/" + target.parts[2] : target.parts[1]);
  if (!arn.ok() || arn->ResourcePart(0) != "schedule-group")
    return InvalidArgument("The resource's ARN is not that of a schedule group.");
  ASSIGN_OR_RETURN(const GroupRecord* found, FindGroup(arn->ResourcePart(1)));
  if (method == "GET") {
    std::string body;
    json::Writer writer(&body);
    writer.BeginObject();
    writer.Key("Tags");
    writer.BeginArray();
    for (const auto& [key, value] : found->tags) {
      writer.BeginObject();
      writer.Key("Key");
      writer.String(key);
      writer.Key("Value");
      writer.String(value);
      writer.EndObject();
    }
    writer.EndArray();
    writer.EndObject();
    return body;
  }
  GroupRecord group = *found;
  if (method == "POST") {
    TRY(ReadTags(request, group.tags));
  } else if (method == "DELETE") {
    for (const std::string_view key : target.FindAll("TagKeys"))
      std::erase_if(group.tags, [&](const auto& tag) { return tag.first == key; });
  } else {
    return Err(kUnimplemented, aws::reason::kUnknownOperation, "{} is no operation on tags", method);
  }
  TRY(groups_.Put(std::move(group)));
  return "{}";
}

void Service::Close() {
  operations_.Close();
}
void Service::Stop() {
  operations_.Stop();
}

}  // namespace millrace::api::scheduler
