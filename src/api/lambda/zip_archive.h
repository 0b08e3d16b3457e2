// ZipArchive reads the files of a deployment package: a zip archive in memory.
//
// Read are stored and deflated entries, as every tool writes them; not read are ZIP64, encryption and archives in
// parts. An entry's name leads nowhere but below the directory: absolute names, "..", backslashes and NUL are refused,
// and so are links that lead out of it. All is checked before anything is written.
//
// Threads:   externally synchronised.
// Ownership: the bytes outlive it.
// Failure:   InvalidArgument that names the entry and what is wrong with it; Io if it cannot be written, and then some
//            of it may have been.
// Format:    https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace millrace::api::lambda {

class ZipArchive {
 public:
  static constexpr std::size_t kEntriesMax = 50'000;
  // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 250 MB unzipped.
  static constexpr std::uint64_t kUnpackedBytesMax = 262'144'000;
  static constexpr std::size_t kNameBytesMax = 1'024;

  struct Entry {
    std::string name;        // "src/index.js", or "src/" for a directory
    std::uint32_t mode = 0;  // Unix's, 0 if the archive does not say
    std::uint16_t method = 0;
    std::uint32_t crc = 0;
    std::uint64_t packed_bytes = 0;
    std::uint64_t bytes = 0;
    std::uint64_t offset = 0;  // of its local header

    bool is_directory() const { return name.ends_with('/'); }
    bool is_link() const { return (mode & 0170000) == 0120000; }
  };

  static Result<ZipArchive> Open(std::string_view bytes);

  const std::vector<Entry>& entries() const { return entries_; }
  // An entry's content, its checksum verified.
  Result<std::string> Read(const Entry& entry) const;
  // Everything, below an existing empty directory.
  Status ExtractTo(const std::string& directory) const;

 private:
  explicit ZipArchive(std::string_view bytes) : bytes_(bytes) {}

  Status ReadDirectory();
  Status WriteEntry(const std::string& directory, const Entry& entry) const;

  std::string_view bytes_;
  std::vector<Entry> entries_;
};

}  // namespace millrace::api::lambda
