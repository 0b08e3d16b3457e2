// How functions, aliases and mappings are written in answers.
//
// https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "api/lambda/definition.h"
#include "api/lambda/event_sources.h"
#include "base/clock.h"
#include "json/write.h"

namespace millrace::api::lambda {

// The members, within an object that the caller has begun. `qualifier`: ends the ARN; empty: none.
void WriteConfigurationMembers(json::Writer& writer, const Definition& definition, const Configuration& configuration,
                               std::string_view qualifier);
std::string RenderConfiguration(const Definition& definition, const Configuration& configuration,
                                std::string_view qualifier);
void WriteAlias(json::Writer& writer, const Definition& definition, const Alias& alias);
// `state`: "Enabled", "Creating", ….
void WriteMapping(json::Writer& writer, const EventSourceMapping& mapping, std::string_view state,
                  std::string_view last_result);
void WriteStrings(json::Writer& writer, std::string_view key, const Pairs& pairs);

// "2026-01-01T00:00:00.000+0000".
std::string LastModified(WallTime now);

}  // namespace millrace::api::lambda
