#include "functions/functions.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <thread>
#include <unordered_map>

#include "base/check.h"
#include "base/log.h"
#include "functions/pool.h"
#include "functions/report.h"
#include "functions/runtime_api.h"
#include "functions/tree_watch.h"

namespace millrace::functions {
namespace {

using std::chrono::milliseconds;

// Answers are judged by kResponseBytesMax; what is larger than this is cut off by the server.
constexpr std::size_t kPostedBytesMax = std::size_t{16} << 20;
// After a change of files: an editor or a compiler may write more.
constexpr milliseconds kSettleTime{30};
constexpr milliseconds kSettleTimeMax{500};
constexpr milliseconds kStopTimeMax{5'000};

// Data that a function writes beside its code must not restart it.
bool IsSource(const FunctionOptions& function, std::string_view path) {
  if (!function.command.empty() || function.runtime == Runtime::kNative) return true;
  const std::size_t slash = path.rfind('/');
  const std::string_view name = path.substr(slash + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return true;  // a directory, most likely
  constexpr std::string_view kNode[] = {".js",  ".mjs", ".cjs",  ".json", ".ts",
                                        ".mts", ".cts", ".node", ".wasm", ".env"};
  constexpr std::string_view kPython[] = {".py", ".so", ".json", ".toml", ".yaml", ".yml", ".env"};
  const std::string_view extension = name.substr(dot);
  return function.runtime == Runtime::kNode ? std::ranges::find(kNode, extension) != std::end(kNode)
                                            : std::ranges::find(kPython, extension) != std::end(kPython);
}

}  // namespace

class Functions::Core {
 public:
  Core(FunctionsOptions options, const Clock& clock, Random& random)
      : options_(std::move(options)),
        clock_(clock),
        loop_(clock, [this] { return OnAlarm(); }),
        watch_(loop_, [this](const std::string& root, const std::string& path) { OnChange(root, path); }),
        host_{.options = options_, .clock = clock, .random = random, .loop = loop_, .bootstraps = bootstraps_} {
    host_.starting_max = std::max(1U, std::thread::hardware_concurrency());
    host_.enrol = [this](const WorkerPtr& worker) { directory_.Add(worker); };
    host_.strike = [this](const WorkerPtr& worker) {
      directory_.Remove(worker);
      server_->RemoveListener(worker->listener.number);
      std::lock_guard lock(mutex_);
      changed_.notify_all();
    };
  }

  ~Core() { Stop(); }

  Status Start() {
    http::ServerOptions server;
    server.threads = 1;  // what a process says is taken in its order
    server.body_bytes_max = kPostedBytesMax;
    server.drain_timeout = milliseconds(0);
    ASSIGN_OR_RETURN(server_, http::Server::Start(server, [this](http::Request&& request, http::Responder responder) {
                       directory_.Handle(std::move(request), std::move(responder));
                     }));
    host_.server = server_.get();
    TRY(loop_.Start("functions"));
    loop_.Post([this] {
      if (Status opened = watch_.Open(); !opened.ok()) log::Warn("{}", opened.error().message());
    });
    std::lock_guard lock(mutex_);
    started_ = true;
    return Ok();
  }

  void Stop() {
    std::vector<std::shared_ptr<Pool>> pools;
    {
      std::lock_guard lock(mutex_);
      if (!started_) return;
      started_ = false;
      for (const auto& [name, pool] : pools_) pools.push_back(pool);
    }
    for (const auto& pool : pools) pool->Close(InvokeStatus::kStopping);
    {
      std::unique_lock lock(mutex_);
      pools.insert(pools.end(), leaving_.begin(), leaving_.end());
      changed_.wait_for(lock, kStopTimeMax, [&] {
        return std::ranges::none_of(pools, [](const auto& pool) { return pool->HasProcesses(); });
      });
    }
    loop_.Post([this] { watch_.Close(); });
    loop_.Stop();
    server_->Stop();
    std::lock_guard lock(mutex_);
    pools_.clear();
    leaving_.clear();
  }

  Status Add(FunctionOptions function) {
    ASSIGN_OR_RETURN(function, Checked(std::move(function)));
    std::lock_guard lock(mutex_);
    if (!started_) return Err(ErrorCode::kUnavailable, {}, "functions are not running");
    const std::string name = function.key();
    if (pools_.contains(name)) return Err(ErrorCode::kAlreadyExists, {}, "function '{}' exists", name);
    Watch(function, /*add=*/true);
    const auto pool = std::make_shared<Pool>(host_, std::move(function));
    pools_.emplace(name, pool);
    pool->Reload();
    return Ok();
  }

  Status Update(FunctionOptions function) {
    ASSIGN_OR_RETURN(function, Checked(std::move(function)));
    std::lock_guard lock(mutex_);
    const auto found = pools_.find(function.key());
    if (found == pools_.end()) return NotFound(function.key());
    Watch(function, /*add=*/true);
    Watch(*found->second->options(), /*add=*/false);
    found->second->Update(std::move(function));
    return Ok();
  }

  Status Remove(std::string_view name) {
    std::shared_ptr<Pool> pool;
    {
      std::lock_guard lock(mutex_);
      const auto found = pools_.find(name);
      if (found == pools_.end()) return NotFound(name);
      pool = found->second;
      pools_.erase(found);
      std::erase_if(leaving_, [](const auto& other) { return !other->HasProcesses(); });
      leaving_.push_back(pool);
      Watch(*pool->options(), /*add=*/false);
    }
    pool->Close(InvokeStatus::kNotFound);
    return Ok();
  }

  void Invoke(std::string_view name, std::string payload, InvokeOptions options, Done done) {
    if (const std::shared_ptr<Pool> pool = FindPool(name))
      return pool->Submit(std::move(payload), std::move(options), std::move(done));
    InvokeResult result;
    result.request_id = std::move(options.request_id);
    SetError(result, InvokeStatus::kNotFound, "ResourceNotFoundException",
             fmt::format("Function not found: {}", FunctionArn(options_.account, options_.region, name)));
    done(std::move(result));
  }

  std::shared_ptr<Pool> FindPool(std::string_view name) const {
    std::lock_guard lock(mutex_);
    const auto found = pools_.find(name);
    return found == pools_.end() ? nullptr : found->second;
  }

  std::vector<std::shared_ptr<Pool>> AllPools() const {
    std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Pool>> pools;
    for (const auto& [name, pool] : pools_) pools.push_back(pool);
    return pools;
  }

 private:
  static Error NotFound(std::string_view name) {
    return Err(ErrorCode::kNotFound, {}, "there is no function '{}'", name);
  }

  Result<FunctionOptions> Checked(FunctionOptions function) const {
    TRY(CheckFunctionOptions(function));
    if (function.account.empty()) function.account = options_.account;
    if (function.region.empty()) function.region = options_.region;
    if (function.arn.empty()) function.arn = FunctionArn(function.account, function.region, function.name);
    while (function.directory.size() > 1 && function.directory.back() == '/') function.directory.pop_back();
    return function;
  }

  void Watch(const FunctionOptions& function, bool add) {
    if (!function.watch) return;
    loop_.Post([this, add, root = function.directory] { add ? watch_.Add(root) : watch_.Remove(root); });
  }

  // On the loop.
  void OnChange(const std::string& root, const std::string& path) {
    const MonoTime now = clock_.Mono();
    for (const std::shared_ptr<Pool>& pool : AllPools()) {
      const auto function = pool->options();
      if (!function->watch || function->directory != root || !IsSource(*function, path)) continue;
      const auto [pending, first] = reloads_.try_emplace(pool, Pending{now, now});
      pending->second.last = now;
      loop_.WakeBy(now + kSettleTime);
    }
  }

  MonoTime OnAlarm() {
    MonoTime next = MonoTime::max();
    const MonoTime now = clock_.Mono();
    std::erase_if(reloads_, [&](const auto& pending) {
      const MonoTime due = std::min<MonoTime>(pending.second.last + kSettleTime, pending.second.first + kSettleTimeMax);
      if (now < due) {
        next = std::min(next, due);
        return false;
      }
      log::Info("function '{}' has changed: new processes take over", pending.first->options()->name);
      pending.first->Reload();
      return true;
    });
    for (const std::shared_ptr<Pool>& pool : AllPools()) next = std::min(next, pool->Sweep());
    return next;
  }

  struct Pending {
    MonoTime first;
    MonoTime last;
  };

  const FunctionsOptions options_;
  const Clock& clock_;
  RuntimeApi directory_;
  std::unique_ptr<http::Server> server_;
  Bootstraps bootstraps_;
  EventLoop loop_;
  TreeWatch watch_;                                   // of the loop
  std::map<std::shared_ptr<Pool>, Pending> reloads_;  // of the loop
  Host host_;

  // A pool's lock may be taken with this one held, never the other way round.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool started_ = false;                                             // guarded by mutex_
  std::map<std::string, std::shared_ptr<Pool>, std::less<>> pools_;  // guarded by mutex_
  std::vector<std::shared_ptr<Pool>> leaving_;  // guarded by mutex_; processes of them may still live
};

Functions::Functions(FunctionsOptions options, const Clock& clock, Random& random)
    : core_(std::make_unique<Core>(std::move(options), clock, random)) {}
Functions::~Functions() = default;

Status Functions::Start() {
  return core_->Start();
}
void Functions::Stop() {
  core_->Stop();
}
Status Functions::Add(FunctionOptions options) {
  return core_->Add(std::move(options));
}
Status Functions::Update(FunctionOptions options) {
  return core_->Update(std::move(options));
}
Status Functions::Remove(std::string_view name) {
  return core_->Remove(name);
}
void Functions::Invoke(std::string_view name, std::string payload, InvokeOptions options, Done done) {
  core_->Invoke(name, std::move(payload), std::move(options), std::move(done));
}
std::optional<FunctionOptions> Functions::Find(std::string_view name) const {
  const std::shared_ptr<Pool> pool = core_->FindPool(name);
  return pool == nullptr ? std::nullopt : std::optional(*pool->options());
}
std::vector<FunctionOptions> Functions::List() const {
  std::vector<FunctionOptions> functions;
  for (const auto& pool : core_->AllPools()) functions.push_back(*pool->options());
  return functions;
}
std::optional<FunctionStats> Functions::Stats(std::string_view name) const {
  const std::shared_ptr<Pool> pool = core_->FindPool(name);
  return pool == nullptr ? std::nullopt : std::optional(pool->Stats());
}

}  // namespace millrace::functions
