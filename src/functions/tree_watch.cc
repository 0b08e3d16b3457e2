#include "functions/tree_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "base/log.h"

namespace millrace::functions {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR | IN_EXCL_UNLINK;

bool IsIgnored(std::string_view name) {
  return name.empty() || name[0] == '.' || name == "__pycache__" || name.ends_with("~");
}

bool IsBelow(const std::string& path, const std::string& root) {
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

}  // namespace

TreeWatch::TreeWatch(EventLoop& loop, std::function<void(const std::string&, const std::string&)> changed)
    : loop_(loop), changed_(std::move(changed)) {}

TreeWatch::~TreeWatch() {
  if (fd_ >= 0) ::close(fd_);
}

Status TreeWatch::Open() {
  if (fd_ >= 0) return Ok();
  fd_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd_ < 0) return Err(ErrorCode::kIo, {}, "cannot watch for changes of files: {}", ::strerrordesc_np(errno));
  loop_.Watch(fd_, [this] { OnReadable(); });
  return Ok();
}

void TreeWatch::Close() {
  if (fd_ < 0) return;
  loop_.Unwatch(fd_);
  ::close(fd_);
  fd_ = -1;
  directories_.clear();
  roots_.clear();
}

void TreeWatch::Add(const std::string& root) {
  if (fd_ < 0 || ++roots_[root] > 1) return;
  std::size_t budget = kDirectoriesMax;
  AddDirectory(root, budget);
  if (budget == 0) log::Warn("{} has more than {} directories: not all are watched for changes", root, kDirectoriesMax);
}

void TreeWatch::Remove(const std::string& root) {
  const auto found = roots_.find(root);
  if (found == roots_.end() || --found->second > 0) return;
  roots_.erase(found);
  std::erase_if(directories_, [this](const auto& entry) {
    for (const auto& [other, count] : roots_)
      if (IsBelow(entry.second, other)) return false;
    ::inotify_rm_watch(fd_, entry.first);
    return true;
  });
}

void TreeWatch::AddDirectory(const std::string& path, std::size_t& budget) {
  if (budget == 0) return;
  const int watch = ::inotify_add_watch(fd_, path.c_str(), kEvents);
  if (watch < 0) {
    if (errno == ENOSPC) log::Warn("{} is not watched for changes: the system watches as many as it may", path);
    return;
  }
  --budget;
  directories_[watch] = path;
  if (fs::path(path).filename() == "node_modules") return;
  std::error_code error;
  for (fs::directory_iterator entry(path, fs::directory_options::skip_permission_denied, error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code unreadable;
    // Links are not followed: they may lead in circles.
    if (entry->is_directory(unreadable) && !entry->is_symlink(unreadable) &&
        !IsIgnored(entry->path().filename().native()))
      AddDirectory(entry->path().native(), budget);
  }
}

void TreeWatch::Notify(const std::string& path) {
  for (const auto& [root, count] : roots_)
    if (IsBelow(path, root)) changed_(root, path);
}

void TreeWatch::OnReadable() {
  alignas(inotify_event) std::array<char, std::size_t{16} << 10> buffer{};
  while (true) {
    const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
    if (count <= 0) return;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(count);) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      at += sizeof(inotify_event) + event->len;
      if ((event->mask & IN_Q_OVERFLOW) != 0) {
        for (const auto& [root, uses] : roots_) changed_(root, root);
        continue;
      }
      const auto found = directories_.find(event->wd);
      if (found == directories_.end()) continue;
      if ((event->mask & IN_IGNORED) != 0) {
        directories_.erase(found);
        continue;
      }
      const std::string name = event->len > 0 ? event->name : "";
      if (IsIgnored(name)) continue;
      const std::string path = found->second + "/" + name;
      if ((event->mask & IN_ISDIR) != 0 && (event->mask & (IN_CREATE | IN_MOVED_TO)) != 0 &&
          directories_.size() < 8 * kDirectoriesMax) {
        std::size_t budget = kDirectoriesMax;
        AddDirectory(path, budget);
      }
      // A file that was only created is not complete: its closing is seen. A link is never closed.
      std::error_code gone;
      if ((event->mask & IN_CREATE) != 0 && (event->mask & IN_ISDIR) == 0 && !fs::is_symlink(path, gone)) continue;
      Notify(path);
    }
  }
}

}  // namespace millrace::functions
