// HttpTarget over a real server on loopback: what each answer means, the key that stays the same, an endpoint that is
// away.
#include "targets/http/http_target.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "base/check.h"
#include "http/server.h"

namespace millrace::targets {
namespace {

using flow::EntryOutcome;

flow::WriteReport Write(flow::Target& target, flow::Record record) {
  std::mutex mutex;
  std::condition_variable ready;
  std::optional<flow::WriteReport> report;
  const std::vector<flow::Record> batch{std::move(record)};
  target.Write(batch, {}, [&](flow::WriteReport given) {
    std::lock_guard lock(mutex);
    report = std::move(given);
    ready.notify_one();
  });
  std::unique_lock lock(mutex);
  ready.wait(lock, [&] { return report.has_value(); });
  return *std::move(report);
}

flow::Record Event(std::string id, std::string body) {
  flow::Record record;
  record.id = std::move(id);
  record.body = std::move(body);
  return record;
}

TEST(HttpTarget, PostsTheBodyWithAnIdempotencyKey) {
  http::Request seen;
  auto server = MUST(http::Server::Start({}, [&](http::Request&& request, http::Responder responder) {
    seen = std::move(request);
    responder.Send({.status = 204});
  }));
  http::Client client({});
  HttpTarget target({.name = "target/t",
                     .url = fmt::format("http://127.0.0.1:{}/hook?x=1", server->port()),
                     .headers = {{"X-Team", "crm"}}},
                    client);
  const auto report = Write(target, Event("event-7", R"({"a":1})"));
  EXPECT_EQ(report.entries, std::vector{EntryOutcome::kTaken});
  client.Stop();
  server->Stop();
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/hook?x=1");
  EXPECT_EQ(seen.body, R"({"a":1})");
  EXPECT_EQ(seen.headers.Get("Idempotency-Key"), "event-7");
  EXPECT_EQ(seen.headers.Get("Content-Type"), "application/json");
  EXPECT_EQ(seen.headers.Get("X-Team"), "crm");
}

TEST(HttpTarget, AnEndpointThatIsAwayIsATargetThatIsDown) {
  std::uint16_t port = 0;
  {
    auto server = MUST(http::Server::Start({}, [](http::Request&&, http::Responder) {}));
    port = server->port();
    server->Stop();
  }
  http::Client client({});
  HttpTarget target({.name = "target/t", .url = fmt::format("http://127.0.0.1:{}/", port), .headers = {}}, client);
  const auto report = Write(target, Event("e", "{}"));
  EXPECT_EQ(report.entries, std::vector{EntryOutcome::kRetry});
  EXPECT_TRUE(report.target_down);
  EXPECT_NE(report.error->message().find(fmt::format("127.0.0.1:{}", port)), std::string::npos);
}

TEST(HttpTarget, AnswersMeanWhatTheyMeanToApiDestinations) {
  const auto outcome = [](int status) { return ReportOf(status, "", "http://x").entries.front(); };
  for (const int status : {200, 201, 204}) EXPECT_EQ(outcome(status), EntryOutcome::kTaken) << status;
  for (const int status : {408, 409, 425, 429, 500, 502, 503})
    EXPECT_EQ(outcome(status), EntryOutcome::kRetry) << status;
  for (const int status : {301, 400, 401, 404, 422}) EXPECT_EQ(outcome(status), EntryOutcome::kReject) << status;
  EXPECT_TRUE(ReportOf(503, "", "http://x").target_down);
  EXPECT_FALSE(ReportOf(500, "", "http://x").target_down);
  EXPECT_EQ(ReportOf(429, "7", "http://x").retry_after, std::chrono::seconds(7));
  EXPECT_EQ(ReportOf(429, "Wed, 21 Oct 2026 07:28:00 GMT", "http://x").retry_after, std::nullopt);
  EXPECT_EQ(ReportOf(429, "999999999", "http://x").retry_after, std::chrono::hours(1));
}

}  // namespace
}  // namespace millrace::targets
