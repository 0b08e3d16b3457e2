// Tags of buses and rules.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TagResource.html
#include <algorithm>

#include "api/events/operations.h"

namespace millrace::api::events {
namespace {

constexpr std::size_t kTagsMax = 50;

// Calls `change` with the record that the ARN names, a bus's or a rule's; what it returns is the answer.
template <class Change>
Result<std::string> WithResource(const Call& call, Change change) {
  aws::RequestReader reader(call.request);
  const auto arn = reader.String("ResourceARN");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.NotNull(arn.has_value(), "resourceARN");
  constraints.Length(arn, "resourceARN", 1, 1600);
  TRY(constraints.Check());
  if (const auto rule_name = RuleNameOf(*arn)) {
    ASSIGN_OR_RETURN(const RuleRecord* rule, call.registry.Rule(rule_name->bus, rule_name->rule));
    return change(call.registry.rules, *rule, "rule/" + rule->name);
  }
  if (const auto bus_name = NameOfArn(*arn, "event-bus")) {
    ASSIGN_OR_RETURN(const BusRecord* bus, call.registry.Bus(*bus_name));
    return change(call.registry.buses, *bus, "bus/" + bus->name);
  }
  return InvalidArgument("Parameter ResourceARN is not valid. Reason: only rules and event buses have tags.");
}

}  // namespace

Result<std::string> TagResource(const Call& call) {
  ASSIGN_OR_RETURN(const auto tags, ReadTags(call.request));
  if (!tags)
    return InvalidArgument(
        "1 validation error detected: Value null at 'tags' failed to satisfy constraint: "
        "Member must not be null");
  return WithResource(call, [&](auto& shelf, auto record, const std::string& name) -> Result<std::string> {
    if (record.declared) return Owned(name);
    for (const auto& [key, value] : *tags) {
      const auto before = std::ranges::find(record.tags, key, &std::pair<std::string, std::string>::first);
      if (before == record.tags.end())
        record.tags.emplace_back(key, value);
      else
        before->second = value;
    }
    if (record.tags.size() > kTagsMax)
      return Err(ErrorCode::kResourceExhausted, {}, "The requested resource exceeds the maximum number allowed.");
    TRY(shelf.Put(std::move(record)));
    return "{}";
  });
}

Result<std::string> UntagResource(const Call& call) {
  aws::RequestReader reader(call.request);
  const json::Value* list = reader.List("TagKeys");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.NotNull(list != nullptr, "tagKeys");
  TRY(constraints.Check());
  return WithResource(call, [&](auto& shelf, auto record, const std::string& name) -> Result<std::string> {
    if (record.declared) return Owned(name);
    for (const json::Value& key : list->array())
      if (key.is_string()) std::erase_if(record.tags, [&](const auto& tag) { return tag.first == key.string(); });
    TRY(shelf.Put(std::move(record)));
    return "{}";
  });
}

Result<std::string> ListTagsForResource(const Call& call) {
  return WithResource(call, [&](auto&, const auto& record, const std::string&) -> Result<std::string> {
    std::string body;
    json::Writer writer(&body);
    writer.BeginObject();
    writer.Key("Tags");
    AppendTags(writer, record.tags);
    writer.EndObject();
    return body;
  });
}

}  // namespace millrace::api::events
