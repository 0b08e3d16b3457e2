#include "api/events/runnable.h"

#include "api/arns/ref_arn.h"
#include "api/events/error_map.h"
#include "api/parameters/http_parameters.h"
#include "aws/request_reader.h"
#include "json/parse.h"

namespace millrace::api::events {
namespace {

using config::HttpTarget;

Result<config::Ref> RefOf(const Registry& registry, std::string_view arn) {
  ASSIGN_OR_RETURN(config::Ref ref, RefOfArn(arn));
  if (ref.kind == config::RefKind::kTarget && registry.destinations.Find(ref.name) == nullptr &&
      registry.config.FindTarget(ref.name) == nullptr)
    return Err(ErrorCode::kNotFound, {}, "Api destination {} does not exist.", ref.name);
  return ref;
}

// Of Input, InputPath and InputTransformer at most one.
Result<transform::Input> InputOf(aws::RequestReader& reader, std::string_view id) {
  const auto constant = reader.String("Input"), path = reader.String("InputPath");
  const json::Value* transformer = reader.Structure("InputTransformer");
  TRY(reader.status());
  if (constant.has_value() + path.has_value() + (transformer != nullptr) > 1)
    return InvalidArgument("Only one of Input, InputPath, or InputTransformer must be provided for target {}.", id);
  if (constant) {
    auto input = transform::Input::Constant(*constant);
    if (!input.ok()) return InvalidArgument("JSON syntax error in input for target {}.", id);
    return input;
  }
  if (path) {
    auto input = transform::Input::AtPath(*path);
    if (!input.ok())
      return InvalidArgument("Parameter InputPath for target {} is not valid: {}", id, input.error().message());
    return input;
  }
  if (transformer == nullptr) return transform::Input();
  aws::RequestReader parts(*transformer);
  const auto text = parts.String("InputTemplate");
  const json::Value* map = parts.Structure("InputPathsMap");
  TRY(parts.status());
  std::vector<transform::InputPathEntry> paths;
  if (map != nullptr) {
    for (const json::Member& member : map->object()) {
      if (!member.value.is_string()) return aws::WrongJsonType(member.value, "String");
      paths.push_back({std::string(member.name), std::string(member.value.string())});
    }
  }
  ASSIGN_OR_RETURN(auto parsed, transform::InputTemplate::ForRule(paths, text.value_or(""), id));
  return transform::Input(std::move(parsed));
}

Result<config::Retry> RetryOf(aws::RequestReader& reader) {
  config::Retry retry = config::RuleTarget{}.retry;
  const json::Value* policy = reader.Structure("RetryPolicy");
  TRY(reader.status());
  if (policy == nullptr) return retry;
  aws::RequestReader parts(*policy);
  const auto attempts = parts.Integer("MaximumRetryAttempts"), age = parts.Integer("MaximumEventAgeInSeconds");
  TRY(parts.status());
  aws::Constraints constraints;
  constraints.Between(attempts, "targets.member.retryPolicy.maximumRetryAttempts", 0, 185);
  constraints.Between(age, "targets.member.retryPolicy.maximumEventAgeInSeconds", 60, 86'400);
  TRY(constraints.Check());
  if (attempts) retry.retries_max = static_cast<std::uint32_t>(*attempts);
  if (age) retry.age_max = std::chrono::seconds(*age);
  return retry;
}

Result<config::RecordParameters> ParametersOf(aws::RequestReader& reader, const config::RuleTarget& target) {
  config::RecordParameters parameters;
  const json::Value* sqs = reader.Structure("SqsParameters");
  const json::Value* http = reader.Structure("HttpParameters");
  TRY(reader.status());
  if (http != nullptr && target.ref.kind != config::RefKind::kTarget)
    return InvalidArgument("HttpParameters do not fit target {}: it is no API destination.", target.id);
  if (http != nullptr) TRY(ReadHttpParameters(*http, "HttpParameters", parameters));
  if (sqs == nullptr) return parameters;
  aws::RequestReader parts(*sqs);
  const auto group = parts.String("MessageGroupId");
  TRY(parts.status());
  if (!group || group->empty()) return parameters;
  ASSIGN_OR_RETURN(parameters.group, transform::Parameter::Parse("SqsParameters.MessageGroupId", *group));
  return parameters;
}

HttpTarget::Texts FieldsOf(const json::Value* parameters, std::string_view list) {
  HttpTarget::Texts fields;
  if (parameters == nullptr) return fields;
  aws::RequestReader reader(*parameters);
  const json::Value* entries = reader.List(list);
  if (entries == nullptr) return fields;
  for (const json::Value& each : entries->array()) {
    aws::RequestReader entry(each);
    const auto key = entry.String("Key"), value = entry.String("Value");
    if (key) fields.emplace_back(*key, value.value_or(""));
  }
  return fields;
}

}  // namespace

Result<pattern::Pattern> ParsePattern(std::string_view text) {
  auto parsed = pattern::Pattern::Parse(text);
  if (parsed.ok()) return parsed;
  return Err(ErrorCode::kInvalidArgument, reason::kBadPattern, "Event pattern is not valid. Reason: {}",
             parsed.error().message());
}

config::Rule RunnableRule(const RuleRecord& record) {
  config::Rule rule;
  rule.name = record.name;
  rule.from = {config::RefKind::kBus, record.bus, {}};
  if (!record.pattern.empty()) rule.match = config::PatternText{record.pattern, {}};
  if (!record.schedule.empty()) rule.schedule = record.schedule;
  rule.enabled = record.enabled();
  return rule;
}

Result<config::RuleTarget> RunnableTarget(const Registry& registry, const json::Value& json) {
  aws::RequestReader reader(json);
  config::RuleTarget target;
  target.id = reader.String("Id").value_or("");
  const std::string_view arn = reader.String("Arn").value_or("");
  const json::Value* dead_letters = reader.Structure("DeadLetterConfig");
  TRY(reader.status());
  ASSIGN_OR_RETURN(target.input, InputOf(reader, target.id));
  ASSIGN_OR_RETURN(target.retry, RetryOf(reader));
  ASSIGN_OR_RETURN(target.ref, RefOf(registry, arn));
  if (dead_letters != nullptr) {
    aws::RequestReader letters(*dead_letters);
    const auto queue = letters.String("Arn");
    TRY(letters.status());
    if (queue) {
      ASSIGN_OR_RETURN(target.on_failure, RefOf(registry, *queue));
      if (target.on_failure->kind != config::RefKind::kQueue)
        return Err(ErrorCode::kInvalidArgument, {},
                   "Parameter DeadLetterConfig.Arn of target {} is not valid: it is not the ARN of an SQS queue.",
                   target.id);
    }
  }
  ASSIGN_OR_RETURN(target.parameters, ParametersOf(reader, target));
  if (target.ref.kind == config::RefKind::kQueue && target.ref.name.ends_with(".fifo") && !target.parameters.group)
    return InvalidArgument("Parameter(s) SqsParameters must be specified for target: {}.", target.id);
  return target;
}

Result<config::RuleTarget> RunnableTarget(const Registry& registry, const TargetRecord& target) {
  json::Document document;
  TRY(document.Parse(target.json));
  return RunnableTarget(registry, document.root());
}

config::Archive RunnableArchive(const ArchiveRecord& record) {
  config::Archive archive;
  archive.retain = std::chrono::days(record.retention_days);
  if (!record.pattern.empty()) archive.match = config::PatternText{record.pattern, {}};
  return archive;
}

Result<HttpDestination> RunnableDestination(const DestinationRecord& record, const ConnectionRecord& connection) {
  json::Document document;
  TRY(document.Parse(connection.parameters));
  aws::RequestReader reader(document.root());
  HttpDestination destination;
  if (connection.state != "AUTHORIZED") {
    destination.closed =
        fmt::format("connection {} of the API destination {} is not authorized: UpdateConnection does it",
                    connection.name, record.name);
  }
  destination.name = record.name;
  destination.url = record.endpoint;
  destination.method = record.method;
  destination.requests_per_second = static_cast<std::uint32_t>(record.rate);
  const json::Value* http = reader.Structure("InvocationHttpParameters");
  destination.headers = FieldsOf(http, "HeaderParameters");
  destination.query = FieldsOf(http, "QueryStringParameters");
  const json::Value nothing;
  const auto part = [&](std::string_view name) {
    const json::Value* found = reader.Structure(name);
    return found == nullptr ? &nothing : found;
  };
  const auto text = [](aws::RequestReader& from, std::string_view name) {
    return std::string(from.String(name).value_or(""));
  };
  if (connection.type == "BASIC") {
    aws::RequestReader basic(*part("BasicAuthParameters"));
    destination.auth = HttpDestination::Basic{text(basic, "Username"), Secret(text(basic, "Password"))};
  } else if (connection.type == "API_KEY") {
    aws::RequestReader key(*part("ApiKeyAuthParameters"));
    destination.auth = HttpDestination::ApiKey{text(key, "ApiKeyName"), Secret(text(key, "ApiKeyValue"))};
  } else {
    aws::RequestReader oauth(*part("OAuthParameters"));
    const json::Value* client_part = oauth.Structure("ClientParameters");
    aws::RequestReader client(client_part == nullptr ? nothing : *client_part);
    const json::Value* more = oauth.Structure("OAuthHttpParameters");
    destination.auth = HttpDestination::OAuth{.url = text(oauth, "AuthorizationEndpoint"),
                                              .method = text(oauth, "HttpMethod"),
                                              .client_id = text(client, "ClientID"),
                                              .client_secret = Secret(text(client, "ClientSecret")),
                                              .headers = FieldsOf(more, "HeaderParameters"),
                                              .query = FieldsOf(more, "QueryStringParameters"),
                                              .body = FieldsOf(more, "BodyParameters")};
  }
  return destination;
}

}  // namespace millrace::api::events
