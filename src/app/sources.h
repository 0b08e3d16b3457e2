// Sources are where records come from: the reference of a pipe's source as a feed of its log, or as a queue.
//
// This is the one place that knows the kinds: the stream of a table, a bus, and a queue. What reads one log shares one
// feed.
//
// Threads:   thread-safe.
// Ownership: site and buses outlive it; a feed lives on while something reads from it.
// Failure:   NotFound, or FailedPrecondition for a table without a stream.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "app/buses.h"
#include "app/site.h"
#include "config/config.h"
#include "logs/table/table_log.h"

namespace millrace::app {

struct Source {
  std::shared_ptr<flow::Feed> feed;           // of a log
  std::shared_ptr<flow::Queue> queue;         // or this
  std::string arn;                            // its: with it a position is stored
  std::shared_ptr<const engine::Log> stream;  // of a table; null: a bus or a queue
};

class Sources {
 public:
  Sources(Site& site, Buses& buses) : site_(site), buses_(buses) {}

  Result<Source> Find(const config::Ref& from);
  // Stops the feeds of the tables' streams.
  void Stop();

 private:
  struct Stream {
    Stream(Site& site, const std::shared_ptr<const engine::Log>& log)
        : reader(site.engine, *log), feed(reader, site.executor) {
      feed.Start();
    }
    logs::TableLog reader;
    flow::Feed feed;
  };

  Site& site_;
  Buses& buses_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Stream>> streams_;  // by ARN; guarded by mutex_
};

}  // namespace millrace::app
