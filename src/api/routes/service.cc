#include "api/routes/service.h"

#include <algorithm>
#include <map>

#include "api/routes/function_response.h"
#include "api/routes/request_event.h"
#include "http/digest.h"

namespace millrace::api::routes {
namespace {

std::vector<std::string_view> SegmentsOf(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return segments;
}

std::map<std::string, std::string> ParametersOf(const config::Route& route, std::string_view path) {
  std::map<std::string, std::string> parameters;
  const std::vector<std::string_view> segments = SegmentsOf(path);
  for (std::size_t i = 0; i < route.segments.size(); ++i) {
    const config::Route::Segment& wanted = route.segments[i];
    if (!wanted.parameter) continue;
    std::string_view value = segments[i];
    if (wanted.everything) value = path.substr(static_cast<std::size_t>(value.data() - path.data()));
    parameters.emplace(wanted.text, PercentDecoded(value, false));
  }
  return parameters;
}

void AllowOrigin(http::Headers& headers, const std::string& origin) {
  if (origin.empty()) return;
  headers.Set("Access-Control-Allow-Origin", origin);
  if (origin != "*") headers.Add("Vary", "Origin");
}

}  // namespace

std::optional<std::vector<int>> Fit(const config::Route& route, std::string_view method, std::string_view path) {
  if (route.method != "ANY" && route.method != method) return std::nullopt;
  const std::vector<std::string_view> segments = SegmentsOf(path);
  std::vector<int> fit;
  std::size_t at = 0;
  for (const config::Route::Segment& wanted : route.segments) {
    if (at == segments.size()) return std::nullopt;
    if (!wanted.parameter && wanted.text != PercentDecoded(segments[at], false)) return std::nullopt;
    if (wanted.parameter && segments[at].empty()) return std::nullopt;
    fit.push_back(wanted.everything ? 0 : wanted.parameter ? 1 : 2);
    at = wanted.everything ? segments.size() : at + 1;
  }
  if (at != segments.size()) return std::nullopt;
  fit.push_back(route.method == "ANY" ? 0 : 1);
  return fit;
}

Service::Service(ServiceOptions options, functions::Functions& functions, const Clock& clock, Random& random)
    : options_(std::move(options)), functions_(functions), clock_(clock), random_(random) {}

void Service::Handle(http::Request&& request, http::Responder responder) {
  const ServedRoute* best = nullptr;
  std::optional<std::vector<int>> best_fit;
  bool known_path = false;
  for (const ServedRoute& each : options_.routes) {
    known_path |= Fit(each.route, each.route.method, request.path()).has_value();
    auto fit = Fit(each.route, request.method, request.path());
    if (!fit || (best_fit && *fit <= *best_fit)) continue;
    best = &each;
    best_fit = std::move(fit);
  }
  const auto send = [origin = options_.cors_origin](http::Responder& to, http::Response response) {
    AllowOrigin(response.headers, origin);
    to.Send(std::move(response));
  };
  if (best == nullptr) {
    if (request.method != "OPTIONS" || !known_path || options_.cors_origin.empty())
      return send(responder, MessageResponse(404, "Not Found"));
    http::Response preflight{.status = 204};
    preflight.headers.Add("Access-Control-Allow-Methods", "*");
    if (const auto wanted = request.headers.Find("Access-Control-Request-Headers"))
      preflight.headers.Add("Access-Control-Allow-Headers", *wanted);
    return send(responder, std::move(preflight));
  }
  const std::string request_id = random_.Uuid();
  const std::string route_key = best->route.method + " " + best->route.path;
  std::string event = RequestEvent(request, {.account = options_.account,
                                             .route_key = route_key,
                                             .request_id = request_id,
                                             .time_ms = clock_.NowMillis(),
                                             .path_parameters = ParametersOf(best->route, request.path()),
                                             .any_text = best->receiver != nullptr});
  if (event.size() > functions::kPayloadBytesMax)
    return send(responder, MessageResponse(413, "Request Entity Too Large"));
  auto waiting = std::make_shared<http::Responder>(std::move(responder));
  if (best->receiver) {
    const auto key = request.headers.Find("Idempotency-Key");
    // 128 bits, as a version 4 UUID has them without its hyphens.
    std::string id = http::Hex(http::Sha256(key ? fmt::format("{}\n{}", route_key, *key) : request_id)).substr(0, 32);
    return best->receiver({std::move(id), std::move(event)},
                          [waiting, send](http::Response response) { send(*waiting, std::move(response)); });
  }
  functions_.Invoke(best->function, std::move(event), {.request_id = request_id},
                    [waiting, send, route_key, problem = options_.problem,
                     function = best->function](const functions::InvokeResult& result) {
                      const auto fail = [&](int status, std::string_view message, std::string_view why) {
                        if (problem) problem(fmt::format("{}: function/{}: {}", route_key, function, why));
                        send(*waiting, MessageResponse(status, message));
                      };
                      if (result.status == functions::InvokeStatus::kTimedOut ||
                          result.status == functions::InvokeStatus::kThrottled ||
                          result.status == functions::InvokeStatus::kStopping)
                        return fail(503, "Service Unavailable", result.error_message);
                      if (!result.ok()) return fail(500, "Internal Server Error", result.error_message);
                      auto response = ResponseOf(result.payload);
                      if (!response.ok())
                        return fail(500, "Internal Server Error",
                                    fmt::format("its answer is no response: {}", response.error().message()));
                      send(*waiting, *std::move(response));
                    });
}

}  // namespace millrace::api::routes
