#include "app/node_metrics.h"

#include <algorithm>

#include "base/version.h"

namespace millrace::app {
namespace {

using metrics::Kind;

void CollectTables(metrics::Exposition& out, const engine::Catalogue& catalogue) {
  const auto each = [&](auto value) {
    for (const auto& [id, table] : catalogue.tables())
      out.Sample({{"table", table->name}, {"account", table->scope_name.account}, {"region", table->scope_name.region}},
                 value(*table->counters));
  };
  out.Begin({"millrace_table_items", Kind::kGauge, "Items of a table."});
  each([](const engine::TableCounters& counters) { return counters.items.load(std::memory_order_relaxed); });
  out.Begin({"millrace_table_bytes", Kind::kGauge, "Size of a table's items."});
  each([](const engine::TableCounters& counters) { return counters.bytes.load(std::memory_order_relaxed); });
}

void CollectQueues(metrics::Exposition& out, engine::Engine& engine, const engine::Catalogue& catalogue,
                   const Clock& clock) {
  struct Counted {
    metrics::Labels labels;
    engine::QueueCounts counts;
  };
  std::vector<Counted> queues;
  for (const auto& [id, queue] : catalogue.queues())
    if (const auto counts = engine.queues().Counts(id); counts.ok())  // it may be gone by now
      queues.push_back({{{"queue", queue->name}, {"account", queue->account}, {"region", queue->region}}, *counts});
  const auto each = [&](std::string_view state, auto value) {
    for (const Counted& queue : queues) {
      metrics::Labels labels = queue.labels;
      if (!state.empty()) labels.emplace_back("state", state);
      out.Sample(labels, value(queue.counts));
    }
  };
  out.Begin({"millrace_queue_messages", Kind::kGauge, "Messages of a queue: visible, in flight, delayed."});
  each("visible", [](const engine::QueueCounts& counts) { return std::uint64_t{counts.visible}; });
  each("in-flight", [](const engine::QueueCounts& counts) { return std::uint64_t{counts.in_flight}; });
  each("delayed", [](const engine::QueueCounts& counts) { return std::uint64_t{counts.delayed}; });
  out.Begin(
      {"millrace_queue_oldest_message_age_seconds", Kind::kGauge, "How long ago a queue's oldest message was sent."});
  each({}, [now = clock.NowMillis()](const engine::QueueCounts& counts) {
    return counts.oldest_ms == 0 ? 0.0 : static_cast<double>(std::max<std::int64_t>(0, now - counts.oldest_ms)) / 1000;
  });
}

}  // namespace

void AddNodeMetrics(metrics::Registry& registry, engine::Engine& engine, const http::Server& server,
                    const Clock& clock) {
  registry.AddCollector([&engine, &server, &clock](metrics::Exposition& out) {
    out.Begin({"millrace_build_info", Kind::kGauge, "The version of this program; always 1."});
    out.Sample({{"version", std::string(ProgramVersion())}}, std::uint64_t{1});
    out.Begin({"millrace_engine_healthy", Kind::kGauge, "1 while writes are taken, 0 after a commit has failed."});
    out.Sample({}, std::uint64_t{engine.Health().ok()});
    out.Begin({"millrace_engine_writes_total", Kind::kCounter,
               "Sequence numbers given: changes and events committed since the data directory was made."});
    out.Sample({}, engine.committed().value());
    const auto catalogue = engine.catalogue();
    CollectTables(out, *catalogue);
    CollectQueues(out, engine, *catalogue, clock);
    const http::ServerStats stats = server.Stats();
    out.Begin({"millrace_http_connections", Kind::kGauge, "Connections that are open."});
    out.Sample({}, stats.connections_open);
    out.Begin({"millrace_http_connections_total", Kind::kCounter, "Connections that were opened."});
    out.Sample({}, stats.connections_total);
    out.Begin({"millrace_http_connections_refused_total", Kind::kCounter, "Connections beyond the limit."});
    out.Sample({}, stats.connections_refused_total);
    out.Begin({"millrace_http_requests_total", Kind::kCounter, "Requests, whatever they were for."});
    out.Sample({}, stats.requests_total);
    out.Begin({"millrace_http_rejected_total", Kind::kCounter, "Requests that were refused unread."});
    out.Sample({}, stats.rejected_total);
  });
}

}  // namespace millrace::app
