#include "functions/report.h"

#include <fmt/chrono.h>

#include <array>
#include <cmath>

#include "json/parse.h"
#include "json/write.h"

namespace millrace::functions {
namespace {

double Seconds(std::chrono::milliseconds time) {
  return static_cast<double>(time.count()) / 1e3;
}
double Millis(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}
long BilledMillis(std::chrono::nanoseconds time) {
  return static_cast<long>(std::ceil(Millis(time)));
}

}  // namespace

std::string_view InvokeStatusName(InvokeStatus status) {
  constexpr std::array<std::string_view, 11> kNames = {
      "ok",        "function error", "timed out", "crashed",     "out of memory", "init failed",
      "too large", "throttled",      "not found", "bad request", "stopping"};
  return kNames.at(static_cast<std::size_t>(status));
}

std::string ErrorDocument(std::string_view type, std::string_view message) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject();
  writer.Key("errorType");
  writer.String(type);
  writer.Key("errorMessage");
  writer.String(message);
  writer.EndObject();
  return text;
}

void SetError(InvokeResult& result, InvokeStatus status, std::string_view type, std::string message) {
  result.status = status;
  if (result.function_failed()) result.function_error = "Unhandled";
  result.error_type = type;
  result.payload = ErrorDocument(type, message);
  result.error_message = std::move(message);
}

void SetPostedError(InvokeResult& result, InvokeStatus status, std::string_view type, std::string document) {
  result.status = status;
  result.function_error = "Unhandled";
  result.error_type = type;
  json::Document parsed;
  if (parsed.Parse(document, {.duplicate_names = json::DuplicateNames::kKeepAll}).ok()) {
    if (const json::Value* said = parsed.root().Find("errorMessage"); said != nullptr && said->is_string())
      result.error_message = said->string();
    if (const json::Value* said = parsed.root().Find("errorType");
        said != nullptr && said->is_string() && result.error_type.empty())
      result.error_type = said->string();
  }
  if (result.error_type.empty()) result.error_type = "Runtime.Unknown";
  if (result.error_message.empty()) result.error_message = "the function reported an error without a message";
  result.payload = document.empty() ? ErrorDocument(result.error_type, result.error_message) : std::move(document);
}

std::string TimeoutMessage(std::string_view request_id, std::chrono::milliseconds timeout) {
  return fmt::format("RequestId: {} Error: Task timed out after {:.2f} seconds", request_id, Seconds(timeout));
}

std::string TimeoutLine(std::string_view request_id, std::chrono::milliseconds timeout, WallTime now) {
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(now);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(millis);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z {} Task timed out after {:.2f} seconds",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), (millis - seconds).count(), request_id,
                     Seconds(timeout));
}

std::string StartLine(std::string_view request_id, std::string_view version) {
  return fmt::format("START RequestId: {} Version: {}", request_id, version);
}

std::string EndLine(std::string_view request_id) {
  return fmt::format("END RequestId: {}", request_id);
}

std::string ReportLine(const InvokeResult& result, std::uint32_t memory_mib, std::uint32_t memory_used_mib) {
  std::string line = fmt::format(
      "REPORT RequestId: {}\tDuration: {:.2f} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB",
      result.request_id, Millis(result.duration), BilledMillis(result.duration), memory_mib, memory_used_mib);
  if (result.init_duration) line += fmt::format("\tInit Duration: {:.2f} ms", Millis(*result.init_duration));
  if (result.status == InvokeStatus::kTimedOut) line += "\tStatus: timeout";
  if (result.status == InvokeStatus::kCrashed || result.status == InvokeStatus::kOutOfMemory)
    line += fmt::format("\tStatus: error\tError Type: {}", result.error_type);
  return line;
}

}  // namespace millrace::functions
