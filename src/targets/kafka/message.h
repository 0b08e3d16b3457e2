// MessageMaker makes Kafka messages of records: by what a target's keys say, or as an event store's rows.
//
// By default a message's key is the partition key of the change behind the record, as it is (text, a number's digits,
// bytes), so that all of a partition goes to one of Kafka's; of a record without a change it is what shares a lane.
//
// Threads:   functions that may be called by several threads at once.
// Failure:   the functions': InvalidArgument that says what is missing or wrong in the record.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "targets/kafka/kafka_target.h"
#include "transform/parameter.h"

namespace millrace::targets {

struct KafkaMessageOptions {
  transform::Parameter topic;
  std::optional<transform::Parameter> key;
  std::optional<transform::Parameter> partition;
  std::vector<std::pair<std::string, transform::Parameter>> headers;
  std::string partition_attribute;  // of the table that is read; empty: there is none
};

// The record's body is the value.
KafkaMessageOf MessageOfBody(KafkaMessageOptions options);
// The new image of the change is a row of an event store (transform/event_store.h).
KafkaMessageOf MessageOfEvent(std::string topic);

}  // namespace millrace::targets
