// The keys of `aws:`: properties of CloudFormation's AWS::Pipes::Pipe and AWS::Events::Rule.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-pipes-pipe.html
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html
// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeSourceDynamoDBStreamParameters.html
#include <array>

#include "config/limits.h"
#include "config/spec_parts.h"
#include "json/utf8.h"
#include "transform/input.h"
#include "transform/parameter.h"
#include "transform/schedule.h"

namespace millrace::config {
namespace {

using enum FieldKind;

constexpr std::int64_t kForever = -1;

constexpr std::array kStartingPositions = {std::string_view("TRIM_HORIZON"), std::string_view("LATEST")};
constexpr std::array kOnPartialFailure = {std::string_view("AUTOMATIC_BISECT")};
constexpr std::array kPipeStates = {std::string_view("RUNNING"), std::string_view("STOPPED")};
constexpr std::array kRuleStates = {std::string_view("ENABLED"), std::string_view("DISABLED"),
                                    std::string_view("ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")};

bool IsSchedule(std::string_view text) {
  return transform::Schedule::Parse(text).ok();
}
bool IsEventSource(std::string_view text) {
  return !text.empty() && text.size() <= 256 && !text.starts_with("aws.") &&
         transform::Parameter::Parse("Source", text).ok();
}
bool IsDetailType(std::string_view text) {
  return !text.empty() && text.size() <= 128 && transform::Parameter::Parse("DetailType", text).ok();
}
// What is wrong with a template or with JSON is said by whoever reads it.
bool IsTemplate(std::string_view text) {
  return json::CountCharacters(text) <= transform::InputTemplate::kCharactersMax;
}
bool IsInput(std::string_view text) {
  return !text.empty() && json::CountCharacters(text) <= transform::Input::kConstantCharactersMax;
}
bool IsPath(std::string_view text) {
  return transform::Input::AtPath(text).ok();
}

constexpr Field Ignored(std::string_view name) {
  return {.name = name,
          .kind = kIgnored,
          .summary = "Ignored: `from`, `to` and the account say it. May be a function such as `!GetAtt`.",
          .otherwise = "none"};
}
constexpr Field kDescription{
    .name = "Description", .kind = kIgnored, .summary = "Ignored: for people.", .otherwise = "none"};
constexpr Field kName{.name = "Name",
                      .kind = kText,
                      .summary = "If it is given, the same name as here.",
                      .otherwise = "the name here",
                      .pattern = "^[A-Za-z0-9._-]{1,64}$",
                      .wants = "a name",
                      .accepts = IsNotEmpty};
constexpr Field NotYet(std::string_view name, std::string_view instead = {}) {
  return {.name = name, .summary = instead};
}
constexpr std::string_view kNoSource = "remove it: `from` is a table, a bus or a queue";
constexpr std::string_view kNoTarget = "remove it: `to` says where records go";

constexpr Field kDeadLetterConfig{.name = "DeadLetterConfig",
                                  .kind = kIgnored,
                                  .summary =
                                      "Ignored: `on-failure` names the queue, and must be there. May hold a "
                                      "function such as `!GetAtt`.",
                                  .otherwise = "none"};

constexpr Field TextField(std::string_view name, std::string_view summary, std::string_view otherwise) {
  return {.name = name,
          .kind = kText,
          .summary = summary,
          .otherwise = otherwise,
          .pattern = "^[\\s\\S]{1,4096}$",
          .wants = "text, or a path such as $.detail.id",
          .accepts = IsNotEmpty};
}
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_HttpParameters.html
constexpr std::array kHttpFields = {
    Field{.name = "HeaderParameters",
          .kind = kTexts,
          .summary = "As `request: {headers: …}`.",
          .otherwise = "none",
          .headers = true,
          .high = limits::kHttpFieldsMax},
    Field{.name = "PathParameterValues",
          .kind = kTextList,
          .summary = "As `request: {path: …}`.",
          .otherwise = "none",
          .high = limits::kHttpFieldsMax},
    Field{.name = "QueryStringParameters",
          .kind = kTexts,
          .summary = "As `request: {query: …}`.",
          .otherwise = "none",
          .high = limits::kHttpFieldsMax},
};
constexpr Object kHttp{.name = "HttpParameters", .fields = kHttpFields};
constexpr Field kHttpParameters{.name = "HttpParameters",
                                .kind = kObject,
                                .summary = "To an HTTP target: as `request`.",
                                .otherwise = "nothing",
                                .object = &kHttp};

constexpr std::array kFilterFields = {
    Field{.name = "Pattern", .kind = kPatternText, .summary = "An event pattern as JSON text.", .required = true},
};
constexpr Object kFilter{.name = "Filter", .fields = kFilterFields};
constexpr std::array kFilterCriteriaFields = {
    Field{.name = "Filters",
          .kind = kObjects,
          .summary = "As `match`: a record passes if any of the patterns matches.",
          .otherwise = "every record",
          .high = limits::kPatternsPerPipeMax,
          .object = &kFilter},
};
constexpr Object kFilterCriteria{.name = "FilterCriteria", .fields = kFilterCriteriaFields};

constexpr std::array kDynamoDbFields = {
    Field{
        .name = "BatchSize", .kind = kInteger, .summary = "As `batch`.", .otherwise = "100", .low = 1, .high = 10'000},
    Field{.name = "MaximumBatchingWindowInSeconds",
          .kind = kInteger,
          .summary = "As `window`.",
          .otherwise = "0",
          .low = 0,
          .high = 300},
    Field{.name = "MaximumRecordAgeInSeconds",
          .kind = kInteger,
          .summary = "As `max-age`: -1 (for ever), or from 60.",
          .otherwise = "-1",
          .low = kForever,
          .high = 7 * kDay / kSecond},
    Field{.name = "MaximumRetryAttempts",
          .kind = kInteger,
          .summary = "As `retries`: -1 is for ever.",
          .otherwise = "-1",
          .low = kForever,
          .high = 10'000},
    Field{.name = "OnPartialBatchItemFailure",
          .kind = kChoice,
          .summary = "As `bisect: true`.",
          .otherwise = "AUTOMATIC_BISECT",
          .choices = kOnPartialFailure},
    Field{.name = "ParallelizationFactor",
          .kind = kInteger,
          .summary = "As `parallel`, for each shard of the table's stream.",
          .otherwise = "`parallel`'s",
          .low = 1,
          .high = 10},
    Field{.name = "StartingPosition",
          .kind = kChoice,
          .summary = "As `start`.",
          .otherwise = "LATEST",
          .choices = kStartingPositions},
    kDeadLetterConfig,
};
constexpr Object kDynamoDb{.name = "DynamoDBStreamParameters", .fields = kDynamoDbFields};

// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeSourceSqsQueueParameters.html
constexpr std::array kSourceQueueFields = {
    Field{.name = "BatchSize", .kind = kInteger, .summary = "As `batch`.", .otherwise = "10", .low = 1, .high = 10'000},
    Field{.name = "MaximumBatchingWindowInSeconds",
          .kind = kInteger,
          .summary = "As `window`.",
          .otherwise = "0",
          .low = 0,
          .high = 300},
};
constexpr Object kSourceQueue{.name = "SourceParameters.SqsQueueParameters", .fields = kSourceQueueFields};

constexpr std::array kSourceParametersFields = {
    Field{.name = "DynamoDBStreamParameters",
          .kind = kObject,
          .summary = "From a table: how its stream is read.",
          .object = &kDynamoDb},
    Field{.name = "FilterCriteria", .kind = kObject, .summary = "Which records pass.", .object = &kFilterCriteria},
    NotYet("ActiveMQBrokerParameters", kNoSource),
    NotYet("KinesisStreamParameters", kNoSource),
    NotYet("ManagedStreamingKafkaParameters", kNoSource),
    NotYet("RabbitMQBrokerParameters", kNoSource),
    NotYet("SelfManagedKafkaParameters", kNoSource),
    Field{.name = "SqsQueueParameters",
          .kind = kObject,
          .summary = "From a queue: how its messages are received.",
          .object = &kSourceQueue},
};
constexpr Object kSourceParameters{.name = "SourceParameters", .fields = kSourceParametersFields};

constexpr std::array kEventBusFields = {
    Field{.name = "DetailType",
          .kind = kText,
          .summary = "As `event: {detail-type: …}`.",
          .otherwise = "by the format",
          .pattern = "^[\\s\\S]{1,128}$",
          .wants = "1 to 128 bytes; a path has letters, digits, _, - and [0]",
          .accepts = IsDetailType},
    Field{.name = "Source",
          .kind = kText,
          .summary = "As `event: {source: …}`.",
          .otherwise = "by the format",
          .pattern = "^(?!aws\\.)[\\s\\S]{1,256}$",
          .wants = "1 to 256 bytes that do not start with \"aws.\"; a path has letters, digits, _, - and [0]",
          .accepts = IsEventSource},
    NotYet("EndpointId"),
    NotYet("Resources"),
    NotYet("Time"),
};
constexpr Object kEventBus{.name = "EventBridgeEventBusParameters", .fields = kEventBusFields};

// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeTargetSqsQueueParameters.html
constexpr std::array kTargetQueueFields = {
    TextField("MessageDeduplicationId", "As `deduplication-id`.", "the record's id"),
    TextField("MessageGroupId", "As `group`.", "one for each item"),
};
constexpr Object kTargetQueue{.name = "TargetParameters.SqsQueueParameters", .fields = kTargetQueueFields};

constexpr std::array kInvocationTypes = {std::string_view("REQUEST_RESPONSE"), std::string_view("FIRE_AND_FORGET")};
constexpr std::array kLambdaFields = {
    Field{.name = "InvocationType",
          .kind = kChoice,
          .summary = "Either way the function's answer is awaited: only so can a record be tried again, and keep its "
                     "order.",
          .otherwise = "REQUEST_RESPONSE",
          .choices = kInvocationTypes},
};
constexpr Object kLambda{.name = "LambdaFunctionParameters", .fields = kLambdaFields};

constexpr Field kInputTemplate{.name = "InputTemplate",
                               .kind = kText,
                               .summary = "As `input`, in its form as text.",
                               .otherwise = "what the format makes",
                               .pattern = "^[\\s\\S]{0,8192}$",
                               .wants = "at most 8,192 characters",
                               .accepts = IsTemplate};

constexpr std::array kEnrichmentFields = {
    kInputTemplate,
    kHttpParameters,
};
constexpr Object kEnrichment{.name = "EnrichmentParameters", .fields = kEnrichmentFields};

constexpr std::array kTargetParametersFields = {
    kInputTemplate,
    Field{.name = "EventBridgeEventBusParameters",
          .kind = kObject,
          .summary = "To a bus: how events are named.",
          .object = &kEventBus},
    NotYet("BatchJobParameters", kNoTarget),
    NotYet("CloudWatchLogsParameters", kNoTarget),
    NotYet("EcsTaskParameters", kNoTarget),
    kHttpParameters,
    NotYet("KinesisStreamParameters", kNoTarget),
    Field{.name = "LambdaFunctionParameters",
          .kind = kObject,
          .summary = "To a function: how it is invoked.",
          .object = &kLambda},
    NotYet("RedshiftDataParameters", kNoTarget),
    NotYet("SageMakerPipelineParameters", kNoTarget),
    Field{.name = "SqsQueueParameters",
          .kind = kObject,
          .summary = "To a FIFO queue: how its messages are grouped.",
          .object = &kTargetQueue},
    NotYet("StepFunctionStateMachineParameters", kNoTarget),
    NotYet("TimestreamParameters", kNoTarget),
};
constexpr Object kTargetParameters{.name = "TargetParameters", .fields = kTargetParametersFields};

constexpr std::array kAwsPipeFields = {
    kName,
    kDescription,
    Field{.name = "DesiredState",
          .kind = kChoice,
          .summary = "As `state`.",
          .otherwise = "RUNNING",
          .choices = kPipeStates},
    Field{
        .name = "SourceParameters", .kind = kObject, .summary = "What is read, and how.", .object = &kSourceParameters},
    Field{.name = "TargetParameters", .kind = kObject, .summary = "What is delivered.", .object = &kTargetParameters},
    Ignored("Source"),
    Ignored("Target"),
    Ignored("RoleArn"),
    Field{.name = "Enrichment",
          .kind = kIgnored,
          .summary = "Ignored: `enrich: {with: …}` says it, and must be there. May be a function such as `!GetAtt`.",
          .otherwise = "none"},
    Field{.name = "EnrichmentParameters",
          .kind = kObject,
          .summary = "What the enrichment is asked.",
          .object = &kEnrichment},
    NotYet("KmsKeyIdentifier"),
    NotYet("LogConfiguration"),
    NotYet("Tags"),
};

constexpr std::array kTransformerFields = {
    Field{.name = "InputPathsMap",
          .kind = kTexts,
          .summary = "As `input: {paths: …}`.",
          .otherwise = "none",
          .high = transform::InputTemplate::kPathsMax},
    Field{.name = "InputTemplate",
          .kind = kText,
          .summary = "As `input: {template: …}`.",
          .required = true,
          .pattern = "^[\\s\\S]{1,8192}$",
          .wants = "1 to 8,192 characters",
          .accepts = IsInput},
};
constexpr Object kTransformer{.name = "InputTransformer", .fields = kTransformerFields};

// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html
constexpr std::array kRetryPolicyFields = {
    Field{.name = "MaximumEventAgeInSeconds",
          .kind = kInteger,
          .summary = "As `retry: {max-age: …}`.",
          .otherwise = "86400",
          .low = 60,
          .high = kDay / kSecond},
    Field{.name = "MaximumRetryAttempts",
          .kind = kInteger,
          .summary = "As `retry: {attempts: …}`.",
          .otherwise = "not counted",
          .low = 0,
          .high = 185},
};
constexpr Object kRetryPolicy{.name = "RetryPolicy", .fields = kRetryPolicyFields};

constexpr std::array kSqsFields = {
    TextField("MessageGroupId", "As `group`.", "one for each item"),
};
constexpr Object kSqs{.name = "SqsParameters", .fields = kSqsFields};

constexpr std::array kRuleTargetFields = {
    Field{.name = "Input",
          .kind = kText,
          .summary = "Always this JSON, as text, instead of the event.",
          .otherwise = "none",
          .pattern = "^[\\s\\S]{1,8192}$",
          .wants = "1 to 8,192 characters",
          .accepts = IsInput},
    Field{.name = "InputPath",
          .kind = kText,
          .summary = "As `input: {path: …}`.",
          .otherwise = "none",
          .pattern = "^\\$.{0,255}$",
          .wants = "a path such as $.detail",
          .accepts = IsPath},
    Field{.name = "InputTransformer",
          .kind = kObject,
          .summary = "What is made of the event.",
          .otherwise = "none",
          .object = &kTransformer},
    Field{.name = "RetryPolicy",
          .kind = kObject,
          .summary = "How often and how long an event is tried.",
          .otherwise = "for 24 hours",
          .object = &kRetryPolicy},
    Ignored("Arn"),
    Ignored("Id"),
    Ignored("RoleArn"),
    kDeadLetterConfig,
    NotYet("AppSyncParameters", kNoTarget),
    NotYet("BatchParameters", kNoTarget),
    NotYet("EcsParameters", kNoTarget),
    kHttpParameters,
    NotYet("KinesisParameters", kNoTarget),
    NotYet("RedshiftDataParameters", kNoTarget),
    NotYet("RunCommandParameters", kNoTarget),
    NotYet("SageMakerPipelineParameters", kNoTarget),
    Field{.name = "SqsParameters",
          .kind = kObject,
          .summary = "To a FIFO queue: how its messages are grouped.",
          .object = &kSqs},
};
constexpr Object kRuleTarget{.name = "Target", .fields = kRuleTargetFields};

constexpr std::array kAwsRuleFields = {
    kName,
    kDescription,
    Field{.name = "EventPattern", .kind = kPattern, .summary = "As `match`.", .otherwise = "none"},
    Field{.name = "ScheduleExpression",
          .kind = kText,
          .summary = "As `schedule`.",
          .otherwise = "none",
          .pattern = "^(rate|cron)\\(.+\\)$",
          .wants = "a schedule such as rate(5 minutes) or cron(0 12 * * ? *)",
          .accepts = IsSchedule},
    Field{.name = "State", .kind = kChoice, .summary = "As `enabled`.", .otherwise = "ENABLED", .choices = kRuleStates},
    Field{.name = "Targets",
          .kind = kObjects,
          .summary = "What each of `to` gets, in the same order.",
          .otherwise = "as the rule says",
          .high = limits::kTargetsPerRuleMax,
          .object = &kRuleTarget},
    Ignored("EventBusName"),
    Ignored("RoleArn"),
    NotYet("Tags"),
};

}  // namespace

constexpr Object kAwsPipeObject{.name = "AWS::Pipes::Pipe", .fields = kAwsPipeFields};
constexpr Object kAwsRuleObject{.name = "AWS::Events::Rule", .fields = kAwsRuleFields};

}  // namespace millrace::config
