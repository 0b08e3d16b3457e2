// Sources are where records come from: the reference of a pipe's source as a feed of its log, or as a queue.
//
// This is the one place that knows the kinds: the stream of a table, a bus, a queue, and a Kafka topic. What reads one
// log shares one feed; of a Kafka topic each reader has its own.
//
// Threads:   thread-safe.
// Ownership: site, buses and configuration outlive it; a feed lives on while something reads from it.
// Failure:   NotFound, or FailedPrecondition for a table without a stream and for secrets that are missing.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "app/buses.h"
#include "app/site.h"
#include "config/config.h"
#include "logs/kafka/kafka_log.h"
#include "logs/table/table_log.h"

namespace millrace::app {

struct Source {
  std::shared_ptr<flow::Feed> feed;           // of a log
  std::shared_ptr<flow::Queue> queue;         // or this
  std::string arn;                            // its: with it a position is stored
  std::shared_ptr<const engine::Log> stream;  // of a table; null: none
};

class Sources {
 public:
  // Paths in the configuration are relative to `directory`.
  Sources(Site& site, Buses& buses, const config::Config& config, std::string directory)
      : site_(site), buses_(buses), config_(config), directory_(std::move(directory)) {}

  Result<Source> Find(const config::Ref& from);
  // Stops the feeds of the tables' streams and of Kafka topics.
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

  struct Topic {
    Topic(Site& site, std::unique_ptr<logs::KafkaLog> log) : reader(std::move(log)), feed(*reader, site.executor) {
      feed.Start();
    }
    std::unique_ptr<logs::KafkaLog> reader;
    flow::Feed feed;
  };

  Result<Source> FindTopic(const config::Ref& from);

  Site& site_;
  Buses& buses_;
  const config::Config& config_;
  const std::string directory_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Topic>> topics_;              // guarded by mutex_
  std::map<std::string, std::weak_ptr<Stream>> streams_;  // by ARN; guarded by mutex_
};

}  // namespace millrace::app
