#include "transform/envelope.h"

#include <fmt/core.h>

#include <chrono>

#include "json/write.h"

namespace millrace::transform {

std::string FormatTime(std::int64_t time_ms) {
  using std::chrono::days;
  using std::chrono::floor;
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(time_ms)};
  const auto day = floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(floor<std::chrono::seconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

std::string FormatTimeMillis(std::int64_t time_ms) {
  const std::chrono::milliseconds time(time_ms);
  std::string text = FormatTime(time_ms);
  text.pop_back();
  return text + fmt::format(".{:03}Z", (time - std::chrono::floor<std::chrono::seconds>(time)).count());
}

void AppendEnvelope(std::string& out, const Envelope& envelope) {
  json::Writer writer(&out);
  const auto field = [&](std::string_view key, std::string_view value) {
    writer.Key(key);
    writer.String(value);
  };
  writer.BeginObject();
  field("version", "0");
  field("id", envelope.id);
  field("detail-type", envelope.detail_type);
  field("source", envelope.source);
  field("account", envelope.account);
  field("time", FormatTime(envelope.time_ms));
  field("region", envelope.region);
  if (!envelope.replay_name.empty()) field("replay-name", envelope.replay_name);
  writer.Key("resources");
  writer.BeginArray();
  for (const std::string& resource : envelope.resources) writer.String(resource);
  writer.EndArray();
  writer.Key("detail");
  writer.Raw(envelope.detail);
  writer.EndObject();
}

}  // namespace millrace::transform
