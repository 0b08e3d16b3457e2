#include "targets/file/file_target.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace millrace::targets {

Error FileTarget::SystemError(std::string_view what) const {
  return Err(ErrorCode::kIo, {}, "{} {}: {}", what, path_, std::strerror(errno));
}

Status FileTarget::Open() {
  std::lock_guard lock(mutex_);
  if (file_ >= 0) return Ok();
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0) return SystemError("cannot open");
  if (Status cleaned = RemoveTornLine(); !cleaned.ok()) {
    ::close(std::exchange(file_, -1));
    return cleaned;
  }
  return Ok();
}

Status FileTarget::RemoveTornLine() {
  struct stat status {};
  if (::fstat(file_, &status) != 0) return SystemError("cannot stat");
  if (!S_ISREG(status.st_mode)) return Ok();
  off_t end = status.st_size;
  char block[4096];
  while (end > 0) {
    const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(sizeof block));
    const ssize_t count = ::pread(file_, block, static_cast<std::size_t>(end - begin), begin);
    if (count != end - begin) return SystemError("cannot read");
    const void* newline = ::memrchr(block, '\n', static_cast<std::size_t>(count));
    if (newline != nullptr) {
      end = begin + (static_cast<const char*>(newline) - block) + 1;
      break;
    }
    end = begin;
  }
  if (end != status.st_size && ::ftruncate(file_, end) != 0) return SystemError("cannot truncate");
  return Ok();
}

Status FileTarget::Append(std::string_view lines) {
  if (file_ < 0) return Err(ErrorCode::kUnavailable, {}, "{} is closed", path_);
  const off_t before = ::lseek(file_, 0, SEEK_END);
  while (!lines.empty()) {
    const ssize_t written = ::write(file_, lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      Error error = SystemError("cannot append to");
      // A batch is all or nothing: what went in goes out again.
      if (before >= 0 && ::ftruncate(file_, before) != 0)
        return error.WithContext("a part of the batch may be in the file");
      return error;
    }
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
  // Pipes and terminals cannot be synced, and need not be.
  if (::fdatasync(file_) != 0 && errno != EINVAL && errno != EROFS) return SystemError("cannot sync");
  return Ok();
}

void FileTarget::Write(std::span<const flow::Record> batch, std::vector<flow::StateRow>, Done done) {
  std::string lines;
  for (const flow::Record& record : batch) {
    lines += record.body;
    lines += '\n';
  }
  Status appended = [&] {
    std::lock_guard lock(mutex_);
    return Append(lines);
  }();
  if (appended.ok()) return done(flow::WriteReport::AllTaken(batch.size()));
  auto report = flow::WriteReport::AllFailed(batch.size(), flow::EntryOutcome::kRetry, std::move(appended).error());
  report.target_down = true;
  done(std::move(report));
}

void FileTarget::Close() {
  std::lock_guard lock(mutex_);
  if (file_ >= 0) ::close(std::exchange(file_, -1));
}

}  // namespace millrace::targets
