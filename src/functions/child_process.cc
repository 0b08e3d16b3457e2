#include "functions/child_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

// The C library's clone under its other name: ThreadSanitizer takes calls of the usual one for a fork of threads.
extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...) noexcept;

namespace millrace::functions {
namespace {

constexpr std::size_t kStackBytes = std::size_t{64} << 10;

// What the child does between clone and exec, and where it got to. It shares our memory: it only reads, but for
// `step` and `error`.
struct Plan {
  const char* executable;
  char* const* arguments;
  char* const* environment;
  const char* directory;
  std::uint64_t data_bytes_max;
  int input_fd;
  int output_fd;
  pid_t parent;
  const char* volatile step = nullptr;
  volatile int error = 0;
};

// Only system calls: no lock of this process may be touched here. The sanitizers' bookkeeping would be.
__attribute__((no_sanitize("address", "thread", "undefined"))) int RunChild(void* given) {
  Plan& plan = *static_cast<Plan*>(given);
  auto failed = [&plan](const char* step) {
    plan.error = errno;
    plan.step = step;
    _exit(127);
  };
  // What a server ignores (SIGPIPE) a function does not.
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < 65; ++number) ::sigaction(number, &standard, nullptr);
  if (::setpgid(0, 0) != 0) failed("setpgid");
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) failed("prctl");
  if (::getppid() != plan.parent) _exit(127);  // it ended before the line above
  const rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (plan.data_bytes_max > 0) {
    const rlimit data = {plan.data_bytes_max, plan.data_bytes_max};
    ::setrlimit(RLIMIT_DATA, &data);
  }
  if (::dup2(plan.input_fd, 0) < 0 || ::dup2(plan.output_fd, 1) < 0 || ::dup2(plan.output_fd, 2) < 0) failed("dup2");
  if (::syscall(SYS_close_range, 3U, ~0U, 0U) != 0) failed("close_range");
  if (::chdir(plan.directory) != 0) failed("chdir to its directory");
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(plan.executable, plan.arguments, plan.environment);
  failed("execute it");
  return 127;
}

// The path of an executable, or the word itself if there is none: execve then says why.
std::string LookUp(const std::string& word) {
  if (word.find('/') != std::string::npos) return word;
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    std::string candidate(rest.substr(0, end));
    candidate.append("/").append(word);
    if (end > 0 && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return word;
}

// Standard descriptors of ours may be closed; the child's plan needs others.
int AboveStandard(int fd) {
  if (fd < 0 || fd > 2) return fd;
  const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  ::close(fd);
  return moved;
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

std::string ChildExit::ToString() const {
  if (signal == 0) return fmt::format("exit status {}", code);
  const char* text = ::sigdescr_np(signal);
  std::string name = text != nullptr ? text : fmt::format("{}", signal);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return "signal: " + name;
}

Result<OutputPipe> OutputPipe::Make() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return Err(ErrorCode::kIo, {}, "cannot make a pipe: {}", ::strerrordesc_np(errno));
  OutputPipe pipe(AboveStandard(ends[0]), AboveStandard(ends[1]));
  ::fcntl(pipe.read_fd_, F_SETFL, O_NONBLOCK);
  return pipe;
}

OutputPipe::OutputPipe(OutputPipe&& other) noexcept
    : read_fd_(std::exchange(other.read_fd_, -1)), write_fd_(std::exchange(other.write_fd_, -1)) {}

OutputPipe::~OutputPipe() {
  CloseWriteEnd();
  if (read_fd_ >= 0) ::close(read_fd_);
}

void OutputPipe::CloseWriteEnd() {
  if (write_fd_ >= 0) ::close(std::exchange(write_fd_, -1));
}

Result<ChildProcess> ChildProcess::Start(const ChildOptions& options) {
  const std::string executable = LookUp(options.command.at(0));
  const std::vector<char*> arguments = Pointers(options.command);
  const std::vector<char*> environment = Pointers(options.environment);
  auto failed = [&](std::string_view step, int error) {
    return Err(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, {}, "cannot {} ({}): {}", step, executable,
               ::strerrordesc_np(error));
  };

  const int input = AboveStandard(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Plan plan{.executable = executable.c_str(),
            .arguments = arguments.data(),
            .environment = environment.data(),
            .directory = options.directory.c_str(),
            .data_bytes_max = options.data_bytes_max,
            .input_fd = input,
            .output_fd = options.output_fd,
            .parent = ::getpid()};
  const std::unique_ptr<char[]> stack(new char[kStackBytes]);
  // No handler of ours may run in the child while it shares our memory.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  int pid_fd = -1;
  const pid_t pid =
      ::__clone(RunChild, stack.get() + kStackBytes, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &plan, &pid_fd);
  const int clone_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (input >= 0) ::close(input);
  if (pid < 0) return failed("start a process", clone_error);
  ChildProcess child(pid, pid_fd);
  if (plan.step == nullptr) return child;
  while (!child.Reap()) {
  }
  return failed(plan.step, plan.error);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(other.pid_), pid_fd_(std::exchange(other.pid_fd_, -1)), reaped_(std::exchange(other.reaped_, true)) {}

ChildProcess::~ChildProcess() {
  if (pid_fd_ >= 0) ::close(pid_fd_);
}

void ChildProcess::Kill() {
  if (!reaped_) ::kill(-pid_, SIGKILL);
}

std::optional<ChildExit> ChildProcess::Reap() {
  if (reaped_) return std::nullopt;
  siginfo_t info = {};
  // While it waits to be reaped its number is nobody else's, and neither is its group's.
  if (::waitid(P_PIDFD, static_cast<id_t>(pid_fd_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
    return std::nullopt;
  ::kill(-pid_, SIGKILL);
  ::waitid(P_PIDFD, static_cast<id_t>(pid_fd_), &info, WEXITED);
  reaped_ = true;
  if (info.si_code == CLD_EXITED) return ChildExit{.code = info.si_status, .signal = 0};
  return ChildExit{.code = 0, .signal = info.si_status};
}

std::uint64_t ChildProcess::AnonymousBytes() const {
  std::array<char, 128> text{};
  const int fd = ::open(fmt::format("/proc/{}/statm", pid_).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t count = ::read(fd, text.data(), text.size() - 1);
  ::close(fd);
  unsigned long long size = 0, resident = 0, shared = 0;
  if (count <= 0 || std::sscanf(text.data(), "%llu %llu %llu", &size, &resident, &shared) != 3) return 0;
  return resident > shared ? (resident - shared) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace millrace::functions
