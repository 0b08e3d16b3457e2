// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "api/dynamodb/constraints.h"
#include "api/dynamodb/operations.h"
#include "api/dynamodb/stream_specification.h"
#include "api/dynamodb/table_description.h"
#include "api/dynamodb/tables.h"
#include "aws/request_reader.h"
#include "json/write.h"

namespace millrace::api::dynamodb {
namespace {

constexpr std::size_t kAttributeNameBytesMax = 255;
constexpr std::size_t kKeyElementsMax = 2;
constexpr std::size_t kDefinitionsMax = 100;
constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kTagKeyBytesMax = 128;
constexpr std::size_t kTagValueBytesMax = 256;
constexpr std::int64_t kThroughputMax = 1'000'000'000'000;

struct Definition {
  std::string_view name;
  std::string_view type;
};

struct KeyElement {
  std::string_view name;
  std::string_view type;
};

struct Throughput {
  std::optional<std::int64_t> read;
  std::optional<std::int64_t> write;
};

struct Members {
  std::optional<std::string_view> name;
  std::vector<Definition> definitions;
  std::vector<KeyElement> keys;
  std::optional<std::string_view> billing;
  std::optional<Throughput> throughput;
  StreamSpecification stream;
  std::optional<std::string_view> table_class;
  bool deletion_protection = false;
};

Result<std::vector<Definition>> ReadDefinitions(const json::Value* list, Constraints& constraints) {
  static constexpr std::array<std::string_view, 3> kTypes = {"B", "N", "S"};
  std::vector<Definition> definitions;
  constraints.NotNull(list != nullptr, "attributeDefinitions");
  if (list == nullptr) return definitions;
  if (list->array().size() > kDefinitionsMax)
    return OneValidationError(fmt::format(
        "Value at 'AttributeDefinitions' failed to satisfy constraint: Member must have length less than or "
        "equal to {}",
        kDefinitionsMax));
  for (const json::Value& json : list->array()) {
    aws::RequestReader reader(json);
    const auto name = reader.String("AttributeName");
    const auto type = reader.String("AttributeType");
    TRY(reader.status());
    const std::string path = fmt::format("attributeDefinitions.{}.member", definitions.size() + 1);
    constraints.NotNull(name.has_value(), path + ".attributeName");
    if (name) constraints.Length(*name, path + ".attributeName", 1, kAttributeNameBytesMax);
    constraints.NotNull(type.has_value(), path + ".attributeType");
    constraints.OneOf(type, path + ".attributeType", kTypes);
    definitions.push_back({name.value_or(""), type.value_or("")});
  }
  return definitions;
}

// As Java prints the list: AWS echoes it so.
std::string EchoKeys(const std::vector<KeyElement>& keys) {
  std::string echo = "[";
  for (const KeyElement& key : keys) {
    if (echo.size() > 1) echo += ", ";
    echo += fmt::format("KeySchemaElement(attributeName={}, keyType={})", key.name, key.type);
  }
  return echo + "]";
}

Result<std::vector<KeyElement>> ReadKeySchema(const json::Value* list, Constraints& constraints) {
  static constexpr std::array<std::string_view, 2> kTypes = {"HASH", "RANGE"};
  std::vector<KeyElement> keys;
  constraints.NotNull(list != nullptr, "keySchema");
  if (list == nullptr) return keys;
  for (const json::Value& json : list->array()) {
    aws::RequestReader reader(json);
    const auto name = reader.String("AttributeName");
    const auto type = reader.String("KeyType");
    TRY(reader.status());
    const std::string path = fmt::format("keySchema.{}.member", keys.size() + 1);
    constraints.NotNull(name.has_value(), path + ".attributeName");
    if (name) constraints.Length(*name, path + ".attributeName", 1, kAttributeNameBytesMax);
    constraints.NotNull(type.has_value(), path + ".keyType");
    constraints.OneOf(type, path + ".keyType", kTypes);
    keys.push_back({name.value_or(""), type.value_or("")});
    if (keys.size() > kDefinitionsMax) break;  // far too many, and reported below
  }
  if (keys.empty())
    constraints.Add(
        "Value '[]' at 'keySchema' failed to satisfy constraint: Member must have length greater than or equal to 1");
  if (keys.size() > kKeyElementsMax)
    constraints.Add(fmt::format(
        "Value '{}' at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to {}",
        EchoKeys(keys), kKeyElementsMax));
  return keys;
}

Result<Throughput> ReadThroughput(const json::Value& json, Constraints& constraints) {
  aws::RequestReader reader(json);
  const Throughput units = {.read = reader.Integer("ReadCapacityUnits"), .write = reader.Integer("WriteCapacityUnits")};
  TRY(reader.status());
  constraints.NotNull(units.read.has_value(), "provisionedThroughput.readCapacityUnits");
  constraints.AtLeast(units.read, "provisionedThroughput.readCapacityUnits", 1);
  constraints.NotNull(units.write.has_value(), "provisionedThroughput.writeCapacityUnits");
  constraints.AtLeast(units.write, "provisionedThroughput.writeCapacityUnits", 1);
  return units;
}

Status CheckTags(const json::Value* tags) {
  if (tags == nullptr) return Ok();
  if (tags->array().size() > kTagsMax)
    return InvalidArgument("Too many tags: {} exceeds the limit of {} tags for a resource", tags->array().size(),
                           kTagsMax);
  Constraints constraints;
  std::vector<std::string_view> keys;
  for (const json::Value& json : tags->array()) {
    aws::RequestReader reader(json);
    const auto key = reader.String("Key");
    const auto value = reader.String("Value");
    TRY(reader.status());
    const std::string path = fmt::format("tags.{}.member", keys.size() + 1);
    constraints.NotNull(key.has_value(), path + ".key");
    if (key) constraints.Length(*key, path + ".key", 1, kTagKeyBytesMax);
    constraints.NotNull(value.has_value(), path + ".value");
    if (value) constraints.Length(*value, path + ".value", 0, kTagValueBytesMax);
    if (key && std::find(keys.begin(), keys.end(), *key) != keys.end())
      return InvalidArgument("Duplicate tag key: {}", *key);
    keys.push_back(key.value_or(""));
  }
  return constraints.Check();
}

// Whatever the engine has no use for is kept as text and told again.
Result<std::map<std::string, std::string>> ReadEchoed(aws::RequestReader& reader, const json::Value& request) {
  const json::Value* tags = reader.List(echo::kTags);
  for (const std::string_view name : {echo::kSse, echo::kOnDemandThroughput, echo::kWarmThroughput})
    reader.Structure(name);
  reader.String(echo::kResourcePolicy);
  TRY(reader.status());
  TRY(CheckTags(tags));
  std::map<std::string, std::string> echoed;
  for (const std::string_view name :
       {echo::kTags, echo::kSse, echo::kOnDemandThroughput, echo::kWarmThroughput, echo::kResourcePolicy}) {
    if (!reader.Has(name)) continue;
    json::AppendValue(echoed[std::string(name)], *request.Find(name));
  }
  return echoed;
}

Result<Members> ReadMembers(aws::RequestReader& reader) {
  static constexpr std::array<std::string_view, 2> kBilling = {"PROVISIONED", "PAY_PER_REQUEST"};
  static constexpr std::array<std::string_view, 2> kClasses = {"STANDARD", "STANDARD_INFREQUENT_ACCESS"};
  Members members;
  members.name = reader.String("TableName");
  members.billing = reader.String("BillingMode");
  members.table_class = reader.String("TableClass");
  members.deletion_protection = reader.Boolean("DeletionProtectionEnabled").value_or(false);
  const json::Value* definitions = reader.List("AttributeDefinitions");
  const json::Value* keys = reader.List("KeySchema");
  const json::Value* throughput = reader.Structure("ProvisionedThroughput");
  const json::Value* stream = reader.Structure("StreamSpecification");
  TRY(reader.status());

  if (!members.name) return InvalidArgument("The parameter 'TableName' is required but was not present in the request");
  Constraints constraints;
  ASSIGN_OR_RETURN(members.definitions, ReadDefinitions(definitions, constraints));
  constraints.Name(members.name, "tableName");
  constraints.OneOf(members.billing, "billingMode", kBilling);
  if (throughput != nullptr) {
    ASSIGN_OR_RETURN(members.throughput, ReadThroughput(*throughput, constraints));
  }
  ASSIGN_OR_RETURN(members.keys, ReadKeySchema(keys, constraints));
  if (stream != nullptr) {
    ASSIGN_OR_RETURN(members.stream, ReadStreamSpecification(*stream, constraints));
  }
  constraints.OneOf(members.table_class, "tableClass", kClasses);
  TRY(constraints.Check());
  return members;
}

Status CheckThroughput(const Members& members) {
  if (members.billing == "PAY_PER_REQUEST") {
    if (members.throughput)
      return InvalidArgument(
          "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be "
          "specified "
          "when BillingMode is PAY_PER_REQUEST");
    return Ok();
  }
  if (!members.throughput && !members.billing)
    return InvalidArgument("No provisioned throughput specified for the table");
  if (!members.throughput)
    return InvalidArgument(
        "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified "
        "when BillingMode is PROVISIONED");
  if (*members.throughput->read > kThroughputMax)
    return InvalidArgument("Given value {} for ReadCapacityUnits is out of bounds", *members.throughput->read);
  if (*members.throughput->write > kThroughputMax)
    return InvalidArgument("Given value {} for WriteCapacityUnits is out of bounds", *members.throughput->write);
  return Ok();
}

template <class Named>
std::string NamesOf(const std::vector<Named>& named) {
  std::string names;
  for (const Named& each : named) {
    if (!names.empty()) names += ", ";
    names += each.name;
  }
  return names;
}

Result<model::KeySchema> SchemaOf(const Members& members) {
  const auto define = [&](std::string_view name) -> std::optional<model::KeyAttribute> {
    for (const Definition& definition : members.definitions)
      if (definition.name == name)
        return model::KeyAttribute{std::string(name), *model::ParseAttributeType(definition.type)};
    return std::nullopt;
  };
  const std::vector<KeyElement>& keys = members.keys;
  const auto partition = define(keys[0].name);
  const auto sort = keys.size() == 2 ? define(keys[1].name) : std::nullopt;
  if (keys.size() == 1 && !partition)
    return InvalidArgument(
        "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. "
        "Keys: [{}], AttributeDefinitions: [{}]",
        NamesOf(keys), NamesOf(members.definitions));
  if (keys.size() == 2) {
    // A definition for one of two equal names counts as missing.
    if (!partition || !sort || (keys[0].name == keys[1].name && members.definitions.size() == 1))
      return InvalidArgument("Invalid KeySchema: Some index key attribute have no definition");
    if (keys[0].name == keys[1].name)
      return InvalidArgument("Both the Hash Key and the Range Key element in the KeySchema have the same name");
  }
  if (keys[0].type != "HASH")
    return InvalidArgument("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  if (keys.size() == 2 && keys[1].type != "RANGE")
    return InvalidArgument("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  if (members.definitions.size() != keys.size())
    return InvalidArgument(
        "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of "
        "attributes defined in AttributeDefinitions");
  return model::KeySchema{.partition = *partition, .sort = sort};
}

Status CheckNoIndexes(const aws::RequestReader& reader) {
  for (const std::string_view name : {"LocalSecondaryIndexes", "GlobalSecondaryIndexes", "VectorIndexes"})
    if (reader.Has(name))
      return InvalidArgument("{} is not supported yet: this table can only have its primary key", name);
  return Ok();
}

Result<engine::CreateTableRequest> ReadRequest(const Call& call) {
  aws::RequestReader reader(call.request);
  ASSIGN_OR_RETURN(const Members members, ReadMembers(reader));
  engine::CreateTableRequest request;
  ASSIGN_OR_RETURN(request.echoed, ReadEchoed(reader, call.request));
  TRY(CheckThroughput(members));
  TRY(CheckNoIndexes(reader));
  ASSIGN_OR_RETURN(request.schema, SchemaOf(members));
  ASSIGN_OR_RETURN(request.stream, StreamOfNewTable(members.stream));
  request.scope = call.scope;
  request.name = *members.name;
  request.billing =
      members.billing == "PAY_PER_REQUEST" ? engine::BillingMode::kPayPerRequest : engine::BillingMode::kProvisioned;
  if (members.throughput) {
    request.read_units = *members.throughput->read;
    request.write_units = *members.throughput->write;
  }
  request.deletion_protection = members.deletion_protection;
  request.table_class = members.table_class.value_or("");
  return request;
}

}  // namespace

Result<Reply> CreateTable(const Call& call) {
  ASSIGN_OR_RETURN(const engine::CreateTableRequest request, ReadRequest(call));
  ASSIGN_OR_RETURN(const TablePtr table, call.engine.CreateTable(request));
  // The catalogue of the call is from before; the stream is in the one of now.
  return RenderTable("TableDescription", *table, *call.engine.catalogue(), TableStatus::kCreating);
}

}  // namespace millrace::api::dynamodb
