// The admin API over a subscription that runs: what it shows, what it changes, what it refuses, and that a tail sees
// everything once and is woken when something comes.
#include "api/admin/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "api/admin/reply.h"
#include "api/admin/status.h"
#include "base/check.h"
#include "flow/testing/fakes.h"
#include "json/parse.h"
#include "model/key.h"

namespace millrace::api::admin {
namespace {

using flow::EntryOutcome;
using ::testing::HasSubstr;

// One log, lent as often as anyone asks.
class LentLog final : public flow::Log {
 public:
  explicit LentLog(flow::Log& log) : log_(log) {}
  const std::string& name() const override { return log_.name(); }
  Result<flow::Position> Resolve(const flow::Start& start) override { return log_.Resolve(start); }
  Result<flow::LogBatch> Read(const flow::Position& from, const flow::ReadLimits& limits) override {
    return log_.Read(from, limits);
  }
  std::uint64_t Watch(std::function<void()> wake) override { return log_.Watch(std::move(wake)); }
  void Unwatch(std::uint64_t id) override { log_.Unwatch(id); }

 private:
  flow::Log& log_;
};

class OnePlant final : public Plant {
 public:
  explicit OnePlant(flow::Log& log) : log_(log) {}
  std::vector<RunningFlow> Flows() const override { return flows; }
  Result<std::unique_ptr<flow::Log>> OpenLog(std::string_view name) const override {
    if (name != log_.name()) return Err(ErrorCode::kNotFound, {}, "there is no log '{}'", name);
    return std::unique_ptr<flow::Log>(std::make_unique<LentLog>(log_));
  }

  Status StartReplay(const ReplayOrder& order) const override {
    if (order.bus != "crm") return Err(ErrorCode::kNotFound, {}, "bus/{} does not exist", order.bus);
    replays.push_back(order);
    return Ok();
  }

  std::vector<RunningFlow> flows;
  mutable std::vector<ReplayOrder> replays;

 private:
  flow::Log& log_;
};

class Sink final : public http::ResponseSink {
 public:
  void Deliver(http::Response&& response) override { answer.set_value(std::move(response)); }
  std::promise<http::Response> answer;
};

class AdminService : public ::testing::Test {
 protected:
  AdminService() {
    feed_.Start();
    target_.decide = [this](const flow::Record& record) {
      return poison_ && record.body.find("poison") != std::string::npos ? EntryOutcome::kReject : EntryOutcome::kTaken;
    };
    flow::SubscriptionOptions options;
    options.id = {"000000000000", "us-east-1", "pipe/p", "arn:stream"};
    options.start = flow::Start::TrimHorizon();
    subscription_ = std::make_shared<flow::Subscription>(options, feed_, target_, state_, executor_, random_);
    EXPECT_TRUE(subscription_->Start().ok());
    plant_.flows = {{"pipe/p", log_.name(), "target/fake", subscription_}};
    registry_.AddCollector([this](metrics::Exposition& out) { CollectFlows(plant_, clock_, out); });
  }
  ~AdminService() override {
    service_.Close();
    subscription_->Stop();
    feed_.Stop();
    service_.Stop();
    executor_.Stop();
  }

  std::future<http::Response> Begin(std::string method, std::string target, std::string body,
                                    http::Headers headers = {{"Host", "127.0.0.1:4566"}, {"x-millrace", "1"}}) {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    request.headers = std::move(headers);
    const auto sink = std::make_shared<Sink>();
    auto answer = sink->answer.get_future();
    http::Responder responder(sink);
    EXPECT_TRUE(service_.Handle(request, responder)) << request.target;
    return answer;
  }
  http::Response Get(std::string target) { return Begin("GET", std::move(target), {}).get(); }
  http::Response Post(std::string target, std::string body) {
    return Begin("POST", std::move(target), std::move(body)).get();
  }
  void WaitUntil(const std::function<bool()>& holds) {
    while (!holds()) std::this_thread::yield();
  }
  void AppendPoison(int count) {
    for (int i = 0; i < count; ++i) log_.Append(0, fmt::format("k{}", i), fmt::format(R"({{"poison":{}}})", i));
    WaitUntil([&] { return subscription_->stats().dead_letters == static_cast<std::uint64_t>(count); });
    // Counted when it is decided, listed when it is stored.
    EXPECT_TRUE(subscription_->AwaitStored().ok());
  }

