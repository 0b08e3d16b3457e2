// The keys of http targets and of secrets. docs/reference/targets.md says at length what they do.
#include <algorithm>
#include <array>

#include "config/http_target.h"
#include "config/limits.h"
#include "config/spec_parts.h"
#include "config/url.h"

namespace millrace::config {
namespace {

using enum FieldKind;

constexpr std::array kSecretRef = {RefKind::kSecret};
constexpr std::array kMethods = {std::string_view("POST"),   std::string_view("PUT"), std::string_view("PATCH"),
                                 std::string_view("DELETE"), std::string_view("GET"), std::string_view("HEAD"),
                                 std::string_view("OPTIONS")};
constexpr std::array kTokenMethods = {std::string_view("POST"), std::string_view("PUT"), std::string_view("GET")};
constexpr std::array kContents = {std::string_view("json"), std::string_view("cloudevents-binary"),
                                  std::string_view("cloudevents-structured")};
constexpr std::array kCredentials = {std::string_view("header"), std::string_view("body")};
constexpr std::array kEncodings = {std::string_view("hex"), std::string_view("base64")};
constexpr std::array kFailures = {std::string_view("each"), std::string_view("from-first")};
constexpr std::array kAddresses = {std::string_view("no-link-local"), std::string_view("public"),
                                   std::string_view("any")};

bool IsUrl(std::string_view text) {
  return ParseUrl(text).has_value();
}
bool IsRate(std::string_view text) {
  return ParseRate(text).has_value();
}
bool IsPrintable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}
bool IsBasicUser(std::string_view text) {
  return IsNotEmpty(text) && text.find(':') == std::string_view::npos && IsPrintable(text);
}
bool IsOneLine(std::string_view text) {
  return text.size() <= limits::kTextMax && IsPrintable(text);
}
bool IsOwnHeader(std::string_view text) {
  return IsHeaderName(text) && !IsReservedHeader(text);
}
// POSIX: https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/V1_chap08.html
bool IsVariable(std::string_view text) {
  return !text.empty() && text.size() <= 255 && (text[0] < '0' || text[0] > '9') &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
         });
}

constexpr std::string_view kUrlPattern = "^https?://[^\\s]+$";
constexpr std::string_view kUrlWants = "an http:// or https:// URL with a host, without user or fragment";
constexpr std::string_view kHeaderPattern = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,512}$";
constexpr std::string_view kHeaderWants = "the name of a header that the target does not set itself";

constexpr Field HeadersField(std::string_view summary) {
  return {.name = "headers",
          .kind = kTexts,
          .summary = summary,
          .otherwise = "none",
          .headers = true,
          .high = limits::kHttpFieldsMax};
}
constexpr Field TextsField(std::string_view name, std::string_view summary) {
  return {.name = name, .kind = kTexts, .summary = summary, .otherwise = "none", .high = limits::kHttpFieldsMax};
}
constexpr Field SecretField(std::string_view name, std::string_view summary) {
  return {.name = name, .kind = kReference, .summary = summary, .required = true, .kinds = kSecretRef};
}

constexpr std::array kBasicFields = {
    Field{.name = "user",
          .kind = kText,
          .summary = "The user.",
          .required = true,
          .pattern = "^[^:]+$",
          .wants = "text without colons",
          .accepts = IsBasicUser},
    SecretField("password", "The password."),
};
constexpr Object kBasic{.name = "basic", .fields = kBasicFields};

constexpr std::array kApiKeyFields = {
    Field{.name = "header",
          .kind = kText,
          .summary = "The header that carries the key.",
          .required = true,
          .pattern = kHeaderPattern,
          .wants = kHeaderWants,
          .accepts = IsOwnHeader},
    SecretField("value", "The key."),
};
constexpr Object kApiKey{.name = "api-key", .fields = kApiKeyFields};

constexpr std::array kOAuthFields = {
    Field{.name = "url",
          .kind = kText,
          .summary = "The token endpoint.",
          .required = true,
          .pattern = kUrlPattern,
          .wants = kUrlWants,
          .accepts = IsUrl},
    Field{.name = "client-id",
          .kind = kText,
          .summary = "The client's id.",
          .required = true,
          .pattern = "^[\\s\\S]+$",
          .wants = "text",
          .accepts = IsNotEmpty},
    SecretField("client-secret", "The client's secret."),
    Field{.name = "method",
          .kind = kChoice,
          .summary = "With GET everything is sent in the query.",
          .otherwise = "POST",
          .choices = kTokenMethods},
    Field{.name = "credentials",
          .kind = kChoice,
          .summary = "Whether id and secret go into `Authorization: Basic …` or into the form.",
          .otherwise = "header",
          .choices = kCredentials},
    HeadersField("Sent to the token endpoint."),
    TextsField("query", "Added to the query of the token endpoint."),
    TextsField("body",
               "Form fields besides `grant_type=client_credentials`: `scope`, `audience`. A `grant_type` here replaces "
               "that one."),
};
constexpr Object kOAuth{.name = "oauth", .fields = kOAuthFields};

constexpr std::array kAuthFields = {
    Field{.name = "basic", .kind = kObject, .summary = "`Authorization: Basic …`.", .object = &kBasic},
    Field{.name = "api-key", .kind = kObject, .summary = "A key in a header.", .object = &kApiKey},
    Field{.name = "oauth",
          .kind = kObject,
          .summary = "A token of an OAuth 2.0 server, for client credentials: `Authorization: Bearer …`.",
          .object = &kOAuth},
};
constexpr Object kAuth{.name = "auth", .fields = kAuthFields, .exactly_one = true};

