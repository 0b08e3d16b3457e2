// HttpTarget over real servers on loopback: what is sent in each mode, what each answer means, authorization, rate, and
// endpoints that lie, stall, break off or are away.
#include "targets/http/http_target.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>

#include "base/check.h"
#include "base/thread.h"
#include "http/server.h"

namespace millrace::targets {
namespace {

using flow::EntryOutcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

flow::Record Event(std::string id, std::string body) {
  flow::Record record;
  record.offset = "1" + id;
  record.id = std::move(id);
  record.body = std::move(body);
  return record;
}

// "+" taken, "-" to be tried again, "x" rejected.
std::string Outcome(const flow::WriteReport& report) {
  std::string text;
  for (const EntryOutcome outcome : report.entries) text += "+-x"[static_cast<int>(outcome)];
  return text;
}

std::string Why(const flow::WriteReport& report) {
  return report.error ? report.error->message() : "";
}

flow::WriteReport Write(flow::Target& target, const std::vector<flow::Record>& batch) {
  std::promise<flow::WriteReport> report;
  target.Write(batch, {}, [&](flow::WriteReport given) { report.set_value(std::move(given)); });
  return report.get_future().get();
}
flow::WriteReport Write(flow::Target& target, std::string id = "e", std::string body = "{}") {
  return Write(target, std::vector{Event(std::move(id), std::move(body))});
}

class HttpTargetTest : public ::testing::Test {
 protected:
  HttpTargetTest()
      : server_(MUST(http::Server::Start({}, [this](http::Request&& request, http::Responder responder) {
          http::Response response{.status = status_, .headers = headers_, .body = body_};
          if (answer_) response = answer_(request);
          {
            std::lock_guard lock(mutex_);
            seen_.push_back(std::move(request));
          }
          responder.Send(std::move(response));
        }))) {}
  ~HttpTargetTest() override {
    client_.Stop();
    server_->Stop();
  }

  HttpTarget& Start(HttpTargetOptions options = {}) {
    options.name = "target/t";
    if (options.url.empty()) options.url = fmt::format("http://127.0.0.1:{}/hook", server_->port());
    options.clock = &clock_;
    target_ = std::make_unique<HttpTarget>(std::move(options), client_);
    const Status opened = target_->Open();
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    return *target_;
  }
  std::vector<http::Request> seen() {
    std::lock_guard lock(mutex_);
    return seen_;
  }

