// Flows while they change: what was acknowledged holds for the next event, what is changed keeps its position, and what
// is removed leaves nothing behind. Everything is real but the disk; the tests wait for deliveries, never for time.
#include "app/flows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>

#include "base/check.h"
#include "base/thread.h"
#include "store/memory_store.h"

namespace millrace::app {
namespace {

using std::chrono_literals::operator""h;

class FlowsTest : public ::testing::Test {
 protected:
  FlowsTest() {
    engine_ = MUST(engine::Engine::Open({}, store_, clock_, random_));
    Open();
  }
  ~FlowsTest() override {
    flows_->Stop();
    flows_->Stop();
    engine_->Stop();
  }

  void Open() {
    flows_ = MUST(Flows::Open(
        {.config = config_, .file_directory = {}, .threads = 2, .metrics = metrics_, .functions = functions_}, *engine_,
        clock_, random_, {.line = [this](const std::string& line) { Note(line); }, .problem = {}}));
    ASSERT_TRUE(flows_->StartPipes().ok());
  }
  void Restart() {
    flows_->Stop();
    Open();
  }

  static config::Rule RuleOf(const std::string& name, const std::string& pattern, const std::string& bus = "default") {
    config::Rule rule;
    rule.name = name;
    rule.from = {config::RefKind::kBus, bus, {}};
    rule.match = config::PatternText{pattern, {}};
    return rule;
  }
  static config::RuleTarget ToBus(const std::string& id, const std::string& bus) {
    config::RuleTarget target;
    target.id = id;
    target.ref = {config::RefKind::kBus, bus, {}};
    return target;
  }

  void Append(const std::string& bus, const std::string& id) {
    flow::Record record;
    record.id = record.order_key = id;
    record.body = fmt::format(R"({{"id":"{}","source":"test","detail":{{}}}})", id);
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<flow::WriteReport> report;
    MUST(flows_->FindBus(bus))->target.Write({&record, 1}, {}, [&](flow::WriteReport written) {
      std::lock_guard lock(mutex);
      report = std::move(written);
      ready.notify_all();
    });
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return report.has_value(); });
    ASSERT_EQ(report->entries, (std::vector{flow::EntryOutcome::kTaken}));
  }

