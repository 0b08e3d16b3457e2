#include "api/lambda/zip_archive.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace millrace::api::lambda {
namespace {

constexpr std::uint32_t kEndSignature = 0x06054b50;
constexpr std::uint32_t kEntrySignature = 0x02014b50;
constexpr std::uint32_t kLocalSignature = 0x04034b50;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kEntryBytes = 46;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kCommentBytesMax = 65'535;
constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflated = 8;
constexpr std::uint16_t kEncrypted = 1;
constexpr std::uint8_t kUnix = 3;

std::uint32_t Little(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}
std::uint16_t Little16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(Little(bytes, at, 2));
}
std::uint32_t Little32(std::string_view bytes, std::size_t at) {
  return Little(bytes, at, 4);
}

Error Broken(std::string_view what) {
  return InvalidArgument("Could not unzip uploaded file. Please check your file, then try to upload again. ({})", what);
}

// Whether a relative path stays within its directory. `depth`: how far below it begins.
bool StaysInside(std::string_view path, int depth) {
  if (path.empty() || path[0] == '/' || path.find('\\') != std::string_view::npos ||
      path.find('\0') != std::string_view::npos)
    return false;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    if (part == "..") {
      if (--depth < 0) return false;
    } else if (!part.empty() && part != ".") {
      ++depth;
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return true;
}

bool HasDotDot(std::string_view path) {
  return path == ".." || path.starts_with("../") || path.ends_with("/..") ||
         path.find("/../") != std::string_view::npos;
}

}  // namespace

Result<ZipArchive> ZipArchive::Open(std::string_view bytes) {
  ZipArchive archive(bytes);
  TRY(archive.ReadDirectory());
  return archive;
}

Status ZipArchive::ReadDirectory() {
  if (bytes_.size() < kEndBytes) return Broken("it is too short");
  // The end record is the last thing but a comment, whose length it states.
  std::size_t end = bytes_.size() - kEndBytes;
  const std::size_t first = end > kCommentBytesMax ? end - kCommentBytesMax : 0;
  while (Little32(bytes_, end) != kEndSignature) {
    if (end == first) return Broken("it is no zip archive");
    --end;
  }
  const std::size_t count = Little16(bytes_, end + 10);
  const std::uint64_t size = Little32(bytes_, end + 12);
  std::uint64_t at = Little32(bytes_, end + 16);
  if (Little16(bytes_, end + 4) != 0 || Little16(bytes_, end + 8) != count) return Broken("it comes in parts");
  if (count == 0xffff || size == 0xffffffff || at == 0xffffffff) return Broken("it is a ZIP64 archive");
  if (count > kEntriesMax) return Broken(fmt::format("it has more than {} entries", kEntriesMax));
  if (at + size > end) return Broken("its directory is cut off");

  std::uint64_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (at + kEntryBytes > end || Little32(bytes_, at) != kEntrySignature) return Broken("its directory is damaged");
    const std::size_t name_bytes = Little16(bytes_, at + 28);
    const std::size_t next = at + kEntryBytes + name_bytes + Little16(bytes_, at + 30) + Little16(bytes_, at + 32);
    if (next > end) return Broken("its directory is cut off");
    Entry entry;
    entry.name = bytes_.substr(at + kEntryBytes, name_bytes);
    if (Little16(bytes_, at + 4) >> 8 == kUnix) entry.mode = Little32(bytes_, at + 38) >> 16;
    const std::uint16_t flags = Little16(bytes_, at + 8);
    entry.method = Little16(bytes_, at + 10);
    entry.crc = Little32(bytes_, at + 16);
    entry.packed_bytes = Little32(bytes_, at + 20);
    entry.bytes = Little32(bytes_, at + 24);
    entry.offset = Little32(bytes_, at + 42);
    if (name_bytes > kNameBytesMax || HasDotDot(entry.name) || !StaysInside(entry.name, 0))
      return Broken(fmt::format("the name '{}' of an entry leads out of the package", entry.name.substr(0, 200)));
    if ((flags & kEncrypted) != 0) return Broken(fmt::format("'{}' is encrypted", entry.name));
    if (entry.method != kStored && entry.method != kDeflated)
      return Broken(fmt::format("'{}' is compressed by method {}", entry.name, entry.method));
    if (entry.method == kStored && entry.bytes != entry.packed_bytes)
      return Broken(fmt::format("the sizes of '{}' differ", entry.name));
    total += entry.bytes;
    if (total > kUnpackedBytesMax)
      return InvalidArgument("Unzipped size must be smaller than {} bytes", kUnpackedBytesMax);
    entries_.push_back(std::move(entry));
    at = next;
  }
  return Ok();
}

