// Client sends HTTP requests to other servers, http and https, over pooled connections, without blocking.
//
// Each request gets its callback called exactly once: with the complete response, or with an error that names
// host:port and the reason. A status such as 500 is a response, not an error. Redirects are not followed, bodies are
// not decompressed.
//
// Threads:   Send is thread-safe. Callbacks run on one of the client's threads (but see Send) and must not block.
// Ownership: what callbacks capture must live until they were called; Stop waits for that.
// Failure:   InvalidArgument  the request cannot be sent as it is: bad URL, bad method
//            Unavailable      no connection, or the peer closed it before answering: may be tried again
//            Timeout          the request's time is over
//            ResourceExhausted  too many requests are open
//            Io               the peer answered nonsense or too much, or its certificate is not trusted
//            Cancelled        the client was stopped
// reason::kNotConnected stands on an error if nothing was sent, because there was no connection (refused, no such name,
// TLS failed) and reason::kAddressRefused (FailedPrecondition) if the request's address policy forbids the address.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "http/address_policy.h"
#include "http/headers.h"

namespace millrace::http {

namespace reason {
inline constexpr std::string_view kNotConnected = "NotConnected";
inline constexpr std::string_view kAddressRefused = "AddressRefused";
}  // namespace reason

enum class TlsVerify { kPeer, kNone };

struct ClientOptions {
  int threads = 1;
  std::chrono::milliseconds timeout{30'000};  // of a request that does not set its own; everything included
  std::size_t connections_per_host_max = 64;  // further requests wait for one, within their timeout
  std::size_t requests_open_max = 10'000;     // waiting or under way, over all hosts
  std::size_t request_bytes_open_max = std::size_t{256} << 20;
  std::size_t response_bytes_max = std::size_t{16} << 20;
  std::size_t response_header_bytes_max = std::size_t{32} << 10;
  std::chrono::milliseconds idle_timeout{20'000};  // of a pooled connection; below the 60 s and more of usual servers
  TlsVerify tls_verify = TlsVerify::kPeer;
  std::string ca_file = {};  // PEM; empty: the system's
};

struct ClientRequest {
  std::string method = "POST";
  std::string url = {};
  Headers headers = {};  // Content-Length and, unless given, Host are added
  std::string body = {};
  std::chrono::milliseconds timeout{0};  // 0: the client's
  // May be sent a second time, if a pooled connection turns out to be closed before the response begins.
  bool idempotent = false;
  // Which addresses it may go to; asked for each address that the name resolves to, right before connecting.
  AddressPolicy addresses = AddressPolicy::kAny;
  // Not 0: no more of the response's body is received, which is no error, and the connection is then closed.
  std::size_t response_bytes_kept = 0;
};

struct ClientResponse {
  int status = 0;
  Headers headers = {};
  std::string body = {};
  bool truncated = false;  // the body is longer than response_bytes_kept
};

using ClientCallback = std::function<void(Result<ClientResponse>)>;

class Client {
 public:
  explicit Client(ClientOptions options);
  ~Client();  // stops
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // A request that cannot even begin (InvalidArgument, ResourceExhausted, Cancelled) has its callback called before
  // Send returns.
  void Send(ClientRequest request, ClientCallback callback);
  // Cancels what is open, calls its callbacks, joins the threads. Idempotent. REQUIRES: not called from a callback.
  void Stop();

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace millrace::http
