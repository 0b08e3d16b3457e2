// How a log's shards begin, close and have children. Pure: the writer commits what these functions make.
//
// Shard ids and lifetimes follow DynamoDB Streams: a shard is closed by age even when idle, and its child continues it.
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
#pragma once

#include "base/random.h"
#include "engine/catalogue.h"

namespace millrace::engine {

inline constexpr std::uint32_t kOpenShardsMax = 1024;

// `count` shards that divide the hash range evenly. REQUIRES: 1 ≤ count ≤ kOpenShardsMax.
std::vector<Shard> FirstShards(std::uint32_t count, std::int64_t now_ms, SequenceNumber start, Random& random);

// Closes every open shard at `end`. The shards' children, if any, begin behind it.
void CloseShards(Log& log, std::int64_t now_ms, SequenceNumber end);

// Closes every open shard that `chosen` says and gives each `children` (1 or 2) successors. A shard of one hash value,
// or a log at kOpenShardsMax, is continued rather than split.
template <class Predicate>
void RollShards(Log& log, int children, std::int64_t now_ms, SequenceNumber end, Random& random, Predicate chosen);

// "2026-01-31T12:34:56.789", a stream's label.
std::string StreamLabel(std::int64_t time_ms);

// ---- below: implementation

Shard MakeShard(ShardNumber number, std::int64_t now_ms, SequenceNumber start, Random& random);

template <class Predicate>
void RollShards(Log& log, int children, std::int64_t now_ms, SequenceNumber end, Random& random, Predicate chosen) {
  std::uint32_t next = log.shards.empty() ? 0 : log.shards.back().number.value() + 1;
  std::size_t open = 0;
  for (const Shard& shard : log.shards) open += shard.open() ? 1 : 0;
  std::vector<Shard> born;
  for (Shard& shard : log.shards) {
    if (!shard.open() || !chosen(shard)) continue;
    shard.end = end;
    shard.closed_ms = now_ms;
    const bool split = children == 2 && shard.hash_low < shard.hash_high && open < kOpenShardsMax;
    if (split) ++open;
    const auto middle = static_cast<std::uint16_t>((shard.hash_low + shard.hash_high) / 2);
    for (int half = 0; half < (split ? 2 : 1); ++half) {
      Shard child = MakeShard(ShardNumber(next++), now_ms, SequenceNumber(end.value() + 1), random);
      child.parent = shard.number;
      child.parent_id = shard.id;
      child.hash_low = half == 0 ? shard.hash_low : static_cast<std::uint16_t>(middle + 1);
      child.hash_high = split && half == 0 ? middle : shard.hash_high;
      born.push_back(std::move(child));
    }
  }
  for (Shard& child : born) log.shards.push_back(std::move(child));
}

}  // namespace millrace::engine