Result<std::string> ZipArchive::Read(const Entry& entry) const {
  const std::uint64_t at = entry.offset;
  if (at + kLocalBytes > bytes_.size() || Little32(bytes_, at) != kLocalSignature)
    return Broken(fmt::format("'{}' is not where it should be", entry.name));
  const std::uint64_t begin = at + kLocalBytes + Little16(bytes_, at + 26) + Little16(bytes_, at + 28);
  if (begin + entry.packed_bytes > bytes_.size()) return Broken(fmt::format("'{}' is cut off", entry.name));
  const std::string_view packed = bytes_.substr(begin, entry.packed_bytes);
  std::string content;
  if (entry.method == kStored) {
    content = packed;
  } else {
    // Never more than the directory has promised, whatever the bytes say.
    content.resize(entry.bytes);
    z_stream stream = {};
    if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK)
      return Err(ErrorCode::kResourceExhausted, {}, "no memory to unpack '{}'", entry.name);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(content.data());
    stream.avail_out = static_cast<uInt>(content.size());
    const int ended = ::inflate(&stream, Z_FINISH);
    const bool whole = ended == Z_STREAM_END && stream.avail_out == 0;
    ::inflateEnd(&stream);
    if (!whole) return Broken(fmt::format("'{}' is damaged", entry.name));
  }
  if (::crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()) != entry.crc)
    return Broken(fmt::format("the checksum of '{}' is wrong", entry.name));
  return content;
}

Status ZipArchive::WriteEntry(const std::string& directory, const Entry& entry) const {
  const std::string path = directory + "/" + entry.name;
  std::error_code error;
  if (entry.is_directory()) {
    std::filesystem::create_directories(path, error);
    if (error) return Err(ErrorCode::kIo, {}, "cannot make '{}': {}", entry.name, error.message());
    return Ok();
  }
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (error) return Err(ErrorCode::kIo, {}, "cannot make the directory of '{}': {}", entry.name, error.message());
  ASSIGN_OR_RETURN(const std::string content, Read(entry));
  if (entry.is_link()) {
    const auto depth = static_cast<int>(std::ranges::count(entry.name, '/'));
    if (!StaysInside(content, depth)) return Broken(fmt::format("the link '{}' leads out of the package", entry.name));
    if (::symlink(content.c_str(), path.c_str()) != 0)
      return Err(ErrorCode::kIo, {}, "cannot make the link '{}': {}", entry.name, ::strerrordesc_np(errno));
    return Ok();
  }
  // Readable, and executable if it says so: tools on Windows say nothing.
  const mode_t mode = entry.mode == 0 ? 0755 : (entry.mode & 0100) != 0 ? 0755 : 0644;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd < 0) return Err(ErrorCode::kIo, {}, "cannot write '{}': {}", entry.name, ::strerrordesc_np(errno));
  std::string_view rest = content;
  while (!rest.empty()) {
    const ssize_t count = ::write(fd, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  const int closed = ::close(fd);
  if (!rest.empty() || closed != 0)
    return Err(ErrorCode::kIo, {}, "cannot write '{}': {}", entry.name, ::strerrordesc_np(errno));
  return Ok();
}

Status ZipArchive::ExtractTo(const std::string& directory) const {
  // Links last, so that nothing is written through one.
  for (const bool links : {false, true})
    for (const Entry& entry : entries_)
      if (entry.is_link() == links) TRY(WriteEntry(directory, entry));
  return Ok();
}

}  // namespace millrace::api::lambda