  SystemClock clock_;
  SystemRandom random_;
  flow::testing::FakeLog log_{3, &clock_};
  flow::ThreadExecutor executor_{2, clock_};
  flow::Feed feed_{log_, executor_};
  flow::testing::MemoryState state_;
  flow::testing::FakeTarget target_{{.kind = flow::BatchKind::kPerEntry, .batch_records_max = 10}};
  std::atomic<bool> poison_ = true;
  std::shared_ptr<flow::Subscription> subscription_;
  OnePlant plant_{log_};
  metrics::Registry registry_;
  Service service_{plant_, registry_, clock_};
};

TEST_F(AdminService, LeavesToOthersWhatIsTheirs) {
  for (const auto* target : {"/", "/_millrace/health", "/_millrace/streams/roll", "/_millrace/dlq/", "/metricsx"}) {
    http::Request request;
    request.method = "GET";
    request.target = target;
    http::Responder responder(std::make_shared<Sink>());
    EXPECT_FALSE(service_.Handle(request, responder)) << target;
    EXPECT_FALSE(responder.answered());
  }
}

TEST_F(AdminService, PagesInBrowsersAreKeptAway) {
  const auto read = [&](http::Headers headers) {
    return Begin("GET", "/_millrace/status", {}, std::move(headers)).get().status;
  };
  for (const auto* host : {"127.0.0.1:4566", "localhost", "LOCALHOST:1", "[::1]:4566", "a.localhost:80", ""})
    EXPECT_EQ(read({{"Host", host}}), 200) << host;
  EXPECT_EQ(read({}), 200);
  for (const auto* host : {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example:4566",
                           "evil.example#127.0.0.1", "[::2]", "xlocalhost", ".localhost"})
    EXPECT_EQ(read({{"Host", host}}), 403) << host;
  EXPECT_EQ(read({{"Host", "localhost:1"}, {"Origin", "http://localhost:1"}}), 200);
  EXPECT_EQ(read({{"Host", "localhost:1"}, {"Origin", "http://localhost:2"}}), 403);
  EXPECT_EQ(read({{"Host", "localhost:1"}, {"Origin", "null"}}), 403);
  EXPECT_EQ(read({{"Host", "localhost:1"}, {"Sec-Fetch-Site", "same-origin"}}), 200);
  EXPECT_EQ(read({{"Host", "localhost:1"}, {"Sec-Fetch-Site", "cross-site"}}), 403);

  const std::string body = R"({"flow":"pipe/p"})";
  EXPECT_EQ(Begin("POST", "/_millrace/flow/pause", body, {{"Host", "localhost"}}).get().status, 403) << "no header";
  EXPECT_EQ(Begin("GET", "/_millrace/flow/pause", body).get().status, 403);
  EXPECT_EQ(Begin("POST", "/_millrace/flow/pause", body,
                  {{"Host", "localhost"}, {"Origin", "http://evil"}, {"x-millrace", "1"}})
                .get()
                .status,
            403);
  EXPECT_EQ(subscription_->state(), flow::SubscriptionState::kRunning);
  EXPECT_EQ(Begin("POST", "/_millrace/status", {}).get().status, 400);
}

TEST_F(AdminService, StatusTellsHowEveryFlowIs) {
  AppendPoison(1);
  log_.Append(0, "k0", "{}");
  log_.Append(1, "fine", "{}");
  WaitUntil([&] { return subscription_->stats().delivered == 1 && subscription_->stats().parked_records == 1; });
  const http::Response response = Get("/_millrace/status");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  json::Document document;
  ASSERT_TRUE(document.Parse(response.body).ok()) << response.body;
  const json::Value& flow = document.root().Find("flows")->array()[0];
  EXPECT_EQ(flow.Find("name")->string(), "pipe/p");
  EXPECT_EQ(flow.Find("from")->string(), "table/fake");
  EXPECT_EQ(flow.Find("to")->string(), "target/fake");
  EXPECT_EQ(flow.Find("state")->string(), "running");
  EXPECT_EQ(flow.Find("dead_letters")->number(), "1");
  EXPECT_EQ(flow.Find("parked_records")->number(), "1");
  EXPECT_EQ(flow.Find("held_keys")->number(), "1");
  EXPECT_EQ(flow.Find("lag")->Find("more")->boolean(), false);
}

TEST_F(AdminService, DeadLettersAreListedInPagesAndShownWhole) {
  AppendPoison(5);
  json::Document document;
  ASSERT_TRUE(document.Parse(Get("/_millrace/dlq?flow=pipe%2Fp&limit=2").body).ok());
  EXPECT_EQ(document.root().Find("letters")->array().size(), 2u);
  EXPECT_EQ(document.root().Find("total")->number(), "5");
  EXPECT_EQ(document.root().Find("next")->number(), "2");
  EXPECT_EQ(document.root().Find("letters")->array()[0].Find("cause")->string(), "no");
  ASSERT_TRUE(document.Parse(Get("/_millrace/dlq?flow=p&after=2&limit=3").body).ok());
  EXPECT_EQ(document.root().Find("letters")->array().size(), 3u);
  EXPECT_EQ(document.root().Find("next"), nullptr) << "these were the last";

  ASSERT_TRUE(document.Parse(Get("/_millrace/dlq/letter?flow=p&number=3").body).ok());
  EXPECT_EQ(document.root().Find("record")->Find("poison")->number(), "2");
  EXPECT_EQ(document.root().Find("order_key")->string(), "k2");
  EXPECT_EQ(document.root().Find("holds_key")->boolean(), true);
  EXPECT_EQ(Get("/_millrace/dlq/letter?flow=p&number=9").status, 404);
  for (const auto* wrong :
       {"/_millrace/dlq/letter?flow=p", "/_millrace/dlq/letter?flow=p&number=0", "/_millrace/dlq?flow=p&limit=0",
        "/_millrace/dlq?flow=p&limit=1001", "/_millrace/dlq?flow=p&x=1", "/_millrace/dlq?flow=p&flow=p",
        "/_millrace/dlq?flow=%zz", "/_millrace/dlq?flow=%2", "/_millrace/dlq"})
    EXPECT_EQ(Get(wrong).status, 400) << wrong;
  EXPECT_EQ(Get("/_millrace/dlq?flow=pipe/q").status, 404);
}

TEST_F(AdminService, RedriveAndDropTakeNumbersRangesOrAll) {
  AppendPoison(9);
  for (int i = 0; i < 9; ++i) log_.Append(0, fmt::format("k{}", i), "{}");
  WaitUntil([&] { return subscription_->stats().parked_records == 9; });
  http::Response response = Post("/_millrace/dlq/drop", R"({"flow":"pipe/p","numbers":[2,77],"ranges":[[8,99]]})");
  EXPECT_EQ(response.body, R"({"flow":"pipe/p","dropped":3,"missing":[77]})");
  poison_ = false;
  response = Post("/_millrace/dlq/redrive", R"({"flow":"pipe/p","numbers":[1]})");
  EXPECT_EQ(response.body, R"({"flow":"pipe/p","redriven":1,"missing":[]})");
  response = Post("/_millrace/dlq/redrive", R"({"flow":"pipe/p","all":true})");
  EXPECT_EQ(response.body, R"({"flow":"pipe/p","redriven":5,"missing":[]})");
  EXPECT_THAT(Get("/_millrace/dlq?flow=p").body, HasSubstr(R"("total":0,"letters":[])"));
  WaitUntil([&] { return subscription_->stats().parked_keys == 0; });
  EXPECT_EQ(target_.BodiesOf("k0"), (std::vector<std::string>{R"({"poison":0})", "{}"}));
  EXPECT_EQ(target_.BodiesOf("k1"), (std::vector<std::string>{"{}"}));
  EXPECT_EQ(Post("/_millrace/dlq/redrive", R"({"flow":"pipe/p","numbers":[1]})").body,
            R"({"flow":"pipe/p","redriven":0,"missing":[1]})");
  for (const auto* wrong :
       {"", "[]", "{}", R"({"flow":"p"})", R"({"flow":"p","all":false})", R"({"flow":"p","all":true,"numbers":[1]})",
        R"({"flow":"p","numbers":[0]})", R"({"flow":"p","numbers":[1.5]})", R"({"flow":"p","numbers":["1"]})",
        R"({"flow":"p","ranges":[[3,2]]})", R"({"flow":"p","ranges":[[1]]})", R"({"flow":"p","al":true})",
        R"({"flow":7,"all":true})"})
    EXPECT_EQ(Post("/_millrace/dlq/redrive", wrong).status, 400) << wrong;
}

TEST_F(AdminService, TheLettersOfAKeyAreRedrivenInTheirOrderHoweverLargeTheyAre) {
  flow::testing::FakeTarget target{{.kind = flow::BatchKind::kPerEntry, .batch_records_max = 10}};
  std::atomic<bool> failing = true;
  target.decide = [&](const flow::Record&) { return failing ? EntryOutcome::kReject : EntryOutcome::kTaken; };
  flow::SubscriptionOptions options;
  options.id = {"000000000000", "us-east-1", "pipe/q", "arn:stream"};
  options.start = flow::Start::TrimHorizon();
  options.after_failure = flow::AfterFailure::kContinue;  // so that a key has many
  const auto subscription = std::make_shared<flow::Subscription>(options, feed_, target, state_, executor_, random_);
  ASSERT_TRUE(subscription->Start().ok());
  plant_.flows.push_back({"pipe/q", log_.name(), "target/fake", subscription});
  const std::string pad(600'000, 'x');  // more than one step of a redrive takes
  for (int i = 0; i < 30; ++i)
    log_.Append(0, fmt::format("k{}", i % 3), fmt::format(R"({{"n":{},"pad":"{}"}})", i, pad));
  WaitUntil([&] { return subscription->stats().dead_letters == 30; });
  ASSERT_TRUE(subscription->AwaitStored().ok());
  failing = false;
  EXPECT_EQ(Post("/_millrace/dlq/redrive", R"({"flow":"pipe/q","all":true})").body,
            R"({"flow":"pipe/q","redriven":30,"missing":[]})");
  WaitUntil([&] { return subscription->stats().parked_keys == 0; });
  subscription->Stop();
  for (int key = 0; key < 3; ++key) {
    const auto bodies = target.BodiesOf(fmt::format("k{}", key));
    ASSERT_EQ(bodies.size(), 10u);
    for (int i = 0; i < 10; ++i)
      EXPECT_TRUE(bodies[static_cast<std::size_t>(i)].starts_with(fmt::format(R"({{"n":{},)", i * 3 + key)));
  }
}

TEST_F(AdminService, AFlowIsPausedResumedAndSentElsewhere) {
  log_.Append(0, "k", R"({"n":1})");
  WaitUntil([&] { return subscription_->stats().delivered == 1; });
  EXPECT_THAT(Post("/_millrace/flow/pause", R"({"flow":"pipe/p"})").body, HasSubstr(R"("state":"paused")"));
  log_.Append(0, "k", R"({"n":2})");
  EXPECT_THAT(Get("/_millrace/status").body, HasSubstr(R"("lag":{"records":1,"more":false,)"));
  EXPECT_EQ(Post("/_millrace/flow/seek", R"({"flow":"p","to":"trim-horizon"})").status, 200);
  EXPECT_THAT(Post("/_millrace/flow/resume", R"({"flow":"p"})").body, HasSubstr(R"("state":"running")"));
  WaitUntil([&] { return subscription_->stats().delivered == 3; });
  EXPECT_EQ(target_.BodiesOf("k"), (std::vector<std::string>{R"({"n":1})", R"({"n":1})", R"({"n":2})"}));
  for (const auto* wrong : {R"({"flow":"p"})", R"({"flow":"p","to":"yesterday"})", R"({"flow":"p","to":7})", "no"})
    EXPECT_EQ(Post("/_millrace/flow/seek", wrong).status, 400) << wrong;
  EXPECT_EQ(Post("/_millrace/flow/pause", R"({"flow":"p","to":"latest"})").status, 400);
  EXPECT_EQ(Post("/_millrace/flow/pause", R"({"flow":"rule/x"})").status, 404);
}

TEST_F(AdminService, ATailSeesEverythingOnceInPages) {
  for (int i = 0; i < 10; ++i) log_.Append(i % 3, "k", fmt::format(R"({{"n":{},"even":{}}})", i, i % 2 == 0));
  std::string from = "trim-horizon";
  std::set<std::string> seen;
  for (bool end = false; !end;) {
    json::Document document;
    ASSERT_TRUE(document.Parse(Get("/_millrace/tail?log=table/fake&limit=3&from=" + from).body).ok());
    for (const json::Value& record : document.root().Find("records")->array())
      EXPECT_TRUE(seen.insert(std::string(record.Find("record")->Find("n")->number())).second);
    from = document.root().Find("next")->string();
    end = document.root().Find("at_end")->boolean();
  }
  EXPECT_EQ(seen.size(), 10u);
  json::Document document;
  const std::string match = "&match=%7B%22even%22%3A%5Btrue%5D%7D";
  ASSERT_TRUE(document.Parse(Get("/_millrace/tail?log=table/fake&from=1h" + match).body).ok());
  EXPECT_EQ(document.root().Find("records")->array().size(), 5u);
  EXPECT_EQ(document.root().Find("scanned")->number(), "10");
  for (const auto* wrong : {"", "log=table/fake&from=soon", "log=table/fake&from=@zz", "log=table/fake&from=@01",
                            "log=table/fake&match=%7B", "log=table/fake&wait=31", "log=table/fake&limit=0"})
    EXPECT_EQ(Get(std::string("/_millrace/tail?") + wrong).status, 400) << wrong;
  EXPECT_EQ(Get("/_millrace/tail?log=bus/none").status, 404);
}

TEST_F(AdminService, ATailThatWaitsIsWokenByWhatMatches) {
  auto answer = Begin("GET", "/_millrace/tail?log=table/fake&wait=30&match=%7B%22n%22%3A%5B2%5D%7D", {});
  auto other = Begin("GET", "/_millrace/tail?log=table/fake&wait=30&match=%7B%22n%22%3A%5B3%5D%7D", {});
  log_.Append(0, "k", R"({"n":1})");
  log_.Append(0, "k", "no JSON at all");
  log_.Append(0, "k", R"({"n":2})");
  EXPECT_THAT(answer.get().body, HasSubstr(R"("record":{"n":2}}])"));
  service_.Close();
  const http::Response closed = other.get();
  EXPECT_EQ(closed.status, 200);
  EXPECT_THAT(closed.body, HasSubstr(R"("records":[])")) << "whoever waits is answered when the server stops";
  EXPECT_EQ(Get("/_millrace/tail?log=table/fake&wait=30").status, 503);
  EXPECT_EQ(Get("/_millrace/status").status, 503);
}

TEST_F(AdminService, MoreTailsThanTheLimitAreRefused) {
  std::vector<std::future<http::Response>> open;
  for (std::size_t i = 0; i < Tail::kPollsMax; ++i)
    open.push_back(Begin("GET", "/_millrace/tail?log=table/fake&wait=30", {}));
  EXPECT_EQ(Get("/_millrace/tail?log=table/fake&wait=30").status, 429);
  log_.Append(0, "k", "{}");
  for (auto& answer : open) EXPECT_THAT(answer.get().body, HasSubstr(R"("record":{})"));
}

TEST_F(AdminService, MetricsCarryEveryFigureOfAFlow) {
  AppendPoison(2);
  const http::Response response = Get("/metrics");
  EXPECT_EQ(response.content_type, metrics::kExpositionType);
  for (const auto* line :
       {"millrace_flow_dead_letters{flow=\"pipe/p\"} 2\n", "millrace_flow_buried_records_total{flow=\"pipe/p\"} 2\n",
        "millrace_flow_state{flow=\"pipe/p\",state=\"running\"} 1\n", "millrace_flow_lag_records{flow=\"pipe/p\"} 0\n",
        "millrace_flow_info{flow=\"pipe/p\",from=\"table/fake\",to=\"target/fake\"} 1\n"})
    EXPECT_THAT(response.body, HasSubstr(line));
  EXPECT_EQ(Get("/_millrace/metrics").status, 200);
  EXPECT_EQ(Get("/metrics?x=1").status, 400);
}

TEST(FindFlow, TakesShortNamesThatMeanOne) {
  flow::testing::FakeLog log(1);
  OnePlant plant(log);
  EXPECT_THAT(FindFlow(plant, "p").error().message(), HasSubstr("no pipe or rule runs here"));
  for (const auto* name : {"pipe/orders", "rule/big/endpoint", "rule/small/a", "rule/small/b", "replay/r"})
    plant.flows.push_back({name, {}, {}, nullptr});
  for (const auto& [given, meant] :
       std::vector<std::pair<std::string, std::string>>{{"pipe/orders", "pipe/orders"},
                                                        {"orders", "pipe/orders"},
                                                        {"rule/big", "rule/big/endpoint"},
                                                        {"big", "rule/big/endpoint"},
                                                        {"big/endpoint", "rule/big/endpoint"},
                                                        {"small/a", "rule/small/a"},
                                                        {"r", "replay/r"}}) {
    const auto found = FindFlow(plant, given);
    ASSERT_TRUE(found.ok()) << given;
    EXPECT_EQ(found->name, meant);
  }
  EXPECT_THAT(FindFlow(plant, "small").error().message(), HasSubstr("may be rule/small/a or rule/small/b"));
  EXPECT_THAT(FindFlow(plant, "pipe/ordres").error().message(), HasSubstr("did you mean pipe/orders?"));
  EXPECT_THAT(FindFlow(plant, "ordres").error().message(), HasSubstr("did you mean pipe/orders?"));
  EXPECT_FALSE(FindFlow(plant, "pipe").ok());
  EXPECT_FALSE(FindFlow(plant, "").ok());
}

TEST(OrderKeyText, ShowsTheValuesOfAKey) {
  const model::AttributeValue id(std::string("o-1")), sort(std::string("2026"));
  const model::ItemKey key(id, nullptr), pair(id, &sort);
  EXPECT_EQ(OrderKeyText(key.bytes()), "o-1");
  EXPECT_EQ(OrderKeyText(pair.bytes()), "o-1 2026");
  EXPECT_EQ(OrderKeyText(pair.partition_prefix()), "o-1");
  EXPECT_EQ(OrderKeyText("a customer"), "a customer");
  EXPECT_EQ(OrderKeyText(""), "");
  EXPECT_EQ(OrderKeyText(std::string_view("\x00\xff", 2)), "0x00ff");
  EXPECT_EQ(OrderKeyText("\xc3\xbc"), "ü");
}

TEST(WorkQueue, RefusesBeyondItsLimitAndAfterItIsClosed) {
  WorkQueue queue("mr-test", 2);
  std::promise<void> begun, go, done;
  auto gone = go.get_future().share();
  ASSERT_TRUE(queue.Post([&] {
    begun.set_value();
    gone.wait();
  }));
  begun.get_future().wait();
  std::vector<int> order;
  EXPECT_TRUE(queue.Post([&] { order.push_back(1); }));
  EXPECT_TRUE(queue.Post([&] {
    order.push_back(2);
    done.set_value();
  }));
  EXPECT_FALSE(queue.Post([&] { order.push_back(3); }));
  go.set_value();
  done.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
  queue.Stop();
  queue.Stop();
  EXPECT_FALSE(queue.Post([] {}));
}

TEST(Parameters, PlacesAreReadInWords) {
  using Kind = flow::Start::Kind;
  EXPECT_EQ(ParseStart("latest", 0)->kind, Kind::kLatest);
  EXPECT_EQ(ParseStart("trim-horizon", 0)->kind, Kind::kTrimHorizon);
  EXPECT_EQ(ParseStart("100000000000000000042", 0)->offset, "100000000000000000042");
  EXPECT_EQ(ParseStart("2026-01-31T12:00:00.5+01:00", 0)->time_ms, 1'769'857'200'500);
  EXPECT_EQ(ParseStart("1h30m", 10'000'000)->time_ms, 10'000'000 - 5'400'000);
  EXPECT_EQ(ParseStart("1h30m", 10'000'000)->kind, Kind::kTime);
  for (const auto* wrong : {"", "now", "2026-01-31", "-5", "15", "5 m"}) {
    const auto start = ParseStart(wrong, 0);
    if (std::string_view(wrong) == "15") {
      EXPECT_EQ(start->kind, Kind::kOffset) << "the log says whether it is one of its numbers";
    } else {
      EXPECT_FALSE(start.ok()) << wrong;
    }
  }
}

}  // namespace
}  // namespace millrace::api::admin
