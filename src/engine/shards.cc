#include "engine/shards.h"

#include <fmt/format.h>

#include <ctime>

#include "base/check.h"

namespace millrace::engine {

Shard MakeShard(ShardNumber number, std::int64_t now_ms, SequenceNumber start, Random& random) {
  Shard shard;
  shard.number = number;
  shard.id = fmt::format("shardId-{:020}-{:08x}", now_ms, static_cast<std::uint32_t>(random.Next()));
  shard.created_ms = now_ms;
  shard.start = start;
  // Nothing was ever written before the start, so a reader may begin anywhere up to it.
  shard.trimmed = SequenceNumber(start.value() - 1);
  return shard;
}

std::vector<Shard> FirstShards(std::uint32_t count, std::int64_t now_ms, SequenceNumber start, Random& random) {
  CHECK(count >= 1 && count <= kOpenShardsMax);
  CHECK(start.value() > 0);
  std::vector<Shard> shards;
  for (std::uint32_t i = 0; i < count; ++i) {
    Shard shard = MakeShard(ShardNumber(i), now_ms, start, random);
    shard.hash_low = static_cast<std::uint16_t>(65536ull * i / count);
    shard.hash_high = static_cast<std::uint16_t>(65536ull * (i + 1) / count - 1);
    shards.push_back(std::move(shard));
  }
  return shards;
}

void CloseShards(Log& log, std::int64_t now_ms, SequenceNumber end) {
  for (Shard& shard : log.shards) {
    if (!shard.open()) continue;
    shard.end = end;
    shard.closed_ms = now_ms;
  }
}

std::string StreamLabel(std::int64_t time_ms) {
  const std::time_t seconds = time_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, time_ms % 1000);
}

}  // namespace millrace::engine
