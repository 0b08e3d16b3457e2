#include "targets/bus/bus_target.h"

#include <algorithm>

#include "flow/bus_event.h"

namespace millrace::targets {

BusTarget::BusTarget(engine::Engine& engine, const engine::Log& bus, const pattern::Matcher& rules,
                     std::optional<std::vector<pattern::RuleId>> only)
    : engine_(engine), bus_(bus.id), name_("bus/" + bus.name), rules_(rules), only_(std::move(only)) {}

void BusTarget::Write(std::span<const flow::Record> batch, std::vector<flow::StateRow> state, Done done) {
  engine::AppendRequest request{.log = bus_, .events = {}, .state = {}};
  auto rules = rules_.Take();
  for (const flow::Record& record : batch) {
    const auto matched = rules->Match(record.body);
    if (!matched.ok()) {
      return done(flow::WriteReport::AllFailed(batch.size(), flow::EntryOutcome::kReject,
                                               matched.error().WithContext("event " + record.id)));
    }
    flow::BusEvent event;
    event.id = record.id;
    event.order_key = record.order_key;
    for (const pattern::RuleId rule : *matched)
      if (!only_ || std::ranges::binary_search(*only_, rule)) event.matched_rules.push_back(rule);
    event.forwarded = record.forwarded;
    event.envelope = record.body;
    request.events.push_back({.hash = 0, .value = event.Encode()});
  }
  for (flow::StateRow& row : state) request.state.push_back({std::move(row.key), std::move(row.value)});
  engine_.Append(
      std::move(request), [count = batch.size(), done = std::move(done)](Result<engine::SequenceNumber> appended) {
        if (appended.ok()) return done(flow::WriteReport::AllTaken(count));
        auto report = flow::WriteReport::AllFailed(count, flow::EntryOutcome::kRetry, std::move(appended).error());
        report.target_down = true;
        done(std::move(report));
      });
}

}  // namespace millrace::targets
