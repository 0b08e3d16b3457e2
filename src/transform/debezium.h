// DebeziumRecord is a change as Debezium's connectors write it, key and value, without schemas (as with
// `schemas.enable=false`): the `debezium` format.
//
//   key    {"id":"u1"}
//   value  {"before":…,"after":…,
//           "source":{"version":…,"connector":"dynamodb","name":…,"ts_ms":…,"snapshot":"false","db":…,
//                     "sequence":…,"ts_us":…,"ts_ns":…,"table":…},
//           "transaction":null,"op":"u","ts_ms":…,"ts_us":…,"ts_ns":…}
//
// before and after are plain JSON with all digits, or null. op is c, u or d, and r for a row of a snapshot. The times
// in `source` are the commit's, the others that of processing; all are as exact as milliseconds. DynamoDB has no
// databases: `db` is the region. If the stream keeps no old images, `before` is null on u and the key on d.
// https://debezium.io/documentation/reference/3.2/connectors/mysql.html#mysql-events
//
// Threads:   a function without state.
// Failure:   FailedPrecondition if a change that has an `after` came without its new image.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "model/change.h"

namespace millrace::transform {

enum class Snapshot : std::uint8_t { kFalse, kTrue };

// What the change itself does not know.
struct DebeziumContext {
  std::string_view name = "millrace";  // the connector's logical name, Debezium's topic.prefix
  std::string_view region = {};
  std::string_view table = {};
  std::string_view sequence_number = {};  // as text
  std::int64_t processed_ms = 0;          // since the epoch
  Snapshot snapshot = Snapshot::kFalse;
};

void AppendDebeziumKey(std::string& out, const model::Change& change);
Status AppendDebeziumValue(std::string& out, const model::Change& change, const DebeziumContext& context);

}  // namespace millrace::transform
