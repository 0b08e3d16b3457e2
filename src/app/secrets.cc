#include "app/secrets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/check.h"

namespace millrace::app {
namespace {

class OpenFile {
 public:
  // Does not wait for somebody to write, if the path is not a file.
  explicit OpenFile(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return descriptor_; }

 private:
  const int descriptor_;
};

Result<std::string> ReadSmallFile(const std::string& path) {
  const auto failed = [](std::string_view why) { return Err(ErrorCode::kFailedPrecondition, {}, "{}", why); };
  const OpenFile file(path);
  struct stat about {};
  if (file.get() < 0 || ::fstat(file.get(), &about) != 0) return failed(std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return failed("it is not a file");
  std::string text(Secrets::kBytesMax + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(std::strerror(errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > Secrets::kBytesMax) return failed(fmt::format("it has more than {} bytes", Secrets::kBytesMax));
  text.resize(size);
  if (text.ends_with("\r\n")) {
    text.resize(text.size() - 2);
  } else if (text.ends_with('\n')) {
    text.pop_back();
  }
  return text;
}

Result<std::string> ReadVariable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr) return Err(ErrorCode::kFailedPrecondition, {}, "it is not set");
  return std::string(value);
}

}  // namespace

Result<Secret> Secrets::Read(const config::Ref& secret, std::string_view who) const {
  const config::SecretSource* const source = config_.FindSecret(secret.name);
  CHECK(source != nullptr, "references are checked when a configuration is read");
  const bool in_file = source->in == config::SecretSource::In::kFile;
  const bool relative = in_file && !source->where.starts_with('/') && !directory_.empty();
  const std::string where = relative ? directory_ + "/" + source->where : source->where;
  auto value = in_file ? ReadSmallFile(where) : ReadVariable(where);
  if (value.ok() && !value->empty()) return Secret(*std::move(value));
  return Err(ErrorCode::kFailedPrecondition, {}, "{} needs {}, which is in {} {}: {}", who, secret.ToString(),
             in_file ? "the file" : "the environment variable", where,
             value.ok() ? "it is empty" : value.error().message());
}

}  // namespace millrace::app
