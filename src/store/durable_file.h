// DurableFile: small files that are read whole and replaced whole, so that a crash leaves the old or the new content.
//
// Threads:   thread-safe; two replacements of one path at the same time are the caller's bug.
// Failure:   NotFound, Io with the path and the reason of the system.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace millrace::store {

// REQUIRES: the file is small. More than `bytes_max` bytes is a Corruption.
Result<std::string> ReadSmallFile(const std::string& path, std::size_t bytes_max);

// Writes `path`.tmp, syncs it, renames it to `path` and syncs the directory.
Status ReplaceFile(const std::string& path, std::string_view contents);

// Makes the names in a directory durable.
Status SyncDirectory(const std::string& path);

// "write /data/FORMAT: No space left on device", from errno.
Error SystemError(std::string_view action, std::string_view path);

}  // namespace millrace::store
