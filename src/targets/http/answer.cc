#include "targets/http/answer.h"

#include <algorithm>
#include <charconv>

#include "http/date.h"
#include "http/url.h"

namespace millrace::targets {
namespace {

constexpr std::size_t kExcerptCharacters = 200;
constexpr std::size_t kExcerptBytesRead = 4096;
// What is shorter would blot out half of the text, and is no secret.
constexpr std::size_t kSecretBytesMin = 4;

// Bytes of the UTF-8 character at the front of `text`; 0 if there is none.
std::size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t count = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (count == 1) return 1;
  if (first < 0xc2 || first > 0xf4 || text.size() < count) return 0;
  for (std::size_t i = 1; i < count; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) >= 0xa0) || (first == 0xf0 && byte(1) < 0x90) ||
      (first == 0xf4 && byte(1) >= 0x90))
    return 0;
  return count;
}

// C0, DEL and C1, which terminals obey.
bool IsControl(std::string_view character) {
  const unsigned char first = static_cast<unsigned char>(character[0]);
  return first < 0x20 || first == 0x7f || (first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0);
}

void BlotOut(std::string& text, std::string_view secret) {
  if (secret.size() < kSecretBytesMin) return;
  for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += 3)
    text.replace(at, secret.size(), "***");
}

std::string RedirectText(const http::ClientResponse& response) {
  const std::string_view location = response.headers.Get("Location");
  const Result<http::Url> url = http::ParseUrl(location);
  return fmt::format("redirects{}{} are not followed", url.ok() ? " to " : "", url.ok() ? url->Address() : "");
}

}  // namespace

std::string Excerpt(std::string_view body, std::span<const std::string_view> secrets) {
  std::string text(body.substr(0, kExcerptBytesRead));
  for (const std::string_view secret : secrets) BlotOut(text, secret);
  std::string shown;
  std::size_t characters = 0;
  bool space = true;  // none at the front
  std::string_view rest = text;
  while (!rest.empty() && characters < kExcerptCharacters) {
    const std::size_t bytes = CharacterBytes(rest);
    const std::string_view character = rest.substr(0, std::max<std::size_t>(bytes, 1));
    rest.remove_prefix(character.size());
    if (bytes == 0) {
      shown += '?';
    } else if (character == " " || IsControl(character)) {
      if (space) continue;
      shown += ' ';
    } else {
      shown += character;
    }
    space = shown.back() == ' ';
    ++characters;
  }
  while (shown.ends_with(' ')) shown.pop_back();
  if (!rest.empty() || body.size() > kExcerptBytesRead) shown += "…";
  return shown;
}

std::optional<std::chrono::milliseconds> ParseRetryAfter(std::string_view text, WallTime now) {
  using std::chrono::milliseconds;
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (end == text.data() + text.size() && !text.empty()) {
    if (error == std::errc::result_out_of_range) return kRetryAfterMax;
    return std::chrono::seconds(std::min<std::uint64_t>(seconds, kRetryAfterMax.count() / 1000));
  }
  const auto date = http::ParseDate(text, now);
  if (!date) return std::nullopt;
  return std::clamp(std::chrono::ceil<milliseconds>(*date - now), milliseconds(0), kRetryAfterMax);
}

flow::WriteReport ReportAnswer(const http::ClientResponse& response, std::size_t records, std::string_view address,
                               std::span<const std::string_view> secrets, WallTime now) {
  const int status = response.status;
  if (status >= 200 && status < 300) return flow::WriteReport::AllTaken(records);
  const bool unauthorized = status == 401 || status == 407;
  const bool again = unauthorized || status == 408 || status == 409 || status == 425 || status == 429 || status >= 500;
  std::string text = fmt::format("{} answered {}", address, status);
  if (status >= 300 && status < 400) {
    text += ": " + RedirectText(response);
  } else if (const std::string excerpt = Excerpt(response.body, secrets); !excerpt.empty()) {
    text += ": " + excerpt;
  }
  auto report = flow::WriteReport::AllFailed(
      records, again ? flow::EntryOutcome::kRetry : flow::EntryOutcome::kReject,
      Error(again ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument, {}, std::move(text)));
  report.target_down = unauthorized || status == 429 || status == 503;
  if (again) report.retry_after = ParseRetryAfter(response.headers.Get("Retry-After"), now);
  return report;
}

flow::WriteReport ReportNoAnswer(Error error, std::size_t records) {
  // Our own limit on open requests: nothing was tried.
  constexpr std::chrono::milliseconds kBusy{100};
  const ErrorCode code = error.code();
  const std::string_view reason = error.reason();
  const bool never = code == ErrorCode::kInvalidArgument;
  auto report = flow::WriteReport::AllFailed(records, never ? flow::EntryOutcome::kReject : flow::EntryOutcome::kRetry,
                                             std::move(error));
  report.throttled = code == ErrorCode::kResourceExhausted;
  if (report.throttled) report.retry_after = kBusy;
  report.target_down = reason == http::reason::kNotConnected || reason == http::reason::kAddressRefused ||
                       code == ErrorCode::kTimeout || code == ErrorCode::kCancelled;
  return report;
}

}  // namespace millrace::targets
