#include "targets/http/http_options.h"

#include <algorithm>
#include <array>

#include "http/headers.h"
#include "http/url.h"
#include "targets/http/signature.h"

namespace millrace::targets {
namespace {

// All but CONNECT and TRACE, as API destinations.
constexpr std::array<std::string_view, 7> kMethods = {"POST", "PUT", "PATCH", "DELETE", "GET", "HEAD", "OPTIONS"};
constexpr std::array<std::string_view, 3> kTokenMethods = {"POST", "PUT", "GET"};
// Between the client and the next hop, or what the target is there to say itself.
constexpr std::array<std::string_view, 12> kReserved = {
    "Connection",       "Content-Length",    "Expect", "Idempotency-Key", "Keep-Alive",
    "Proxy-Connection", "Transfer-Encoding", "TE",     "Trailer",         "Upgrade",
    "Webhook-Id",       "Webhook-Timestamp"};

bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool HasControl(std::string_view text) {
  return std::ranges::any_of(text,
                             [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

Status CheckFields(const HttpFields& fields, std::string_view what) {
  if (fields.size() > HttpTargetOptions::kFieldsMax)
    return InvalidArgument("{} {}; at most {} are allowed", fields.size(), what, HttpTargetOptions::kFieldsMax);
  for (const auto& [name, value] : fields) {
    if (name.empty() || name.size() > HttpTargetOptions::kFieldNameBytesMax)
      return InvalidArgument("the name of one of the {} has {} bytes; 1 to {} are allowed", what, name.size(),
                             HttpTargetOptions::kFieldNameBytesMax);
    if (value.size() > HttpTargetOptions::kFieldValueBytesMax)
      return InvalidArgument("the value of '{}' among the {} has {} bytes; at most {} are allowed", name, what,
                             value.size(), HttpTargetOptions::kFieldValueBytesMax);
  }
  return Ok();
}

Status CheckHeader(std::string_view name, std::string_view value) {
  if (!IsToken(name)) return InvalidArgument("'{}' is not the name of a header", name);
  if (HasControl(value)) return InvalidArgument("the value of the header {} has control characters", name);
  const bool cloud_event = name.size() > 3 && http::EqualsIgnoreCase(name.substr(0, 3), "ce-");
  if (cloud_event || std::ranges::any_of(kReserved, [&](auto own) { return http::EqualsIgnoreCase(own, name); }))
    return InvalidArgument("the header {} is set by the target itself", name);
  return Ok();
}

Status CheckHeaders(const HttpFields& headers) {
  TRY(CheckFields(headers, "headers"));
  for (const auto& [name, value] : headers) TRY(CheckHeader(name, value));
  return Ok();
}

Status Check(const std::monostate&) {
  return Ok();
}

Status Check(const BasicAuth& auth) {
  if (auth.user.empty() || auth.user.find(':') != std::string::npos || HasControl(auth.user))
    return InvalidArgument("basic authorization needs a user without colons and control characters");
  if (HasControl(auth.password.Reveal()))
    return InvalidArgument("the password of basic authorization has control characters");
  return Ok();
}

Status Check(const ApiKeyAuth& auth) {
  if (auth.value.empty()) return InvalidArgument("the api key for the header {} is empty", auth.header);
  return CheckHeader(auth.header, auth.value.Reveal());
}

Status Check(const OAuthClientCredentials& auth) {
  if (auto url = http::ParseUrl(auth.url); !url.ok()) return url.error().WithContext("oauth");
  if (std::ranges::find(kTokenMethods, auth.method) == kTokenMethods.end())
    return InvalidArgument("oauth: the method is '{}'; POST, PUT and GET are allowed", auth.method);
  if (auth.client_id.empty() || auth.client_secret.empty())
    return InvalidArgument("oauth needs a client id and a client secret");
  TRY(CheckHeaders(auth.headers));
  TRY(CheckFields(auth.query, "query parameters of oauth"));
  return CheckFields(auth.body, "body parameters of oauth");
}

}  // namespace

bool HasBody(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

Status CheckRequestFields(const HttpFields& headers, const HttpFields& query) {
  TRY(CheckHeaders(headers));
  return CheckFields(query, "query parameters");
}

Status CheckHttpTargetOptions(const HttpTargetOptions& options) {
  using Options = HttpTargetOptions;
  TRY(http::ParseUrl(options.url));
  if (std::ranges::find(kMethods, options.method) == kMethods.end())
    return InvalidArgument("the method is '{}'; one of POST, PUT, PATCH, DELETE, GET, HEAD, OPTIONS is allowed",
                           options.method);
  if (options.timeout < Options::kTimeoutMin || options.timeout > Options::kTimeoutMax)
    return InvalidArgument("the timeout is {} ms; {} to {} are allowed", options.timeout.count(),
                           Options::kTimeoutMin.count(), Options::kTimeoutMax.count());
  TRY(CheckHeaders(options.headers));
  TRY(CheckFields(options.query, "query parameters"));
  if (options.requests_per_second > Options::kRequestsPerSecondMax)
    return InvalidArgument("{} requests per second; at most {} are allowed", options.requests_per_second,
                           Options::kRequestsPerSecondMax);
  if (options.batch_records_max < 1 || options.batch_records_max > Options::kBatchRecordsMax)
    return InvalidArgument("batches of {} records; 1 to {} are allowed", options.batch_records_max,
                           Options::kBatchRecordsMax);
  if (options.batch_bytes_max < 1 || options.batch_bytes_max > Options::kBatchBytesMax)
    return InvalidArgument("batches of {} bytes; 1 to {} are allowed", options.batch_bytes_max,
                           Options::kBatchBytesMax);
  if (options.batch_kind == flow::BatchKind::kAtomic)
    return InvalidArgument("an endpoint's batches are per-entry or prefix, not atomic");
  const bool batches = options.batch_records_max > 1;
  if (batches && options.content == HttpContent::kCloudEventsBinary)
    return InvalidArgument("binary CloudEvents go one by one: a batch has no place for their headers");
  if (!HasBody(options.method) && (batches || options.content == HttpContent::kCloudEventsStructured))
    return InvalidArgument("{} sends no body, so neither batches nor structured CloudEvents", options.method);
  TRY(std::visit([](const auto& auth) { return Check(auth); }, options.auth));
  if (options.body_signature) TRY(CheckHeader(options.body_signature->header, options.body_signature->prefix));
  TRY(Signer::Create(options));
  return Ok();
}

}  // namespace millrace::targets
