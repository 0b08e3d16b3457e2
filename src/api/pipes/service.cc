#include "api/pipes/service.h"

#include <algorithm>
#include <array>

#include "aws/arn.h"
#include "aws/constraints.h"
#include "aws/request_reader.h"
#include "base/log.h"
#include "json/parse.h"
#include "model/base64.h"

namespace millrace::api::pipes {
namespace {

using enum ErrorCode;

constexpr std::string_view kPrefix = "/v1/pipes";
constexpr std::string_view kInternalText = "An unexpected error occurred.";
constexpr std::size_t kWaitingMax = 1000;
constexpr std::size_t kPipesMax = 1000;
constexpr std::size_t kNameMax = 64;
constexpr std::size_t kParametersBytesMax = 64 * 1024;
constexpr std::size_t kTagsMax = 50;
constexpr std::int64_t kListMax = 100;
constexpr std::chrono::milliseconds kShownFor{40};
constexpr std::array<std::string_view, 2> kDesired = {"RUNNING", "STOPPED"};

// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/CommonErrors.html
constexpr aws::WireError kErrors[] = {
    {kUnimplemented, aws::reason::kUnknownOperation, 404, "UnknownOperationException", {}},
    {kInvalidArgument, {}, 400, "ValidationException", {}},
    {kNotFound, {}, 404, "NotFoundException", {}},
    {kAlreadyExists, {}, 409, "ConflictException", {}},
    {kFailedPrecondition, {}, 409, "ConflictException", {}},
    {kResourceExhausted, {}, 402, "ServiceQuotaExceededException", {}},
    {kUnavailable, {}, 500, "InternalException", kInternalText},
    {kTimeout, {}, 500, "InternalException", kInternalText},
    {kCancelled, {}, 500, "InternalException", kInternalText},
    {kCorruption, {}, 500, "InternalException", kInternalText},
    {kIo, {}, 500, "InternalException", kInternalText},
    {kUnimplemented, {}, 400, "ValidationException", {}},
    {kInternal, {}, 500, "InternalException", kInternalText},
};

void Reply(http::Responder& responder, Result<std::string> body) {
  if (!body.ok()) return responder.Send(aws::RestError(kErrors, "pipes", body.error()));
  http::Response response;
  response.content_type = "application/json";
  response.body = *std::move(body);
  responder.Send(std::move(response));
}

Error NotFound(std::string_view name) {
  return Err(kNotFound, {}, "Pipe {} does not exist.", name);
}

Status CheckName(std::string_view name) {
  aws::Constraints constraints;
  constraints.Length(name, "name", 1, kNameMax);
  constraints.Characters(name, "name", ".-_", R"([\.\-_A-Za-z0-9]+)");
  return constraints.Check();
}

// The members of `changes` over those of `before`; objects within are merged too, but filters are replaced.
void AppendMerged(std::string& out, const json::Value& before, const json::Value& changes) {
  json::Writer writer(&out);
  writer.BeginObject();
  for (const json::Member& member : before.object()) {
    const json::Value* change = changes.Find(member.name);
    if (change != nullptr && change->is_null()) change = nullptr;
    writer.Key(member.name);
    if (change == nullptr) {
      writer.Value(member.value);
    } else if (change->is_object() && member.value.is_object() && member.name != "FilterCriteria") {
      AppendMerged(writer.RawValue(), member.value, *change);
    } else {
      writer.Value(*change);
    }
  }
  for (const json::Member& member : changes.object()) {
    if (before.Find(member.name) != nullptr || member.value.is_null()) continue;
    writer.Key(member.name);
    writer.Value(member.value);
  }
  writer.EndObject();
}

Status Merge(std::string& stored, const json::Value* changes) {
  if (changes == nullptr) return Ok();
  json::Document before;
  TRY(before.Parse(stored.empty() ? "{}" : stored));
  std::string merged;
  AppendMerged(merged, before.root(), *changes);
  stored = std::move(merged);
  if (stored.size() > kParametersBytesMax)
    return InvalidArgument("Parameters are larger than {} bytes.", kParametersBytesMax);
  return Ok();
}

// Tags are a map here.
Status ReadTags(const json::Value* tags, records::Pairs& pairs) {
  if (tags == nullptr) return Ok();
  for (const json::Member& member : tags->object()) {
    if (!member.value.is_string() || member.name.empty() || member.name.size() > 128 ||
        member.value.string().size() > 256)
      return InvalidArgument("A tag has a key of 1 to 128 characters and a value of at most 256.");
    const auto before = std::ranges::find(pairs, member.name, &std::pair<std::string, std::string>::first);
    if (before == pairs.end())
      pairs.emplace_back(member.name, member.value.string());
    else
      before->second = member.value.string();
  }
  if (pairs.size() > kTagsMax) return Err(kResourceExhausted, {}, "More than {} tags.", kTagsMax);
  return Ok();
}

// What CreatePipe and UpdatePipe share. What is not given is left as it is.
Status ReadSettings(const json::Value& request, PipeRecord& pipe) {
  aws::RequestReader reader(request);
  const auto description = reader.String("Description"), state = reader.String("DesiredState"),
             enrichment = reader.String("Enrichment"), target = reader.String("Target"),
             role = reader.String("RoleArn"), kms_key = reader.String("KmsKeyIdentifier");
  const json::Value* source_parameters = reader.Structure("SourceParameters");
  const json::Value* enrichment_parameters = reader.Structure("EnrichmentParameters");
  const json::Value* target_parameters = reader.Structure("TargetParameters");
  const json::Value* log_configuration = reader.Structure("LogConfiguration");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.Length(description, "description", 0, 512);
  constraints.OneOf(state, "desiredState", kDesired);
  constraints.NotNull(role.has_value(), "roleArn");
  constraints.Length(role, "roleArn", 1, 1600);
  constraints.Length(enrichment, "enrichment", 0, 1600);
  constraints.Length(target, "target", 1, 1600);
  constraints.Length(kms_key, "kmsKeyIdentifier", 0, 2048);
  if (pipe.target.empty()) constraints.NotNull(target.has_value(), "target");
  TRY(constraints.Check());
  if (description) pipe.description = *description;
  if (state) pipe.running = *state == "RUNNING";
  if (enrichment) pipe.enrichment = *enrichment;
  if (target) pipe.target = *target;
  if (kms_key) pipe.kms_key = *kms_key;
  pipe.role = *role;
  TRY(Merge(pipe.source_parameters, source_parameters));
  TRY(Merge(pipe.enrichment_parameters, enrichment_parameters));
  TRY(Merge(pipe.target_parameters, target_parameters));
  return Merge(pipe.log_configuration, log_configuration);
}

void AppendText(json::Writer& writer, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  writer.Key(name);
  writer.String(value);
}
void AppendJson(json::Writer& writer, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  writer.Key(name);
  writer.Raw(value);
}
void AppendTime(json::Writer& writer, std::string_view name, std::int64_t time_ms) {
  writer.Key(name);
  writer.Raw(fmt::format("{}.{:03}", time_ms / 1000, time_ms % 1000));
}
void AppendTags(json::Writer& writer, std::string_view name, const records::Pairs& tags) {
  writer.Key(name);
  writer.BeginObject();
  for (const auto& [key, value] : tags) {
    writer.Key(key);
    writer.String(value);
  }
  writer.EndObject();
}

}  // namespace

Service::Service(Plant& plant, const config::Config& declared, aws::Home home, const Clock& clock)
    : plant_(plant),
      declared_(declared),
      home_(std::move(home)),
      clock_(clock),
      pipes_(plant),
      operations_("pipes-api", kWaitingMax) {}

bool Service::Takes(const http::Request& request) {
  const std::string_view path = request.path();
  if (path.starts_with(kPrefix)) return path.size() == kPrefix.size() || path[kPrefix.size()] == '/';
  if (!path.starts_with("/tags/")) return false;
  const auto target = aws::ParseRestTarget(path);
  const auto arn = target.parts.size() < 2 ? aws::ParseArn("") : aws::ParseArn(target.parts[1]);
  return arn.ok() && arn->service == "pipes";
}

Status Service::Restore() {
  for (const config::Pipe& pipe : declared_.pipes)
    if (!pipe.trigger) pipes_.Declare(RecordOf(home_, pipe));
  TRY(pipes_.Load());
  for (const auto& [name, record] : pipes_.all()) {
    if (record.declared) continue;
    if (const Status applied = Apply(record); !applied.ok()) {
      log::Failure("pipes: pipe/{} does not run: {}", name, applied.error().message());
      broken_[name] = applied.error().message();
    }
  }
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
  const MonoTime now = clock_.Mono();
  std::erase_if(shown_, [&](const auto& each) { return each.second.until <= now; });
  if (parts.front() == "tags") return RunTags(http.method, target, request);
  if (parts.size() == 2 && http.method == "GET") return List(target);
  if (parts.size() >= 3) TRY(CheckName(parts[2]));
  if (parts.size() == 3) {
    if (http.method == "POST") return Create(parts[2], request);
    if (http.method == "PUT") return Update(parts[2], request);
    if (http.method == "GET") return Describe(parts[2]);
    if (http.method == "DELETE") return Delete(parts[2]);
  }
  if (parts.size() == 4 && http.method == "POST" && parts[3] == "start") return SetRunning(parts[2], true);
  if (parts.size() == 4 && http.method == "POST" && parts[3] == "stop") return SetRunning(parts[2], false);
  return Err(kUnimplemented, aws::reason::kUnknownOperation, "{} {} is no operation of this service", http.method,
             http.path());
}

std::string Service::ArnOf(std::string_view name) const {
  return fmt::format("arn:{}:pipes:{}:{}:pipe/{}", aws::PartitionOf(home_.region), home_.region, home_.account, name);
}

Status Service::Apply(const PipeRecord& record) {
  ASSIGN_OR_RETURN(const config::Pipe pipe, Runnable(record));
  TRY(plant_.PutPipe(pipe, record.source));
  TRY(record.running ? plant_.Resume(record.name) : plant_.Pause(record.name));
  broken_.erase(record.name);
  return Ok();
}

Result<PipeRecord> Service::Changeable(const std::string& name) const {
  const PipeRecord* pipe = pipes_.Find(name);
  if (pipe == nullptr) return NotFound(name);
  if (pipe->declared)
    return Err(kFailedPrecondition, {},
               "pipe/{} is declared in the configuration file, which owns it: change it there.", name);
  return *pipe;
}

void Service::Show(const std::string& name, std::string_view state) {
  shown_[name] = {state, clock_.Mono() + kShownFor, {}};
}

std::string Service::StateOf(const PipeRecord& record, std::string* why) const {
  if (const auto shown = shown_.find(record.name); shown != shown_.end()) return std::string(shown->second.state);
  if (const auto broken = broken_.find(record.name); broken != broken_.end()) {
    *why = broken->second;
    return "START_FAILED";
  }
  if (const auto failed = plant_.WhyFailed(record.name)) {
    *why = *failed;
    return "START_FAILED";
  }
  return record.running ? "RUNNING" : "STOPPED";
}

void Service::AppendSummary(json::Writer& writer, const PipeRecord& record) const {
  std::string why;
  const std::string state = StateOf(record, &why);
  writer.Key("Arn");
  writer.String(ArnOf(record.name));
  writer.Key("Name");
  writer.String(record.name);
  writer.Key("DesiredState");
  writer.String(record.running ? "RUNNING" : "STOPPED");
  writer.Key("CurrentState");
  writer.String(state);
  AppendText(writer, "StateReason", why);
  writer.Key("Source");
  writer.String(record.source);
  AppendText(writer, "Enrichment", record.enrichment);
  writer.Key("Target");
  writer.String(record.target);
  AppendTime(writer, "CreationTime", record.created_ms);
  AppendTime(writer, "LastModifiedTime", record.modified_ms);
}

// The answer to a change.
std::string Service::Rendered(const PipeRecord& record, std::string_view state) const {
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("Arn");
  writer.String(ArnOf(record.name));
  writer.Key("Name");
  writer.String(record.name);
  writer.Key("DesiredState");
  writer.String(state == "DELETING" ? "DELETED" : record.running ? "RUNNING" : "STOPPED");
  writer.Key("CurrentState");
  writer.String(state);
  AppendTime(writer, "CreationTime", record.created_ms);
  AppendTime(writer, "LastModifiedTime", record.modified_ms);
  writer.EndObject();
  return body;
}

Service::Body Service::Create(const std::string& name, const json::Value& request) {
  aws::RequestReader reader(request);
  const auto source = reader.String("Source");
  const json::Value* tags = reader.Structure("Tags");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.NotNull(source.has_value(), "source");
  constraints.Length(source, "source", 1, 1600);
  TRY(constraints.Check());
  PipeRecord pipe{.name = name,
                  .source = std::string(*source),
                  .target = {},
                  .created_ms = clock_.NowMillis(),
                  .modified_ms = clock_.NowMillis()};
  TRY(ReadSettings(request, pipe));
  TRY(ReadTags(tags, pipe.tags));
  if (pipes_.Find(name) != nullptr) return Err(kAlreadyExists, {}, "Pipe {} already exists.", name);
  if (pipes_.all().size() >= kPipesMax) return Err(kResourceExhausted, {}, "There are {} pipes already.", kPipesMax);
  TRY(Apply(pipe));
  TRY(pipes_.Put(pipe));
  Show(name, "CREATING");
  return Rendered(pipe, "CREATING");
}

Service::Body Service::Update(const std::string& name, const json::Value& request) {
  ASSIGN_OR_RETURN(PipeRecord pipe, Changeable(name));
  TRY(ReadSettings(request, pipe));
  pipe.modified_ms = clock_.NowMillis();
  TRY(Apply(pipe));
  TRY(pipes_.Put(pipe));
  Show(name, "UPDATING");
  return Rendered(pipe, "UPDATING");
}

Service::Body Service::Describe(const std::string& name) {
  const PipeRecord* pipe = pipes_.Find(name);
  const auto shown = shown_.find(name);
  if (pipe == nullptr && shown != shown_.end()) pipe = &shown->second.deleted;
  if (pipe == nullptr) return NotFound(name);
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  AppendSummary(writer, *pipe);
  AppendText(writer, "Description", pipe->description);
  AppendJson(writer, "SourceParameters", pipe->source_parameters);
  AppendJson(writer, "EnrichmentParameters", pipe->enrichment_parameters);
  AppendJson(writer, "TargetParameters", pipe->target_parameters);
  AppendText(writer, "RoleArn", pipe->role);
  AppendJson(writer, "LogConfiguration", pipe->log_configuration);
  AppendText(writer, "KmsKeyIdentifier", pipe->kms_key);
  AppendTags(writer, "Tags", pipe->tags);
  writer.EndObject();
  return body;
}

Service::Body Service::Delete(const std::string& name) {
  ASSIGN_OR_RETURN(PipeRecord pipe, Changeable(name));
  TRY(plant_.Remove(name));
  TRY(pipes_.Erase(name));
  broken_.erase(name);
  Show(name, "DELETING");
  shown_[name].deleted = pipe;
  return Rendered(pipe, "DELETING");
}

Service::Body Service::SetRunning(const std::string& name, bool running) {
  ASSIGN_OR_RETURN(PipeRecord pipe, Changeable(name));
  pipe.running = running;
  pipe.modified_ms = clock_.NowMillis();
  TRY(Apply(pipe));
  TRY(pipes_.Put(pipe));
  const std::string_view state = running ? "STARTING" : "STOPPING";
  Show(name, state);
  return Rendered(pipe, state);
}

Service::Body Service::List(const aws::RestTarget& target) {
  const auto prefix = target.Find("NamePrefix"), source = target.Find("SourcePrefix"), to = target.Find("TargetPrefix"),
             desired = target.Find("DesiredState"), current = target.Find("CurrentState"),
             token = target.Find("NextToken");
  std::int64_t limit = kListMax;
  if (const auto text = target.Find("Limit")) {
    json::Document number;
    if (!number.Parse(*text).ok() || !number.root().is_number()) return InvalidArgument("Limit is not a number.");
    limit = std::strtoll(std::string(*text).c_str(), nullptr, 10);
  }
  aws::Constraints constraints;
  constraints.Between(limit, "limit", 1, kListMax);
  TRY(constraints.Check());
  const auto after = token ? model::Base64Decode(*token) : std::optional<std::string>("");
  if (!after) return InvalidArgument("NextToken is not valid.");
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("Pipes");
  writer.BeginArray();
  std::int64_t count = 0;
  std::string last;
  bool more = false;
  for (const auto& [name, pipe] : pipes_.all()) {
    if (name <= *after || !name.starts_with(prefix.value_or("")) || !pipe.source.starts_with(source.value_or("")) ||
        !pipe.target.starts_with(to.value_or("")))
      continue;
    std::string why;
    if (desired && (*desired == "RUNNING") != pipe.running) continue;
    if (current && StateOf(pipe, &why) != *current) continue;
    if ((more = count++ == limit)) break;
    writer.BeginObject();
    AppendSummary(writer, pipe);
    writer.EndObject();
    last = name;
  }
  writer.EndArray();
  if (more) AppendText(writer, "NextToken", model::Base64Encode(last));
  writer.EndObject();
  return body;
}

Service::Body Service::RunTags(const std::string& method, const aws::RestTarget& target, const json::Value& request) {
  const auto arn = aws::ParseArn(
      target.parts.size() > 1 ? target.parts[1] + (target.parts.size() > 2 ? "/" + target.parts[2] : "") : "");
  if (!arn.ok() || arn->ResourcePart(0) != "pipe") return InvalidArgument("The resource's ARN is not that of a pipe.");
  const std::string name(arn->ResourcePart(1));
  const PipeRecord* found = pipes_.Find(name);
  if (found == nullptr) return NotFound(name);
  if (method == "GET") {
    std::string body;
    json::Writer writer(&body);
    writer.BeginObject();
    AppendTags(writer, "tags", found->tags);
    writer.EndObject();
    return body;
  }
  ASSIGN_OR_RETURN(PipeRecord pipe, Changeable(name));
  if (method == "POST") {
    aws::RequestReader reader(request);
    const json::Value* tags = reader.Structure("tags");
    TRY(reader.status());
    TRY(ReadTags(tags, pipe.tags));
  } else if (method == "DELETE") {
    for (const std::string_view key : target.FindAll("tagKeys"))
      std::erase_if(pipe.tags, [&](const auto& tag) { return tag.first == key; });
  } else {
    return Err(kUnimplemented, aws::reason::kUnknownOperation, "{} is no operation on tags", method);
  }
  TRY(pipes_.Put(std::move(pipe)));
  return "{}";
}

void Service::Close() {
  operations_.Close();
}
void Service::Stop() {
  operations_.Stop();
}

}  // namespace millrace::api::pipes
