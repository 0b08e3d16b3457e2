#include "targets/stdout/stdout_target.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace millrace::targets {

void StdoutTarget::Write(std::span<const flow::Record> batch, std::vector<flow::StateRow>, Done done) {
  std::string lines;
  for (const flow::Record& record : batch) {
    lines += record.body;
    lines += '\n';
  }
  int failure = 0;
  {
    std::lock_guard lock(mutex_);
    for (std::string_view rest = lines; !rest.empty() && failure == 0;) {
      const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
      if (written >= 0) {
        rest.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EINTR) {
        failure = errno;
      }
    }
  }
  if (failure == 0) return done(flow::WriteReport::AllTaken(batch.size()));
  auto report = flow::WriteReport::AllFailed(batch.size(), flow::EntryOutcome::kRetry,
                                             Err(ErrorCode::kIo, {}, "standard output: {}", std::strerror(failure)));
  report.target_down = true;
  done(std::move(report));
}

}  // namespace millrace::targets