constexpr std::array kBodySignatureFields = {
    Field{.name = "header",
          .kind = kText,
          .summary = "The header that carries an HMAC-SHA256 of the body.",
          .required = true,
          .pattern = kHeaderPattern,
          .wants = kHeaderWants,
          .accepts = IsOwnHeader},
    SecretField("secret", "The key, as it is."),
    Field{.name = "prefix",
          .kind = kText,
          .summary = "What stands before the signature: `sha256=`.",
          .otherwise = "none",
          .pattern = "^.*$",
          .wants = "text in one line",
          .accepts = IsOneLine},
    Field{.name = "encoding",
          .kind = kChoice,
          .summary = "How the signature is written.",
          .otherwise = "hex",
          .choices = kEncodings},
};
constexpr Object kBodySignature{.name = "sign.body", .fields = kBodySignatureFields};

constexpr std::array kSignFields = {
    Field{.name = "standard-webhooks",
          .kind = kReferences,
          .summary =
              "[Standard Webhooks](https://www.standardwebhooks.com): `webhook-id` (the `Idempotency-Key`), "
              "`webhook-timestamp` (of this attempt) and `webhook-signature: v1,…`, HMAC-SHA256 over "
              "`id.timestamp.body`. A secret is `whsec_` and base64, or the key itself. Two secrets sign twice, while "
              "the endpoint changes from one to the other.",
          .otherwise = "none",
          .high = limits::kSigningSecretsMax,
          .kinds = kSecretRef},
    Field{.name = "body",
          .kind = kObject,
          .summary = "A signature of the body alone, in one header.",
          .otherwise = "none",
          .object = &kBodySignature},
};
constexpr Object kSign{.name = "sign", .fields = kSignFields};

constexpr std::array kBatchFields = {
    Field{.name = "records",
          .kind = kInteger,
          .summary =
              "With more than 1, a request's body is a JSON array of records' bodies, also if there is only one. "
              "Structured CloudEvents go as `application/cloudevents-batch+json`; binary ones cannot be batched.",
          .otherwise = "1",
          .low = 1,
          .high = 10'000},
    Field{.name = "bytes",
          .kind = kInteger,
          .summary = "The most bytes of bodies in one array.",
          .otherwise = "1048576",
          .low = 1,
          .high = 16 * 1024 * 1024},
    Field{.name = "failures",
          .kind = kChoice,
          .summary =
              "What the endpoint may leave undone: any records of the array (`each`), or everything from the first "
              "that failed (`from-first`: it works through the array in order and stops). With `each`, an array never "
              "holds two records of one key.",
          .otherwise = "each",
          .choices = kFailures},
};
constexpr Object kBatch{.name = "batch", .fields = kBatchFields};

constexpr std::array kHttpFields = {
    Field{.name = "url",
          .kind = kText,
          .summary = "Where records are sent: up to 8192 bytes.",
          .required = true,
          .pattern = kUrlPattern,
          .wants = kUrlWants,
          .accepts = IsUrl},
    Field{.name = "method",
          .kind = kChoice,
          .summary = "The method. GET, HEAD and OPTIONS send no body.",
          .otherwise = "POST",
          .choices = kMethods},
    HeadersField("Sent with every request; names to 512 bytes, values to 4096. `User-Agent` and `Content-Type` may be "
                 "replaced; not those that the target sets itself: `Idempotency-Key`, `ce-…`, `webhook-…`, "
                 "`Content-Length` and what belongs to the connection."),
    TextsField("query", "Added to the query of the URL, percent-encoded; names to 512 bytes, values to 4096."),
    Field{.name = "timeout",
          .kind = kDuration,
          .summary = "How long one request may take, connecting included.",
          .otherwise = "5s",
          .low = 10,
          .high = 5 * kMinute},
    Field{.name = "content",
          .kind = kChoice,
          .summary = "What a request carries: the record's body, or a CloudEvent.",
          .otherwise = "json",
          .choices = kContents},
    Field{.name = "auth",
          .kind = kObject,
          .summary = "How requests are authorized: one of `basic`, `api-key`, `oauth`.",
          .otherwise = "none",
          .object = &kAuth},
    Field{.name = "sign",
          .kind = kObject,
          .summary = "How requests are signed: `standard-webhooks`, `body` or both.",
          .otherwise = "none",
          .object = &kSign},
    Field{.name = "rate",
          .kind = kText,
          .summary = "At most so many requests in a second. EventBridge has 300/s.",
          .otherwise = "no limit",
          .pattern = "^[0-9]{1,7}/s$",
          .wants = "`N/s`, N from 1 to 1000000",
          .accepts = IsRate},
    Field{.name = "batch",
          .kind = kObject,
          .summary = "Several records in one request.",
          .otherwise = "one record per request",
          .object = &kBatch},
    Field{.name = "addresses",
          .kind = kChoice,
          .summary = "Which addresses the name may resolve to.",
          .otherwise = "no-link-local",
          .choices = kAddresses},
};

constexpr std::array kSecretFields = {
    Field{.name = "env",
          .kind = kText,
          .summary = "The environment variable that holds it.",
          .pattern = "^[A-Za-z_][A-Za-z0-9_]{0,254}$",
          .wants = "the name of an environment variable",
          .accepts = IsVariable},
    Field{.name = "file",
          .kind = kText,
          .summary = "The file that holds it, relative to this one, of at most 64 KiB. One line break at its end does "
                     "not count.",
          .pattern = "^[\\s\\S]+$",
          .wants = "a path",
          .accepts = IsNotEmpty},
};

}  // namespace

constexpr Object kHttpObject{.name = "http", .fields = kHttpFields};
constexpr Object kSecretObject{.name = "secret", .fields = kSecretFields, .exactly_one = true};

}  // namespace millrace::config
