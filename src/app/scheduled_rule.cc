#include "app/scheduled_rule.h"

#include <mutex>

#include "base/bytes.h"
#include "base/log.h"
#include "flow/bus_event.h"
#include "transform/envelope.h"

namespace millrace::app {
namespace {

// The wall clock may be set; a long wait looks at it in between.
constexpr std::int64_t kLookAgainMs = 60'000;
constexpr std::uint8_t kFiredVersion = 1;

}  // namespace

class ScheduledRule::Timer : public std::enable_shared_from_this<Timer> {
 public:
  Timer(ScheduledRuleOptions options, Next next, engine::Engine& engine, flow::Executor& executor, Random& random)
      : options_(std::move(options)),
        next_after_(std::move(next)),
        engine_(engine),
        executor_(executor),
        random_(random) {}

  void Start() {
    std::lock_guard lock(mutex_);
    next_ = next_after_(options_.fired_row.empty() ? executor_.clock().NowMillis() : Since());
    Wait();
  }
  void Stop() {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }

 private:
  std::int64_t Since() const {
    const auto row = engine_.ReadState(options_.fired_row);
    if (!row.ok() || !*row) return options_.since_ms;
    ByteReader reader(**row);
    const std::uint8_t version = reader.Byte();
    const auto fired = static_cast<std::int64_t>(reader.BigEndian<std::uint64_t>());
    return reader.ok() && version == kFiredVersion ? std::max(fired, options_.since_ms) : options_.since_ms;
  }
  void Wait() {
    if (!next_ || stopped_) return;
    const std::int64_t left = *next_ - executor_.clock().NowMillis();
    executor_.PostAfter(std::chrono::milliseconds(std::clamp<std::int64_t>(left, 1, kLookAgainMs)),
                        [self = shared_from_this()] { self->Look(); });
  }
  void Look() {
    std::lock_guard lock(mutex_);
    if (stopped_) return;
    const std::int64_t now = executor_.clock().NowMillis();
    if (now >= *next_) {
      Fire(*next_);
      next_ = next_after_(now);
    }
    Wait();
  }
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
  void Fire(std::int64_t time_ms) {
    flow::BusEvent event;
    event.id = random_.Uuid();
    event.order_key = "rule/" + options_.name;
    event.matched_rules = {options_.rule_id};
    const std::string resources[] = {options_.arn};
    transform::AppendEnvelope(event.envelope, {.id = event.id,
                                               .detail_type = "Scheduled Event",
                                               .source = options_.source,
                                               .account = options_.account,
                                               .time_ms = time_ms,
                                               .region = options_.region,
                                               .resources = resources,
                                               .detail = "{}"});
    engine::AppendRequest request{.log = options_.bus, .events = {}, .state = {}};
    request.events.push_back({.hash = 0, .value = event.Encode()});
    if (!options_.fired_row.empty()) {
      std::string fired(1, static_cast<char>(kFiredVersion));
      PutBigEndian(fired, static_cast<std::uint64_t>(time_ms));
      request.state.push_back({options_.fired_row, std::move(fired)});
    }
    engine_.Append(std::move(request), [name = options_.name](const Result<engine::SequenceNumber>& appended) {
      if (!appended.ok()) log::Warn("rule/{}: its schedule fired in vain: {}", name, appended.error().message());
    });
  }

  const ScheduledRuleOptions options_;
  const Next next_after_;
  engine::Engine& engine_;
  flow::Executor& executor_;
  Random& random_;
  std::mutex mutex_;
  std::optional<std::int64_t> next_;  // guarded by mutex_
  bool stopped_ = false;              // guarded by mutex_
};

ScheduledRule::ScheduledRule(ScheduledRuleOptions options, Next next, engine::Engine& engine, flow::Executor& executor,
                             Random& random)
    : timer_(std::make_shared<Timer>(std::move(options), std::move(next), engine, executor, random)) {}
ScheduledRule::~ScheduledRule() {
  Stop();
}
void ScheduledRule::Start() {
  timer_->Start();
}
void ScheduledRule::Stop() {
  timer_->Stop();
}

}  // namespace millrace::app
