// ResponseParser turns the bytes that a server sends into one response, within limits.
//
// Internal to http: brings in Beast.
//
// Threads:   externally synchronised.
// Failure:   a sentence in failure(); the parser is then spent.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <string_view>

#include "http/client.h"

namespace millrace::http {

enum class ResponseTo { kHead, kOther };

class ResponseParser final : private boost::beast::http::basic_parser<false> {
 public:
  // `bytes_kept`: as in ClientRequest.
  ResponseParser(ResponseTo request, const ClientOptions& options, std::size_t bytes_kept);

  // Consumes what it can of `input` and returns how much. Bytes not consumed must be given again, with more behind.
  std::size_t Feed(std::string_view input);
  // The peer has finished sending.
  void FeedEnd();

  bool done() const { return is_done() || response_.truncated; }
  // 100 Continue and the like: another response follows.
  bool interim() const { return response_.status / 100 == 1 && response_.status != 101; }
  // REQUIRES: done(). Whether the connection may serve another request.
  bool reusable() const { return !response_.truncated && keep_alive() && response_.status != 101; }
  const std::string& failure() const { return failure_; }
  // REQUIRES: done(). Once.
  ClientResponse Take() { return std::move(response_); }

 private:
  using ErrorCode = boost::beast::error_code;
  using View = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, View, View, int, ErrorCode&) override {}
  void on_response_impl(int status, View, int, ErrorCode&) override { response_.status = status; }
  void on_field_impl(boost::beast::http::field, View name, View value, ErrorCode&) override;
  void on_header_impl(ErrorCode&) override { header_complete_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& content_length, ErrorCode&) override;
  std::size_t on_body_impl(View piece, ErrorCode&) override;
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View piece, ErrorCode&) override;
  void on_finish_impl(ErrorCode&) override {}

  void Fail(ErrorCode ec);

  const std::size_t header_bytes_max_;
  const std::size_t body_bytes_max_;
  const std::size_t body_bytes_kept_;  // 0: all, up to body_bytes_max_
  ClientResponse response_;
  std::string failure_;
  std::size_t header_bytes_ = 0;
  bool header_complete_ = false;
};

}  // namespace millrace::http
