#include "http/request_parser.h"

#include <algorithm>

namespace millrace::http {
namespace {

namespace beast_http = boost::beast::http;

constexpr std::size_t kFieldsMax = 256;
constexpr std::size_t kHeaderReserve = 1000;  // glibc caches blocks of up to 1032 bytes per thread
// A JSON parser that reads in blocks wants room behind the text; see also the growth rule in AppendBody.
constexpr std::size_t kBodyPadding = 64;
// A length that is only announced reserves no more than this: the rest follows as bytes arrive.
constexpr std::size_t kBodyReserveMax = std::size_t{256} << 10;
// Bodies up to this are too small to count: the limit on connections bounds them.
constexpr std::size_t kBodyFreeBytes = std::size_t{16} << 10;

}  // namespace

RequestParser::RequestParser(const RequestLimits& limits, BodyBudget& budget) : limits_(limits), charge_(&budget) {
  eager(true);
  header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
  body_limit(limits.body_bytes_max);
}

std::size_t RequestParser::Feed(std::string_view input) {
  input_ = input;
  ErrorCode ec;
  const std::size_t consumed = put(boost::asio::const_buffer(input.data(), input.size()), ec);
  if (rejection_) return consumed;
  if (ec == beast_http::error::need_more) {
    // Beast applies its limit to what it is given at once, which a client that sends slowly can evade.
    const std::size_t waiting = input.size() - consumed;
    if (!is_header_done() && header_bytes_ + waiting > limits_.header_bytes_max)
      RejectFor(beast_http::error::header_limit);
  } else if (ec) {
    RejectFor(ec);
  }
  return consumed;
}

void RequestParser::Reject(int status, std::string_view text, ErrorCode& ec) {
  rejection_ = Rejection{status, text};
  ec = beast_http::error::bad_value;  // any error stops the parser
}

void RequestParser::RejectFor(ErrorCode ec) {
  using E = beast_http::error;
  if (ec == E::header_limit) {
    rejection_ = {431, "the request's header is larger than the limit"};
  } else if (ec == E::body_limit) {
    rejection_ = {413, "the request's body is larger than the limit"};
  } else if (ec == E::bad_version) {
    rejection_ = {505, "versions 1.0 and 1.1 of HTTP are supported"};
  } else if (ec == E::bad_content_length || ec == E::multiple_content_length) {
    rejection_ = {400, "bad Content-Length"};
  } else if (ec == E::bad_transfer_encoding) {
    rejection_ = {400, "bad Transfer-Encoding"};
  } else if (ec == E::bad_chunk || ec == E::bad_chunk_extension) {
    rejection_ = {400, "bad chunk"};
  } else {
    rejection_ = {400, "this is not an HTTP request"};
  }
}

void RequestParser::on_request_impl(beast_http::verb, boost::beast::string_view method,
                                    boost::beast::string_view target, int version, ErrorCode&) {
  request_.method.assign(method.data(), method.size());
  request_.target.assign(target.data(), target.size());
  request_.version_minor = version == 11 ? 1 : 0;
  header_bytes_ = method.size() + target.size() + 12;
  request_.headers.Reserve(16, kHeaderReserve);
}

void RequestParser::on_field_impl(beast_http::field field, boost::beast::string_view name,
                                  boost::beast::string_view value, ErrorCode& ec) {
  header_bytes_ += name.size() + value.size() + 4;
  if (header_bytes_ > limits_.header_bytes_max) return Reject(431, "the request's header is larger than the limit", ec);
  const char* name_end = name.data() + name.size();
  const bool in_input = value.data() >= input_.data() && value.data() <= input_.data() + input_.size();
  if (!value.empty() && (!in_input || std::find(name_end, value.data(), '\r') != value.data()))
    return Reject(400, "folded header lines are not supported", ec);
  if (header_complete_) return;  // trailers: checked, not kept
  if (request_.headers.size() >= kFieldsMax) return Reject(431, "the request has too many header fields", ec);
  if (field == beast_http::field::transfer_encoding) {
    if (chunked_ || !EqualsIgnoreCase(value, "chunked"))
      return Reject(501, "chunked is the only transfer coding supported", ec);
    chunked_ = true;
  } else if (field == beast_http::field::host && request_.headers.Has("Host")) {
    return Reject(400, "more than one Host", ec);
  }
  request_.headers.Add(name, value);
}

void RequestParser::on_header_impl(ErrorCode& ec) {
  header_complete_ = true;
  if (chunked_ && request_.version_minor == 0) return Reject(400, "chunked is not part of HTTP/1.0", ec);
  if (request_.version_minor == 1 && !request_.headers.Has("Host")) return Reject(400, "Host is missing", ec);
  AcceptAbsoluteForm();
  request_.keep_alive = keep_alive();
  expects_continue_ = request_.version_minor == 1 && EqualsIgnoreCase(request_.headers.Get("Expect"), "100-continue");
  if (request_.headers.CountOf("Content-Encoding") > 1) return Reject(415, "unknown Content-Encoding", ec);
  switch (ParseContentCoding(request_.headers.Get("Content-Encoding"))) {
    case ContentCoding::kIdentity:
      break;
    case ContentCoding::kGzip:
      inflater_ = std::make_unique<Inflater>(ContentCoding::kGzip, limits_.body_bytes_max);
      break;
    case ContentCoding::kDeflate:
      inflater_ = std::make_unique<Inflater>(ContentCoding::kDeflate, limits_.body_bytes_max);
      break;
    case ContentCoding::kUnknown:
      return Reject(415, "unknown Content-Encoding", ec);
  }
}

void RequestParser::AcceptAbsoluteForm() {
  constexpr std::string_view kScheme = "http://";
  std::string_view target = request_.target;
  if (target.size() <= kScheme.size() || !EqualsIgnoreCase(target.substr(0, kScheme.size()), kScheme)) return;
  target.remove_prefix(kScheme.size());
  const std::size_t end = target.find_first_of("/?");
  request_.headers.Set("Host", target.substr(0, end));
  std::string path = end == std::string_view::npos ? "/" : std::string(target.substr(end));
  if (path[0] == '?') path.insert(path.begin(), '/');
  request_.target = std::move(path);
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& content_length, ErrorCode&) {
  if (!content_length || inflater_ != nullptr) return;
  body_bytes_expected_ = static_cast<std::size_t>(*content_length);
  request_.body.reserve(std::min(body_bytes_expected_ + kBodyPadding, kBodyReserveMax));
}

std::size_t RequestParser::on_body_impl(boost::beast::string_view piece, ErrorCode& ec) {
  AppendBody(piece, ec);
  return piece.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, boost::beast::string_view piece, ErrorCode& ec) {
  AppendBody(piece, ec);
  return piece.size();
}

void RequestParser::AppendBody(std::string_view piece, ErrorCode& ec) {
  body_begun_ = true;
  Decode(piece, ec);
  const std::size_t held = request_.body.capacity();
  if (!rejection_ && held > kBodyFreeBytes && !charge_.GrowTo(held))
    Reject(503, "the server holds as many request bodies as it may; try again", ec);
}

void RequestParser::Decode(std::string_view piece, ErrorCode& ec) {
  std::string& body = request_.body;
  if (inflater_ != nullptr) {
    switch (inflater_->Append(piece, body)) {
      case Inflater::Outcome::kOk:
        return;
      case Inflater::Outcome::kTooLarge:
        return Reject(413, "the request's body is larger than the limit after decompression", ec);
      case Inflater::Outcome::kMalformed:
        return Reject(400, "the request's body is not what its Content-Encoding says", ec);
    }
  }
  const std::size_t needed = body.size() + piece.size();
  if (needed > body.capacity()) {
    // Doubling, but never beyond what the message can still become.
    const std::size_t ceiling =
        (body_bytes_expected_ > 0 ? body_bytes_expected_ : limits_.body_bytes_max) + kBodyPadding;
    body.reserve(std::max(needed, std::min(body.capacity() * 2, ceiling)));
  }
  body.append(piece);
}

void RequestParser::on_finish_impl(ErrorCode& ec) {
  if (inflater_ != nullptr && body_begun_ && inflater_->Finish() != Inflater::Outcome::kOk)
    Reject(400, "the request's compressed body is incomplete", ec);
}

}  // namespace millrace::http
