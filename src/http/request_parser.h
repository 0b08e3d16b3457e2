// RequestParser turns the bytes of a connection into requests, strictly, and never keeps more than its limits.
//
// Beast's parser does the syntax. What it lets pass and RFC 9112 forbids is refused here: transfer codings other than
// chunked, chunked in HTTP/1.0, folded lines, a missing or second Host, headers that trickle in past the limit.
//
// Internal to http: brings in Beast.
//
// Threads:   externally synchronised.
// Failure:   a Rejection: the status to answer before closing the connection. The parser is then spent.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <memory>
#include <optional>
#include <string_view>

#include "http/body_budget.h"
#include "http/gzip.h"
#include "http/message.h"

namespace millrace::http {

struct Rejection {
  int status;
  std::string_view text;  // static lifetime
};

struct RequestLimits {
  std::size_t header_bytes_max;
  std::size_t body_bytes_max;
};

class RequestParser final : private boost::beast::http::basic_parser<true> {
 public:
  RequestParser(const RequestLimits& limits, BodyBudget& budget);

  // Consumes what it can of `input` and returns how much. Bytes not consumed must be given again, with more behind.
  std::size_t Feed(std::string_view input);

  bool done() const { return is_done(); }
  bool header_done() const { return is_header_done(); }
  // The client waits for "100 Continue" before it sends the body.
  bool awaits_continue() const { return expects_continue_ && is_header_done() && !is_done() && !body_begun_; }
  const std::optional<Rejection>& rejection() const { return rejection_; }
  // REQUIRES: done(). Once.
  Request Take() { return std::move(request_); }
  // What the body costs, to be kept as long as the body may live.
  BodyCharge TakeCharge() { return std::move(charge_); }

 private:
  using ErrorCode = boost::beast::error_code;
  using View = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, View method, View target, int version, ErrorCode&) override;
  void on_response_impl(int, View, int, ErrorCode&) override {}
  void on_field_impl(boost::beast::http::field, View name, View value, ErrorCode&) override;
  void on_header_impl(ErrorCode&) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& content_length, ErrorCode&) override;
  std::size_t on_body_impl(View piece, ErrorCode&) override;
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override { body_begun_ = true; }
  std::size_t on_chunk_body_impl(std::uint64_t remain, View piece, ErrorCode&) override;
  void on_finish_impl(ErrorCode&) override;

  void Reject(int status, std::string_view text, ErrorCode& ec);
  void RejectFor(ErrorCode ec);
  void AppendBody(std::string_view piece, ErrorCode& ec);
  void Decode(std::string_view piece, ErrorCode& ec);
  // "http://host/path" (RFC 9112 section 3.2.2) becomes "/path", and host the Host.
  void AcceptAbsoluteForm();

  const RequestLimits limits_;
  Request request_;
  BodyCharge charge_;
  std::unique_ptr<Inflater> inflater_;
  std::optional<Rejection> rejection_;
  std::string_view input_;  // what Feed was given, to tell unfolded values apart
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_expected_ = 0;  // 0: unknown
  bool expects_continue_ = false;
  bool body_begun_ = false;
  bool chunked_ = false;
  bool header_complete_ = false;
};

}  // namespace millrace::http
