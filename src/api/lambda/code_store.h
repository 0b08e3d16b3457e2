// CodeStore keeps the unpacked code of functions in directories: one per function and content.
//
//   ROOT/ACCOUNT/REGION/NAME/SHA-256 in hexadecimal/…
//
// A directory is complete: it is unpacked beside its place, synced to the disk, and renamed.
//
// Threads:   thread-safe for different functions; waits for the disk: not for request threads.
// Failure:   InvalidArgument for a package that is none, Io for the disk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/lambda/definition.h"

namespace millrace::api::lambda {

struct StoredCode {
  std::string directory;
  std::string sha256;  // base64, as CodeSha256
  std::int64_t bytes = 0;
};

class CodeStore {
 public:
  explicit CodeStore(std::string root) : root_(std::move(root)) {}

  Result<StoredCode> Unpack(const Definition& function, std::string_view zip) const;
  // What is there of the function besides these directories goes away.
  void Tidy(const Definition& function, const std::vector<std::string>& keep) const;
  // Everything of it.
  void Remove(const Definition& function) const;

 private:
  std::string DirectoryOf(const Definition& function) const;

  const std::string root_;
};

}  // namespace millrace::api::lambda
