#include "http/response_parser.h"

#include <algorithm>

namespace millrace::http {
namespace {

namespace beast_http = boost::beast::http;

constexpr std::size_t kFieldsMax = 256;
// A length that is only announced reserves no more than this.
constexpr std::size_t kBodyReserveMax = std::size_t{256} << 10;

}  // namespace

ResponseParser::ResponseParser(ResponseTo request, const ClientOptions& options, std::size_t bytes_kept)
    : header_bytes_max_(options.response_header_bytes_max),
      body_bytes_max_(options.response_bytes_max),
      body_bytes_kept_(bytes_kept) {
  eager(true);
  header_limit(static_cast<std::uint32_t>(header_bytes_max_));
  if (body_bytes_kept_ == 0) {
    body_limit(body_bytes_max_);
  } else {
    body_limit(boost::none);
  }
  skip(request == ResponseTo::kHead);
}

std::size_t ResponseParser::Feed(std::string_view input) {
  ErrorCode ec;
  const std::size_t consumed = put(boost::asio::const_buffer(input.data(), input.size()), ec);
  if (ec == beast_http::error::need_more) {
    if (input.size() - consumed > header_bytes_max_) Fail(beast_http::error::header_limit);
  } else if (ec) {
    Fail(ec);
  }
  return consumed;
}

void ResponseParser::FeedEnd() {
  ErrorCode ec;
  if (got_some()) {
    put_eof(ec);
  } else {
    ec = beast_http::error::end_of_stream;
  }
  if (ec) failure_ = "closed the connection in the middle of its response";
}

void ResponseParser::Fail(ErrorCode ec) {
  if (!failure_.empty()) return;
  using E = beast_http::error;
  if (ec == E::body_limit) {
    failure_ = fmt::format("answered with a body of more than {} bytes", body_bytes_max_);
  } else if (ec == E::header_limit) {
    failure_ = fmt::format("answered with a header of more than {} bytes", header_bytes_max_);
  } else {
    failure_ = fmt::format("did not answer in HTTP/1.1: {}", ec.message());
  }
}

void ResponseParser::on_field_impl(beast_http::field field, View name, View value, ErrorCode& ec) {
  header_bytes_ += name.size() + value.size() + 4;
  if (header_bytes_ > header_bytes_max_ || response_.headers.size() >= kFieldsMax) {
    ec = beast_http::error::header_limit;
    return;
  }
  if (header_complete_) return;  // trailers
  if (field == beast_http::field::transfer_encoding && !EqualsIgnoreCase(value, "chunked")) {
    ec = beast_http::error::bad_transfer_encoding;
    return;
  }
  response_.headers.Add(name, value);
}

void ResponseParser::on_body_init_impl(const boost::optional<std::uint64_t>& content_length, ErrorCode&) {
  if (content_length) response_.body.reserve(std::min(static_cast<std::size_t>(*content_length), kBodyReserveMax));
}

std::size_t ResponseParser::on_body_impl(View piece, ErrorCode&) {
  if (body_bytes_kept_ != 0 && piece.size() > body_bytes_kept_ - response_.body.size()) {
    response_.truncated = true;
    response_.body.append(piece.data(), body_bytes_kept_ - response_.body.size());
    return piece.size();
  }
  response_.body.append(piece.data(), piece.size());
  return piece.size();
}

std::size_t ResponseParser::on_chunk_body_impl(std::uint64_t, View piece, ErrorCode& ec) {
  return on_body_impl(piece, ec);
}

}  // namespace millrace::http
