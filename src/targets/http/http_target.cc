#include "targets/http/http_target.h"

#include <charconv>

#include "base/check.h"

namespace millrace::targets {
namespace {

constexpr std::chrono::seconds kRetryAfterMax{3600};

// Seconds; a date is not understood and means "no hint" (RFC 9110 section 10.2.3).
std::optional<std::chrono::milliseconds> ParseRetryAfter(std::string_view text) {
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::min<std::chrono::milliseconds>(std::chrono::seconds(seconds), kRetryAfterMax);
}

}  // namespace

flow::WriteReport ReportOf(int status, std::string_view retry_after, std::string_view url) {
  if (status >= 200 && status < 300) return flow::WriteReport::AllTaken(1);
  const bool again = status == 408 || status == 409 || status == 425 || status == 429 || status >= 500;
  auto report = flow::WriteReport::AllFailed(
      1, again ? flow::EntryOutcome::kRetry : flow::EntryOutcome::kReject,
      Err(again ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument, {}, "{} answered {}", url, status));
  report.target_down = status == 429 || status == 503;
  if (report.target_down) report.retry_after = ParseRetryAfter(retry_after);
  return report;
}

void HttpTarget::Write(std::span<const flow::Record> batch, std::vector<flow::StateRow>, Done done) {
  CHECK(batch.size() == 1);
  http::ClientRequest request;
  request.method = "POST";
  request.url = options_.url;
  request.body = batch.front().body;
  request.timeout = options_.timeout;
  request.idempotent = true;  // the key below makes it so
  request.headers.Add("Content-Type", "application/json");
  request.headers.Add("Idempotency-Key", batch.front().id);
  for (const auto& [name, value] : options_.headers) request.headers.Set(name, value);
  client_.Send(std::move(request), [this, done = std::move(done)](Result<http::ClientResponse> response) {
    if (response.ok()) return done(ReportOf(response->status, response->headers.Get("Retry-After"), options_.url));
    auto report = flow::WriteReport::AllFailed(1, flow::EntryOutcome::kRetry, std::move(response).error());
    report.target_down = true;
    done(std::move(report));
  });
}

}  // namespace millrace::targets
