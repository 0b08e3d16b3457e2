// ZipWriter makes zip archives for tests, also ones that are wrong on purpose.
//
// Threads: one test's.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::api::lambda::testing {

struct ZipEntryOptions {
  bool deflate = false;
  std::uint32_t mode = 0100644;
  std::uint16_t flags = 0;
  int method = -1;          // instead of the true one
  std::int64_t crc = -1;    // instead of the true one
  std::int64_t bytes = -1;  // instead of the true one
};

class ZipWriter {
 public:
  ZipWriter& Add(std::string_view name, std::string_view content, const ZipEntryOptions& options = {}) {
    std::string packed(content);
    if (options.deflate) {
      packed.resize(content.size() + 1024);
      z_stream stream = {};
      ::deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
      stream.avail_in = static_cast<uInt>(content.size());
      stream.next_out = reinterpret_cast<Bytef*>(packed.data());
      stream.avail_out = static_cast<uInt>(packed.size());
      ::deflate(&stream, Z_FINISH);
      packed.resize(stream.total_out);
      ::deflateEnd(&stream);
    }
    const auto crc =
        options.crc >= 0
            ? static_cast<std::uint32_t>(options.crc)
            : static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()));
    const auto bytes =
        static_cast<std::uint32_t>(options.bytes >= 0 ? options.bytes : static_cast<std::int64_t>(content.size()));
    const auto method = static_cast<std::uint16_t>(options.method >= 0 ? options.method : options.deflate ? 8 : 0);
    const auto offset = static_cast<std::uint32_t>(body_.size());
    auto common = [&](std::string& out) {
      Put16(out, options.flags);
      Put16(out, method);
      Put32(out, 0);  // time and date
      Put32(out, crc);
      Put32(out, static_cast<std::uint32_t>(packed.size()));
      Put32(out, bytes);
      Put16(out, static_cast<std::uint16_t>(name.size()));
      Put16(out, 0);
    };
    Put32(body_, 0x04034b50);
    Put16(body_, 20);
    common(body_);
    body_.append(name).append(packed);
    Put32(directory_, 0x02014b50);
    Put16(directory_, 3 << 8 | 20);
    Put16(directory_, 20);
    common(directory_);
    Put16(directory_, 0);
    Put16(directory_, 0);
    Put16(directory_, 0);
    Put32(directory_, options.mode << 16);
    Put32(directory_, offset);
    directory_.append(name);
    ++count_;
    return *this;
  }

  std::string Finish(std::string_view comment = {}) const {
    std::string out = body_ + directory_;
    Put32(out, 0x06054b50);
    Put32(out, 0);
    Put16(out, count_);
    Put16(out, count_);
    Put32(out, static_cast<std::uint32_t>(directory_.size()));
    Put32(out, static_cast<std::uint32_t>(body_.size()));
    Put16(out, static_cast<std::uint16_t>(comment.size()));
    return out.append(comment);
  }

 private:
  static void Put16(std::string& out, std::uint32_t value) {
    out.push_back(static_cast<char>(value));
    out.push_back(static_cast<char>(value >> 8));
  }
  static void Put32(std::string& out, std::uint32_t value) {
    Put16(out, value & 0xffff);
    Put16(out, value >> 16);
  }

  std::string body_;
  std::string directory_;
  std::uint16_t count_ = 0;
};

}  // namespace millrace::api::lambda::testing
