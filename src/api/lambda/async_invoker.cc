#include "api/lambda/async_invoker.h"

#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "json/parse.h"
#include "json/write.h"

namespace millrace::api::lambda {
namespace {

using functions::InvokeStatus;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kPrefix = "lambda/event/";
constexpr std::size_t kRowsPerScan = 64;
constexpr std::int64_t kFormatVersion = 1;
constexpr std::int64_t kRetriesMax = 2;
constexpr milliseconds kAgeMax = std::chrono::hours(6);
constexpr milliseconds kThrottlePauseMax = minutes(5);

}  // namespace

std::string AsyncInvoker::Encode(const Event& event) {
  std::string text;
  json::Writer writer(&text);
  auto put = [&writer](std::string_view key, std::string_view value) {
    writer.Key(key);
    writer.String(value);
  };
  writer.BeginObject();
  writer.Key("format");
  writer.Integer(kFormatVersion);
  put("function", event.function);
  put("request", event.request_id);
  put("client", event.client_context);
  writer.Key("accepted");
  writer.Integer(event.accepted_ms);
  writer.Key("failures");
  writer.Integer(event.failures);
  put("payload", event.payload);
  writer.EndObject();
  return text;
}

Result<AsyncInvoker::Event> AsyncInvoker::Decode(const flow::StateRow& row) {
  json::Document document;
  if (Status parsed = document.Parse(row.value.value_or("")); !parsed.ok())
    return Err(ErrorCode::kCorruption, {}, "the row of an event is damaged: {}", parsed.error().message());
  auto text = [&](std::string_view key) {
    const json::Value* value = document.root().Find(key);
    return value != nullptr && value->is_string() ? std::string(value->string()) : std::string();
  };
  auto number = [&](std::string_view key) {
    std::int64_t found = 0;
    const json::Value* value = document.root().Find(key);
    if (value != nullptr && value->is_number())
      std::from_chars(value->number().data(), value->number().data() + value->number().size(), found);
    return found;
  };
  if (number("format") > kFormatVersion)
    return Err(ErrorCode::kUnimplemented, {}, "the row of an event is of format {}, which this program does not know",
               number("format"));
  Event event{.key = row.key,
              .function = text("function"),
              .payload = text("payload"),
              .request_id = text("request"),
              .client_context = text("client"),
              .accepted_ms = number("accepted"),
              .failures = number("failures")};
  if (number("format") < 1 || event.function.empty())
    return Err(ErrorCode::kCorruption, {}, "the row of an event is damaged");
  return event;
}

Status AsyncInvoker::Load() {
  std::string after(kPrefix);
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<flow::StateRow> rows, store_.Scan(kPrefix, after, kRowsPerScan));
    if (rows.empty()) return Ok();
    for (const flow::StateRow& row : rows) {
      ASSIGN_OR_RETURN(Event event, Decode(row));
      const auto shared = std::make_shared<Event>(std::move(event));
      {
        std::lock_guard lock(mutex_);
        ++open_;
        open_bytes_ += shared->payload.size();
      }
      executor_.Post([this, shared] { Try(shared); });
    }
    after = rows.back().key;
  }
}

void AsyncInvoker::Submit(std::string function, std::string payload, std::string request_id, std::string client_context,
                          std::function<void(Status)> done) {
  const std::int64_t now_ms = clock_.NowMillis();
  const auto event = std::make_shared<Event>(
      Event{.key = fmt::format("{}{:016x}{:016x}", kPrefix, static_cast<std::uint64_t>(now_ms), random_.Next()),
            .function = std::move(function),
            .payload = std::move(payload),
            .request_id = std::move(request_id),
            .client_context = std::move(client_context),
            .accepted_ms = now_ms});
  bool refused = false;
  {
    std::lock_guard lock(mutex_);
    refused = stopping_ || open_ >= kOpenMax || open_bytes_ + event->payload.size() > kOpenBytesMax;
    if (!refused) {
      ++open_;
      ++under_way_;
      open_bytes_ += event->payload.size();
    }
  }
  if (refused) return done(Err(ErrorCode::kResourceExhausted, {}, "Rate Exceeded."));
  store_.Write({{event->key, Encode(*event)}}, [this, event, done = std::move(done)](Status stored) {
    if (stored.ok()) {
      executor_.Post([this, event] { Try(event); });
    } else {
      std::lock_guard lock(mutex_);
      --open_;
      open_bytes_ -= event->payload.size();
    }
    done(std::move(stored));
    LeaveOne();
  });
}

void AsyncInvoker::LeaveOne() {
  std::lock_guard lock(mutex_);
  if (--under_way_ == 0) idle_.notify_all();
}

void AsyncInvoker::Try(const EventPtr& event) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    ++under_way_;
  }
  functions::InvokeOptions options;
  options.request_id = event->request_id;
  options.client_context = event->client_context;
  functions_.Invoke(event->function, event->payload, std::move(options),
                    [this, event](const functions::InvokeResult& result) {
                      OnResult(event, result);
                      LeaveOne();
                    });
}

void AsyncInvoker::OnResult(const EventPtr& event, const functions::InvokeResult& result) {
  if (result.status == InvokeStatus::kStopping) return;  // it is stored
  if (result.ok()) return Forget(event);
  if (result.function_failed()) {
    if (++event->failures > kRetriesMax) {
      log::Warn("function '{}' has failed for event {} the last time: {}: {}", event->function, event->request_id,
                result.error_type, std::string_view(result.error_message).substr(0, result.error_message.find('\n')));
      return Forget(event);
    }
    // How often it has failed is worth no wait.
    store_.Write({{event->key, Encode(*event)}}, [](const Status&) {});
    return TryAfter(event, minutes(event->failures));
  }
  const bool old = clock_.NowMillis() - event->accepted_ms >= kAgeMax.count();
  if (result.status == InvokeStatus::kThrottled && !old) {
    const auto pause = std::min<milliseconds>(seconds(std::int64_t{1} << std::min<std::int64_t>(event->throttles, 10)),
                                              kThrottlePauseMax);
    ++event->throttles;
    return TryAfter(event, pause);
  }
  log::Warn("event {} for function '{}' is dropped: {}", event->request_id, event->function, result.error_message);
  Forget(event);
}

void AsyncInvoker::TryAfter(const EventPtr& event, Duration delay) {
  executor_.PostAfter(delay, [this, event] { Try(event); });
}

void AsyncInvoker::Forget(const EventPtr& event) {
  {
    std::lock_guard lock(mutex_);
    --open_;
    open_bytes_ -= event->payload.size();
  }
  store_.Write({{event->key, std::nullopt}}, [](const Status&) {});
}

std::size_t AsyncInvoker::open() const {
  std::lock_guard lock(mutex_);
  return open_;
}

void AsyncInvoker::Stop() {
  std::lock_guard lock(mutex_);
  stopping_ = true;
}

AsyncInvoker::~AsyncInvoker() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  idle_.wait(lock, [this] { return under_way_ == 0; });
}

}  // namespace millrace::api::lambda
