#include "app/node_metrics.h"

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

}  // namespace

void AddNodeMetrics(metrics::Registry& registry, const engine::Engine& engine, const http::Server& server) {
  registry.AddCollector([&engine, &server](metrics::Exposition& out) {
    out.Begin({"millrace_build_info", Kind::kGauge, "The version of this program; always 1."});
    out.Sample({{"version", std::string(ProgramVersion())}}, std::uint64_t{1});
    out.Begin({"millrace_engine_healthy", Kind::kGauge, "1 while writes are taken, 0 after a commit has failed."});
    out.Sample({}, std::uint64_t{engine.Health().ok()});
    out.Begin({"millrace_engine_writes_total", Kind::kCounter,
               "Sequence numbers given: changes and events committed since the data directory was made."});
    out.Sample({}, engine.committed().value());
    CollectTables(out, *engine.catalogue());
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
