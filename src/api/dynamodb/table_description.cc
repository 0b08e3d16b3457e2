#include "api/dynamodb/table_description.h"

#include <string>

#include "json/parse.h"

namespace millrace::api::dynamodb {
namespace {

std::string_view StatusName(TableStatus status) {
  switch (status) {
    case TableStatus::kCreating:
      return "CREATING";
    case TableStatus::kActive:
      return "ACTIVE";
    case TableStatus::kUpdating:
      return "UPDATING";
    case TableStatus::kDeleting:
      break;
  }
  return "DELETING";
}

void AppendKeys(json::Writer& writer, const model::KeySchema& schema) {
  const auto definition = [&](const model::KeyAttribute& attribute) {
    writer.BeginObject();
    writer.Key("AttributeName");
    writer.String(attribute.name);
    writer.Key("AttributeType");
    writer.String(model::AttributeTypeName(attribute.type));
    writer.EndObject();
  };
  const auto element = [&](const model::KeyAttribute& attribute, std::string_view type) {
    writer.BeginObject();
    writer.Key("AttributeName");
    writer.String(attribute.name);
    writer.Key("KeyType");
    writer.String(type);
    writer.EndObject();
  };
  writer.Key("AttributeDefinitions");
  writer.BeginArray();
  definition(schema.partition);
  if (schema.sort) definition(*schema.sort);
  writer.EndArray();
  writer.Key("KeySchema");
  writer.BeginArray();
  element(schema.partition, "HASH");
  if (schema.sort) element(*schema.sort, "RANGE");
  writer.EndArray();
}

void AppendThroughput(json::Writer& writer, const engine::Table& table) {
  writer.Key("ProvisionedThroughput");
  writer.BeginObject();
  writer.Key("NumberOfDecreasesToday");
  writer.Integer(0);
  writer.Key("ReadCapacityUnits");
  writer.Integer(table.read_units);
  writer.Key("WriteCapacityUnits");
  writer.Integer(table.write_units);
  writer.EndObject();
  if (table.billing != engine::BillingMode::kPayPerRequest) return;
  writer.Key("BillingModeSummary");
  writer.BeginObject();
  writer.Key("BillingMode");
  writer.String("PAY_PER_REQUEST");
  writer.Key("LastUpdateToPayPerRequestDateTime");
  AppendTimestamp(writer, table.created_ms);
  writer.EndObject();
}

void AppendStream(json::Writer& writer, const engine::Table& table, const engine::Catalogue& catalogue) {
  if (const auto stream = table.stream ? catalogue.FindLog(*table.stream) : nullptr) {
    writer.Key("StreamSpecification");
    writer.BeginObject();
    writer.Key("StreamEnabled");
    writer.Bool(true);
    writer.Key("StreamViewType");
    writer.String(model::StreamViewTypeName(stream->view));
    writer.EndObject();
  }
  if (const auto latest = table.latest_stream ? catalogue.FindLog(*table.latest_stream) : nullptr) {
    writer.Key("LatestStreamLabel");
    writer.String(latest->label);
    writer.Key("LatestStreamArn");
    writer.String(latest->arn);
  }
}

// The parsed echo of a member, or null. It was valid JSON when it was stored.
const json::Value* FindEcho(const engine::Table& table, std::string_view member, json::Document& document) {
  const auto found = table.echoed.find(std::string(member));
  if (found == table.echoed.end() || !document.Parse(found->second).ok()) return nullptr;
  return document.root().is_object() ? &document.root() : nullptr;
}

void AppendEncryption(json::Writer& writer, const engine::Table& table, json::Document& document) {
  const json::Value* specification = FindEcho(table, echo::kSse, document);
  if (specification == nullptr) return;
  const json::Value* enabled = specification->Find("Enabled");
  if (enabled == nullptr || !enabled->is_bool() || !enabled->boolean()) return;
  const json::Value* key = specification->Find("KMSMasterKeyId");
  std::string arn;
  if (key != nullptr && key->is_string() && key->string().starts_with("arn:"))
    arn = key->string();
  else
    arn = fmt::format("arn:aws:kms:{}:{}:key/{}", table.scope_name.region, table.scope_name.account, table.uuid);
  writer.Key("SSEDescription");
  writer.BeginObject();
  writer.Key("Status");
  writer.String("ENABLED");
  writer.Key("SSEType");
  writer.String("KMS");
  writer.Key("KMSMasterKeyArn");
  writer.String(arn);
  writer.EndObject();
}

void AppendEchoes(json::Writer& writer, const engine::Table& table) {
  json::Document document;
  AppendEncryption(writer, table, document);
  if (const json::Value* throughput = FindEcho(table, echo::kOnDemandThroughput, document)) {
    writer.Key("OnDemandThroughput");
    writer.Value(*throughput);
  }
  if (const json::Value* warm = FindEcho(table, echo::kWarmThroughput, document)) {
    writer.Key("WarmThroughput");
    writer.BeginObject();
    for (const json::Member& member : warm->object()) {
      if (member.name == "Status") continue;
      writer.Key(member.name);
      writer.Value(member.value);
    }
    writer.Key("Status");
    writer.String("ACTIVE");
    writer.EndObject();
  }
}

}  // namespace

void AppendTimestamp(json::Writer& writer, std::int64_t ms) {
  writer.Raw(fmt::format("{}.{:03}", ms / 1000, ms % 1000));
}

Reply RenderTable(std::string_view member, const engine::Table& table, const engine::Catalogue& catalogue,
                  TableStatus status) {
  Reply reply;
  json::Writer writer(&reply.body);
  writer.BeginObject();
  writer.Key(member);
  writer.BeginObject();
  if (status != TableStatus::kDeleting) {
    AppendKeys(writer, table.schema);
    writer.Key("CreationDateTime");
    AppendTimestamp(writer, table.created_ms);
  }
  writer.Key("TableName");
  writer.String(table.name);
  writer.Key("TableStatus");
  writer.String(StatusName(status));
  writer.Key("TableArn");
  writer.String(table.arn);
  writer.Key("TableId");
  writer.String(table.uuid);
  AppendThroughput(writer, table);
  writer.Key("ItemCount");
  writer.Integer(table.counters->items.load());
  writer.Key("TableSizeBytes");
  writer.Integer(table.counters->bytes.load());
  AppendStream(writer, table, catalogue);
  if (!table.table_class.empty()) {
    writer.Key("TableClassSummary");
    writer.BeginObject();
    writer.Key("TableClass");
    writer.String(table.table_class);
    writer.EndObject();
  }
  AppendEchoes(writer, table);
  writer.Key("DeletionProtectionEnabled");
  writer.Bool(table.deletion_protection);
  writer.EndObject();
  writer.EndObject();
  return reply;
}

}  // namespace millrace::api::dynamodb
