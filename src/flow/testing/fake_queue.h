// FakeQueue is a queue in memory: with groups, leases, delays and counts of receives, on the clock of a test.
//
// Threads: thread-safe.
#pragma once

#include <algorithm>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "flow/executor.h"
#include "flow/queue.h"

namespace millrace::flow::testing {

class FakeQueue final : public Queue {
 public:
  FakeQueue(Executor& executor, bool groups) : executor_(executor), groups_(groups) {}

  void Send(std::string group, std::string body) {
    {
      std::lock_guard lock(mutex_);
      Message& message = messages_.emplace_back();
      message.id = "m" + std::to_string(++sent_);
      message.group = groups_ ? std::move(group) : message.id;
      message.body = std::move(body);
      message.sent_ms = executor_.clock().NowMillis();
    }
    Wake();
  }

  const std::string& name() const override { return name_; }
  std::chrono::milliseconds lease() const override { return kLease; }
  void Receive(const ReadLimits& limits, ReceiveDone done) override {
    if (failure) return done(*failure);
    Received received;
    received.at_end = true;
    {
      std::lock_guard lock(mutex_);
      const MonoTime now = executor_.clock().Mono();
      std::set<std::string> locked;
      for (const Message& message : messages_)
        if (message.hidden_until > now) locked.insert(message.group);
      for (Message& message : messages_) {
        if (locked.contains(message.group)) continue;
        if (received.records.size() == limits.records_max) {
          received.at_end = false;
          break;
        }
        ++message.receives;
        Hide(message, kLease);
        message.receipt = message.id + "." + std::to_string(++receipts_);
        Record record;
        record.offset = message.receipt;
        record.id = message.id;
        record.order_key = message.group;
        record.body = message.body;
        record.time_ms = message.sent_ms;
        record.receives = message.receives;
        received.records.push_back(std::move(record));
      }
    }
    done(std::move(received));
  }
  void Acknowledge(std::vector<std::string> receipts, Done done) override {
    {
      std::lock_guard lock(mutex_);
      for (const std::string& receipt : receipts)
        std::erase_if(messages_, [&](const Message& message) { return message.receipt == receipt; });
    }
    Wake();  // a group may be free
    done(Ok());
  }
  void Return(std::vector<Returned> messages, Done done) override {
    {
      std::lock_guard lock(mutex_);
      for (const Returned& returned : messages) {
        for (Message& message : messages_) {
          if (message.receipt != returned.receipt) continue;
          message.receipt.clear();
          if (!returned.tried) --message.receives;
          Hide(message, returned.delay);
        }
      }
    }
    Wake();
    done(Ok());
  }
  void Extend(std::vector<std::string> receipts, Done done) override {
    {
      std::lock_guard lock(mutex_);
      ++extensions;
      for (const std::string& receipt : receipts)
        for (Message& message : messages_)
          if (message.receipt == receipt) Hide(message, kLease);
    }
    done(Ok());
  }
  Result<LogLag> Lag(std::size_t) override {
    std::lock_guard lock(mutex_);
    return LogLag{messages_.size(), false, messages_.empty() ? 0 : messages_.front().sent_ms};
  }
  std::uint64_t Watch(std::function<void()> wake) override {
    std::lock_guard lock(mutex_);
    watchers_[++next_watcher_] = std::move(wake);
    return next_watcher_;
  }
  void Unwatch(std::uint64_t id) override {
    std::lock_guard lock(mutex_);
    watchers_.erase(id);
  }

  std::size_t size() {
    std::lock_guard lock(mutex_);
    return messages_.size();
  }
  std::size_t leased() {
    std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(
        messages_, [&](const Message& message) { return message.hidden_until > executor_.clock().Mono(); }));
  }
  std::uint32_t ReceivesOf(std::string_view body) {
    std::lock_guard lock(mutex_);
    for (const Message& message : messages_)
      if (message.body == body) return message.receives;
    return 0;
  }

  static constexpr std::chrono::seconds kLease{30};
  std::optional<Error> failure;
  int extensions = 0;

 private:
  struct Message {
    std::string id;
    std::string group;
    std::string body;
    std::string receipt;
    std::int64_t sent_ms = 0;
    std::uint32_t receives = 0;
    MonoTime hidden_until{};
  };

  void Hide(Message& message, Duration time) {
    message.hidden_until = executor_.clock().Mono() + time;
    if (time.count() > 0) executor_.PostAfter(time, [this] { Wake(); });
  }
  void Wake() {
    std::map<std::uint64_t, std::function<void()>> watchers;
    {
      std::lock_guard lock(mutex_);
      watchers = watchers_;
    }
    for (auto& [id, wake] : watchers) wake();
  }

  const std::string name_ = "queue/fake";
  Executor& executor_;
  const bool groups_;
  std::mutex mutex_;
  std::list<Message> messages_;
  std::map<std::uint64_t, std::function<void()>> watchers_;
  std::uint64_t next_watcher_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t receipts_ = 0;
};

}  // namespace millrace::flow::testing
