#include "store/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "store/durable_file.h"

namespace millrace::store {
namespace {

// On disk: never change the first line; raise the version when an older program must not open the directory.
constexpr std::string_view kFormatHeader = "millrace data directory, format ";
constexpr unsigned kFormatVersion = 1;

// What an interrupted creation may have left, and what a fresh file system has by itself.
constexpr std::array<std::string_view, 6> kHarmlessNames = {"LOCK",       "rocks",         "WATERMARK",
                                                            "FORMAT.tmp", "WATERMARK.tmp", "lost+found"};

Error NotOurs(const std::string& path, std::string_view name) {
  return Err(ErrorCode::kFailedPrecondition, reason::kDirectoryForeign,
             "'{}' is not a Millrace data directory: it holds '{}' and no valid FORMAT file. Use an empty directory.",
             path, name);
}

// Ok if the directory holds nothing that is not ours.
Status CheckEmpty(const std::string& path) {
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    bool harmless = false;
    for (const std::string_view known : kHarmlessNames) harmless = harmless || name == known;
    if (!harmless) return NotOurs(path, name);
  }
  if (error) return Err(ErrorCode::kIo, {}, "list {}: {}", path, error.message());
  return Ok();
}

Status CheckFormat(const std::string& path, std::string_view contents) {
  unsigned version = 0;
  const std::size_t digits = kFormatHeader.size();
  if (!contents.starts_with(kFormatHeader) || !contents.ends_with('\n')) return NotOurs(path, "FORMAT");
  const char* const end = contents.data() + contents.size() - 1;
  const auto [rest, error] = std::from_chars(contents.data() + digits, end, version);
  if (error != std::errc() || rest != end || version == 0) return NotOurs(path, "FORMAT");
  if (version > kFormatVersion) {
    return Err(ErrorCode::kFailedPrecondition, reason::kFormatTooNew,
               "data directory '{}' has format {}, and this program reads up to format {}. Use the newer Millrace that "
               "wrote it, or another directory.",
               path, version, kFormatVersion);
  }
  return Ok();
}

// "process 1234 (millrace)", as far as it can be told.
std::string HolderName(const std::string& lock_path) {
  const auto contents = ReadSmallFile(lock_path, 64);
  int pid = 0;
  if (!contents.ok() || std::from_chars(contents->data(), contents->data() + contents->size(), pid).ec != std::errc() ||
      pid <= 0)
    return "another process";
  auto command = ReadSmallFile(fmt::format("/proc/{}/comm", pid), 64);
  if (!command.ok()) return fmt::format("process {}", pid);  // or one of its children
  if (command->ends_with('\n')) command->pop_back();
  return fmt::format("process {} ({})", pid, *command);
}

Result<FileDescriptor> TakeLock(const std::string& path) {
  const std::string lock_path = path + "/LOCK";
  FileDescriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return SystemError("open", lock_path);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return SystemError("lock", lock_path);
    return Err(ErrorCode::kFailedPrecondition, reason::kDirectoryInUse,
               "data directory '{}' is in use by {}. Stop that process, or use another directory.", path,
               HolderName(lock_path));
  }
  // Who holds it, for the message above. The lock itself is the flock, not the content.
  const std::string holder = fmt::format("{}\n", ::getpid());
  if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), holder.data(), holder.size(), 0) < 0)
    return SystemError("write", lock_path);
  return lock;
}

}  // namespace

Result<DataDirectory> DataDirectory::Open(const std::string& path) {
  if (path.empty()) return InvalidArgument("the path of the data directory is empty");
  std::error_code error;
  if (std::filesystem::create_directories(path, error); error)
    return Err(ErrorCode::kIo, {}, "create data directory '{}': {}", path, error.message());
  const std::string format_path = path + "/FORMAT";
  const bool existing = std::filesystem::exists(format_path, error);
  if (error) return Err(ErrorCode::kIo, {}, "open {}: {}", format_path, error.message());
  if (!existing) TRY(CheckEmpty(path));
  ASSIGN_OR_RETURN(FileDescriptor lock, TakeLock(path));
  // Under the lock: another process may just have created it.
  const auto format = ReadSmallFile(format_path, 256);
  if (format.ok()) {
    TRY(CheckFormat(path, *format));
    return DataDirectory(path, std::move(lock), Content::kExisting);
  }
  if (format.error().code() == ErrorCode::kCorruption) return NotOurs(path, "FORMAT");
  if (format.error().code() != ErrorCode::kNotFound) return format.error();
  return DataDirectory(path, std::move(lock), Content::kNew);
}

Status DataDirectory::MarkCreated() {
  TRY(ReplaceFile(path_ + "/FORMAT", fmt::format("{}{}\n", kFormatHeader, kFormatVersion)));
  content_ = Content::kExisting;
  return Ok();
}

}  // namespace millrace::store