  // Waits until the rule has delivered this event.
  void AwaitDelivery(const std::string& rule, const std::string& event) {
    std::unique_lock lock(mutex_);
    const bool came = noted_.wait_for(lock, std::chrono::minutes(2), [&] { return Delivered(rule, event) > 0; });
    ASSERT_TRUE(came) << rule << " did not deliver " << event;
  }
  int Deliveries(const std::string& rule, const std::string& event) {
    std::lock_guard lock(mutex_);
    return Delivered(rule, event);
  }
  // Rows of subscriptions whose name has this in it.
  std::size_t StoredRows(std::string_view name) {
    std::size_t found = 0;
    for (const std::string_view kind : {"fc", "fs", "fp", "fd"})
      for (const engine::StateRow& row : MUST(engine_->ScanState(kind, {}, 10'000)))
        found += row.key.find(name) != std::string::npos ? 1 : 0;
    return found;
  }

  config::Config config_;
  store::MemoryStore store_;
  SystemClock clock_;
  SystemRandom random_;
  metrics::Registry metrics_;
  functions::Functions functions_{{}, clock_, random_};
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<Flows> flows_;

 private:
  void Note(const std::string& line) {
    std::lock_guard lock(mutex_);
    lines_.push_back(line);
    noted_.notify_all();
  }
  int Delivered(const std::string& rule, const std::string& event) const {
    return static_cast<int>(std::ranges::count_if(lines_, [&](const std::string& line) {
      return line.starts_with("rule/" + rule + " ") && line.ends_with("event " + event);
    }));
  }

  std::mutex mutex_;
  std::condition_variable noted_;
  std::vector<std::string> lines_;
};

TEST_F(FlowsTest, HaveTheDefaultBus) {
  EXPECT_TRUE(flows_->FindBus("default").ok());
  EXPECT_EQ(flows_->FindBus("defualt").error().message(), "bus/defualt does not exist; did you mean default?");
}

TEST_F(FlowsTest, MatchAnEventAgainstEveryRuleThatWasAcknowledged) {
  ASSERT_TRUE(flows_->PutBus("other", 24h).ok());
  ASSERT_TRUE(flows_->PutRule(RuleOf("one", R"({"id":["a"]})")).ok());
  ASSERT_TRUE(flows_->PutRuleTargets("default", "one", {ToBus("t", "other")}).ok());
  Append("default", "a");
  AwaitDelivery("one", "a");
  // Another pattern, at once.
  ASSERT_TRUE(flows_->PutRule(RuleOf("one", R"({"id":["b"]})")).ok());
  Append("default", "a");
  Append("default", "b");
  AwaitDelivery("one", "b");
  EXPECT_EQ(Deliveries("one", "a"), 1);
  // Off, and on again.
  config::Rule off = RuleOf("one", R"({"id":["c","d"]})");
  off.enabled = false;
  ASSERT_TRUE(flows_->PutRule(off).ok());
  Append("default", "c");
  off.enabled = true;
  ASSERT_TRUE(flows_->PutRule(off).ok());
  Append("default", "d");
  AwaitDelivery("one", "d");
  EXPECT_EQ(Deliveries("one", "c"), 0);
}

TEST_F(FlowsTest, ForgetWhatIsRemoved) {
  ASSERT_TRUE(flows_->PutBus("other", 24h).ok());
  ASSERT_TRUE(flows_->PutRule(RuleOf("gone", R"({"source":["test"]})")).ok());
  ASSERT_TRUE(flows_->PutRule(RuleOf("stays", R"({"source":["test"]})")).ok());
  ASSERT_TRUE(flows_->PutRuleTargets("default", "gone", {ToBus("t", "other"), ToBus("u", "other")}).ok());
  ASSERT_TRUE(flows_->PutRuleTargets("default", "stays", {ToBus("t", "other")}).ok());
  Append("default", "a");
  AwaitDelivery("gone", "a");
  EXPECT_EQ(StoredRows("rule/gone"), 2u);
  ASSERT_TRUE(flows_->RemoveRuleTargets("default", "gone", {"u", "nothing"}).ok());
  EXPECT_EQ(StoredRows("rule/gone"), 1u);
  EXPECT_EQ(flows_->List().size(), 2u);
  ASSERT_TRUE(flows_->RemoveRule("default", "gone").ok());
  ASSERT_TRUE(flows_->RemoveRule("default", "gone").ok());
  EXPECT_EQ(StoredRows("rule/gone"), 0u);
  Append("default", "b");
  AwaitDelivery("stays", "b");
  EXPECT_EQ(Deliveries("gone", "b"), 0);
  // One of the same name is another rule, and begins now.
  ASSERT_TRUE(flows_->PutRule(RuleOf("gone", R"({"source":["test"]})")).ok());
  ASSERT_TRUE(flows_->PutRuleTargets("default", "gone", {ToBus("t", "other")}).ok());
  Append("default", "c");
  AwaitDelivery("gone", "c");
  EXPECT_EQ(Deliveries("gone", "b"), 0);
}

TEST_F(FlowsTest, FindABusAnewThatWasDeletedAndMadeAgain) {
  ASSERT_TRUE(flows_->PutBus("other", 24h).ok());
  ASSERT_TRUE(flows_->PutRule(RuleOf("one", R"({"source":["test"]})")).ok());
  ASSERT_TRUE(flows_->PutRuleTargets("default", "one", {ToBus("t", "other")}).ok());
  ASSERT_TRUE(flows_->PutRule(RuleOf("end", R"({"source":["test"]})", "other")).ok());
  ASSERT_TRUE(flows_->PutArchive("other", "kept", {}).ok());
  ASSERT_TRUE(flows_->RemoveBus("other").ok());
  ASSERT_TRUE(flows_->RemoveBus("other").ok());
  EXPECT_EQ(flows_->FindBus("other").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(flows_->FindArchive("other", "kept"), nullptr);
  EXPECT_EQ(flows_->PutRule(RuleOf("end", R"({"source":["test"]})", "other")).error().code(), ErrorCode::kNotFound);
  Append("default", "a");  // waits for the bus
  ASSERT_TRUE(flows_->PutBus("other", 24h).ok());
  AwaitDelivery("one", "a");
}

TEST_F(FlowsTest, KeepThePositionOfAPipeThatIsChanged) {
  ASSERT_TRUE(flows_->PutBus("other", 24h).ok());
  ASSERT_TRUE(flows_->PutRule(RuleOf("end", R"({"source":["test"]})", "other")).ok());
  ASSERT_TRUE(flows_->PutBus("last", 24h).ok());
  ASSERT_TRUE(flows_->PutRuleTargets("other", "end", {ToBus("t", "last")}).ok());
  config::Pipe pipe;
  pipe.name = "p";
  pipe.from = {config::RefKind::kBus, "default", {}};
  pipe.to = {config::RefKind::kBus, "other", {}};
  ASSERT_TRUE(flows_->PutPipe(pipe).ok());
  Append("default", "a");
  AwaitDelivery("end", "a");
  ASSERT_TRUE(flows_->PausePipe("p").ok());
  Append("default", "b");
  Append("default", "c");
  pipe.match = {{R"({"id":["c"]})", {}}};
  ASSERT_TRUE(flows_->PutPipe(pipe).ok());
  EXPECT_EQ(Deliveries("end", "c"), 0);  // still paused
  ASSERT_TRUE(flows_->ResumePipe("p").ok());
  AwaitDelivery("end", "c");
  EXPECT_EQ(Deliveries("end", "b"), 0);
  EXPECT_EQ(Deliveries("end", "a"), 1);
  // Another source is another pipe.
  pipe.from.name = "last";
  EXPECT_EQ(flows_->PutPipe(pipe).error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(flows_->RemoveBus("default").error().code(), ErrorCode::kFailedPrecondition);
  ASSERT_TRUE(flows_->RemovePipe("p").ok());
  EXPECT_EQ(StoredRows("pipe/p"), 0u);
  EXPECT_EQ(flows_->PausePipe("p").error().code(), ErrorCode::kNotFound);
}

TEST_F(FlowsTest, HoldTheLogForTheSlowestWhileTheyChange) {
  ASSERT_TRUE(flows_->PutBus("other", 24h).ok());
  ASSERT_TRUE(flows_->PutRule(RuleOf("one", R"({"source":["test"]})")).ok());
  ASSERT_TRUE(flows_->PutRuleTargets("default", "one", {ToBus("t", "other")}).ok());
  const engine::LogId log = MUST(flows_->FindBus("default"))->log->id;
  ASSERT_EQ(flows_->Holds().count(log), 1u);
  std::atomic<bool> over{false}, always{true};
  Thread looking(ThreadRole::kBackground, "looking", [&] {
    while (!over) always = always && flows_->Holds().contains(log);
  });
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(flows_->PutRuleTargets("default", "one", {ToBus("t", "other")}).ok());
  over = true;
  looking.Join();
  EXPECT_TRUE(always) << "a target that is changed does not let go";
  ASSERT_TRUE(flows_->RemoveRule("default", "one").ok());
  EXPECT_EQ(flows_->Holds().count(log), 0u);
}

TEST_F(FlowsTest, LoseNothingOfARuleThatStaysWhileOthersComeAndGo) {
  ASSERT_TRUE(flows_->PutBus("other", 24h).ok());
  ASSERT_TRUE(flows_->PutRule(RuleOf("stays", R"({"source":["test"]})")).ok());
  ASSERT_TRUE(flows_->PutRuleTargets("default", "stays", {ToBus("t", "other")}).ok());
  std::atomic<bool> over{false};
  Thread changing(ThreadRole::kBackground, "changing", [&] {
    for (int i = 0; !over; ++i) {
      EXPECT_TRUE(flows_->PutRule(RuleOf("comes", R"({"source":["test"]})")).ok());
      EXPECT_TRUE(flows_->PutRuleTargets("default", "comes", {ToBus("t", "other")}).ok());
      EXPECT_TRUE(
          flows_->PutRule(RuleOf("stays", i % 2 == 0 ? R"({"source":["test","x"]})" : R"({"source":["test"]})")).ok());
      EXPECT_TRUE(flows_->PutRuleTargets("default", "stays", {ToBus("t", "other")}).ok());
      EXPECT_TRUE(flows_->RemoveRule("default", "comes").ok());
    }
  });
  for (int i = 0; i < 300; ++i) Append("default", fmt::format("e{}", i));
  over = true;
  changing.Join();
  for (int i = 0; i < 300; ++i) AwaitDelivery("stays", fmt::format("e{}", i));
}

}  // namespace
}  // namespace millrace::app
