// What is different when the source is a queue: receiving, acknowledging, giving back, leases.
#include "base/check.h"
#include "base/log.h"
#include "flow/machine.h"

namespace millrace::flow {
namespace {

constexpr std::chrono::seconds kReceiveAgainAfter{1};
constexpr std::size_t kReceiptsPerCall = 1000;

}  // namespace

void Subscription::Machine::WatchQueue() {
  watch_ = queue_->Watch([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    {
      std::lock_guard lock(self->mutex_);
      ++self->news_;
    }
    self->Schedule();
  });
}

// Not more than two rounds of batches: what waits here is leased, and nobody else can have it.
bool Subscription::Machine::ReceiveMore(Lock& lock) {
  if (receiving_ || read_wait_ || down_ || news_taken_ == news_ || !received_.empty()) return false;
  const std::size_t wanted = std::min(options_.window_records_max, 2 * options_.lanes_max * options_.batch_records_max);
  if (window_.size() >= wanted || window_bytes_ >= options_.window_bytes_max) return false;
  receiving_ = true;
  const std::uint64_t news = news_;
  const ReadLimits limits{.records_max = std::min<std::size_t>(1000, wanted - window_.size())};
  lock.unlock();
  queue_->Receive(limits, [self = shared_from_this(), news](Result<Received> received) {
    std::vector<SharedRecord> records;
    if (received.ok()) {
      records.reserve(received->records.size());
      for (Record& record : received->records) records.push_back(std::make_shared<const Record>(std::move(record)));
    } else {
      log::Warn("{}: receiving from {} failed, trying again: {}", self->name(), self->queue_->name(),
                received.error().message());
    }
    {
      std::lock_guard done_lock(self->mutex_);
      self->receiving_ = false;
      if (!received.ok()) {
        self->read_wait_ = true;
      } else if (received->at_end) {
        self->news_taken_ = news;
      }
      if (!records.empty()) self->received_.push_back(std::move(records));
      self->quiet_.notify_all();
    }
    if (!received.ok()) {
      self->executor_.PostAfter(kReceiveAgainAfter, [self] {
        {
          std::lock_guard timer_lock(self->mutex_);
          self->read_wait_ = false;
        }
        self->Schedule();
      });
    }
    self->Schedule();
  });
  lock.lock();
  return false;
}

bool Subscription::Machine::AdmitReceived(Lock& lock) {
  if (received_.empty()) return false;
  // Still there while it is looked at: whoever stops gives back what it finds.
  const std::vector<SharedRecord> records = received_.front();
  lock.unlock();
  const std::vector<char> passed = Filter(records);
  lock.lock();
  received_.pop_front();
  Admit(records, passed, {});
  return true;
}

// The entry is done, and so is its message.
void Subscription::Machine::Discharge(Entry& entry) {
  entry.state = Entry::State::kDone;
  if (queue_ != nullptr) acknowledged_.push_back(entry.record->offset);
}

// The first of the lane, which failed, and what is behind it.
void Subscription::Machine::GiveBack(Lane& lane, std::chrono::milliseconds delay) {
  bool tried = true;
  for (Entry* entry = lane.head; entry != nullptr; entry = entry->next) {
    returned_.push_back({entry->record->offset, tried ? delay : std::chrono::milliseconds(0), tried});
    entry->state = Entry::State::kDone;
    --waiting_;
    tried = false;
  }
  lane.head = lane.tail = nullptr;
  Release(lane);
}

// REQUIRES: nothing is in flight.
void Subscription::Machine::GiveBackAll() {
  for (const auto& records : received_)
    for (const SharedRecord& record : records) returned_.push_back({record->offset, {}, false});
  received_.clear();
  for (auto& [key, lane] : lanes_) {
    if (lane.mode != Lane::Mode::kFlowing) continue;
    for (Entry* entry = lane.head; entry != nullptr; entry = entry->next) {
      returned_.push_back({entry->record->offset, {}, false});
      entry->state = Entry::State::kDone;
      --waiting_;
    }
    lane.head = lane.tail = nullptr;
    lane.listed = false;
  }
  std::erase_if(ready_, [](const Lane* lane) { return lane->head == nullptr; });
  std::erase_if(lanes_, [](const auto& each) {
    return each.second.mode == Lane::Mode::kFlowing && each.second.storing == 0 && each.second.fronting == 0;
  });
  AdvanceWatermark();
  news_taken_ = 0;  // they are there again
}

bool Subscription::Machine::FlushReceipts(Lock& lock) {
  if (acknowledged_.empty() && returned_.empty()) return false;
  const auto take = [](auto& from) {
    std::decay_t<decltype(from)> taken;
    if (from.size() <= kReceiptsPerCall) {
      taken.swap(from);
    } else {
      const auto end = from.begin() + kReceiptsPerCall;
      taken.assign(std::make_move_iterator(from.begin()), std::make_move_iterator(end));
      from.erase(from.begin(), end);
    }
    return taken;
  };
  std::vector<std::string> acknowledged = take(acknowledged_);
  std::vector<Returned> returned = take(returned_);
  const auto finished = [self = shared_from_this()](const Status& status) {
    // Then its lease ends, and it comes again.
    if (!status.ok())
      log::Warn("{}: {} did not take what was done with its messages: {}", self->name(), self->queue_->name(),
                status.error().message());
    {
      std::lock_guard done_lock(self->mutex_);
      --self->writes_;
      self->quiet_.notify_all();
    }
  };
  writes_ += (acknowledged.empty() ? 0 : 1) + (returned.empty() ? 0 : 1);
  lock.unlock();
  if (!acknowledged.empty()) queue_->Acknowledge(std::move(acknowledged), finished);
  if (!returned.empty()) queue_->Return(std::move(returned), finished);
  lock.lock();
  return true;
}

// While anything is leased, it is leased anew in good time.
void Subscription::Machine::ScheduleExtension() {
  if (extension_timer_ || window_.empty() || Stalled()) return;
  extension_timer_ = true;
  executor_.PostAfter(queue_->lease() / 3, [self = shared_from_this()] {
    std::vector<std::string> receipts;
    {
      std::lock_guard lock(self->mutex_);
      self->extension_timer_ = false;
      if (self->Stalled()) return;
      for (const Entry& entry : self->window_)
        if (entry.state != Entry::State::kDone) receipts.push_back(entry.record->offset);
    }
    if (!receipts.empty()) {
      self->queue_->Extend(std::move(receipts), [self](const Status& status) {
        if (!status.ok())
          log::Warn("{}: messages of {} could not be leased anew and may come again: {}", self->name(),
                    self->queue_->name(), status.error().message());
      });
    }
    self->Schedule();
  });
}

}  // namespace millrace::flow
