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
  std::shared_ptr<RequestWriter> writer(new RequestWriter(route, place, destinations, clock));
  TRY(writer->Target());
  return writer;
}

RequestWriter::RequestWriter(const config::HttpRoute& route, const Place& place, Destinations& destinations,
                             const Clock& clock)
    : route_(route),
      name_("route/" + route.name),
      shape_(ShapeRequests(route, place)),
      destinations_(destinations),
      clock_(clock) {}

Result<std::shared_ptr<flow::Target>> RequestWriter::Target() {
  std::lock_guard lock(mutex_);
  if (target_ == nullptr) {
    ASSIGN_OR_RETURN(target_, destinations_.Find(route_.to, {.item = route_.item}));
  }
  return target_;
}

void RequestWriter::Drop(const std::shared_ptr<flow::Target>& target) {
  std::lock_guard lock(mutex_);
  if (target_ == target) target_ = nullptr;
}

void RequestWriter::Write(api::routes::RoutedRequest request, std::function<void(http::Response)> answer) {
  const auto target = Target();
  if (!target.ok()) return answer(api::routes::MessageResponse(503, target.error().message()));
  struct Pending {
    std::shared_ptr<RequestWriter> writer;
    std::shared_ptr<flow::Target> target;
    flow::Record record;
    std::function<void(http::Response)> answer;
  };
  auto pending = std::make_shared<Pending>();
  pending->writer = shared_from_this();
  pending->target = *target;
  pending->answer = std::move(answer);
  flow::Record& record = pending->record;
  record.id = std::move(request.id);
  record.order_key = name_;
  record.time_ms = clock_.NowMillis();
  record.body = std::move(request.event);
  if (const auto verdict = shape_(record); !verdict.ok())
    return pending->answer(api::routes::MessageResponse(400, verdict.error().message()));
  (*target)->Write({&record, 1}, {}, [pending](const flow::WriteReport& report) {
    if (report.target_down) pending->writer->Drop(pending->target);
    if (report.entries.front() == flow::EntryOutcome::kTaken)
      return pending->answer(Stored(pending->writer->route_.status, pending->record.id));
    const std::string why = report.error ? report.error->message() : "Service Unavailable";
    pending->answer(
        api::routes::MessageResponse(report.entries.front() == flow::EntryOutcome::kReject ? 400 : 503, why));
  });
}

}  // namespace millrace::app
