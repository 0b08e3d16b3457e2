#include "api/admin/replays.h"

#include "api/admin/parameters.h"
#include "json/parse.h"
#include "json/write.h"
#include "transform/envelope.h"

namespace millrace::api::admin {
namespace {

constexpr std::size_t kRulesMax = 100;

Result<std::int64_t> TimeOf(std::string_view field, std::string_view text, std::int64_t now_ms) {
  ASSIGN_OR_RETURN(const flow::Start start, ParseStart(text, now_ms));
  if (start.kind == flow::Start::Kind::kTime) return start.time_ms;
  if (start.kind == flow::Start::Kind::kTrimHorizon) return 0;
  if (start.kind == flow::Start::Kind::kLatest) return now_ms;
  return InvalidArgument("{} must be a time or how long ago, such as 2026-01-31T12:00:00Z or 15m", field);
}

}  // namespace

Result<std::string> StartReplay(const Plant& plant, const Clock& clock, std::string_view body) {
  json::Document document;
  TRY(document.Parse(body));
  if (!document.root().is_object()) return InvalidArgument("the body must be a JSON object");
  const std::int64_t now_ms = clock.NowMillis();
  ReplayOrder order;
  order.to_ms = now_ms;
  bool from = false;
  for (const json::Member& member : document.root().object()) {
    if (member.name == "rules" && member.value.is_array() && member.value.array().size() <= kRulesMax) {
      for (const json::Value& rule : member.value.array()) {
        if (!rule.is_string()) return InvalidArgument("rules is a list of names");
        order.rules.emplace_back(rule.string());
      }
      continue;
    }
    const bool known = member.name == "bus" || member.name == "name" || member.name == "from" || member.name == "to";
    if (!known || !member.value.is_string())
      return InvalidArgument("'{}' is not understood: give bus, from, to, name as text, and rules as a list",
                             member.name.substr(0, 100));
    const std::string_view text = member.value.string();
    if (member.name == "bus") order.bus = text.starts_with("bus/") ? text.substr(4) : text;
    if (member.name == "name") order.name = text;
    if (member.name == "from") {
      ASSIGN_OR_RETURN(order.from_ms, TimeOf("from", text, now_ms));
      from = true;
    }
    if (member.name == "to") {
      ASSIGN_OR_RETURN(order.to_ms, TimeOf("to", text, now_ms));
    }
  }
  if (order.bus.empty() || !from) return InvalidArgument("a replay needs a bus, and from when");
  if (order.name.empty()) order.name = fmt::format("{}-{}", order.bus.substr(0, 40), now_ms);
  TRY(plant.StartReplay(order));
  std::string answer;
  json::Writer writer(&answer);
  writer.BeginObject();
  writer.Key("name");
  writer.String(order.name);
  writer.Key("flow");
  writer.String("replay/" + order.name);
  writer.Key("from");
  writer.String(transform::FormatTimeMillis(order.from_ms));
  writer.Key("to");
  writer.String(transform::FormatTimeMillis(order.to_ms));
  writer.EndObject();
  return answer;
}

}  // namespace millrace::api::admin
