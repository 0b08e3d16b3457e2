#include "api/lambda/code_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "api/lambda/zip_archive.h"
#include "http/digest.h"
#include "model/base64.h"

namespace millrace::api::lambda {
namespace {

namespace fs = std::filesystem;

Error Failed(std::string_view what, const std::error_code& error) {
  return Err(ErrorCode::kIo, {}, "cannot {} the code of a function: {}", what, error.message());
}

// One call for all of its files.
Status Sync(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::syncfs(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!synced) return Failed("sync", std::error_code(errno, std::generic_category()));
  return Ok();
}

}  // namespace

std::string CodeStore::DirectoryOf(const Definition& function) const {
  return fmt::format("{}/{}/{}/{}", root_, function.account, function.region, function.name);
}

Result<StoredCode> CodeStore::Unpack(const Definition& function, std::string_view zip) const {
  ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::Open(zip));
  const std::string digest = http::Sha256(zip);
  StoredCode code{.directory = DirectoryOf(function) + "/" + http::Hex(digest),
                  .sha256 = model::Base64Encode(digest),
                  .bytes = static_cast<std::int64_t>(zip.size())};
  std::error_code error;
  if (fs::is_directory(code.directory, error)) return code;
  const std::string beside = code.directory + ".new";
  fs::remove_all(beside, error);
  fs::create_directories(beside, error);
  if (error) return Failed("make a directory for", error);
  Status unpacked = archive.ExtractTo(beside);
  if (unpacked.ok()) unpacked = Sync(beside);
  if (!unpacked.ok()) {
    fs::remove_all(beside, error);
    return std::move(unpacked).error();
  }
  fs::rename(beside, code.directory, error);
  if (error) return Failed("place", error);
  return code;
}

void CodeStore::Tidy(const Definition& function, const std::vector<std::string>& keep) const {
  std::error_code error;
  std::vector<fs::path> unused;
  for (fs::directory_iterator entry(DirectoryOf(function), error), end; !error && entry != end; entry.increment(error))
    if (std::ranges::find(keep, entry->path().native()) == keep.end()) unused.push_back(entry->path());
  for (const fs::path& path : unused) fs::remove_all(path, error);
}

void CodeStore::Remove(const Definition& function) const {
  std::error_code error;
  fs::remove_all(DirectoryOf(function), error);
}

}  // namespace millrace::api::lambda
