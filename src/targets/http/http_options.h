// HttpTargetOptions says where an HttpTarget sends records, and how: what a configuration says, with its secrets
// resolved.
//
// The words are those of EventBridge's API destinations and connections:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnection.html
//
// Threads: plain values.
// Failure: CheckHttpTargetOptions returns InvalidArgument that names the option and its limit, never a secret.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "flow/target.h"
#include "http/address_policy.h"

namespace millrace::targets {

// Names and values: header fields, query parameters, form fields.
using HttpFields = std::vector<std::pair<std::string, std::string>>;

enum class HttpContent : std::uint8_t { kJson, kCloudEventsBinary, kCloudEventsStructured };

// "Authorization: Basic …".
struct BasicAuth {
  std::string user;
  Secret password;
};

// A header such as "X-Api-Key".
struct ApiKeyAuth {
  std::string header;
  Secret value;
};

// A token from an OAuth 2.0 server (RFC 6749 section 4.4), sent as "Authorization: Bearer …".
struct OAuthClientCredentials {
  enum class CredentialsIn : std::uint8_t { kHeader, kBody };

  std::string url = {};
  std::string client_id;
  Secret client_secret;
  std::string method = "POST";  // or PUT, or GET: then everything is in the query
  CredentialsIn credentials_in = CredentialsIn::kHeader;
  HttpFields headers = {};
  HttpFields query = {};
  HttpFields body = {};  // form fields besides grant_type: scope, audience
};

using HttpAuth = std::variant<std::monostate, BasicAuth, ApiKeyAuth, OAuthClientCredentials>;

// webhook-id, webhook-timestamp and webhook-signature.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
struct StandardWebhooks {
  // "whsec_" and base64, or raw bytes. One signature each: two while the endpoint changes from one to the other.
  std::vector<Secret> secrets;
};

// HMAC-SHA256 of the body in one header, as GitHub's "X-Hub-Signature-256: sha256=…".
struct BodySignature {
  enum class Encoding : std::uint8_t { kHex, kBase64 };

  std::string header;
  Secret secret;
  std::string prefix = {};
  Encoding encoding = Encoding::kHex;
};

struct HttpTargetOptions {
  static constexpr std::size_t kFieldsMax = 100;  // headers, query parameters, form fields: each
  static constexpr std::size_t kFieldNameBytesMax = 512;
  static constexpr std::size_t kFieldValueBytesMax = 4096;
  static constexpr std::chrono::milliseconds kTimeoutMin{10};
  static constexpr std::chrono::milliseconds kTimeoutMax{300'000};
  static constexpr std::uint32_t kRequestsPerSecondMax = 1'000'000;
  static constexpr std::size_t kBatchRecordsMax = 10'000;
  static constexpr std::size_t kBatchBytesMax = std::size_t{16} << 20;
  static constexpr std::size_t kSigningSecretsMax = 4;

  std::string name = {};    // "target/endpoint"
  std::string closed = {};  // why the target is down until it gets other options; empty: it is not
  std::string url = {};
  HttpFields headers = {};  // besides those that the target sends itself; also replaces User-Agent and Content-Type
  std::chrono::milliseconds timeout{5'000};
  std::string method = "POST";  // GET, HEAD, OPTIONS send no body
  HttpFields query = {};        // added to what the url has
  HttpContent content = HttpContent::kJson;
  HttpAuth auth = {};
  std::optional<StandardWebhooks> standard_webhooks = {};
  std::optional<BodySignature> body_signature = {};
  std::uint32_t requests_per_second = 0;  // 0: no limit. API destinations have 300
  // More than 1: the body of a request is an array of records, and the answer may say which of them were not taken
  // (flow/batch_response.h).
  std::size_t batch_records_max = 1;
  std::size_t batch_bytes_max = std::size_t{1} << 20;
  // What an answer to a batch leaves open. kPerEntry: any of its records may have taken effect. kPrefix: the endpoint
  // works through them in order and stops at the first failure, so that a batch may hold several records of one key.
  flow::BatchKind batch_kind = flow::BatchKind::kPerEntry;
  http::AddressPolicy addresses = http::AddressPolicy::kNoLinkLocal;
  const Clock* clock = nullptr;  // null: the system's
};

Status CheckHttpTargetOptions(const HttpTargetOptions& options);
// Of what a record says of its own request.
Status CheckRequestFields(const HttpFields& headers, const HttpFields& query);

// Whether requests of this method carry a body.
bool HasBody(std::string_view method);

}  // namespace millrace::targets
