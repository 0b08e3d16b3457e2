#include "transform/input_template.h"

#include <algorithm>
#include <array>

#include "json/write.h"
#include "transform/envelope.h"

namespace millrace::transform {
namespace {

Error Undeliverable(std::string message) {
  return Error(ErrorCode::kInvalidArgument, reason::kUndeliverable, std::move(message));
}

// <aws.events.event>: the event's own members in the order and with the names that EventBridge gives them.
void AppendEventWithoutDetail(const json::Value& event, std::vector<json::Member>& members) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kOrder{{{"id", "id"},
                                                                                 {"account", "account"},
                                                                                 {"detail-type", "detailType"},
                                                                                 {"time", "time"},
                                                                                 {"source", "source"},
                                                                                 {"region", "region"},
                                                                                 {"resources", "resources"},
                                                                                 {"version", "version"}}};
  for (const auto& [name, printed] : kOrder) {
    if (const json::Value* value = event.Find(name)) members.push_back({printed, *value});
  }
  for (const json::Member& member : event.object()) {
    const bool known = std::ranges::any_of(kOrder, [&](const auto& entry) { return entry.first == member.name; });
    if (!known && member.name != "detail") members.push_back(member);
  }
}

}  // namespace

Status InputTemplate::AppendSlot(const Slot& slot, const json::Value& event, const Variables& variables,
                                 std::string& out) {
  Extract found;
  json::Value own;
  std::vector<json::Member> members;
  std::string time;
  switch (slot.source) {
    case Source::kPath:
      found = slot.path.Find(event);
      break;
    case Source::kEventWithoutDetail:
      if (event.is_object()) AppendEventWithoutDetail(event, members);
      own = event.is_object() ? json::Value::Object(members) : event;
      found = Extract(own);
      break;
    case Source::kIngestionTime:
      time = FormatTime(variables.ingestion_time_ms);
      own = json::Value::String(time);
      found = Extract(own);
      break;
    case Source::kVariable:
      own = json::Value::String(variables.*slot.variable);
      found = Extract(own);
      break;
  }
  switch (slot.position) {
    case Position::kValue:
      if (found.missing()) {
        out.append("\"\"");
      } else {
        found.AppendJson(out);
      }
      break;
    case Position::kInString:
      if (!found.missing()) found.AppendUnquoted(out);
      break;
    case Position::kInStringAsIs: {
      if (found.missing()) break;
      if (found.is_plain()) {
        found.AppendUnquoted(out);
        break;
      }
      const std::size_t begin = out.size();
      found.AppendJson(out);
      if (out.find('"', begin) != std::string::npos) {
        return Undeliverable(fmt::format(
            "<{}> stands within a JSON string, but the event has an array or object with text there, which breaks the "
            "JSON; write the placeholder without quotes around it",
            slot.name));
      }
      break;
    }
    case Position::kText:
      if (!found.missing()) found.AppendText(out);
      break;
  }
  return Ok();
}

Status InputTemplate::Render(const json::Value& event, const Variables& variables, std::string& out) const {
  if (problem_) return Undeliverable(*problem_);
  const std::size_t begin = out.size();
  for (const Piece& piece : pieces_) {
    out.append(piece.before);
    Status appended = AppendSlot(piece.slot, event, variables, out);
    if (appended.ok() && out.size() - begin > kInputBytesMax) {
      appended =
          Err(ErrorCode::kInvalidArgument, {}, "the input made of the event is larger than {} bytes", kInputBytesMax);
    }
    if (!appended.ok()) {
      out.resize(begin);
      return appended;
    }
  }
  out.append(rest_);
  return Ok();
}

}  // namespace millrace::transform
