#include "config/quotas.h"

#include <fmt/core.h>

#include <cstddef>
#include <map>

#include "pattern/pattern.h"

namespace millrace::config {
namespace {

// The least that would do.
std::string Fix(std::string_view key, std::size_t value) {
  return fmt::format("settings: {{limits: {{{}: {}}}}}, where it need not run on AWS", key, value);
}

void CheckPattern(const Settings& settings, const PatternText& pattern, const std::string& ref, Report& report) {
  if (const Status status = settings.limits.CheckPattern(pattern.json); !status.ok())
    report.Add(code::kTooMany, pattern.span, ref,
               {status.error().message(), {}, Fix("pattern-characters", pattern.json.size())});
}

}  // namespace

void CheckQuotas(const Config& config, Report& report) {
  for (const Pipe& pipe : config.pipes)
    for (const PatternText& pattern : pipe.match) CheckPattern(config.settings, pattern, "pipe/" + pipe.name, report);

  std::map<std::string, pattern::ServiceLimits::BusUse> buses;
  for (const Rule& rule : config.rules) {
    pattern::ServiceLimits::BusUse& use = buses[rule.from.name];
    ++use.rules;
    if (!rule.match) continue;
    CheckPattern(config.settings, *rule.match, "rule/" + rule.name, report);
    const auto pattern = pattern::Pattern::Parse(rule.match->json);
    if (pattern.ok() && pattern->has_wildcards()) ++use.wildcard_rules;
  }
  const pattern::ServiceLimits& limits = config.settings.limits;
  for (const Bus& bus : config.buses) {
    const pattern::ServiceLimits::BusUse& use = buses[bus.name];
    const Status status = limits.CheckBus(use);
    if (status.ok()) continue;
    const bool too_many = use.rules > limits.rules_per_bus_max;
    report.Add(code::kTooMany, bus.span, "bus/" + bus.name,
               {fmt::format("bus/{}: {}", bus.name, status.error().message()), "these are the quotas of EventBridge",
                too_many ? Fix("rules-per-bus", use.rules) : Fix("wildcard-rules-per-bus", use.wildcard_rules)});
  }
}

}  // namespace millrace::config
