#include "api/events/records.h"

#include "aws/request_reader.h"
#include "json/write.h"
#include "records/row.h"

namespace millrace::api::events {

using records::RowReader;
using records::RowWriter;

std::string BusRecord::Encode() const {
  RowWriter row;
  row.Text("Name", name);
  row.Text("Description", description);
  row.Text("KmsKeyIdentifier", kms_key);
  row.Json("DeadLetterConfig", dead_letter);
  row.Json("LogConfig", log_config);
  row.Json("Statements", statements);
  row.Object("Tags", tags);
  row.Number("CreatedMs", created_ms);
  row.Number("ModifiedMs", modified_ms);
  return row.End();
}

Result<BusRecord> BusRecord::Decode(std::string_view json) {
  ASSIGN_OR_RETURN(const RowReader row, RowReader::Open(json));
  return BusRecord{.name = row.Text("Name"),
                   .description = row.Text("Description"),
                   .kms_key = row.Text("KmsKeyIdentifier"),
                   .dead_letter = row.Json("DeadLetterConfig"),
                   .log_config = row.Json("LogConfig"),
                   .statements = row.Json("Statements"),
                   .tags = row.Object("Tags"),
                   .created_ms = row.Number("CreatedMs"),
                   .modified_ms = row.Number("ModifiedMs")};
}

std::string RuleRecord::KeyOf(std::string_view bus, std::string_view name) {
  std::string key(bus);
  key.push_back('\0');
  key += name;
  return key;
}

std::string RuleRecord::Encode() const {
  RowWriter row;
  row.Text("EventBusName", bus);
  row.Text("Name", name);
  row.Text("EventPattern", pattern);
  row.Text("ScheduleExpression", schedule);
  row.Text("State", state);
  row.Text("Description", description);
  row.Text("RoleArn", role);
  row.Object("Tags", tags);
  row.writer().Key("Targets");
  row.writer().BeginArray();
  for (const TargetRecord& target : targets) row.writer().Raw(target.json);
  row.writer().EndArray();
  return row.End();
}

Result<RuleRecord> RuleRecord::Decode(std::string_view json) {
  ASSIGN_OR_RETURN(const RowReader row, RowReader::Open(json));
  RuleRecord rule{.bus = row.Text("EventBusName"),
                  .name = row.Text("Name"),
                  .pattern = row.Text("EventPattern"),
                  .schedule = row.Text("ScheduleExpression"),
                  .state = row.Text("State"),
                  .description = row.Text("Description"),
                  .role = row.Text("RoleArn"),
                  .tags = row.Object("Tags")};
  const json::Value* targets = row.Find("Targets");
  if (targets == nullptr || !targets->is_array()) return rule;
  for (const json::Value& each : targets->array()) {
    aws::RequestReader reader(each);
    TargetRecord target{
        std::string(reader.String("Id").value_or("")), std::string(reader.String("Arn").value_or("")), {}};
    json::AppendValue(target.json, each);
    rule.targets.push_back(std::move(target));
  }
  return rule;
}

std::string ArchiveRecord::Encode() const {
  RowWriter row;
  row.Text("ArchiveName", name);
  row.Text("EventBusName", bus);
  row.Text("Description", description);
  row.Text("EventPattern", pattern);
  row.Number("RetentionDays", retention_days);
  row.Number("CreatedMs", created_ms);
  return row.End();
}

Result<ArchiveRecord> ArchiveRecord::Decode(std::string_view json) {
  ASSIGN_OR_RETURN(const RowReader row, RowReader::Open(json));
  return ArchiveRecord{.name = row.Text("ArchiveName"),
                       .bus = row.Text("EventBusName"),
                       .description = row.Text("Description"),
                       .pattern = row.Text("EventPattern"),
                       .retention_days = row.Number("RetentionDays"),
                       .created_ms = row.Number("CreatedMs")};
}

std::string ConnectionRecord::Encode() const {
  RowWriter row;
  row.Text("Name", name);
  row.Text("Id", id);
  row.Text("Description", description);
  row.Text("AuthorizationType", type);
  row.Json("AuthParameters", parameters);
  row.Text("ConnectionState", state);
  row.Number("CreatedMs", created_ms);
  row.Number("ModifiedMs", modified_ms);
  return row.End();
}

Result<ConnectionRecord> ConnectionRecord::Decode(std::string_view json) {
  ASSIGN_OR_RETURN(const RowReader row, RowReader::Open(json));
  return ConnectionRecord{.name = row.Text("Name"),
                          .id = row.Text("Id"),
                          .description = row.Text("Description"),
                          .type = row.Text("AuthorizationType"),
                          .parameters = row.Json("AuthParameters"),
                          .state = row.Text("ConnectionState"),
                          .created_ms = row.Number("CreatedMs"),
                          .modified_ms = row.Number("ModifiedMs")};
}

std::string DestinationRecord::Encode() const {
  RowWriter row;
  row.Text("Name", name);
  row.Text("Id", id);
  row.Text("Description", description);
  row.Text("Connection", connection);
  row.Text("InvocationEndpoint", endpoint);
  row.Text("HttpMethod", method);
  row.Number("InvocationRateLimitPerSecond", rate);
  row.Number("CreatedMs", created_ms);
  row.Number("ModifiedMs", modified_ms);
  return row.End();
}

Result<DestinationRecord> DestinationRecord::Decode(std::string_view json) {
  ASSIGN_OR_RETURN(const RowReader row, RowReader::Open(json));
  return DestinationRecord{.name = row.Text("Name"),
                           .id = row.Text("Id"),
                           .description = row.Text("Description"),
                           .connection = row.Text("Connection"),
                           .endpoint = row.Text("InvocationEndpoint"),
                           .method = row.Text("HttpMethod"),
                           .rate = row.Number("InvocationRateLimitPerSecond"),
                           .created_ms = row.Number("CreatedMs"),
                           .modified_ms = row.Number("ModifiedMs")};
}

}  // namespace millrace::api::events
