#include "api/events/registry.h"

#include "api/arns/ref_arn.h"
#include "api/events/error_map.h"
#include "json/write.h"

namespace millrace::api::events {
namespace {

TargetRecord DeclaredTarget(const aws::Home& home, const config::RuleTarget& to) {
  TargetRecord target;
  target.id = !to.id.empty() ? to.id : to.ref.name;
  target.arn = ArnOfRef(home, to.ref);
  json::Writer writer(&target.json);
  writer.BeginObject();
  writer.Key("Id");
  writer.String(target.id);
  writer.Key("Arn");
  writer.String(target.arn);
  writer.EndObject();
  return target;
}

}  // namespace

Registry::Registry(Plant& plant, const config::Config& declared, aws::Home place)
    : home(std::move(place)),
      config(declared),
      buses(plant),
      rules(plant),
      archives(plant),
      connections(plant),
      destinations(plant) {}

Status Registry::Load() {
  for (const config::Bus& bus : config.buses) {
    buses.Declare({.name = bus.name});
    if (!bus.archive) continue;
    archives.Declare({.name = bus.name,
                      .bus = bus.name,
                      .pattern = bus.archive->match ? bus.archive->match->json : std::string(),
                      .retention_days = std::chrono::duration_cast<std::chrono::days>(bus.archive->retain).count()});
  }
  for (const config::Rule& rule : config.rules) {
    RuleRecord record{.bus = rule.from.name,
                      .name = rule.name,
                      .pattern = rule.match ? rule.match->json : std::string(),
                      .schedule = rule.schedule.value_or(std::string()),
                      .state = rule.enabled ? "ENABLED" : "DISABLED"};
    for (const config::RuleTarget& to : rule.to) record.targets.push_back(DeclaredTarget(home, to));
    rules.Declare(std::move(record));
  }
  TRY(buses.Load());
  buses.Provide({.name = std::string(kDefaultBus)});
  TRY(rules.Load());
  TRY(archives.Load());
  TRY(connections.Load());
  return destinations.Load();
}

Result<const BusRecord*> Registry::Bus(std::string_view name) const {
  const BusRecord* bus = buses.Find(name);
  if (bus == nullptr) return Err(ErrorCode::kNotFound, {}, "Event bus {} does not exist.", name);
  return bus;
}

Result<const RuleRecord*> Registry::Rule(std::string_view bus, std::string_view name) const {
  const RuleRecord* rule = rules.Find(RuleRecord::KeyOf(bus, name));
  if (rule == nullptr) return Err(ErrorCode::kNotFound, {}, "Rule {} does not exist on EventBus {}.", name, bus);
  return rule;
}

Error Owned(std::string_view what) {
  return Err(ErrorCode::kFailedPrecondition, reason::kManaged,
             "{} is declared in the configuration file, which owns it: change it there.", what);
}

}  // namespace millrace::api::events
