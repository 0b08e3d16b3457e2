// Shaping is what a pipe or a rule makes of its records before a target gets them: the filter, the order key, the
// format, the input. Of the configuration's words it makes the functions of a subscription.
//
// Threads:   a function is called by one thread at a time.
// Ownership: plain functions; they keep what they need.
// Failure:   of the functions: a record of which nothing can be made becomes a dead letter with the reason.
#pragma once

#include <memory>
#include <string>

#include "config/config.h"
#include "engine/engine.h"
#include "flow/enriching_target.h"
#include "flow/subscription.h"

namespace millrace::app {

// What templates and envelopes say about where they are.
struct Place {
  std::string account;
  std::string region;
};

// "arn:aws:pipes:REGION:ACCOUNT:pipe/NAME", "arn:aws:events:REGION:ACCOUNT:rule/BUS/NAME".
std::string PipeArn(const Place& place, std::string_view pipe);
std::string RuleArn(const Place& place, std::string_view bus, std::string_view rule);
// "arn:aws:lambda:REGION:ACCOUNT:function:NAME".
std::string FunctionArn(const Place& place, std::string_view function);

// Fills in what a pipe's configuration says: filter, order key, transform, retry, batches, start. `source` is the log
// it reads: of a table (`stream` is then set), of a bus, or a queue. Returns what becomes of the enrichment's answers:
// null if there is none.
Result<flow::EnrichingTarget::Shape> ShapePipe(const config::Pipe& pipe, const Place& place, std::string source_arn,
                                               std::shared_ptr<const engine::Log> stream,
                                               flow::SubscriptionOptions& options);
// What a route makes of a request's event (payload 2.0). Called by several threads.
std::function<Result<flow::Verdict>(flow::Record&)> ShapeRequests(const config::HttpRoute& route, const Place& place);
// What one target of a rule gets.
void ShapeRule(const config::Rule& rule, const config::RuleTarget& to, const Place& place, const std::string& bus,
               flow::SubscriptionOptions& options);
// Only events that match.
Result<std::function<bool(const flow::Record&)>> MatchAny(const std::vector<config::PatternText>& patterns);
// The event with the name of the replay that brings it again.
Result<flow::Verdict> NameReplay(flow::Record& record, const std::string& replay);

}  // namespace millrace::app
