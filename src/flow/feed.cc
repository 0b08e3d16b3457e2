#include "flow/feed.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <unordered_map>

#include "base/log.h"

namespace millrace::flow {
namespace {

constexpr std::chrono::seconds kPassInterval{5};

}  // namespace

class Feed::Reader : public std::enable_shared_from_this<Reader> {
 public:
  Reader(Log& log, Executor& executor) : log_(log), executor_(executor) {}

  void Start();
  void Stop();
  std::optional<MemberId> Join(std::weak_ptr<FeedMember> member, Interest interest, const Position& position);
  std::optional<Position> Leave(MemberId id);
  std::optional<Position> PositionOf(MemberId id) const;
  Log& log() const { return log_; }

 private:
  struct Member {
    std::weak_ptr<FeedMember> member;
    Interest interest;
    std::optional<Position> joined_at;    // until the feed has come so far
    std::optional<Position> handed_from;  // an offer is on its way
    std::vector<SharedRecord> records;    // gathered for the next offer
  };

  const Position& PlaceOf(const Member& member) const;
  void OnAppend();
  void Schedule();
  void Step();
  bool ReadOnce(std::unique_lock<std::mutex>& lock);
  void Distribute(LogBatch batch, std::unique_lock<std::mutex>& lock);
  void Gather(Member& member, MemberId id, const SharedRecord& record, std::vector<MemberId>& touched);
  void Erase(MemberId id);
  void DropAll();
  void SchedulePass();
  void PassAll();

  Log& log_;
  Executor& executor_;
  std::uint64_t watch_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable quiet_;
  // Everything below is guarded by mutex_.
  bool stopping_ = false;
  bool running_ = false;
  bool scheduled_ = false;
  bool woken_ = false;
  Position position_;  // what members have been handed, or are being handed now
  bool moved_ = false;
  bool pass_timer_ = false;
  std::map<MemberId, Member> members_;
  std::vector<MemberId> everything_;
  std::unordered_map<std::uint32_t, std::vector<MemberId>> by_rule_;
  std::size_t bodies_ = 0;    // members that want them
  std::size_t catching_ = 0;  // members that joined ahead of the feed
  std::uint64_t next_id_ = 1;
};

void Feed::Reader::Start() {
  if (watch_ != 0) return;
  watch_ = log_.Watch([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->OnAppend();
  });
}

void Feed::Reader::Stop() {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  if (watch_ != 0) log_.Unwatch(watch_);
  std::unique_lock lock(mutex_);
  quiet_.wait(lock, [&] { return !running_; });
}

void Feed::Reader::OnAppend() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
    if (members_.empty()) return;
  }
  Schedule();
}

void Feed::Reader::Schedule() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || running_ || std::exchange(scheduled_, true)) return;
  }
  executor_.Post([self = shared_from_this()] { self->Step(); });
}

void Feed::Reader::Step() {
  std::unique_lock lock(mutex_);
  scheduled_ = false;
  if (running_ || stopping_) return;
  running_ = true;
  while (woken_ && !stopping_ && !members_.empty())
    if (!ReadOnce(lock)) break;
  SchedulePass();
  running_ = false;
  quiet_.notify_all();
}

bool Feed::Reader::ReadOnce(std::unique_lock<std::mutex>& lock) {
  woken_ = false;
  const Position from = position_;
  lock.unlock();
  auto batch = log_.Read(from, {});
  lock.lock();
  // Asked after the read: who joined during it is handed these records too.
  if (batch.ok() && bodies_ > 0) {
    lock.unlock();
    for (Record& record : batch->records) log_.Describe(record);
    lock.lock();
  }
  if (!batch.ok()) {
    DropAll();
    return false;
  }
  if (position_ != from) {  // everyone left, and someone came who had read further
    woken_ = true;
    return true;
  }
  if (!batch->at_end) woken_ = true;
  if (batch->records.empty() && batch->next == from) return true;
  Distribute(*std::move(batch), lock);
  return true;
}

void Feed::Reader::Gather(Member& member, MemberId id, const SharedRecord& record, std::vector<MemberId>& touched) {
  if (member.joined_at && member.joined_at->Covers(record->shard, record->offset)) return;
  // A record that matched several rules of one member is one record.
  if (!member.records.empty() && member.records.back() == record) return;
  if (member.records.empty()) touched.push_back(id);
  member.records.push_back(record);
}

void Feed::Reader::Distribute(LogBatch batch, std::unique_lock<std::mutex>& lock) {
  std::vector<MemberId> touched;
  for (Record& read : batch.records) {
    const auto record = std::make_shared<const Record>(std::move(read));
    for (const MemberId id : everything_) Gather(members_.at(id), id, record, touched);
    if (by_rule_.empty()) continue;
    for (const std::uint32_t rule : record->matched_rules) {
      const auto interested = by_rule_.find(rule);
      if (interested == by_rule_.end()) continue;
      for (const MemberId id : interested->second) Gather(members_.at(id), id, record, touched);
    }
  }
  if (catching_ > 0) {
    for (auto& [id, member] : members_) {
      if (!member.joined_at || !batch.next.AtOrPast(*member.joined_at)) continue;
      member.joined_at.reset();
      --catching_;
    }
  }
  struct Handed {
    MemberId id;
    std::shared_ptr<FeedMember> member;
    Offer offer;
  };
  std::vector<Handed> handed;
  handed.reserve(touched.size());
  for (const MemberId id : touched) {
    Member& member = members_.at(id);
    // Who joined ahead of the feed has read up to there.
    member.handed_from = member.joined_at ? *member.joined_at : position_;
    const Position& next = batch.next;
    handed.push_back({id, member.member.lock(), {std::exchange(member.records, {}), *member.handed_from, next}});
  }
  position_ = std::move(batch.next);
  moved_ = true;
  lock.unlock();
  std::vector<MemberId> gone;
  for (Handed& each : handed)
    if (each.member == nullptr || !each.member->Take(each.id, std::move(each.offer))) gone.push_back(each.id);
  lock.lock();
  for (const MemberId id : gone) Erase(id);
  for (const Handed& each : handed)
    if (const auto member = members_.find(each.id); member != members_.end()) member->second.handed_from.reset();
}

