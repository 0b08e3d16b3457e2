#include "app/node.h"

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "api/admin/service.h"
#include "api/admin/status.h"
#include "api/routes/service.h"
#include "app/event_services.h"
#include "app/flows.h"
#include "app/function_metrics.h"
#include "app/function_options.h"
#include "app/gateway.h"
#include "app/lambda_api.h"
#include "app/maintenance.h"
#include "app/node_metrics.h"
#include "app/plant.h"
#include "app/provision.h"
#include "config/spec.h"
#include "functions/functions.h"
#include "json/write.h"
#include "store/memory_store.h"
#include "store/rocks_store.h"

namespace millrace::app {
namespace {

constexpr std::chrono::seconds kMaintenanceInterval{60};
constexpr int kRequestThreads = 2;
constexpr std::size_t kEarlyRequestsMax = 1000;
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
    const config::Settings& settings = dev.config.settings;
    // Before the functions, which must know its port.
    TRY(Listen(dev, clock));
    TRY(StartFunctions(options, clock, random));
    ASSIGN_OR_RETURN(flows_, Flows::Open({.config = dev.config,
                                          .file_directory = dev.config_directory,
                                          .threads = kFlowThreads,
                                          .metrics = metrics_,
                                          .functions = *functions_},
                                         *engine_, clock, random, options.watcher));
    const bool kept = dev.durability != Durability::kMemory;
    ASSIGN_OR_RETURN(lambda_, LambdaApi::Start({.account = settings.account,
                                                .region = settings.region,
                                                .data_directory = kept ? dev.data : std::string()},
                                               *engine_, *functions_, *flows_, clock, random));
    const aws::Home home{settings.account, settings.region};
    events_ = std::make_unique<EventServices>(*flows_, *engine_, dev.config, home, clock, random);
    TRY(events_->RestoreRules());
    TRY(flows_->StartPipes());
    TRY(events_->RestorePipes());
    TRY(lambda_->StartMappings());
    plant_ = std::make_unique<NodePlant>(*flows_, *engine_, ScopeOf(settings));
    admin_ = std::make_unique<api::admin::Service>(*plant_, metrics_, clock);
    metrics_.AddCollector([this, &clock](metrics::Exposition& out) { CollectFlows(*plant_, clock, out); });
    gateway_ = std::make_unique<Gateway>(
        *engine_, clock, random, home, [this] { return Health(); }, *admin_, *events_, metrics_);
    gateway_->SetLambda(lambda_->service());
    OpenGateway();
    TRY(ServeRoutes(options, clock, random));
    AddNodeMetrics(metrics_, *engine_, *server_, clock);
    AddFunctionMetrics(metrics_, *functions_);
    maintenance_ = std::make_unique<Maintenance>(*engine_, kMaintenanceInterval, [this] { return flows_->Holds(); });
    return Ok();
  }

  void Stop() {
    if (maintenance_) maintenance_->Stop();
    if (admin_) admin_->Close();
    if (events_) events_->Close();
    if (gateway_) gateway_->Close();
    {
      std::lock_guard lock(early_mutex_);
      early_.clear();  // if it never opened: they are answered, and nobody waits for them
    }
    if (server_) server_->Stop();
    if (routes_server_) routes_server_->Stop();
    if (lambda_) lambda_->Stop();
    // What they do ends at once, and what waits for it is told.
    if (functions_) functions_->Stop();
    if (flows_) flows_->Stop();
    if (admin_) admin_->Stop();  // what it waits for has ended
    if (events_) events_->Stop();
    if (engine_) engine_->Stop();
    maintenance_.reset();
    server_.reset();
    routes_server_.reset();
    routes_.reset();
    gateway_.reset();
    events_.reset();
    lambda_.reset();
    admin_.reset();
    plant_.reset();
    flows_.reset();
    functions_.reset();
    engine_.reset();
    store_.reset();
  }

  std::uint16_t port() const { return server_->port(); }
  std::uint16_t routes_port() const { return routes_server_ == nullptr ? 0 : routes_server_->port(); }

 private:
  // Until the gateway is there, requests wait for it.
  Status Listen(const DevOptions& dev, const Clock& clock) {
    http::ServerOptions server;
    server.host = dev.host;
    server.port = dev.port;
    server.threads = kRequestThreads;
    server.clock = &clock;
    ASSIGN_OR_RETURN(server_, http::Server::Start(server, [this](http::Request&& request, http::Responder responder) {
                       if (open_gateway_.load() == nullptr) {
                         std::lock_guard lock(early_mutex_);
                         if (open_gateway_.load() == nullptr && early_.size() < kEarlyRequestsMax) {
                           early_.emplace_back(std::move(request), std::move(responder));
                           return;
                         }
                       }
                       if (Gateway* const gateway = open_gateway_.load()) {
                         gateway->Handle(std::move(request), std::move(responder));
                       } else {
                         responder.Send({.status = 503, .headers = {{"Retry-After", "1"}}});
                       }
                     }));
    return Ok();
  }

