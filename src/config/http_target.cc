#include "config/http_target.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "config/limits.h"

namespace millrace::config {
namespace {

constexpr std::uint32_t kRateMax = 1'000'000;

void WithoutEffect(const Fields& fields, std::string_view key, std::string why, std::string fix) {
  fields.report().Add(
      code::kBadValue, fields.Place(key), fields.ref(),
      {fmt::format("{}: {} has no effect here", fields.ref(), fields.Path(key)), std::move(why), std::move(fix)});
}

HttpTarget::Auth ReadAuth(Fields& auth) {
  HttpTarget::Auth read;
  auth.Nested("basic", [&](Fields& fields) {
    HttpTarget::Basic basic;
    basic.user = fields.Text("user").value_or("");
    basic.password = fields.Reference("password").value_or(Ref());
    read = std::move(basic);
  });
  auth.Nested("api-key", [&](Fields& fields) {
    HttpTarget::ApiKey key;
    key.header = fields.Text("header").value_or("");
    key.value = fields.Reference("value").value_or(Ref());
    read = std::move(key);
  });
  auth.Nested("oauth", [&](Fields& fields) {
    HttpTarget::OAuth oauth;
    constexpr std::string_view kMethods[] = {"POST", "PUT", "GET"};
    oauth.url = fields.Text("url").value_or("");
    oauth.client_id = fields.Text("client-id").value_or("");
    oauth.client_secret = fields.Reference("client-secret").value_or(Ref());
    if (const auto method = fields.Choice("method")) oauth.method = kMethods[*method];
    if (const auto in = fields.Choice("credentials")) oauth.credentials_in_body = *in == 1;
    oauth.headers = fields.Texts("headers");
    oauth.query = fields.Texts("query");
    oauth.body = fields.Texts("body");
    read = std::move(oauth);
  });
  return read;
}

HttpTarget::Sign ReadSign(Fields& sign) {
  HttpTarget::Sign read;
  read.standard_webhooks = sign.References("standard-webhooks");
  sign.Nested("body", [&](Fields& fields) {
    HttpTarget::BodySignature body;
    body.header = fields.Text("header").value_or("");
    body.secret = fields.Reference("secret").value_or(Ref());
    body.prefix = fields.Text("prefix").value_or("");
    if (const auto encoding = fields.Choice("encoding")) body.base64 = *encoding == 1;
    read.body = std::move(body);
  });
  if (!sign.Has("standard-webhooks") && !sign.Has("body"))
    sign.report().Add(
        code::kMissingKey, sign.Place("body"), sign.ref(),
        {fmt::format("{}: {} or {} is missing", sign.ref(), sign.Path("standard-webhooks"), sign.Path("body")),
         "without one of them nothing is signed"});
  return read;
}

HttpTarget::Batch ReadBatch(Fields& batch) {
  HttpTarget::Batch read;
  read.records_max = static_cast<std::uint32_t>(batch.Integer("records").value_or(read.records_max));
  read.bytes_max = static_cast<std::uint32_t>(batch.Integer("bytes").value_or(read.bytes_max));
  if (const auto failures = batch.Choice("failures")) read.stops_at_first_failure = *failures == 1;
  for (const std::string_view key : {"bytes", "failures"})
    if (read.records_max == 1 && batch.Has(key))
      WithoutEffect(batch, key, "each request carries one record", "add records: 100, or remove the key");
  return read;
}

// What a request cannot carry.
void CheckBody(const Fields& http, const HttpTarget& to) {
  const bool batches = to.batch.records_max > 1;
  const bool body = to.method != "GET" && to.method != "HEAD" && to.method != "OPTIONS";
  const std::string why = fmt::format("{} sends no body", to.method);
  if (!body && batches) WithoutEffect(http, "batch", why, "choose another method");
  if (!body && to.content == HttpTarget::Content::kCloudEventsStructured)
    WithoutEffect(http, "content", why, "choose another method, or cloudevents-binary");
  if (batches && to.content == HttpTarget::Content::kCloudEventsBinary)
    http.report().Add(code::kBadValue, http.Place("content"), http.ref(),
                      {fmt::format("{}: binary CloudEvents cannot be batched", http.ref()),
                       "a batch has no place for their headers", "content: cloudevents-structured"});
}

}  // namespace

HttpTarget ReadHttpTarget(Fields& http) {
  HttpTarget to;
  constexpr std::string_view kMethods[] = {"POST", "PUT", "PATCH", "DELETE", "GET", "HEAD", "OPTIONS"};
  constexpr HttpTarget::Content kContents[] = {HttpTarget::Content::kJson, HttpTarget::Content::kCloudEventsBinary,
                                               HttpTarget::Content::kCloudEventsStructured};
  constexpr HttpTarget::Addresses kAddresses[] = {HttpTarget::Addresses::kNoLinkLocal, HttpTarget::Addresses::kPublic,
                                                  HttpTarget::Addresses::kAny};
  to.url = http.Text("url").value_or("");
  if (const auto method = http.Choice("method")) to.method = kMethods[*method];
  to.headers = http.Texts("headers");
  to.query = http.Texts("query");
  to.timeout = http.Duration("timeout").value_or(to.timeout);
  if (const auto content = http.Choice("content")) to.content = kContents[*content];
  http.Nested("auth", [&](Fields& auth) { to.auth = ReadAuth(auth); });
  http.Nested("sign", [&](Fields& sign) { to.sign = ReadSign(sign); });
  if (const auto rate = http.Text("rate")) to.requests_per_second = *ParseRate(*rate);
  http.Nested("batch", [&](Fields& batch) { to.batch = ReadBatch(batch); });
  if (const auto addresses = http.Choice("addresses")) to.addresses = kAddresses[*addresses];
  CheckBody(http, to);
  return to;
}

std::optional<std::uint32_t> ParseRate(std::string_view text) {
  if (!text.ends_with("/s")) return std::nullopt;
  const char* const end = text.data() + text.size() - 2;
  std::uint32_t rate = 0;
  const auto [at, failed] = std::from_chars(text.data(), end, rate);
  if (failed != std::errc() || at != end || rate < 1 || rate > kRateMax) return std::nullopt;
  return rate;
}

bool IsHeaderName(std::string_view name) {
  return !name.empty() && name.size() <= limits::kHttpFieldNameMax && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool IsReservedHeader(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  constexpr std::array<std::string_view, 11> kReserved = {
      "host",   "content-length", "transfer-encoding", "connection",     "te", "trailer", "upgrade",
      "expect", "keep-alive",     "proxy-connection",  "idempotency-key"};
  return lower.starts_with("ce-") || lower.starts_with("webhook-") ||
         std::ranges::find(kReserved, std::string_view(lower)) != kReserved.end();
}

}  // namespace millrace::config
