// Feed is the one reader of a log for any number of subscriptions.
//
// A subscription that has caught up joins: from then on it is handed the new records as the feed reads them, once for
// all. One that cannot keep up (its window is full, its target is down) falls out, reads for itself from where it was,
// and joins again when it has caught up, so that nobody waits for the slowest.
//
// A member may name rules: then it is handed only the records that matched one of them (Record::matched_rules), and an
// event costs nothing for those that it does not concern, however many they are.
//
// Threads:   thread-safe. Its steps run on the executor, one at a time. Members are called without a lock held.
// Ownership: log and executor outlive it; members are held weakly. Stop before destruction.
// Failure:   a log that cannot be read makes every member fall out; each meets the error itself.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "flow/executor.h"
#include "flow/log.h"

namespace millrace::flow {

using SharedRecord = std::shared_ptr<const Record>;
using MemberId = std::uint64_t;  // of one stay; never used again

// What a member is handed: the records that concern it among those between two positions.
struct Offer {
  std::vector<SharedRecord> records;
  Position from;
  Position next;
};

class FeedMember {
 public:
  virtual ~FeedMember() = default;
  // False: the member falls out, and has read up to `from`. The feed forgets it.
  virtual bool Take(MemberId id, Offer offer) = 0;
  // Nothing up to here concerned the member since it was last called. Now and then, so that checkpoints move.
  virtual void Pass(MemberId id, const Position& position) = 0;
};

struct Interest {
  bool everything = true;
  std::vector<std::uint32_t> rules = {};  // if not everything
  bool bodies = false;                    // wants Record::body
};

class Feed {
 public:
  Feed(Log& log, Executor& executor);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  Log& log() const;
  // Begins to watch the log. Idempotent.
  void Start();
  // Nobody is called after it has returned. Idempotent.
  void Stop();

  // Members that have read up to `position` get what comes after it. Nothing if the feed is already past it: read on
  // and try again.
  std::optional<MemberId> Join(std::weak_ptr<FeedMember> member, Interest interest, const Position& position);
  // How far the member has come, if it was still in. After that it is not called any more, except by a call that is
  // already under way, whose id is then an old one.
  std::optional<Position> Leave(MemberId id);
  // The same for one who stays: everything up to there was handed over.
  std::optional<Position> PositionOf(MemberId id) const;

 private:
  class Reader;
  std::shared_ptr<Reader> reader_;
};

}  // namespace millrace::flow
