// Gzip compresses response bodies; Inflater decodes request and response bodies piece by piece within a limit.
//
// Threads:   Compress and AcceptsGzip are thread-safe; an Inflater is externally synchronised.
// Format:    gzip is RFC 1952. "deflate" is the zlib format of RFC 1950, and, as some clients send it, bare RFC 1951.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace millrace::http {

// Bodies below this are sent as they are: the header would cost more than it saves. The same bound as DynamoDB's.
inline constexpr std::size_t kCompressBytesMin = 4096;

// The gzip form of `body`.
std::string Compress(std::string_view body);

// Whether an Accept-Encoding value allows gzip (RFC 9110 section 12.5.3): named, or "*", and not with q=0.
bool AcceptsGzip(std::string_view accept_encoding);

enum class ContentCoding { kIdentity, kGzip, kDeflate, kUnknown };
// The coding that a Content-Encoding value names. More than one coding is kUnknown.
ContentCoding ParseContentCoding(std::string_view content_encoding);

class Inflater {
 public:
  enum class Outcome { kOk, kTooLarge, kMalformed };

  // REQUIRES: coding is kGzip or kDeflate.
  Inflater(ContentCoding coding, std::size_t bytes_max);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Appends to `out` what `piece` decodes to. Never lets `out` grow beyond bytes_max.
  Outcome Append(std::string_view piece, std::string& out);
  // After the last piece: whether the stream was complete.
  Outcome Finish() const;

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  std::size_t bytes_max_;
};

}  // namespace millrace::http
