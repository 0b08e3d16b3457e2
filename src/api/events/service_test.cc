// The EventBridge API over a plant that only notes what it is told: what each operation drives, what is kept and comes
// back, what is refused before anything runs, and that no bytes of a request go unanswered.
#include "api/events/service.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <set>

#include "api/events/error_map.h"
#include "api/events/operations.h"
#include "base/check.h"
#include "flow/testing/fakes.h"
#include "json/parse.h"

namespace millrace::api::events {
namespace {

class FakePlant final : public Plant {
 public:
  void Append(std::vector<NewEvent> events, AppendDone done) override {
    std::vector<Status> statuses;
    for (NewEvent& event : events) {
      statuses.push_back(append_);
      appended_.push_back(std::move(event));
    }
    done(std::move(statuses));
  }
  Status CheckBus(std::string_view name) const override {
    return name == "default" || buses_.contains(std::string(name)) ? Ok() : Err(ErrorCode::kNotFound, {}, "no bus");
  }
  Status PutBus(const std::string& name) override {
    buses_.insert(name);
    return Note("PutBus {}", name);
  }
  Status RemoveBus(const std::string& name) override {
    buses_.erase(name);
    return Note("RemoveBus {}", name);
  }
  Status PutRule(const config::Rule& rule) override {
    return Note("PutRule {}/{} {} {}", rule.from.name, rule.name, rule.match ? rule.match->json : rule.schedule.value(),
                rule.enabled);
  }
  Status RemoveRule(const std::string& bus, const std::string& rule) override {
    return Note("RemoveRule {}/{}", bus, rule);
  }
  Status PutTargets(const std::string& bus, const std::string& rule,
                    const std::vector<config::RuleTarget>& targets) override {
    for (const config::RuleTarget& target : targets)
      TRY(Note("PutTarget {}/{}/{} {}", bus, rule, target.id, target.ref.ToString()));
    return put_targets_;
  }
  Status RemoveTargets(const std::string& bus, const std::string& rule, const std::vector<std::string>& ids) override {
    return Note("RemoveTargets {}/{} {}", bus, rule, fmt::join(ids, ","));
  }
  Status PutArchive(const std::string& bus, const std::string& name, const config::Archive& archive) override {
    return Note("PutArchive {}/{} {}h", bus, name,
                std::chrono::duration_cast<std::chrono::hours>(archive.retain).count());
  }
  Status RemoveArchive(const std::string& bus, const std::string& name) override {
    return Note("RemoveArchive {}/{}", bus, name);
  }
  ArchiveSize SizeOf(const std::string&, const std::string&) const override { return {3, 300}; }
  Status StartReplay(const ReplayOrder& order) override { return Note("StartReplay {}", order.name); }
  Status CancelReplay(const std::string& name) override { return Note("CancelReplay {}", name); }
  Result<std::vector<ReplayReport>> Replays() const override { return std::vector<ReplayReport>(); }
  Status PutDestination(const HttpDestination& destination) override {
    return Note("PutDestination {} {}", destination.name, destination.url);
  }
  void RemoveDestination(const std::string& name) override { (void)Note("RemoveDestination {}", name); }
  flow::StateStore& rows() override { return rows_; }
  Status Sync() override {
    ++synced_;
    return Ok();
  }

  std::vector<std::string> Noted() { return std::exchange(notes_, {}); }

  std::vector<NewEvent> appended_;
  Status append_ = Ok();
  Status put_targets_ = Ok();
  int synced_ = 0;
  flow::testing::MemoryState rows_;

 private:
  template <class... Args>
  Status Note(fmt::format_string<Args...> format, Args&&... args) {
    notes_.push_back(fmt::format(format, std::forward<Args>(args)...));
    return Ok();
  }
  std::set<std::string> buses_;
  std::vector<std::string> notes_;
};

// Waits for the answer.
class Sink final : public http::ResponseSink {
 public:
  void Deliver(http::Response&& response) override {
    std::lock_guard lock(mutex_);
    response_ = std::move(response);
    ready_.notify_all();
  }
  http::Response Wait() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return response_.has_value(); });
    return *std::move(response_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::optional<http::Response> response_;
};

class EventsService : public ::testing::Test {
 protected:
  EventsService() { Open(); }

  void Open() {
    service_.reset();
    service_ = std::make_unique<Service>(plant_, config_, aws::Home{"000000000000", "us-east-1"}, clock_, random_);
    ASSERT_TRUE(service_->Restore().ok());
  }
  std::string Call(const std::string& operation, const std::string& body, int status = 200) {
    const auto sink = std::make_shared<Sink>();
    http::Request request;
    request.method = "POST";
    request.body = body;
    service_->Handle({.account = "1", .region = "r", .operation = operation, .request_id = "q"}, std::move(request),
                     http::Responder(sink));
    http::Response response = sink->Wait();
    EXPECT_EQ(response.status, status) << operation << " " << body << "\n" << response.body;
    return response.body;
  }

