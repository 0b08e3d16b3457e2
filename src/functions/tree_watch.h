// TreeWatch says when files in directories change: one inotify instance for all directories, and those below them.
//
// What is left out: directories whose names begin with a dot, __pycache__, and what is inside node_modules (its own
// entries are seen, so that an installation is noticed). Beyond kDirectoriesMax directories a tree is watched in part.
//
// Threads:   confined to the event loop's thread.
// Ownership: the loop outlives it.
// Failure:   Open returns Io if the system gives no more inotify instances; a directory that cannot be watched is not.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "functions/event_loop.h"

namespace millrace::functions {

class TreeWatch {
 public:
  static constexpr std::size_t kDirectoriesMax = 1'000;

  // `changed` gets the root in which something changed and the changed path.
  TreeWatch(EventLoop& loop, std::function<void(const std::string& root, const std::string& path)> changed);
  ~TreeWatch();

  Status Open();
  void Close();
  // A root may be added more than once, and is then removed as often.
  void Add(const std::string& root);
  void Remove(const std::string& root);

 private:
  void AddDirectory(const std::string& path, std::size_t& budget);
  void OnReadable();
  void Notify(const std::string& path);

  EventLoop& loop_;
  const std::function<void(const std::string&, const std::string&)> changed_;
  int fd_ = -1;
  std::map<std::string, std::size_t> roots_;          // how often each was added
  std::unordered_map<int, std::string> directories_;  // by watch descriptor
};

}  // namespace millrace::functions
