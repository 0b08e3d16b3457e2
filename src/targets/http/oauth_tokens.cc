#include "targets/http/oauth_tokens.h"

#include <algorithm>
#include <charconv>

#include "http/url.h"
#include "json/parse.h"
#include "model/base64.h"
#include "targets/http/answer.h"

namespace millrace::targets {
namespace {

constexpr std::size_t kAnswerBytesMax = std::size_t{64} << 10;
constexpr std::size_t kTokenBytesMax = std::size_t{16} << 10;
// As EventBridge: refreshed if it expires within 60 seconds; one that lives shorter is used for half of its life.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-auth.html
constexpr std::chrono::seconds kMargin{60};
constexpr std::uint64_t kLifetimeSecondsMax = 365ull * 24 * 3600;
// If the server does not say: 401 will.
constexpr std::uint64_t kLifetimeSecondsUnknown = 3600;

// Seconds, also as text, which some servers send.
std::uint64_t LifetimeSeconds(const json::Value* expires_in) {
  if (expires_in == nullptr || !(expires_in->is_number() || expires_in->is_string())) return kLifetimeSecondsUnknown;
  const std::string_view text = expires_in->is_number() ? expires_in->number() : expires_in->string();
  std::uint64_t seconds = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), seconds).ec != std::errc())
    return kLifetimeSecondsUnknown;
  return std::min(seconds, kLifetimeSecondsMax);
}

bool IsTokenText(std::string_view text) {
  return !text.empty() && text.size() <= kTokenBytesMax &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

// RFC 6749 section 2.3.1: both are form-encoded first.
std::string BasicCredentials(const OAuthClientCredentials& options) {
  std::string credentials;
  http::AppendPercentEncoded(credentials, options.client_id);
  credentials.push_back(':');
  http::AppendPercentEncoded(credentials, options.client_secret.Reveal());
  return model::Base64Encode(credentials);
}

Error Failed(std::string_view address, std::string_view what) {
  return Err(ErrorCode::kUnavailable, {}, "no OAuth token: {} {}", address, what);
}

}  // namespace

OAuthTokens::OAuthTokens(OAuthClientCredentials options, http::AddressPolicy addresses,
                         std::chrono::milliseconds timeout, http::Client& client, const Clock& clock)
    : options_(std::move(options)), addresses_(addresses), timeout_(timeout), client_(client), clock_(clock) {}

void OAuthTokens::Get(Callback callback) {
  TokenPtr valid;
  {
    std::lock_guard lock(mutex_);
    if (token_ != nullptr && clock_.Mono() < token_->refresh_at) {
      valid = token_;
    } else {
      waiting_.push_back(std::move(callback));
      if (waiting_.size() > 1) return;
    }
  }
  if (valid != nullptr) return callback(std::move(valid));
  client_.Send(MakeRequest(), [this](Result<http::ClientResponse> response) { OnAnswer(Read(response)); });
}

void OAuthTokens::Drop(const TokenPtr& token) {
  std::lock_guard lock(mutex_);
  if (token_ == token) token_ = nullptr;
}

void OAuthTokens::OnAnswer(Result<TokenPtr> token) {
  std::vector<Callback> waiting;
  {
    std::lock_guard lock(mutex_);
    if (token.ok()) token_ = *token;
    waiting.swap(waiting_);
  }
  for (const Callback& callback : waiting) callback(token);
}

http::ClientRequest OAuthTokens::MakeRequest() const {
  HttpFields form = options_.body;
  const bool given = std::ranges::any_of(form, [](const auto& field) { return field.first == "grant_type"; });
  if (!given) form.emplace(form.begin(), "grant_type", "client_credentials");
  http::ClientRequest request;
  if (options_.credentials_in == OAuthClientCredentials::CredentialsIn::kBody) {
    form.emplace_back("client_id", options_.client_id);
    form.emplace_back("client_secret", options_.client_secret.Reveal());
  } else {
    request.headers.Set("Authorization", "Basic " + BasicCredentials(options_));
  }
  HttpFields query = options_.query;
  request.method = options_.method;
  if (HasBody(options_.method)) {
    request.headers.Set("Content-Type", "application/x-www-form-urlencoded");
    request.body = http::EncodeFields(form);
  } else {
    query.insert(query.end(), form.begin(), form.end());
  }
  request.headers.Set("Accept", "application/json");
  for (const auto& [name, value] : options_.headers) request.headers.Set(name, value);
  request.url = http::WithQuery(options_.url, query);
  request.timeout = timeout_;
  request.idempotent = true;  // a token that nobody uses harms nobody
  request.addresses = addresses_;
  request.response_bytes_kept = kAnswerBytesMax;
  return request;
}

Result<OAuthTokens::TokenPtr> OAuthTokens::Read(const Result<http::ClientResponse>& response) const {
  if (!response.ok()) return response.error().WithContext("no OAuth token");
  const std::string address = http::ParseUrl(options_.url)->Address();
  const http::ClientResponse& answer = *response;
  if (answer.status < 200 || answer.status >= 300) {
    const std::string credentials = BasicCredentials(options_);
    const std::string_view secrets[] = {options_.client_secret.Reveal(), credentials};
    const auto report = ReportAnswer(answer, 1, address, secrets, clock_.Now());
    return Err(ErrorCode::kUnavailable, {}, "no OAuth token: {}", report.error->message());
  }
  // From here on the body may hold a token: nothing of it is shown.
  json::Document document;
  if (answer.truncated || !document.Parse(answer.body).ok() || !document.root().is_object())
    return Failed(address, fmt::format("answered {}, but with no JSON object of at most {} bytes", answer.status,
                                       kAnswerBytesMax));
  const json::Value* text = document.root().Find("access_token");
  if (text == nullptr || !text->is_string()) return Failed(address, "answered without a text as access_token");
  if (!IsTokenText(text->string())) return Failed(address, "answered with an access_token that no header can carry");
  const json::Value* type = document.root().Find("token_type");
  if (type != nullptr && !(type->is_string() && http::EqualsIgnoreCase(type->string(), "Bearer")))
    return Failed(address, "answered with a token_type that is not Bearer");
  const std::chrono::seconds lifetime(LifetimeSeconds(document.root().Find("expires_in")));
  return std::make_shared<const Token>(
      Token{Secret(std::string(text->string())),
            clock_.Mono() + lifetime - std::min<Duration>(kMargin, Duration(lifetime) / 2)});
}

}  // namespace millrace::targets