  config::Config config_;
  ManualClock clock_;
  SystemRandom random_;
  FakePlant plant_;
  std::unique_ptr<Service> service_;
};

using Notes = std::vector<std::string>;

TEST_F(EventsService, DrivesThePlantAndKeepsWhatItWasTold) {
  Call("CreateEventBus", R"({"Name":"crm"})");
  Call("PutRule", R"({"Name":"r","EventBusName":"crm","EventPattern":"{\"source\":[\"a\"]}"})");
  Call("PutTargets", R"({"Rule":"r","EventBusName":"crm","Targets":[{"Id":"t",
      "Arn":"arn:aws:events:us-east-1:000000000000:event-bus/default"}]})");
  Call("DisableRule", R"({"Name":"r","EventBusName":"arn:aws:events:us-east-1:000000000000:event-bus/crm"})");
  Call("CreateArchive", R"({"ArchiveName":"a","RetentionDays":2,
      "EventSourceArn":"arn:aws:events:us-east-1:000000000000:event-bus/crm"})");
  EXPECT_EQ(plant_.synced_, 5) << "each answer means that it is on the disk";
  const Notes run = {"PutBus crm", R"(PutRule crm/r {"source":["a"]} true)", "PutTarget crm/r/t bus/default",
                     R"(PutRule crm/r {"source":["a"]} false)", "PutArchive crm/a 48h"};
  EXPECT_EQ(plant_.Noted(), run);
  Open();
  const Notes again = {"PutBus crm", R"(PutRule crm/r {"source":["a"]} false)", "PutTarget crm/r/t bus/default",
                       "PutArchive crm/a 48h"};
  EXPECT_EQ(plant_.Noted(), again);
  Call("DeleteEventBus", R"({"Name":"crm"})");
  EXPECT_EQ(plant_.Noted(), Notes{"RemoveBus crm"});
  Open();
  EXPECT_EQ(plant_.Noted(), Notes{});
}

TEST_F(EventsService, AppendsNothingOfARequestThatFailsAsAWhole) {
  std::string entries;
  for (int i = 0; i < 11; ++i) entries += R"(,{"Source":"a","DetailType":"b","Detail":"{}"})";
  Call("PutEvents", R"({"Entries":[)" + entries.substr(1) + "]}", 400);
  EXPECT_TRUE(plant_.appended_.empty());
  plant_.append_ = Err(ErrorCode::kResourceExhausted, {}, "full");
  const std::string answer = Call("PutEvents", R"({"Entries":[{"Source":"a","DetailType":"b","Detail":"{}"}]})");
  EXPECT_NE(answer.find(R"("ErrorCode":"ThrottlingException")"), std::string::npos);
  EXPECT_NE(answer.find(R"("FailedEntryCount":1)"), std::string::npos);
}

TEST_F(EventsService, MakesTheEnvelopeOfAnEntry) {
  Call("PutEvents", R"({"Entries":[{"Source":"a","DetailType":"b","Detail":"{ \"n\" : 1.50 }","Time":1767225600.9,
      "Resources":["x"]}]})");
  ASSERT_EQ(plant_.appended_.size(), 1u);
  EXPECT_EQ(
      plant_.appended_[0].envelope,
      fmt::format(R"({{"version":"0","id":"{}","detail-type":"b","source":"a","account":"000000000000",)"
                  R"("time":"2026-01-01T00:00:00Z","region":"us-east-1","resources":["x"],"detail":{{"n":1.50}}}})",
                  plant_.appended_[0].id));
}

TEST_F(EventsService, KeepsATargetThatCouldNotBeChangedAsItWas) {
  Call("PutRule", R"({"Name":"r","EventPattern":"{\"source\":[\"a\"]}"})");
  const std::string_view first = R"({"Rule":"r","Targets":[{"Id":"t",
      "Arn":"arn:aws:events:us-east-1:000000000000:event-bus/one"}]})";
  Call("PutTargets", std::string(first));
  plant_.put_targets_ = Err(ErrorCode::kNotFound, {}, "table/gone does not exist");
  const std::string failed = Call("PutTargets", R"({"Rule":"r","Targets":[{"Id":"t",
      "Arn":"arn:aws:dynamodb:us-east-1:000000000000:table/gone"}]})");
  EXPECT_NE(failed.find(R"("FailedEntryCount":1)"), std::string::npos);
  EXPECT_NE(Call("ListTargetsByRule", R"({"Rule":"r"})").find("event-bus/one"), std::string::npos);
}

TEST_F(EventsService, RefusesARowOfANewerRelease) {
  ASSERT_TRUE(flow::WriteAndWait(plant_.rows_, {{"aebx", R"({"Version":2,"Name":"x"})"}}).ok());
  Service service(plant_, config_, aws::Home{"000000000000", "us-east-1"}, clock_, random_);
  EXPECT_EQ(service.Restore().error().code(), ErrorCode::kUnimplemented);
}

TEST_F(EventsService, AnswersWhateverTheBytes) {
  const std::string_view bodies[] = {"",
                                     "{",
                                     "[]",
                                     "null",
                                     "\xff",
                                     R"({"a":1})",
                                     R"({"Name":5})",
                                     R"({"Name":[]})",
                                     R"({"Entries":{}})",
                                     R"({"Entries":[5]})",
                                     R"({"Name":"r","Limit":"x"})",
                                     R"({"Targets":[null,[]]})"};
  for (const Operation& operation : Operations()) {
    for (const std::string_view body : bodies) {
      const auto sink = std::make_shared<Sink>();
      http::Request request;
      request.body = body;
      service_->Handle({.account = "1", .region = "r", .operation = std::string(operation.name), .request_id = "q"},
                       std::move(request), http::Responder(sink));
      const http::Response response = sink->Wait();
      EXPECT_TRUE(response.status == 200 || response.status == 400) << operation.name << " " << body;
      json::Document document;
      EXPECT_TRUE(document.Parse(response.body).ok()) << response.body;
    }
  }
  Call("PutEvents", "5", 400);
  Call("TestEventPattern", "{}", 400);
  EXPECT_NE(Call("Unheard", "{}", 400).find("UnknownOperationException"), std::string::npos);
}

TEST(EventsErrors, HaveANameForEveryCode) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    const aws::JsonReply reply = RenderError(Error(static_cast<ErrorCode>(code), {}, "why"));
    EXPECT_TRUE(reply.status == 400 || reply.status == 500);
    EXPECT_EQ(reply.body.find("why") != std::string::npos, reply.status == 400) << "what is ours is not told";
  }
}

}  // namespace
}  // namespace millrace::api::events
