#include "app/node.h"

#include "api/admin/service.h"
#include "api/admin/status.h"
#include "app/flows.h"
#include "app/gateway.h"
#include "app/maintenance.h"
#include "app/node_metrics.h"
#include "app/plant.h"
#include "app/provision.h"
#include "json/write.h"
#include "store/memory_store.h"
#include "store/rocks_store.h"

namespace millrace::app {
namespace {

constexpr std::chrono::seconds kMaintenanceInterval{60};
constexpr int kRequestThreads = 2;
constexpr int kFlowThreads = 2;

Result<std::unique_ptr<store::Store>> OpenStore(const DevOptions& options) {
  if (options.durability == Durability::kMemory)
    return std::unique_ptr<store::Store>(std::make_unique<store::MemoryStore>());
  store::RocksOptions rocks;
  rocks.path = options.data;
  rocks.mode = options.durability == Durability::kRelaxed ? store::SyncMode::kRelaxed : store::SyncMode::kDurable;
  return store::RocksStore::Open(rocks);
}

}  // namespace

class Node::Parts {
 public:
  ~Parts() { Stop(); }

  Status Start(NodeOptions options, Clock& clock, Random& random) {
    const DevOptions& dev = options.dev;
    ASSIGN_OR_RETURN(store_, OpenStore(dev));
    engine::EngineOptions engine_options;
    engine_options.on_failure = std::move(options.on_failure);
    ASSIGN_OR_RETURN(engine_, engine::Engine::Open(engine_options, *store_, clock, random));
    TRY(Provision(dev.config, *engine_));
    ASSIGN_OR_RETURN(flows_, Flows::Open({.config = dev.config,
                                          .file_directory = dev.config_directory,
                                          .threads = kFlowThreads,
                                          .metrics = metrics_},
                                         *engine_, clock, random, std::move(options.watcher)));
    TRY(flows_->StartPipes());
    plant_ = std::make_unique<NodePlant>(*flows_, *engine_, ScopeOf(dev.config.settings));
    admin_ = std::make_unique<api::admin::Service>(*plant_, metrics_, clock);
    metrics_.AddCollector([this, &clock](metrics::Exposition& out) { CollectFlows(*plant_, clock, out); });
    const config::Settings& settings = dev.config.settings;
    gateway_ = std::make_unique<Gateway>(
        *engine_, clock, random, aws::Home{settings.account, settings.region}, [this] { return Health(); }, *admin_,
        metrics_);
    http::ServerOptions server;
    server.host = dev.host;
    server.port = dev.port;
    server.threads = kRequestThreads;
    server.clock = &clock;
    ASSIGN_OR_RETURN(server_, http::Server::Start(server, [this](http::Request&& request, http::Responder responder) {
                       gateway_->Handle(std::move(request), std::move(responder));
                     }));
    AddNodeMetrics(metrics_, *engine_, *server_);
    maintenance_ = std::make_unique<Maintenance>(*engine_, kMaintenanceInterval, [this] { return flows_->Holds(); });
    return Ok();
  }

  void Stop() {
    if (maintenance_) maintenance_->Stop();
    if (admin_) admin_->Close();
    if (server_) server_->Stop();
    if (flows_) flows_->Stop();
    if (admin_) admin_->Stop();  // what it waits for has ended
    if (engine_) engine_->Stop();
    maintenance_.reset();
    server_.reset();
    gateway_.reset();
    admin_.reset();
    plant_.reset();
    flows_.reset();
    engine_.reset();
    store_.reset();
  }

  std::uint16_t port() const { return server_->port(); }

 private:
  std::string Health() const {
    const Status health = engine_->Health();
    std::string body;
    json::Writer writer(&body);
    writer.BeginObject();
    writer.Key("status");
    writer.String(health.ok() ? "running" : "failed");
    if (!health.ok()) {
      writer.Key("error");
      writer.String(health.error().message());
    }
    writer.Key("services");
    writer.BeginObject();
    for (const std::string_view service : {"dynamodb", "dynamodbstreams"}) {
      writer.Key(service);
      writer.String(health.ok() ? "running" : "error");
    }
    writer.EndObject();
    writer.Key("flows");
    writer.BeginArray();
    for (const Flows::Report& report : flows_->Reports()) {
      writer.BeginObject();
      writer.Key("name");
      writer.String(report.name);
      writer.Key("state");
      writer.String(SubscriptionStateName(report.state));
      writer.Key("read");
      writer.Unsigned(report.stats.read);
      writer.Key("delivered");
      writer.Unsigned(report.stats.delivered);
      writer.Key("waiting");
      writer.Unsigned(report.stats.window);
      if (!report.error.empty()) {
        writer.Key("error");
        writer.String(report.error);
      }
      writer.EndObject();
    }
    writer.EndArray();
    writer.EndObject();
    return body;
  }

  std::unique_ptr<store::Store> store_;
  std::unique_ptr<engine::Engine> engine_;
  metrics::Registry metrics_;
  std::unique_ptr<Flows> flows_;
  std::unique_ptr<NodePlant> plant_;
  std::unique_ptr<api::admin::Service> admin_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<Maintenance> maintenance_;
};

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::Start(NodeOptions options, Clock& clock, Random& random) {
  auto parts = std::make_unique<Parts>();
  TRY(parts->Start(std::move(options), clock, random));
  return std::unique_ptr<Node>(new Node(std::move(parts)));
}

std::uint16_t Node::port() const {
  return parts_->port();
}
void Node::Stop() {
  parts_->Stop();
}

}  // namespace millrace::app
