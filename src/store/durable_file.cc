#include "store/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "store/file_descriptor.h"

namespace millrace::store {

Error SystemError(std::string_view action, std::string_view path) {
  const int error = errno;
  return Err(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, {}, "{} {}: {}", action, path,
             std::generic_category().message(error));
}

Result<std::string> ReadSmallFile(const std::string& path, std::size_t bytes_max) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return SystemError("open", path);
  std::string contents(bytes_max + 1, '\0');
  std::size_t size = 0;
  while (size < contents.size()) {
    const ssize_t count = ::read(file.get(), contents.data() + size, contents.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("read", path);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > bytes_max) return Err(ErrorCode::kCorruption, {}, "{} has more than {} bytes", path, bytes_max);
  contents.resize(size);
  return contents;
}

Status ReplaceFile(const std::string& path, std::string_view contents) {
  const std::string temporary = path + ".tmp";
  const FileDescriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.valid()) return SystemError("create", temporary);
  for (std::string_view rest = contents; !rest.empty();) {
    const ssize_t count = ::write(file.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("write", temporary);
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(file.get()) != 0) return SystemError("sync", temporary);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return SystemError("rename", temporary);
  return SyncDirectory(std::filesystem::path(path).parent_path().string());
}

Status SyncDirectory(const std::string& path) {
  const FileDescriptor directory(::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return SystemError("open", path);
  if (::fsync(directory.get()) != 0) return SystemError("sync", path);
  return Ok();
}

}  // namespace millrace::store
