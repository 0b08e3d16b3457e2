// Request and Response are what a server receives and answers: complete messages, bodies in memory.
//
// Threads:   plain values.
// Format:    RFC 9110 and 9112 (HTTP/1.0 and 1.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/headers.h"

namespace millrace::http {

struct Request {
  std::string method;  // as sent: "POST"
  std::string target;  // path and query as sent, never empty: "/tables?limit=3"
  Headers headers;
  std::string body;  // transfer and content encodings (gzip, deflate) already removed
  bool keep_alive = true;
  int version_minor = 1;       // HTTP/1.x
  std::uint64_t listener = 0;  // Server::Listener::number; 0: the server's own port

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  // Without the '?'; empty if there is none.
  std::string_view query() const {
    const std::size_t mark = target.find('?');
    return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
  }
};

struct Response;

// The last touch to a response before its bytes are sent: compression, a checksum. Runs on a request thread, so that
// the thread that answers (the engine's writer) is spared the work.
struct Finish {
  void (*touch)(Response&, const Finish&) = nullptr;
  std::uint32_t flags = 0;  // for touch, as is the text
  std::string text = {};
};

struct Response {
  int status = 200;
  // A constant with static lifetime. One that is computed goes into `headers` instead; empty: no Content-Type.
  std::string_view content_type = {};
  // Content-Length, Date and Connection are the server's business and are not set here.
  Headers headers = {};
  std::string body = {};
  Finish finish = {};

  // For who sends it.
  void ApplyFinish() {
    if (finish.touch != nullptr) finish.touch(*this, finish);
  }
};

// "Not Found"; "Unknown" for a status without a name.
std::string_view StatusText(int status);

}  // namespace millrace::http
