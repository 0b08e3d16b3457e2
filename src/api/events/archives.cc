// Archives: copies of what a bus receives.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateArchive.html
#include <array>

#include "api/events/operations.h"
#include "api/events/runnable.h"

namespace millrace::api::events {
namespace {

constexpr std::size_t kNameMax = 48;
constexpr std::int64_t kRetentionDaysMax = 36'500;  // a century; 0 is for ever
constexpr std::array<std::string_view, 6> kStates = {"ENABLED",  "DISABLED",      "CREATING",
                                                     "UPDATING", "CREATE_FAILED", "UPDATE_FAILED"};

std::string ArchiveArn(const Call& call, std::string_view name) {
  return ArnOf(call.home(), fmt::format("archive/{}", name));
}

Result<std::string> ReadName(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto name = reader.String("ArchiveName");
  TRY(reader.status());
  aws::Constraints constraints;
  CheckName(constraints, name, "archiveName", kNameMax);
  TRY(constraints.Check());
  return std::string(*name);
}

Result<const ArchiveRecord*> Find(const Call& call, std::string_view name) {
  const ArchiveRecord* archive = call.registry.archives.Find(name);
  if (archive == nullptr) return Err(ErrorCode::kNotFound, {}, "Archive {} does not exist.", name);
  return archive;
}

// What is given; the rest is left as it is.
Status ReadSettings(const Call& call, ArchiveRecord& archive) {
  aws::RequestReader reader(call.request);
  const auto description = reader.String("Description"), pattern = reader.String("EventPattern");
  const auto retention = reader.Integer("RetentionDays");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.Length(description, "description", 0, 512);
  constraints.Between(retention, "retentionDays", 0, kRetentionDaysMax);
  TRY(constraints.Check());
  if (description) archive.description = *description;
  if (retention) archive.retention_days = *retention;
  if (!pattern) return Ok();
  archive.pattern = *pattern;
  if (!pattern->empty()) {
    TRY(call.registry.config.settings.limits.CheckPattern(*pattern));
    TRY(ParsePattern(*pattern));
  }
  return Ok();
}

std::string RenderState(const Call& call, const ArchiveRecord& archive) {
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("ArchiveArn");
  writer.String(ArchiveArn(call, archive.name));
  writer.Key("State");
  writer.String("ENABLED");
  AppendTime(writer, "CreationTime", archive.created_ms);
  writer.EndObject();
  return body;
}

void AppendArchive(json::Writer& writer, const Call& call, const ArchiveRecord& archive) {
  const ArchiveSize size = call.plant.SizeOf(archive.bus, archive.name);
  writer.Key("ArchiveName");
  writer.String(archive.name);
  writer.Key("EventSourceArn");
  writer.String(BusArn(call.home(), archive.bus));
  writer.Key("State");
  writer.String("ENABLED");
  writer.Key("RetentionDays");
  writer.Integer(archive.retention_days);
  writer.Key("SizeBytes");
  writer.Unsigned(size.bytes);
  writer.Key("EventCount");
  writer.Unsigned(size.events);
  AppendTime(writer, "CreationTime", archive.created_ms);
}

}  // namespace

Result<std::string> CreateArchive(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  aws::RequestReader reader(call.request);
  const auto source = reader.String("EventSourceArn");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.NotNull(source.has_value(), "eventSourceArn");
  constraints.Length(source, "eventSourceArn", 1, 1600);
  TRY(constraints.Check());
  ArchiveRecord archive{.name = name, .bus = {}, .created_ms = call.now_ms};
  ASSIGN_OR_RETURN(archive.bus, BusNameOf(*source));
  TRY(call.registry.Bus(archive.bus));
  TRY(ReadSettings(call, archive));
  if (call.registry.archives.Find(name) != nullptr)
    return Err(ErrorCode::kAlreadyExists, {}, "Archive {} already exists.", name);
  TRY(call.plant.PutArchive(archive.bus, name, RunnableArchive(archive)));
  std::string body = RenderState(call, archive);
  TRY(call.registry.archives.Put(std::move(archive)));
  return body;
}

Result<std::string> UpdateArchive(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  ASSIGN_OR_RETURN(const ArchiveRecord* found, Find(call, name));
  if (found->declared) return Owned("the archive of bus/" + found->bus);
  ArchiveRecord archive = *found;
  TRY(ReadSettings(call, archive));
  TRY(call.plant.PutArchive(archive.bus, name, RunnableArchive(archive)));
  std::string body = RenderState(call, archive);
  TRY(call.registry.archives.Put(std::move(archive)));
  return body;
}

Result<std::string> DescribeArchive(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  ASSIGN_OR_RETURN(const ArchiveRecord* archive, Find(call, name));
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("ArchiveArn");
  writer.String(ArchiveArn(call, name));
  AppendText(writer, "Description", archive->description);
  AppendText(writer, "EventPattern", archive->pattern);
  AppendArchive(writer, call, *archive);
  writer.EndObject();
  return body;
}

Result<std::string> DeleteArchive(const Call& call) {
  ASSIGN_OR_RETURN(const std::string name, ReadName(call));
  ASSIGN_OR_RETURN(const ArchiveRecord* archive, Find(call, name));
  if (archive->declared) return Owned("the archive of bus/" + archive->bus);
  TRY(call.plant.RemoveArchive(archive->bus, name));
  TRY(call.registry.archives.Erase(name));
  return "{}";
}

Result<std::string> ListArchives(const Call& call) {
  aws::RequestReader reader(call.request);
  const auto prefix = reader.String("NamePrefix"), source = reader.String("EventSourceArn"),
             state = reader.String("State");
  aws::Constraints constraints;
  constraints.Length(prefix, "namePrefix", 1, kNameMax);
  constraints.Length(source, "eventSourceArn", 1, 1600);
  constraints.OneOf(state, "state", kStates);
  ASSIGN_OR_RETURN(const Paging paging, ReadPaging(reader, constraints));
  TRY(reader.status());
  TRY(constraints.Check());
  if (prefix.has_value() + source.has_value() + state.has_value() > 1)
    return InvalidArgument(
        "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix.");
  std::optional<std::string> bus;
  if (source) {
    ASSIGN_OR_RETURN(bus, BusNameOf(source));
    TRY(call.registry.Bus(*bus));
  }
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("Archives");
  writer.BeginArray();
  std::size_t count = 0;
  std::string last;
  bool more = false;
  for (const auto& [name, archive] : call.registry.archives.all()) {
    if (name <= paging.after || !name.starts_with(prefix.value_or("")) || (bus && archive.bus != *bus)) continue;
    if (state && *state != "ENABLED") continue;
    if ((more = count++ == paging.limit)) break;
    writer.BeginObject();
    AppendArchive(writer, call, archive);
    writer.EndObject();
    last = name;
  }
  writer.EndArray();
  if (more) AppendNextToken(writer, last);
  writer.EndObject();
  return body;
}

}  // namespace millrace::api::events
