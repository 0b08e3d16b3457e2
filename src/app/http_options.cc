#include "app/http_options.h"

namespace millrace::app {
namespace {

using config::HttpTarget;
using targets::HttpTargetOptions;

targets::HttpContent ContentOf(HttpTarget::Content content) {
  switch (content) {
    case HttpTarget::Content::kJson:
      return targets::HttpContent::kJson;
    case HttpTarget::Content::kCloudEventsBinary:
      return targets::HttpContent::kCloudEventsBinary;
    case HttpTarget::Content::kCloudEventsStructured:
      return targets::HttpContent::kCloudEventsStructured;
  }
  return targets::HttpContent::kJson;
}

http::AddressPolicy PolicyOf(HttpTarget::Addresses addresses) {
  switch (addresses) {
    case HttpTarget::Addresses::kNoLinkLocal:
      return http::AddressPolicy::kNoLinkLocal;
    case HttpTarget::Addresses::kPublic:
      return http::AddressPolicy::kPublic;
    case HttpTarget::Addresses::kAny:
      return http::AddressPolicy::kAny;
  }
  return http::AddressPolicy::kNoLinkLocal;
}

Result<targets::HttpAuth> AuthOf(const std::string& name, const HttpTarget::Auth& auth, const Secrets& secrets) {
  if (const auto* basic = std::get_if<HttpTarget::Basic>(&auth)) {
    ASSIGN_OR_RETURN(Secret password, secrets.Read(basic->password, name));
    return targets::HttpAuth(targets::BasicAuth{basic->user, std::move(password)});
  }
  if (const auto* key = std::get_if<HttpTarget::ApiKey>(&auth)) {
    ASSIGN_OR_RETURN(Secret value, secrets.Read(key->value, name));
    return targets::HttpAuth(targets::ApiKeyAuth{key->header, std::move(value)});
  }
  if (const auto* oauth = std::get_if<HttpTarget::OAuth>(&auth)) {
    using In = targets::OAuthClientCredentials::CredentialsIn;
    ASSIGN_OR_RETURN(Secret secret, secrets.Read(oauth->client_secret, name));
    return targets::HttpAuth(
        targets::OAuthClientCredentials{.url = oauth->url,
                                        .client_id = oauth->client_id,
                                        .client_secret = std::move(secret),
                                        .method = oauth->method,
                                        .credentials_in = oauth->credentials_in_body ? In::kBody : In::kHeader,
                                        .headers = oauth->headers,
                                        .query = oauth->query,
                                        .body = oauth->body});
  }
  return targets::HttpAuth();
}

Status SignBy(const std::string& name, const HttpTarget::Sign& sign, const Secrets& secrets,
              HttpTargetOptions& options) {
  if (!sign.standard_webhooks.empty()) {
    options.standard_webhooks.emplace();
    for (const config::Ref& ref : sign.standard_webhooks) {
      ASSIGN_OR_RETURN(Secret secret, secrets.Read(ref, name));
      options.standard_webhooks->secrets.push_back(std::move(secret));
    }
  }
  if (sign.body) {
    using Encoding = targets::BodySignature::Encoding;
    ASSIGN_OR_RETURN(Secret secret, secrets.Read(sign.body->secret, name));
    options.body_signature = targets::BodySignature{.header = sign.body->header,
                                                    .secret = std::move(secret),
                                                    .prefix = sign.body->prefix,
                                                    .encoding = sign.body->base64 ? Encoding::kBase64 : Encoding::kHex};
  }
  return Ok();
}

}  // namespace

Result<HttpTargetOptions> HttpOptionsOf(const std::string& name, const HttpTarget& http, const Secrets& secrets) {
  HttpTargetOptions options{
      .name = name,
      .url = http.url,
      .headers = http.headers,
      .timeout = http.timeout,
      .method = http.method,
      .query = http.query,
      .content = ContentOf(http.content),
      .requests_per_second = http.requests_per_second,
      .batch_records_max = http.batch.records_max,
      .batch_bytes_max = http.batch.bytes_max,
      .batch_kind = http.batch.stops_at_first_failure ? flow::BatchKind::kPrefix : flow::BatchKind::kPerEntry,
      .addresses = PolicyOf(http.addresses)};
  ASSIGN_OR_RETURN(options.auth, AuthOf(name, http.auth, secrets));
  TRY(SignBy(name, http.sign, secrets, options));
  if (Status valid = targets::CheckHttpTargetOptions(options); !valid.ok()) return valid.error().WithContext(name);
  return options;
}

}  // namespace millrace::app
