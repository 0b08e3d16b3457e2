#include "flow/log.h"

#include <algorithm>

namespace millrace::flow {

Result<LogLag> Log::Lag(const Position& from, std::size_t records_max) {
  LogLag lag;
  Position at = from;
  for (;;) {
    // One record too many shows that there are more.
    const std::size_t wanted = std::min<std::size_t>(1000, records_max - lag.records + 1);
    ASSIGN_OR_RETURN(LogBatch batch, Read(at, {.records_max = wanted}));
    for (const Record& record : batch.records)
      lag.oldest_ms = lag.oldest_ms == 0 ? record.time_ms : std::min(lag.oldest_ms, record.time_ms);
    lag.records += batch.records.size();
    if (lag.records > records_max) {
      lag.records = records_max;
      lag.more = true;
      return lag;
    }
    if (batch.at_end || batch.next == at) return lag;
    at = std::move(batch.next);
  }
}

}  // namespace millrace::flow
