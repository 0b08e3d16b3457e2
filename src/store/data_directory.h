// DataDirectory is a directory that belongs to Millrace and, while this object lives, to this process.
//
// Threads:   immutable.
// Ownership: the lock is released when it is destroyed, and by the kernel when the process ends in any way.
// Failure:   FailedPrecondition with a reason below when the directory is not ours to use; nothing in it is changed
//            then. Io otherwise.
// Format:    docs/design/storage.md
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "store/file_descriptor.h"

namespace millrace::store {

namespace reason {
inline constexpr std::string_view kDirectoryInUse = "store.directory_in_use";     // another process has it open
inline constexpr std::string_view kDirectoryForeign = "store.directory_foreign";  // it holds something else
inline constexpr std::string_view kFormatTooNew = "store.format_too_new";         // written by a later Millrace
}  // namespace reason

class DataDirectory {
 public:
  enum class Content { kNew, kExisting };

  // Creates the directory if it is absent, takes the lock and checks the format.
  static Result<DataDirectory> Open(const std::string& path);

  // A new directory has no FORMAT file until this is called, so that an interrupted creation starts again.
  Status MarkCreated();

  Content content() const { return content_; }
  const std::string& path() const { return path_; }
  std::string rocks_path() const { return path_ + "/rocks"; }
  std::string watermark_path() const { return path_ + "/WATERMARK"; }

 private:
  DataDirectory(std::string path, FileDescriptor lock, Content content)
      : path_(std::move(path)), lock_(std::move(lock)), content_(content) {}

  std::string path_;
  FileDescriptor lock_;
  Content content_;
};

}  // namespace millrace::store
