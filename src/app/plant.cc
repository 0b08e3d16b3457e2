#include "app/plant.h"

#include "base/nearest.h"
#include "logs/bus/bus_log.h"
#include "logs/table/table_log.h"

namespace millrace::app {
namespace {

constexpr std::string_view kTable = "table/";
constexpr std::string_view kBus = "bus/";
constexpr std::string_view kArchive = "archive/";  // a bus's archive is a bus of its own, ArchiveLogName

std::string NameOf(const engine::Log& log) {
  if (log.kind != engine::LogKind::kBus) return std::string(kTable) + log.name;
  return log.name.starts_with(kArchive) ? log.name : std::string(kBus) + log.name;
}

}  // namespace

std::vector<api::admin::RunningFlow> NodePlant::Flows() const {
  std::vector<api::admin::RunningFlow> flows;
  for (Flows::Running& running : flows_.List())
    flows.push_back(
        {std::move(running.name), std::move(running.from), std::move(running.to), std::move(running.subscription)});
  return flows;
}

std::shared_ptr<const engine::Log> NodePlant::Find(std::string_view name) const {
  const auto catalogue = engine_.catalogue();
  if (name.starts_with("arn:")) return catalogue->FindLogByArn(name);
  const auto scope = catalogue->FindScope(scope_);
  if (!scope) return nullptr;
  if (name.starts_with(kBus)) return catalogue->FindBus(*scope, name.substr(kBus.size()));
  if (name.starts_with(kArchive)) return catalogue->FindBus(*scope, name);
  if (!name.starts_with(kTable)) return nullptr;
  const auto table = catalogue->FindTable(*scope, name.substr(kTable.size()));
  return table == nullptr || !table->latest_stream ? nullptr : catalogue->FindLog(*table->latest_stream);
}

Result<std::unique_ptr<flow::Log>> NodePlant::OpenLog(std::string_view name) const {
  if (const auto log = Find(name)) {
    if (log->kind == engine::LogKind::kBus)
      return std::unique_ptr<flow::Log>(std::make_unique<logs::BusLog>(engine_, *log));
    return std::unique_ptr<flow::Log>(std::make_unique<logs::TableLog>(engine_, *log));
  }
  const auto catalogue = engine_.catalogue();
  const auto scope = catalogue->FindScope(scope_);
  if (scope && name.starts_with(kTable) && catalogue->FindTable(*scope, name.substr(kTable.size())) != nullptr)
    return Err(ErrorCode::kFailedPrecondition, {}, "{} has no stream", name);
  std::vector<std::string> known;
  for (const auto& [id, log] : catalogue->logs())
    if (scope && log->scope == *scope) known.push_back(NameOf(*log));
  const std::vector<std::string_view> names(known.begin(), known.end());
  const std::string_view nearest = Nearest(name, names);
  return Err(ErrorCode::kNotFound, {}, "there is no log '{}'{}", name,
             !nearest.empty() ? fmt::format("; did you mean {}?", nearest)
             : known.empty()  ? std::string("; no table has a stream, and there is no bus")
                              : fmt::format("; there are {}{}", known[0], known.size() > 1 ? " and others" : ""));
}

Status NodePlant::StartReplay(const api::admin::ReplayOrder& order) const {
  return flows_.StartReplay(
      {.name = order.name, .bus = order.bus, .from_ms = order.from_ms, .to_ms = order.to_ms, .rules = order.rules});
}

}  // namespace millrace::app
