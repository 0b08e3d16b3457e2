#include "api/scheduler/record.h"

#include <algorithm>

#include "api/arns/ref_arn.h"
#include "aws/constraints.h"
#include "aws/request_reader.h"
#include "base/timestamp.h"
#include "json/parse.h"
#include "transform/schedule.h"
#include "transform/time_zone.h"

namespace millrace::api::scheduler {
namespace {

constexpr std::size_t kInputBytesMax = 256 * 1024;

Error BadExpression(std::string_view expression) {
  return InvalidArgument("Invalid Schedule Expression {}.", expression);
}

using transform::TimeZone;
using Next = decltype(Order::next);

// "at(2026-01-01T00:00:00)"
Result<Next> AtOnce(std::string_view expression, const TimeZone& zone) {
  const std::string_view text = expression.substr(3, expression.size() - 4);
  const auto time = text.size() == 19 ? ParseTimestamp(fmt::format("{}Z", text)) : std::nullopt;
  if (!time) return BadExpression(expression);
  return Next([at = zone.InstantOf(*time).time_ms](std::int64_t after) {
    return after < at ? std::optional(at) : std::nullopt;
  });
}

// By the clock of the zone. What a shift of the clock skips does not fire, and what it repeats fires once:
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
Next ByTheClock(transform::Schedule schedule, TimeZone zone) {
  return [schedule = std::move(schedule), zone = std::move(zone)](std::int64_t after) -> std::optional<std::int64_t> {
    auto local = schedule.Next(zone.LocalOf(after));
    for (; local; local = schedule.Next(*local)) {
      const TimeZone::Instant found = zone.InstantOf(*local);
      if (!found.skipped && found.time_ms > after) return found.time_ms;
    }
    return std::nullopt;
  };
}

// A rate begins at its start date, or when it was made: then it fires for the first time.
Result<Next> AtARate(std::string_view expression, std::int64_t begin) {
  const auto schedule = transform::Schedule::Parse(expression, begin);
  if (!schedule.ok()) return BadExpression(expression);
  return Next([schedule = *schedule, begin](std::int64_t after) {
    return after < begin ? std::optional(begin) : schedule.Next(after);
  });
}

Result<Next> NextOf(const ScheduleRecord& record) {
  const auto zone = TimeZone::Load(record.timezone.empty() ? "UTC" : record.timezone);
  if (!zone.ok())
    return InvalidArgument("Provided ScheduleExpressionTimezone is not valid: {}.", zone.error().message());
  const std::string& expression = record.expression;
  Next next;
  if (expression.starts_with("at(") && expression.ends_with(")")) return AtOnce(expression, *zone);
  if (expression.starts_with("rate(")) {
    ASSIGN_OR_RETURN(next, AtARate(expression, record.start_ms.value_or(record.created_ms)));
  } else {
    const auto schedule = transform::Schedule::Parse(expression);
    if (!schedule.ok()) return BadExpression(expression);
    next = ByTheClock(*schedule, *zone);
  }
  return Next([next, start = record.start_ms, end = record.end_ms](std::int64_t after) {
    const auto time = next(start ? std::max(after, *start - 1) : after);
    return time && end && *time > *end ? std::nullopt : time;
  });
}

Status ReadTarget(const ScheduleRecord& record, Order& order) {
  json::Document document;
  TRY(document.Parse(record.target));
  aws::RequestReader reader(document.root());
  const auto arn = reader.String("Arn"), role = reader.String("RoleArn"), input = reader.String("Input");
  const json::Value* bus = reader.Structure("EventBridgeParameters");
  const json::Value* policy = reader.Structure("RetryPolicy");
  const json::Value* dead_letters = reader.Structure("DeadLetterConfig");
  const json::Value* sqs = reader.Structure("SqsParameters");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.NotNull(arn.has_value(), "target.arn");
  constraints.Length(arn, "target.arn", 1, 1600);
  constraints.NotNull(role.has_value(), "target.roleArn");
  constraints.Length(role, "target.roleArn", 1, 1600);
  TRY(constraints.Check());
  for (const json::Member& member : document.root().object()) {
    constexpr std::string_view kKnown[] = {"Arn",         "RoleArn",          "Input",        "EventBridgeParameters",
                                           "RetryPolicy", "DeadLetterConfig", "SqsParameters"};
    if (std::ranges::find(kKnown, member.name) == std::end(kKnown) && !member.value.is_null())
      return InvalidArgument("Target.{} is not supported here.", member.name);
  }
  ASSIGN_OR_RETURN(order.target.ref, RefOfArn(*arn));
  if (input && input->size() > kInputBytesMax)
    return InvalidArgument("Target.Input is larger than {} bytes.", kInputBytesMax);
  if (input) order.input = *input;
  if (dead_letters != nullptr) {
    aws::RequestReader parts(*dead_letters);
    const auto queue = parts.String("Arn");
    TRY(parts.status());
    if (queue) {
      ASSIGN_OR_RETURN(order.target.on_failure, RefOfArn(*queue));
      if (order.target.on_failure->kind != config::RefKind::kQueue)
        return InvalidArgument("{} is not the ARN of an SQS queue.", *queue);
    }
  }
  if (sqs != nullptr) {
    aws::RequestReader parts(*sqs);
    const auto group = parts.String("MessageGroupId");
    TRY(parts.status());
    if (group && !group->empty()) {
      ASSIGN_OR_RETURN(order.target.parameters.group, transform::Parameter::Parse("MessageGroupId", *group));
      if (!order.target.parameters.group->is_literal())
        return InvalidArgument("SqsParameters.MessageGroupId {} is a path, but a schedule has no event.", *group);
    }
  }
  if (policy != nullptr) {
    aws::RequestReader retry(*policy);
    const auto attempts = retry.Integer("MaximumRetryAttempts"), age = retry.Integer("MaximumEventAgeInSeconds");
    TRY(retry.status());
    constraints.Between(attempts, "target.retryPolicy.maximumRetryAttempts", 0, 185);
    constraints.Between(age, "target.retryPolicy.maximumEventAgeInSeconds", 60, 86'400);
    TRY(constraints.Check());
    if (attempts) order.target.retry.retries_max = static_cast<std::uint32_t>(*attempts);
    if (age) order.target.retry.age_max = std::chrono::seconds(*age);
  }
  if (order.target.ref.kind != config::RefKind::kBus) {
    if (bus != nullptr) return InvalidArgument("EventBridgeParameters do not fit the target {}.", *arn);
    return Ok();
  }
  if (bus == nullptr) return InvalidArgument("EventBridgeParameters must be specified for the target {}.", *arn);
  aws::RequestReader names(*bus);
  const auto source = names.String("Source"), detail_type = names.String("DetailType");
  TRY(names.status());
  constraints.NotNull(source.has_value(), "target.eventBridgeParameters.source");
  constraints.Length(source, "target.eventBridgeParameters.source", 1, 256);
  constraints.NotNull(detail_type.has_value(), "target.eventBridgeParameters.detailType");
  constraints.Length(detail_type, "target.eventBridgeParameters.detailType", 1, 128);
  TRY(constraints.Check());
  if (source->starts_with("aws.")) return InvalidArgument("EventBridgeParameters.Source cannot begin with \"aws.\".");
  json::Document detail;
  if (input && (!detail.Parse(*input).ok() || !detail.root().is_object()))
    return InvalidArgument("Target.Input is not a JSON object, which the detail of an event must be.");
  order.source = *source;
  order.detail_type = *detail_type;
  return Ok();
}

}  // namespace

std::string ScheduleRecord::KeyOf(std::string_view group, std::string_view name) {
  return fmt::format("{}/{}", group, name);
}

std::string ScheduleRecord::Encode() const {
  records::RowWriter row;
  row.Text("GroupName", group);
  row.Text("Name", name);
  row.Text("Description", description);
  row.Text("ScheduleExpression", expression);
  row.Text("ScheduleExpressionTimezone", timezone);
  row.Text("State", state);
  row.Json("Target", target);
  row.Json("FlexibleTimeWindow", flexible_window);
  row.Text("ActionAfterCompletion", after_completion);
  row.Text("KmsKeyArn", kms_key);
  if (start_ms) row.Number("StartMs", *start_ms);
  if (end_ms) row.Number("EndMs", *end_ms);
  row.Number("CreatedMs", created_ms);
  row.Number("ModifiedMs", modified_ms);
  return row.End();
}

Result<ScheduleRecord> ScheduleRecord::Decode(std::string_view json) {
  ASSIGN_OR_RETURN(const auto row, records::RowReader::Open(json));
  const auto time = [&](std::string_view name) {
    return row.Find(name) == nullptr ? std::nullopt : std::optional(row.Number(name));
  };
  return ScheduleRecord{.group = row.Text("GroupName"),
                        .name = row.Text("Name"),
                        .description = row.Text("Description"),
                        .expression = row.Text("ScheduleExpression"),
                        .timezone = row.Text("ScheduleExpressionTimezone"),
                        .state = row.Text("State"),
                        .target = row.Json("Target"),
                        .flexible_window = row.Json("FlexibleTimeWindow"),
                        .after_completion = row.Text("ActionAfterCompletion"),
                        .kms_key = row.Text("KmsKeyArn"),
                        .start_ms = time("StartMs"),
                        .end_ms = time("EndMs"),
                        .created_ms = row.Number("CreatedMs"),
                        .modified_ms = row.Number("ModifiedMs")};
}

std::string GroupRecord::Encode() const {
  records::RowWriter row;
  row.Text("Name", name);
  row.Object("Tags", tags);
  row.Number("CreatedMs", created_ms);
  row.Number("ModifiedMs", modified_ms);
  return row.End();
}

Result<GroupRecord> GroupRecord::Decode(std::string_view json) {
  ASSIGN_OR_RETURN(const auto row, records::RowReader::Open(json));
  return GroupRecord{.name = row.Text("Name"),
                     .tags = row.Object("Tags"),
                     .created_ms = row.Number("CreatedMs"),
                     .modified_ms = row.Number("ModifiedMs")};
}

Result<Order> Runnable(const ScheduleRecord& record, std::string arn) {
  Order order{.name = record.Key(),
              .arn = std::move(arn),
              .next = nullptr,
              .changed_ms = record.modified_ms,
              .target = {},
              .input = {},
              .source = {},
              .detail_type = {}};
  ASSIGN_OR_RETURN(order.next, NextOf(record));
  if (record.start_ms && record.end_ms && *record.start_ms >= *record.end_ms)
    return InvalidArgument("StartDate must be before EndDate.");
  TRY(ReadTarget(record, order));
  if (record.state == "DISABLED") order.next = nullptr;
  return order;
}

}  // namespace millrace::api::scheduler
