#include "app/request_writer.h"

#include "api/routes/function_response.h"
#include "app/shaping.h"
#include "json/write.h"

namespace millrace::app {
namespace {

http::Response Stored(int status, std::string_view id) {
  http::Response response{.status = status};
  response.headers.Add("Content-Type", "application/json");
  json::Writer writer(&response.body);
  writer.BeginObject();
  writer.Key("id");
  writer.String(id);
  writer.EndObject();
  return response;
}

}  // namespace

Result<std::shared_ptr<RequestWriter>> RequestWriter::Create(const config::HttpRoute& route, const Place& place,
                                                             Destinations& destinations, const Clock& clock) {
  ASSIGN_OR_RETURN(auto target, destinations.Find(route.to, {.item = route.item}));
  return std::shared_ptr<RequestWriter>(new RequestWriter(route, place, std::move(target), clock));
}

RequestWriter::RequestWriter(const config::HttpRoute& route, const Place& place, std::shared_ptr<flow::Target> target,
                             const Clock& clock)
    : name_("route/" + route.name),
      status_(route.status),
      shape_(ShapeRequests(route, place)),
      target_(std::move(target)),
      clock_(clock) {}

void RequestWriter::Write(api::routes::RoutedRequest request, std::function<void(http::Response)> answer) {
  struct Pending {
    flow::Record record;
    std::function<void(http::Response)> answer;
  };
  auto pending = std::make_shared<Pending>();
  pending->answer = std::move(answer);
  flow::Record& record = pending->record;
  record.id = std::move(request.id);
  record.order_key = name_;
  record.time_ms = clock_.NowMillis();
  record.body = std::move(request.event);
  if (const auto verdict = shape_(record); !verdict.ok())
    return pending->answer(api::routes::MessageResponse(400, verdict.error().message()));
  target_->Write({&record, 1}, {}, [pending, status = status_](const flow::WriteReport& report) {
    if (report.entries.front() == flow::EntryOutcome::kTaken)
      return pending->answer(Stored(status, pending->record.id));
    const std::string why = report.error ? report.error->message() : "Service Unavailable";
    pending->answer(
        api::routes::MessageResponse(report.entries.front() == flow::EntryOutcome::kReject ? 400 : 503, why));
  });
}

}  // namespace millrace::app
