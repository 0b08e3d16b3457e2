// Of what a configuration says about a Kafka target, the options of its clients and of its messages.
//
// Threads:   functions over values; they read the disk.
// Failure:   the error of Secrets, or what is wrong with a secret; each names the target, and no secret's value.
#pragma once

#include <string>

#include "app/secrets.h"
#include "config/config.h"
#include "kafka/producer.h"
#include "targets/kafka/message.h"

namespace millrace::app {

// Relative paths are relative to `directory`. A token is read anew whenever it is asked for.
Result<kafka::ClientOptions> ClientOptionsOf(const std::string& name, const config::KafkaTarget& kafka,
                                             const Secrets& secrets, const std::string& directory);
Result<kafka::ProducerOptions> ProducerOptionsOf(const std::string& name, const config::KafkaTarget& kafka,
                                                 const Secrets& secrets, const std::string& directory);
Result<targets::KafkaMessageOptions> MessageOptionsOf(const config::KafkaTarget& kafka,
                                                      const std::string& partition_attribute);

}  // namespace millrace::app
