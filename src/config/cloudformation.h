// ReadAwsPipe and ReadAwsRule read `aws:`, the properties that CloudFormation has for a pipe and a rule, into what
// Millrace's own keys would say. Where records come from and go to is never there: ARNs are ignored.
//
// Threads:   pure functions.
// Failure:   in the report: what is unknown, not supported, out of range, or said by a key beside `aws:` too.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "config/config.h"
#include "config/fields.h"

namespace millrace::config {

// `beside` are the pipe's own fields, and `pipe` what they say. `shards`: of the table that it reads. Returns the
// filters, with the nodes that they stand for; they are not yet part of the pipe.
std::vector<FoundPattern> ReadAwsPipe(Fields& aws, const Fields& beside, std::uint32_t shards, Pipe& pipe);
// The same for a rule; returns its pattern.
std::optional<FoundPattern> ReadAwsRule(Fields& aws, const Fields& beside, Rule& rule);

}  // namespace millrace::config