  void OpenGateway() {
    std::vector<std::pair<http::Request, http::Responder>> early;
    {
      std::lock_guard lock(early_mutex_);
      open_gateway_.store(gateway_.get());
      early.swap(early_);
    }
    for (auto& [request, responder] : early) gateway_->Handle(std::move(request), std::move(responder));
  }

  Status StartFunctions(const NodeOptions& options, const Clock& clock, Random& random) {
    const config::Config& config = options.dev.config;
    functions::FunctionsOptions functions;
    functions.account = config.settings.account;
    functions.region = config.settings.region;
    const bool six = options.dev.host.find(':') != std::string::npos;
    functions.endpoint_url =
        fmt::format(fmt::runtime(six ? "http://[{}]:{}" : "http://{}:{}"), options.dev.host, port());
    if (options.watcher.function_line) {
      functions.log = [line = options.watcher.function_line](const functions::LogLine& said) {
        // Of what the platform says only what is out of the ordinary.
        const bool routine = said.text.starts_with("START ") || said.text.starts_with("END ") ||
                             said.text.starts_with("REPORT ") || said.text.starts_with("INIT_START");
        if (!said.platform || !routine) line(fmt::format("function/{:<14} | {}", said.function, said.text));
      };
    }
    functions_ = std::make_unique<functions::Functions>(std::move(functions), clock, random);
    TRY(functions_->Start());
    for (const config::Function& function : config.functions)
      if (Status added = functions_->Add(FunctionOptionsOf(function, options.dev.config_directory)); !added.ok())
        return added.error().WithContext("function/" + function.name);
    return Ok();
  }

  // Functions and routes answer HTTP requests on a port of their own.
  Status ServeRoutes(const NodeOptions& options, const Clock& clock, Random& random) {
    const config::Config& config = options.dev.config;
    api::routes::ServiceOptions routes{
        .account = config.settings.account, .cors_origin = config.settings.cors, .problem = options.watcher.problem};
    for (const config::Function& function : config.functions)
      if (function.http) routes.routes.push_back({.route = *function.http, .function = function.name});
    for (const config::HttpRoute& route : config.routes) {
      ASSIGN_OR_RETURN(auto writer, flows_->OpenRoute(route));
      routes.routes.push_back(
          {.route = route.http, .function = {}, .receiver = [writer = std::move(writer)](auto request, auto answer) {
             writer->Write(std::move(request), std::move(answer));
           }});
    }
    if (routes.routes.empty()) return Ok();
    routes_ = std::make_unique<api::routes::Service>(std::move(routes), *functions_, clock, random);
    http::ServerOptions server;
    std::string_view host;
    config::SplitHostPort(config.settings.routes, host, server.port);
    server.host = host;
    server.body_bytes_max = functions::kPayloadBytesMax;
    server.clock = &clock;
    auto started = http::Server::Start(server, [this](http::Request&& request, http::Responder responder) {
      routes_->Handle(std::move(request), std::move(responder));
    });
    if (!started.ok()) return started.error().WithContext("settings.routes");
    routes_server_ = *std::move(started);
    return Ok();
  }

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
    for (const std::string_view service :
         {"dynamodb", "dynamodbstreams", "events", "pipes", "scheduler", "lambda", "sqs"}) {
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
  std::unique_ptr<functions::Functions> functions_;
  std::unique_ptr<Flows> flows_;
  std::unique_ptr<EventServices> events_;
  std::unique_ptr<NodePlant> plant_;
  std::unique_ptr<api::admin::Service> admin_;
  std::unique_ptr<LambdaApi> lambda_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<api::routes::Service> routes_;
  std::unique_ptr<http::Server> routes_server_;
  std::atomic<Gateway*> open_gateway_ = nullptr;
  std::mutex early_mutex_;
  std::vector<std::pair<http::Request, http::Responder>> early_;  // guarded by early_mutex_
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
std::uint16_t Node::routes_port() const {
  return parts_->routes_port();
}
void Node::Stop() {
  parts_->Stop();
}

}  // namespace millrace::app
