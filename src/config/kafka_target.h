// ReadKafkaTarget reads the `kafka:` of a target; what only means something together is checked here too.
//
// Threads:   pure function.
// Failure:   what is wrong is in the fields' report; the result is then of no use.
#pragma once

#include "config/config.h"
#include "config/fields.h"

namespace millrace::config {

KafkaTarget ReadKafkaTarget(Fields& kafka);

}  // namespace millrace::config
