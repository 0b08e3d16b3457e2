#include "api/events/test_event_pattern.h"

#include <algorithm>
#include <array>

#include "api/events/runnable.h"
#include "aws/request_reader.h"
#include "json/parse.h"

namespace millrace::api::events {
namespace {

constexpr std::array<std::string_view, 7> kRequired = {"id",     "account",   "source",     "time",
                                                       "region", "resources", "detail-type"};

}  // namespace

Result<std::string> TestEventPattern(const pattern::ServiceLimits& limits, const json::Value& request) {
  aws::RequestReader reader(request);
  const auto pattern_text = reader.String("EventPattern"), event_text = reader.String("Event");
  TRY(reader.status());
  aws::Constraints constraints;
  constraints.NotNull(pattern_text.has_value(), "eventPattern");
  constraints.NotNull(event_text.has_value(), "event");
  TRY(constraints.Check());
  TRY(limits.CheckPattern(*pattern_text));
  ASSIGN_OR_RETURN(const pattern::Pattern pattern, ParsePattern(*pattern_text));
  json::Document event;
  const bool parsed = event.Parse(*event_text, {.duplicate_names = json::DuplicateNames::kKeepAll}).ok();
  if (!parsed || !std::ranges::all_of(kRequired, [&](auto name) { return event.root().Find(name) != nullptr; }))
    return InvalidArgument("Parameter Event is not valid.");
  return std::string(pattern.Matches(event.root()) ? R"({"Result":true})" : R"({"Result":false})");
}

}  // namespace millrace::api::events
