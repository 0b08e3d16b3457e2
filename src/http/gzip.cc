#include "http/gzip.h"

#include <zlib.h>

#include <algorithm>

#include "base/check.h"
#include "http/headers.h"

namespace millrace::http {
namespace {

// zlib's window size argument: 15 bits, +16 for the gzip format, negative for no wrapper.
constexpr int kWindowGzip = 15 + 16;
constexpr int kWindowZlib = 15;
constexpr int kWindowRaw = -15;
constexpr std::size_t kPieceBytes = 16 * 1024;

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Takes the part before `separator` off `rest`.
std::string_view TakeUntil(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = Trim(rest.substr(0, end));
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

// ";q=0", ";q=0.0" and so on.
bool IsRefused(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = TakeUntil(parameters, ';');
    if (parameter.size() < 3 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=') continue;
    return parameter.find_first_not_of("0.", 2) == std::string_view::npos;
  }
  return false;
}

}  // namespace

std::string Compress(std::string_view body) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kWindowGzip, 8, Z_DEFAULT_STRATEGY) == Z_OK,
        "out of memory");
  std::string out(deflateBound(&stream, static_cast<uLong>(body.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflateBound was too small");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

bool AcceptsGzip(std::string_view accept_encoding) {
  bool any = false;
  while (!accept_encoding.empty()) {
    std::string_view element = TakeUntil(accept_encoding, ',');
    const std::string_view coding = TakeUntil(element, ';');
    if (EqualsIgnoreCase(coding, "gzip") || EqualsIgnoreCase(coding, "x-gzip")) return !IsRefused(element);
    if (coding == "*") any = !IsRefused(element);
  }
  return any;
}

ContentCoding ParseContentCoding(std::string_view content_encoding) {
  const std::string_view coding = Trim(content_encoding);
  if (coding.empty() || EqualsIgnoreCase(coding, "identity")) return ContentCoding::kIdentity;
  if (EqualsIgnoreCase(coding, "gzip") || EqualsIgnoreCase(coding, "x-gzip")) return ContentCoding::kGzip;
  if (EqualsIgnoreCase(coding, "deflate")) return ContentCoding::kDeflate;
  return ContentCoding::kUnknown;
}

struct Inflater::Stream {
  z_stream z{};
  bool deflate_coding = false;
  bool started = false;   // a first byte was seen, so that the wrapper of "deflate" is known
  bool complete = false;  // the end of a member was reached
};

Inflater::Inflater(ContentCoding coding, std::size_t bytes_max)
    : stream_(std::make_unique<Stream>()), bytes_max_(bytes_max) {
  CHECK(coding == ContentCoding::kGzip || coding == ContentCoding::kDeflate);
  stream_->deflate_coding = coding == ContentCoding::kDeflate;
  CHECK(inflateInit2(&stream_->z, stream_->deflate_coding ? kWindowZlib : kWindowGzip) == Z_OK, "out of memory");
}

Inflater::~Inflater() {
  inflateEnd(&stream_->z);
}

Inflater::Outcome Inflater::Append(std::string_view piece, std::string& out) {
  z_stream& z = stream_->z;
  if (!stream_->started && !piece.empty()) {
    stream_->started = true;
    // A zlib stream begins with compression method 8; no useful bare deflate stream does.
    if (stream_->deflate_coding && (piece[0] & 0x0f) != 8) inflateReset2(&z, kWindowRaw);
  }
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  z.avail_in = static_cast<uInt>(piece.size());
  while (z.avail_in > 0 || z.avail_out == 0) {
    if (stream_->complete) {
      if (z.avail_in == 0) break;
      // A gzip file may be several members one after another (RFC 1952 section 2.2).
      if (stream_->deflate_coding || inflateReset(&z) != Z_OK) return Outcome::kMalformed;
      stream_->complete = false;
    }
    const std::size_t before = out.size();
    // One byte more than allowed, so that exactly the limit is told apart from too much.
    const std::size_t room = std::min(kPieceBytes, bytes_max_ + 1 - before);
    out.resize(before + room);
    z.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    z.avail_out = static_cast<uInt>(room);
    const int code = inflate(&z, Z_NO_FLUSH);
    out.resize(before + room - z.avail_out);
    if (out.size() > bytes_max_) {
      out.resize(bytes_max_);
      return Outcome::kTooLarge;
    }
    if (code == Z_STREAM_END) {
      stream_->complete = true;
      z.avail_out = 1;  // nothing is held back: leave unless there is more input
    } else if (code == Z_BUF_ERROR) {
      break;  // needs more input
    } else if (code != Z_OK) {
      return Outcome::kMalformed;
    }
  }
  return Outcome::kOk;
}

Inflater::Outcome Inflater::Finish() const {
  return stream_->complete ? Outcome::kOk : Outcome::kMalformed;
}

}  // namespace millrace::http