  ManualClock clock_{WallTime(seconds(1'614'265'330))};
  int status_ = 204;
  http::Headers headers_;
  std::string body_;
  std::function<http::Response(const http::Request&)> answer_;
  std::mutex mutex_;
  std::vector<http::Request> seen_;
  http::Client client_{{}};
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<HttpTarget> target_;
};

TEST_F(HttpTargetTest, PostsTheBodyWithAnIdempotencyKey) {
  HttpTarget& target = Start({.headers = {{"X-Team", "crm"}}, .query = {{"key", "a&b"}}});
  EXPECT_EQ(Outcome(Write(target, "event-7", R"({"a":1})")), "+");
  EXPECT_EQ(Outcome(Write(target, "event-7", R"({"a":1})")), "+");
  for (const http::Request& request : seen()) {
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/hook?key=a%26b");
    EXPECT_EQ(request.body, R"({"a":1})");
    EXPECT_EQ(request.headers.Get("Idempotency-Key"), "event-7");
    EXPECT_EQ(request.headers.Get("Content-Type"), "application/json");
    EXPECT_EQ(request.headers.Get("X-Team"), "crm");
    EXPECT_THAT(std::string(request.headers.Get("User-Agent")), StartsWith("Millrace/"));
  }
  EXPECT_EQ(seen().size(), 2u);
}

flow::Record WithParameters(flow::RecordParameters parameters) {
  flow::Record record = Event("e", "{}");
  record.parameters = std::make_shared<flow::RecordParameters>(std::move(parameters));
  return record;
}

TEST_F(HttpTargetTest, ARecordAddsHeadersQueryAndPartsOfThePath) {
  HttpTarget& target = Start({.url = fmt::format("http://127.0.0.1:{}/users/*/orders/*", server_->port()),
                              .headers = {{"X-Team", "crm"}},
                              .query = {{"all", "*"}}});
  flow::RecordParameters parameters;
  parameters.headers = {{"X-Kind", "INSERT"}, {"x-team", "mine"}, {"Content-Type", "text/plain"}, {"User-Agent", "me"}};
  parameters.query = {{"q", "a&b=ü"}};
  parameters.path = {"a/b ?#*", "..."};
  EXPECT_EQ(Outcome(Write(target, {WithParameters(parameters)})), "+");
  ASSERT_EQ(seen().size(), 1u);
  const http::Request request = seen().front();
  EXPECT_EQ(request.target, "/users/a%2Fb%20%3F%23%2A/orders/...?all=%2A&q=a%26b%3D%C3%BC");
  EXPECT_EQ(request.headers.Get("X-Kind"), "INSERT");
  EXPECT_EQ(request.headers.CountOf("X-Team"), 1u);
  EXPECT_EQ(request.headers.Get("X-Team"), "crm") << "what the target says of all requests wins";
  EXPECT_EQ(request.headers.CountOf("Content-Type"), 1u);
  EXPECT_EQ(request.headers.Get("Content-Type"), "text/plain");
  EXPECT_EQ(request.headers.CountOf("User-Agent"), 1u);
  EXPECT_EQ(request.headers.Get("User-Agent"), "me");
}

TEST_F(HttpTargetTest, WhatNoRequestCanCarryIsRejectedAndNothingIsSent) {
  HttpTarget& target = Start({.url = fmt::format("http://127.0.0.1:{}/users/*", server_->port())});
  const auto why = [&](flow::RecordParameters parameters) {
    const auto report = Write(target, {WithParameters(std::move(parameters))});
    EXPECT_EQ(Outcome(report), "x");
    EXPECT_FALSE(report.target_down);
    return Why(report);
  };
  const auto path = [](std::vector<std::string> values) {
    flow::RecordParameters parameters;
    parameters.path = std::move(values);
    return parameters;
  };
  EXPECT_THAT(why(path({".."})), HasSubstr("'..' cannot be part 1"));
  EXPECT_THAT(why(path({"."})), HasSubstr("'.' cannot be"));
  EXPECT_THAT(why(path({""})), HasSubstr("cannot be part 1"));
  EXPECT_THAT(why(path({"a", "b"})), HasSubstr("2 values for the 1"));
  EXPECT_THAT(why(path({std::string(20'000, 'x')})), HasSubstr("at most"));
  flow::RecordParameters header = path({"a"});
  header.headers = {{"X-Kind", "a\r\nHost: evil"}};
  EXPECT_THAT(why(header), HasSubstr("control characters"));
  header.headers = {{"Content-Length", "5"}};
  EXPECT_THAT(why(header), HasSubstr("set by the target itself"));
  header.headers = {{"X-Kind", std::string(5000, 'x')}};
  EXPECT_THAT(why(header), HasSubstr("5000 bytes"));
  EXPECT_TRUE(seen().empty());
}

TEST_F(HttpTargetTest, OneThatIsClosedIsDownAndSaysWhy) {
  HttpTarget& target = Start({.closed = "nobody authorized it"});
  const auto report = Write(target);
  EXPECT_EQ(Outcome(report), "-");
  EXPECT_TRUE(report.target_down);
  EXPECT_EQ(Why(report), "nobody authorized it");
  EXPECT_TRUE(seen().empty());
}

TEST_F(HttpTargetTest, UsesAnyMethodAndSendsNoBodyWhereThereIsNone) {
  status_ = 200;
  for (const std::string method : {"PUT", "PATCH", "DELETE", "GET", "HEAD", "OPTIONS"}) {
    HttpTarget& target = Start({.headers = {{"Content-Type", "text/x"}}, .method = method});
    EXPECT_EQ(Outcome(Write(target, "e", "{}")), "+") << method;
    const http::Request request = seen().back();
    EXPECT_EQ(request.method, method);
    EXPECT_EQ(request.body, HasBody(method) ? "{}" : "") << method;
    EXPECT_EQ(request.headers.CountOf("Content-Type"), 1u);
    EXPECT_EQ(request.headers.Get("Content-Type"), "text/x");
  }
}

TEST_F(HttpTargetTest, PutsTheAnswersReasonIntoTheErrorButNoSecret) {
  status_ = 422;
  body_ = "bad key 'k3y-value'\n\x1b[2Jand token " + std::string(9000, 'x');
  HttpTarget& target = Start({.auth = ApiKeyAuth{.header = "X-Api-Key", .value = Secret("k3y-value")}});
  const auto report = Write(target);
  EXPECT_EQ(Outcome(report), "x");
  EXPECT_THAT(Why(report),
              HasSubstr(fmt::format("127.0.0.1:{} answered 422: bad key '***' [2Jand token xxx", server_->port())));
  EXPECT_LT(Why(report).size(), 300u);
}

TEST_F(HttpTargetTest, FollowsNoRedirect) {
  status_ = 302;
  headers_ = {{"Location", fmt::format("http://127.0.0.1:{}/other", server_->port())}};
  const auto report = Write(Start());
  EXPECT_EQ(Outcome(report), "x");
  EXPECT_THAT(Why(report), HasSubstr(fmt::format("redirects to 127.0.0.1:{} are not followed", server_->port())));
  EXPECT_EQ(seen().size(), 1u);
}

TEST_F(HttpTargetTest, WaitsAsLongAsTheEndpointAsks) {
  status_ = 429;
  headers_ = {{"Retry-After", "Thu, 25 Feb 2021 15:02:20 GMT"}};
  const auto report = Write(Start());
  EXPECT_TRUE(report.target_down);
  EXPECT_FALSE(report.throttled);
  EXPECT_EQ(report.retry_after, seconds(10));
}

constexpr std::string_view kCloudEvent =
    R"({"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"text/plain","data":"hi"})";

TEST_F(HttpTargetTest, SendsCloudEventsInBinaryMode) {
  HttpTarget& target = Start({.content = HttpContent::kCloudEventsBinary});
  EXPECT_EQ(Outcome(Write(target, "e", std::string(kCloudEvent))), "+");
  const http::Request request = seen().at(0);
  EXPECT_EQ(request.body, "hi");
  EXPECT_EQ(request.headers.Get("Content-Type"), "text/plain");
  EXPECT_EQ(request.headers.Get("ce-specversion"), "1.0");
  EXPECT_EQ(request.headers.Get("ce-id"), "1");
  EXPECT_FALSE(request.headers.Has("ce-datacontenttype"));

  const auto rejected = Write(target, "e", R"({"a":1})");
  EXPECT_EQ(Outcome(rejected), "x");
  EXPECT_THAT(Why(rejected), HasSubstr("record e: the body is no CloudEvent"));
  EXPECT_EQ(seen().size(), 1u) << "nothing is sent for it";
}

TEST_F(HttpTargetTest, SendsCloudEventsInStructuredMode) {
  HttpTarget& target = Start({.content = HttpContent::kCloudEventsStructured});
  EXPECT_EQ(Outcome(Write(target, "e", std::string(kCloudEvent))), "+");
  EXPECT_EQ(seen().at(0).body, kCloudEvent);
  EXPECT_EQ(seen().at(0).headers.Get("Content-Type"), "application/cloudevents+json; charset=utf-8");
}

TEST_F(HttpTargetTest, SignsWhatItSends) {
  HttpTarget& target = Start({
      .standard_webhooks = StandardWebhooks{{Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}},
      .body_signature = BodySignature{.header = "X-Hub-Signature-256", .secret = Secret("key"), .prefix = "sha256="},
  });
  Write(target, "msg_p5jXN8AQM9LWM0D4loKWxJek", R"({"test": 2432232314})");
  const http::Request request = seen().at(0);
  EXPECT_EQ(request.headers.Get("webhook-id"), request.headers.Get("Idempotency-Key"));
  EXPECT_EQ(request.headers.Get("webhook-timestamp"), "1614265330");
  EXPECT_EQ(request.headers.Get("webhook-signature"), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  EXPECT_THAT(std::string(request.headers.Get("X-Hub-Signature-256")), StartsWith("sha256="));
}

TEST_F(HttpTargetTest, AuthorizesWithUserAndPasswordOrAKey) {
  Write(Start({.auth = BasicAuth{.user = "Aladdin", .password = Secret("open sesame")}}));
  EXPECT_EQ(seen().at(0).headers.Get("Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  Write(Start({.auth = ApiKeyAuth{.header = "X-Api-Key", .value = Secret("k")}}));
  EXPECT_EQ(seen().at(1).headers.Get("X-Api-Key"), "k");

  status_ = 401;
  body_ = "QWxhZGRpbjpvcGVuIHNlc2FtZQ== is not open sesame";
  const auto report = Write(Start({.auth = BasicAuth{.user = "Aladdin", .password = Secret("open sesame")}}));
  EXPECT_EQ(Outcome(report), "-");
  EXPECT_TRUE(report.target_down) << "the credentials are refused, not the record";
  EXPECT_THAT(Why(report), HasSubstr("answered 401: *** is not ***"));
}

// The endpoint takes only the token that was given last.
class HttpTargetOAuthTest : public HttpTargetTest {
 protected:
  HttpTargetOAuthTest() {
    answer_ = [this](const http::Request& request) -> http::Response {
      if (request.path() == "/token") {
        ++fetched_;
        if (token_status_ != 200) return {.status = token_status_, .body = "no"};
        return {.status = 200,
                .body = fmt::format(R"({{"access_token":"token-{}","expires_in":3600}})", fetched_.load())};
      }
      const bool good = request.headers.Get("Authorization") == fmt::format("Bearer token-{}", valid_.load());
      return {.status = good ? 204 : refusal_.load(),
              .body = good ? "" : std::string(request.headers.Get("Authorization"))};
    };
  }
  HttpTarget& StartWithOAuth() {
    return Start({.auth = OAuthClientCredentials{.url = fmt::format("http://127.0.0.1:{}/token", server_->port()),
                                                 .client_id = "id",
                                                 .client_secret = Secret("very secret")}});
  }

  std::atomic<int> fetched_ = 0;
  std::atomic<int> valid_ = 1;
  std::atomic<int> refusal_ = 401;
  std::atomic<int> token_status_ = 200;
};

TEST_F(HttpTargetOAuthTest, FetchesATokenOnceAndSendsIt) {
  HttpTarget& target = StartWithOAuth();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Outcome(Write(target)), "+");
  EXPECT_EQ(fetched_, 1);
}

TEST_F(HttpTargetOAuthTest, RefreshesARefusedTokenAndSendsAgain) {
  HttpTarget& target = StartWithOAuth();
  for (const int status : {401, 407}) {
    refusal_ = status;
    EXPECT_EQ(Outcome(Write(target, "e", "body")), "+");
    ++valid_;
    EXPECT_EQ(Outcome(Write(target, "e", "body")), "+") << status;
    EXPECT_EQ(seen().back().body, "body");
  }
  EXPECT_EQ(fetched_, 3);
}

TEST_F(HttpTargetOAuthTest, RefreshesOnlyOnce) {
  valid_ = 999;
  const auto report = Write(StartWithOAuth());
  EXPECT_EQ(Outcome(report), "-");
  EXPECT_TRUE(report.target_down);
  EXPECT_EQ(fetched_, 2);
  EXPECT_THAT(Why(report), HasSubstr("answered 401: Bearer ***"));
}

TEST_F(HttpTargetOAuthTest, IsDownWithoutAToken) {
  token_status_ = 503;
  const auto report = Write(StartWithOAuth());
  EXPECT_EQ(Outcome(report), "-");
  EXPECT_TRUE(report.target_down);
  EXPECT_THAT(Why(report), HasSubstr("no OAuth token: 127.0.0.1:"));
  EXPECT_THAT(Why(report), HasSubstr("answered 503: no"));
}

TEST_F(HttpTargetTest, KeepsToItsRateWithoutCallingItAFailure) {
  HttpTarget& target = Start({.requests_per_second = 5});
  EXPECT_EQ(Outcome(Write(target)), "+");
  const auto report = Write(target);
  EXPECT_EQ(Outcome(report), "-");
  EXPECT_TRUE(report.throttled);
  EXPECT_FALSE(report.target_down);
  EXPECT_EQ(report.retry_after, milliseconds(200));
  EXPECT_EQ(seen().size(), 1u);
  clock_.Advance(milliseconds(200));
  EXPECT_EQ(Outcome(Write(target)), "+");
}

std::vector<flow::Record> Batch(std::vector<std::string> bodies) {
  std::vector<flow::Record> batch;
  for (std::string& body : bodies) batch.push_back(Event(fmt::format("e{}", batch.size()), std::move(body)));
  return batch;
}

TEST_F(HttpTargetTest, PostsABatchAsAnArray) {
  HttpTarget& target = Start({.batch_records_max = 10});
  EXPECT_EQ(target.traits().kind, flow::BatchKind::kPerEntry);
  EXPECT_EQ(target.traits().batch_records_max, 10u);
  EXPECT_EQ(Outcome(Write(target, Batch({R"({"a":1})", "2", "[3]"}))), "+++");
  EXPECT_EQ(Outcome(Write(target, Batch({"1"}))), "+");
  EXPECT_EQ(seen().at(0).body, R"([{"a":1},2,[3]])");
  EXPECT_EQ(seen().at(1).body, "[1]");
  EXPECT_EQ(seen().at(1).headers.Get("Idempotency-Key"), "e0");
  EXPECT_THAT(std::string(seen().at(0).headers.Get("Idempotency-Key")), StartsWith("batch-"));
  Write(target, Batch({R"({"a":1})", "2", "[3]"}));
  Write(target, Batch({R"({"a":1})", "2"}));
  EXPECT_EQ(seen().at(2).headers.Get("Idempotency-Key"), seen().at(0).headers.Get("Idempotency-Key"));
  EXPECT_NE(seen().at(3).headers.Get("Idempotency-Key"), seen().at(0).headers.Get("Idempotency-Key"));
}

TEST_F(HttpTargetTest, PostsABatchOfCloudEvents) {
  HttpTarget& target = Start({.content = HttpContent::kCloudEventsStructured, .batch_records_max = 10});
  EXPECT_EQ(Outcome(Write(target, Batch({std::string(kCloudEvent), std::string(kCloudEvent)}))), "++");
  EXPECT_EQ(seen().at(0).body, fmt::format("[{},{}]", kCloudEvent, kCloudEvent));
  EXPECT_EQ(seen().at(0).headers.Get("Content-Type"), "application/cloudevents-batch+json; charset=utf-8");
}

TEST_F(HttpTargetTest, TakesTheAnswersWordForWhichRecordsFailed) {
  status_ = 200;
  body_ = R"({"batchItemFailures":[{"itemIdentifier":"e1"}]})";
  const auto batch = Batch({"0", "1", "2"});
  const auto report = Write(Start({.batch_records_max = 10}), batch);
  EXPECT_EQ(Outcome(report), "+-+");
  EXPECT_THAT(Why(report), HasSubstr("answered 200: the response names failures: 1 of 3"));
  EXPECT_EQ(Outcome(Write(Start({.batch_records_max = 10, .batch_kind = flow::BatchKind::kPrefix}), batch)), "+--");
  body_ = R"({"batchItemFailures":[{"itemIdentifier":"1e2"}]})";
  EXPECT_EQ(Outcome(Write(Start({.batch_records_max = 10}), batch)), "++-") << "by sequence number";
  for (const std::string wrong :
       {R"({"batchItemFailures":[{"itemIdentifier":"?"}]})", R"({"batchItemFailures":)", "[}"}) {
    body_ = wrong;
    EXPECT_EQ(Outcome(Write(Start({.batch_records_max = 10}), batch)), "---") << wrong;
  }
  for (const std::string fine : {"", "OK", "<html>", "{}", R"({"batchItemFailures":null})", "null"}) {
    body_ = fine;
    EXPECT_EQ(Outcome(Write(Start({.batch_records_max = 10}), batch)), "+++") << fine;
  }
  body_ = "OK";
  headers_ = {{"Content-Type", "application/json"}};
  EXPECT_EQ(Outcome(Write(Start({.batch_records_max = 10}), batch)), "---") << "it says that it is JSON";
}

TEST_F(HttpTargetTest, RejectsARecordThatFitsIntoNoArrayAndSendsTheOthers) {
  const auto batch = Batch({"0", "no json", "2"});
  const auto report = Write(Start({.batch_records_max = 10}), batch);
  EXPECT_EQ(Outcome(report), "+x+");
  EXPECT_THAT(Why(report), HasSubstr("record e1: the body does not fit into a JSON array"));
  EXPECT_EQ(seen().at(0).body, "[0,2]");

  const HttpTargetOptions prefix{.batch_records_max = 10, .batch_kind = flow::BatchKind::kPrefix};
  EXPECT_EQ(Outcome(Write(Start(prefix), batch)), "+x-") << "in order: the third waits";
  EXPECT_EQ(seen().at(1).body, "[0]");
  EXPECT_EQ(Outcome(Write(Start(prefix), Batch({"no json", "1"}))), "x-");
  EXPECT_EQ(seen().size(), 2u);
  status_ = 500;
  const auto failed = Write(Start(prefix), batch);
  EXPECT_EQ(Outcome(failed), "---");
  EXPECT_THAT(Why(failed), HasSubstr("answered 500"));
}

// An endpoint that refuses every array with a 7 in it.
class HttpTargetSplitTest : public HttpTargetTest {
 protected:
  HttpTargetSplitTest() {
    answer_ = [this](const http::Request& request) -> http::Response {
      if (++requests_ > down_after_) return {.status = 503};
      const bool bad = request.body.find('7') != std::string::npos;
      return {.status = bad ? refusal_.load() : 204, .body = bad ? "no sevens" : ""};
    };
  }

  std::atomic<int> requests_ = 0;
  std::atomic<int> refusal_ = 422;
  std::atomic<int> down_after_ = 1000;
};

TEST_F(HttpTargetSplitTest, FindsTheRecordsThatAnArrayIsRejectedFor) {
  const auto batch = Batch({"0", "1", "2", "7", "4", "5", "6", "8"});
  for (const int status : {400, 413, 422}) {
    refusal_ = status;
    requests_ = 0;
    const auto report = Write(Start({.batch_records_max = 10}), batch);
    EXPECT_EQ(Outcome(report), "+++x++++") << status;
    EXPECT_THAT(Why(report), HasSubstr(fmt::format("answered {}: no sevens", status)));
    EXPECT_EQ(requests_, 7);
  }
  EXPECT_EQ(Outcome(Write(Start({.batch_records_max = 10}), Batch({"7", "no json", "2", "7"}))), "xx+x");
}

TEST_F(HttpTargetSplitTest, StopsAtTheFirstIfOrderCounts) {
  const HttpTargetOptions prefix{.batch_records_max = 10, .batch_kind = flow::BatchKind::kPrefix};
  EXPECT_EQ(Outcome(Write(Start(prefix), Batch({"0", "1", "2", "7", "4", "7"}))), "+++x--");
  EXPECT_EQ(seen().back().body, "[7]");
}

TEST_F(HttpTargetSplitTest, RejectsAllAlikeIfItIsNotAboutWhatTheyHold) {
  refusal_ = 404;
  EXPECT_EQ(Outcome(Write(Start({.batch_records_max = 10}), Batch({"7", "1"}))), "xx");
  EXPECT_EQ(requests_, 1);
}

TEST_F(HttpTargetSplitTest, KeepsWhatItFoundWhenTheTargetGoesDown) {
  down_after_ = 2;
  const auto report = Write(Start({.batch_records_max = 10}), Batch({"0", "1", "2", "7"}));
  EXPECT_EQ(Outcome(report), "++--");
  EXPECT_TRUE(report.target_down);
}

TEST_F(HttpTargetSplitTest, ChargesItsRateForWhatItFindsOut) {
  HttpTarget& target = Start({.requests_per_second = 1, .batch_records_max = 10});
  EXPECT_EQ(Outcome(Write(target, Batch({"0", "7"}))), "+x");
  const auto report = Write(target, Batch({"0"}));
  EXPECT_TRUE(report.throttled);
  EXPECT_EQ(report.retry_after, seconds(3));
}

TEST_F(HttpTargetTest, GoesNowhereThatItMayNotGo) {
  const auto report = Write(Start({.url = "http://169.254.169.254/latest/meta-data/"}));
  EXPECT_EQ(Outcome(report), "-");
  EXPECT_TRUE(report.target_down);
  EXPECT_THAT(Why(report), HasSubstr("169.254.169.254 is a link-local address"));
  const auto inside = Write(Start({.addresses = http::AddressPolicy::kPublic}));
  EXPECT_THAT(Why(inside), HasSubstr("127.0.0.1 is a loopback address"));
  EXPECT_EQ(seen().size(), 0u);
}

TEST_F(HttpTargetTest, SaysAtOpenWhatIsWrongWithItsOptions) {
  const std::string url = "http://127.0.0.1/";
  const auto bad_field = HttpFields(101, {"a", "b"});
  const std::pair<HttpTargetOptions, std::string_view> cases[] = {
      {{.url = "ftp://x"}, "must begin with http"},
      {{.url = url, .method = "TRACE"}, "the method is 'TRACE'"},
      {{.url = url, .method = "post"}, "the method is 'post'"},
      {{.url = url, .timeout = milliseconds(0)}, "the timeout is 0 ms; 10 to 300000"},
      {{.url = url, .headers = bad_field}, "101 headers; at most 100"},
      {{.url = url, .headers = {{"a b", "c"}}}, "'a b' is not the name of a header"},
      {{.url = url, .headers = {{"X", "c\r\nY: z"}}}, "the header X has control characters"},
      {{.url = url, .headers = {{"content-length", "1"}}}, "content-length is set by the target itself"},
      {{.url = url, .headers = {{"CE-id", "1"}}}, "CE-id is set by the target itself"},
      {{.url = url, .headers = {{"X", std::string(4097, 'x')}}}, "has 4097 bytes; at most 4096"},
      {{.url = url, .query = {{"", "x"}}}, "query parameters has 0 bytes"},
      {{.url = url, .requests_per_second = 2'000'000}, "at most 1000000"},
      {{.url = url, .batch_records_max = 0}, "batches of 0 records"},
      {{.url = url, .batch_bytes_max = 0}, "batches of 0 bytes"},
      {{.url = url, .batch_kind = flow::BatchKind::kAtomic}, "not atomic"},
      {{.url = url, .content = HttpContent::kCloudEventsBinary, .batch_records_max = 2},
       "binary CloudEvents go one by one"},
      {{.url = url, .method = "GET", .batch_records_max = 2}, "GET sends no body"},
      {{.url = url, .auth = BasicAuth{.user = "a:b", .password = {}}}, "without colons"},
      {{.url = url, .auth = ApiKeyAuth{.header = "X-Key", .value = {}}}, "X-Key is empty"},
      {{.url = url, .auth = ApiKeyAuth{.header = "X-Key", .value = Secret("a\nb")}}, "X-Key has control characters"},
      {{.url = url, .auth = OAuthClientCredentials{.url = "x", .client_id = "i", .client_secret = Secret("s")}},
       "oauth: url"},
      {{.url = url, .auth = OAuthClientCredentials{.url = url, .client_id = "i", .client_secret = {}}},
       "a client secret"},
      {{.url = url, .standard_webhooks = StandardWebhooks{{Secret("whsec_?")}}}, "not base64"},
      {{.url = url, .body_signature = BodySignature{.header = "X Sig", .secret = Secret("s")}},
       "'X Sig' is not the name"},
  };
  for (const auto& [options, why] : cases) {
    HttpTarget target(options, client_);
    const Status opened = target.Open();
    ASSERT_FALSE(opened.ok()) << why;
    EXPECT_THAT(opened.error().message(), HasSubstr(why));
    const auto report = Write(target);
    EXPECT_EQ(Outcome(report), "-");
    EXPECT_TRUE(report.target_down);
  }
}

TEST_F(HttpTargetTest, AnEndpointThatIsAwayIsATargetThatIsDown) {
  server_->Stop();
  const auto report = Write(Start());
  EXPECT_EQ(Outcome(report), "-");
  EXPECT_TRUE(report.target_down);
  EXPECT_THAT(Why(report), HasSubstr(fmt::format("cannot connect to 127.0.0.1:{}", server_->port())));
}

// A peer that reads a request and then does what it likes with the socket.
class RawPeer {
 public:
  using Deed = std::function<void(int socket)>;

  explicit RawPeer(Deed deed) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    socklen_t length = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = Thread(ThreadRole::kBackground, "raw-peer", [this, deed = std::move(deed)] {
      for (int socket; (socket = ::accept(listener_, nullptr, nullptr)) >= 0;) {
        std::string request;
        char bytes[4096];
        for (ssize_t count; !request.ends_with("\r\n\r\n{}") && (count = ::recv(socket, bytes, sizeof bytes, 0)) > 0;)
          request.append(bytes, static_cast<std::size_t>(count));
        deed(socket);
        ::close(socket);
      }
    });
  }
  ~RawPeer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.Join();
    ::close(listener_);
  }
  std::string Url() const { return fmt::format("http://127.0.0.1:{}/", port_); }

 private:
  int listener_;
  std::uint16_t port_ = 0;
  Thread thread_;
};

void Say(int socket, std::string_view text) {
  ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
}
void Reset(int socket) {
  const linger hard{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}
void UntilClosed(int socket) {
  char bytes[4096];
  while (::recv(socket, bytes, sizeof bytes, 0) > 0) {
  }
}

TEST_F(HttpTargetTest, TriesAgainWhatALyingEndpointMayNotHaveTaken) {
  struct Case {
    RawPeer::Deed deed;
    std::string_view why;
    bool down;
  };
  const Case cases[] = {
      {Reset, "closed the connection before answering: Connection reset by peer", false},
      {[](int) {}, "closed the connection before answering", false},
      {[](int socket) {
         Say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
         // The bytes arrive before the end does: the peer has acknowledged that it has read them by closing.
         ::shutdown(socket, SHUT_WR);
         UntilClosed(socket);
       },
       "in the middle of its response", false},
      {[](int socket) { Say(socket, "ICY 200 OK\r\n\r\n"); }, "did not answer in HTTP/1.1", false},
      {UntilClosed, "did not answer within 50 ms", true},
      {[](int socket) {
         Say(socket, "HTTP/1.1 200 OK\r\nContent-Len");
         UntilClosed(socket);
       },
       "did not answer within 50 ms", true},
  };
  for (const Case& c : cases) {
    RawPeer peer(c.deed);
    const auto report = Write(Start({.url = peer.Url(), .timeout = milliseconds(c.down ? 50 : 5000)}));
    EXPECT_EQ(Outcome(report), "-") << c.why;
    EXPECT_EQ(report.target_down, c.down) << c.why;
    EXPECT_FALSE(report.throttled);
    EXPECT_THAT(Why(report), HasSubstr(c.why));
  }
}

TEST_F(HttpTargetTest, BelievesAStatusWhoseBodyNeverEnds) {
  RawPeer peer([](int socket) {
    Say(socket, "HTTP/1.1 200 OK\r\n\r\n");
    const std::string kb(1000, 'x');
    while (::send(socket, kb.data(), kb.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  EXPECT_EQ(Outcome(Write(Start({.url = peer.Url()}))), "+");
}

TEST_F(HttpTargetTest, CloseWaitsForWhatIsUnderWay) {
  HttpTarget& target = Start();
  std::atomic<int> reports = 0;
  const auto batch = Batch({"{}"});
  for (int i = 0; i < 50; ++i) target.Write(batch, {}, [&](flow::WriteReport) { ++reports; });
  target.Close();
  EXPECT_EQ(reports, 50);
  target.Close();
}

TEST_F(HttpTargetTest, AStoppedClientEndsWhatIsUnderWay) {
  RawPeer peer(UntilClosed);
  HttpTarget& target = Start({.url = peer.Url(), .timeout = seconds(60)});
  std::atomic<int> down = 0;
  const auto batch = Batch({"{}"});
  for (int i = 0; i < 5; ++i)
    target.Write(batch, {}, [&](flow::WriteReport report) { down += report.target_down ? 1 : 0; });
  client_.Stop();
  target.Close();
  EXPECT_EQ(down, 5);
}

flow::Enriched Ask(flow::Enricher& enricher, const std::vector<flow::Record>& batch) {
  std::promise<flow::Enriched> enriched;
  enricher.Enrich(batch, [&](flow::Enriched given) { enriched.set_value(std::move(given)); });
  return enriched.get_future().get();
}

TEST_F(HttpTargetTest, AsAnEnricherItGivesBackTheAnswer) {
  HttpTarget& target = Start();
  status_ = 200;
  body_ = R"({"name":"Ada"})" + std::string(10'000, ' ');
  const flow::Enriched enriched = Ask(target, {Event("e", R"({"id":1})")});
  EXPECT_EQ(Outcome(enriched.report), "+");
  EXPECT_EQ(enriched.answer, body_);
  EXPECT_EQ(seen_.at(0).body, R"({"id":1})");
  EXPECT_EQ(seen_.at(0).headers.Get("Idempotency-Key"), "e");
}

TEST_F(HttpTargetTest, AsAnEnricherOfBatchesItGivesBackOneAnswer) {
  HttpTarget& target = Start({.batch_records_max = 10});
  status_ = 200;
  body_ = "[3,4]";
  headers_.Set("Content-Type", "application/json");
  const flow::Enriched enriched = Ask(target, {Event("a", "1"), Event("b", "2")});
  EXPECT_EQ(Outcome(enriched.report), "++");
  EXPECT_EQ(enriched.answer, "[3,4]");
  EXPECT_EQ(seen_.at(0).body, "[1,2]");
}

TEST_F(HttpTargetTest, AsAnEnricherItFailsAsATarget) {
  HttpTarget& target = Start();
  status_ = 503;
  const flow::Enriched down = Ask(target, {Event("e", "{}")});
  EXPECT_EQ(Outcome(down.report), "-");
  EXPECT_TRUE(down.report.target_down);
  EXPECT_EQ(down.answer, "");
  status_ = 400;
  EXPECT_EQ(Outcome(Ask(target, {Event("e", "{}")}).report), "x");
}

TEST_F(HttpTargetTest, AnAnswerThatIsTooLongIsNone) {
  HttpTarget& target = Start();
  status_ = 200;
  body_ = std::string(flow::Enricher::kAnswerBytesMax + 1, ' ');
  const flow::Enriched enriched = Ask(target, {Event("e", "{}")});
  EXPECT_EQ(Outcome(enriched.report), "-");
  EXPECT_THAT(Why(enriched.report), HasSubstr("answered with more than 6291456 bytes"));
}

}  // namespace
}  // namespace millrace::targets
