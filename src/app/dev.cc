#include "app/dev.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "app/node.h"
#include "base/log.h"
#include "base/version.h"
#include "config/spec.h"
#include "engine/engine.h"
#include "http/server.h"
#include "json/write.h"
#include "store/data_directory.h"
#include "store/rocks_store.h"

namespace millrace::app {
namespace {

// The exit codes of the command line (docs/reference/cli.md) that this command can give.
constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kInUse = 5;
constexpr int kDamaged = 6;

int ExitCodeOf(const Error& error) {
  if (error.reason() == store::reason::kDirectoryInUse || error.reason() == http::reason::kAddressInUse) return kInUse;
  if (error.code() == ErrorCode::kCorruption || error.reason() == store::reason::kDamaged) return kDamaged;
  return kFailed;
}

std::string_view FixOf(const Error& error) {
  if (error.reason() == http::reason::kAddressInUse)
    return "stop what listens there, or choose another port with --port (0: any)";
  return {};
}

// Whole lines on standard error: what people read while it runs.
void Say(const std::string& text) {
  const std::string line = text + "\n";
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written <= 0 && errno != EINTR) return;  // nobody reads any more
    if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string TimeOfDay(const Clock& clock) {
  const std::int64_t ms = clock.NowMillis();
  const std::time_t seconds = ms / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", local.tm_hour, local.tm_min, local.tm_sec, ms % 1000);
}

std::string Counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : noun.ends_with("s") ? "es" : "s");
}

std::string DataText(const DevOptions& options) {
  switch (options.durability) {
    case Durability::kDurable:
      return fmt::format("{}/  (kept between runs; --ephemeral to forget)", options.data);
    case Durability::kRelaxed:
      return fmt::format("{}/  (kept between runs; relaxed: a power loss may take back the last 100 ms)", options.data);
    case Durability::kMemory:
      return "in memory  (nothing is kept)";
  }
  return {};
}

void PrintBanner(const DevOptions& options, const std::string& endpoint, const Node& node,
                 std::chrono::milliseconds took) {
  const auto& config = options.config;
  Say(fmt::format("millrace {}   {}{}", ProgramVersion(), config.name.empty() ? "" : config.name + "   ",
                  options.config_file.empty() ? "(no configuration file)" : options.config_file));
  Say(fmt::format("  AWS API     {}     export AWS_ENDPOINT_URL={}", endpoint, endpoint));
  if (node.routes_port() != 0) {
    std::string_view host;
    std::uint16_t port = 0;
    config::SplitHostPort(config.settings.routes, host, port);
    Say(fmt::format("  Routes      http://{}:{}", host, node.routes_port()));
    for (const config::Function& function : config.functions)
      if (function.http)
        Say(fmt::format("              {:<7} {}  -> function/{}", function.http->method, function.http->path,
                        function.name));
  }
  Say(fmt::format("  Data        {}", DataText(options)));
  Say(fmt::format("  Account     {}   Region {}", config.settings.account, config.settings.region));
  Say("");
  std::string counts;
  for (const auto& [count, noun] : {std::pair(config.tables.size(), "table"),
                                    {config.buses.size(), "bus"},
                                    {config.queues.size(), "queue"},
                                    {config.functions.size(), "function"},
                                    {config.pipes.size(), "pipe"},
                                    {config.rules.size(), "rule"},
                                    {config.targets.size(), "target"}})
    if (count > 0) counts += Counted(count, noun) + "   ";
  Say(fmt::format("  {}     ready in {} ms", counts, took.count()));
  Say("Ready.");
}

// Written whole and then renamed, so that who waits for the file never reads half of it.
Status WriteReadyFile(const std::string& path, const std::string& endpoint, const Node& node) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject();
  writer.Key("pid");
  writer.Integer(::getpid());
  writer.Key("port");
  writer.Integer(node.port());
  if (node.routes_port() != 0) {
    writer.Key("routes-port");
    writer.Integer(node.routes_port());
  }
  writer.Key("endpoint");
  writer.String(endpoint);
  writer.EndObject();
  text += '\n';
  const std::string temporary = path + ".tmp";
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return Err(ErrorCode::kIo, {}, "cannot write {}: {}", temporary, std::strerror(errno));
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  if (!written || ::rename(temporary.c_str(), path.c_str()) != 0)
    return Err(ErrorCode::kIo, {}, "cannot write {}: {}", path, std::strerror(errno));
  return Ok();
}

sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

// Connections and open tables are descriptors; the limit that a shell hands on is often the low default.
void RaiseDescriptorLimit() {
  rlimit limit{};
  const bool known = ::getrlimit(RLIMIT_NOFILE, &limit) == 0;
  if (known && limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (!known || ::setrlimit(RLIMIT_NOFILE, &limit) != 0)
    log::Warn("the limit on open files stays as it is: {}", std::strerror(errno));
}

int Fail(const Error& error) {
  Say(fmt::format("error: {}", error.message()));
  if (const std::string_view fix = FixOf(error); !fix.empty()) Say(fmt::format("  = fix: {}", fix));
  return ExitCodeOf(error);
}

}  // namespace

int RunDev(const DevOptions& options) {
  SystemClock clock;
  SystemRandom random;
  const MonoTime began = clock.Mono();
  ::signal(SIGPIPE, SIG_IGN);
  RaiseDescriptorLimit();
  // Blocked before any thread exists, so that only sigwait below sees them.
  const sigset_t stop_signals = StopSignals();
  ::pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);

  std::atomic<bool> failed{false};
  FlowsWatcher watcher;
  if (!options.quiet) watcher.line = [&](const std::string& line) { Say(TimeOfDay(clock) + "  " + line); };
  watcher.function_line = [&](const std::string& line) { Say(TimeOfDay(clock) + "  " + line); };
  watcher.problem = [&](const std::string& line) { Say(TimeOfDay(clock) + "  ! " + line); };
  auto node = Node::Start(
      {.dev = options,
       .watcher = std::move(watcher),
       .on_failure =
           [&](const Error& error) {
             Say(fmt::format("error: a commit failed, so nothing more is acknowledged: {}", error.message()));
             failed = true;
             ::kill(::getpid(), SIGTERM);
           }},
      clock, random);
  if (!node.ok()) return Fail(node.error());

  const std::string host = options.host.find(':') == std::string::npos ? options.host : "[" + options.host + "]";
  const std::string endpoint = fmt::format("http://{}:{}", host, (*node)->port());
  if (!options.quiet)
    PrintBanner(options, endpoint, **node, std::chrono::duration_cast<std::chrono::milliseconds>(clock.Mono() - began));
  if (!options.ready_file.empty()) {
    if (Status written = WriteReadyFile(options.ready_file, endpoint, **node); !written.ok())
      return Fail(written.error());
  }

  int signal = 0;
  ::sigwait(&stop_signals, &signal);
  if (!failed && !options.quiet) Say("stopping; once more to stop at once");
  ::pthread_sigmask(SIG_UNBLOCK, &stop_signals, nullptr);  // the second one ends the process
  (*node)->Stop();
  if (!options.ready_file.empty()) ::unlink(options.ready_file.c_str());
  return failed ? kFailed : kOk;
}

}  // namespace millrace::app