void Feed::Reader::Erase(MemberId id) {
  const auto found = members_.find(id);
  if (found == members_.end()) return;
  const Member& member = found->second;
  if (member.interest.bodies) --bodies_;
  if (member.joined_at) --catching_;
  if (member.interest.everything) std::erase(everything_, id);
  for (const std::uint32_t rule : member.interest.rules) {
    const auto interested = by_rule_.find(rule);
    if (interested == by_rule_.end()) continue;
    std::erase(interested->second, id);
    if (interested->second.empty()) by_rule_.erase(interested);
  }
  members_.erase(found);
}

// Each meets the log's error when it reads for itself; what nobody was handed is behind no one's position.
void Feed::Reader::DropAll() {
  std::vector<std::pair<MemberId, std::weak_ptr<FeedMember>>> members;
  for (const auto& [id, member] : members_) members.emplace_back(id, member.member);
  const Position from = position_;
  members_.clear();
  everything_.clear();
  by_rule_.clear();
  bodies_ = catching_ = 0;
  executor_.Post([members = std::move(members), from] {
    for (const auto& [id, weak] : members)
      if (const auto member = weak.lock()) (void)member->Take(id, {{}, from, from});
  });
}

void Feed::Reader::SchedulePass() {
  if (!moved_ || pass_timer_ || stopping_ || members_.empty()) return;
  pass_timer_ = true;
  executor_.PostAfter(kPassInterval, [self = shared_from_this()] { self->PassAll(); });
}

void Feed::Reader::PassAll() {
  std::vector<std::pair<MemberId, std::shared_ptr<FeedMember>>> members;
  Position position;
  {
    std::lock_guard lock(mutex_);
    pass_timer_ = false;
    moved_ = false;
    if (stopping_) return;
    position = position_;
    for (const auto& [id, member] : members_)
      if (!member.handed_from && !member.joined_at)
        if (auto alive = member.member.lock()) members.emplace_back(id, std::move(alive));
  }
  for (const auto& [id, member] : members) member->Pass(id, position);
}

std::optional<MemberId> Feed::Reader::Join(std::weak_ptr<FeedMember> member, Interest interest,
                                           const Position& position) {
  std::optional<MemberId> id;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return std::nullopt;
    if (members_.empty()) {
      position_ = position;
    } else if (!position.AtOrPast(position_)) {
      return std::nullopt;
    }
    id = next_id_++;
    Member& joined = members_[*id];
    joined.member = std::move(member);
    if (position != position_) {
      joined.joined_at = position;
      ++catching_;
    }
    if (interest.bodies) ++bodies_;
    if (interest.everything) everything_.push_back(*id);
    std::ranges::sort(interest.rules);
    const auto repeated = std::ranges::unique(interest.rules);
    interest.rules.erase(repeated.begin(), repeated.end());
    for (const std::uint32_t rule : interest.rules) by_rule_[rule].push_back(*id);
    joined.interest = std::move(interest);
    // What was appended between the member's last look and now has woken nobody.
    woken_ = true;
  }
  Schedule();
  return id;
}

std::optional<Position> Feed::Reader::Leave(MemberId id) {
  std::lock_guard lock(mutex_);
  const auto found = members_.find(id);
  if (found == members_.end()) return std::nullopt;
  Position position = PlaceOf(found->second);
  Erase(id);
  return position;
}

std::optional<Position> Feed::Reader::PositionOf(MemberId id) const {
  std::lock_guard lock(mutex_);
  const auto found = members_.find(id);
  if (found == members_.end()) return std::nullopt;
  return PlaceOf(found->second);
}

const Position& Feed::Reader::PlaceOf(const Member& member) const {
  return member.handed_from ? *member.handed_from : member.joined_at ? *member.joined_at : position_;
}

Feed::Feed(Log& log, Executor& executor) : reader_(std::make_shared<Reader>(log, executor)) {}
Feed::~Feed() {
  Stop();
}
Log& Feed::log() const {
  return reader_->log();
}
void Feed::Start() {
  reader_->Start();
}
void Feed::Stop() {
  reader_->Stop();
}
std::optional<MemberId> Feed::Join(std::weak_ptr<FeedMember> member, Interest interest, const Position& position) {
  return reader_->Join(std::move(member), std::move(interest), position);
}
std::optional<Position> Feed::Leave(MemberId id) {
  return reader_->Leave(id);
}
std::optional<Position> Feed::PositionOf(MemberId id) const {
  return reader_->PositionOf(id);
}

}  // namespace millrace::flow
