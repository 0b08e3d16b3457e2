// Provision makes the tables that a configuration declares exist in the engine, with their streams.
//
// What is there already is kept with its data. A declaration that contradicts what exists is refused: a key schema or a
// stream's view cannot be changed in place.
//
// Threads: blocks until the engine has committed. Not to be called from completions.
// Failure: FailedPrecondition names the table, what it is and what the file wants, and the ways out.
#pragma once

#include "base/error.h"
#include "config/config.h"
#include "engine/engine.h"

namespace millrace::app {

// The log that keeps an archive of a bus. No bus of a user's can have such a name. An archive that is named as the bus
// is the one that the bus was declared with.
std::string ArchiveLogName(std::string_view bus, std::string_view archive);
// "arn:aws:sqs:REGION:ACCOUNT:NAME".
std::string QueueArn(const engine::Scope& scope, std::string_view queue);
engine::Scope ScopeOf(const config::Settings& settings);
Status Provision(const config::Config& config, engine::Engine& engine);

}  // namespace millrace::app
