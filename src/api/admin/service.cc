#include "api/admin/service.h"

#include <algorithm>
#include <array>
#include <span>

#include "api/admin/access.h"
#include "api/admin/dead_letters.h"
#include "api/admin/replays.h"
#include "api/admin/reply.h"
#include "api/admin/status.h"
#include "json/parse.h"
#include "json/write.h"
#include "transform/envelope.h"

namespace millrace::api::admin {
namespace {

constexpr std::size_t kWaitingMax = 256;

constexpr std::string_view kStatus = "/_millrace/status";
constexpr std::string_view kLetters = "/_millrace/dlq";
constexpr std::string_view kLetter = "/_millrace/dlq/letter";
constexpr std::string_view kRedrive = "/_millrace/dlq/redrive";
constexpr std::string_view kDrop = "/_millrace/dlq/drop";
constexpr std::string_view kPause = "/_millrace/flow/pause";
constexpr std::string_view kResume = "/_millrace/flow/resume";
constexpr std::string_view kSeek = "/_millrace/flow/seek";
constexpr std::string_view kReplay = "/_millrace/replay";
constexpr std::string_view kTail = "/_millrace/tail";
constexpr std::string_view kMetrics = "/_millrace/metrics";

constexpr std::array kReads{kStatus, kLetters, kLetter, kTail, kMetrics, std::string_view("/metrics")};
constexpr std::array kChanges{kRedrive, kDrop, kPause, kResume, kSeek, kReplay};

constexpr std::array<std::string_view, 3> kListFields{"flow", "after", "limit"};
constexpr std::array<std::string_view, 2> kShowFields{"flow", "number"};
constexpr std::array<std::string_view, 5> kTailFields{"log", "from", "match", "limit", "wait"};

// A request that waits for its turn.
struct Pending {
  explicit Pending(http::Responder waiting) : responder(std::move(waiting)) {}
  ~Pending() {
    if (!responder.answered())
      responder.Send(
          ErrorResponse(Error(ErrorCode::kUnavailable, {}, "too many requests wait, or the server is stopping")));
  }
  http::Responder responder;
};

struct Operation {
  std::string flow;
  std::string to;
};

Result<Operation> ReadOperation(std::string_view body) {
  json::Document document;
  TRY(document.Parse(body));
  if (!document.root().is_object()) return InvalidArgument("the body must be a JSON object");
  Operation operation;
  for (const json::Member& member : document.root().object()) {
    std::string* const field = member.name == "flow" ? &operation.flow : member.name == "to" ? &operation.to : nullptr;
    if (field == nullptr || !member.value.is_string())
      return InvalidArgument("'{}' is not understood: give flow and, to seek, to; both are text",
                             member.name.substr(0, 100));
    *field = member.value.string();
  }
  return operation;
}

}  // namespace

Service::Service(const Plant& plant, const metrics::Registry& registry, const Clock& clock)
    : plant_(plant),
      registry_(registry),
      clock_(clock),
      looking_("mr-look", kWaitingMax),
      operating_("mr-operate", kWaitingMax),
      tail_(plant, clock) {}

void Service::Close() {
  looking_.Close();
  operating_.Close();
  tail_.Close();
}

void Service::Stop() {
  looking_.Stop();
  operating_.Stop();
  tail_.Stop();
}

void Service::Do(WorkQueue& queue, http::Responder& responder, Work work) {
  // A task is copyable, and may be dropped unrun.
  auto pending = std::make_shared<Pending>(std::move(responder));
  (void)queue.Post([pending, work = std::move(work)] { pending->responder.Send(work()); });
}

bool Service::Handle(http::Request& request, http::Responder& responder) {
  const std::string path(request.path());
  const bool change = std::ranges::find(kChanges, path) != kChanges.end();
  if (!change && std::ranges::find(kReads, path) == kReads.end()) return false;
  const auto refuse = [&](const Error& error) {
    responder.Send(ErrorResponse(error));
    return true;
  };
  if (Status access = CheckAccess(request, change ? Access::kChange : Access::kRead); !access.ok())
    return refuse(access.error());
  if (change) {
    Do(operating_, responder, [this, path, body = std::move(request.body)] { return Operate(path, body); });
    return true;
  }
  if (request.method != "GET" && request.method != "HEAD") return refuse(InvalidArgument("{} is a GET", path));
  const std::span<const std::string_view> known = path == kLetters  ? std::span<const std::string_view>(kListFields)
                                                  : path == kLetter ? std::span<const std::string_view>(kShowFields)
                                                  : path == kTail   ? std::span<const std::string_view>(kTailFields)
                                                                    : std::span<const std::string_view>();
  auto parsed = Parameters::Parse(request.query(), known);
  if (!parsed.ok()) return refuse(parsed.error());
  const auto parameters = std::make_shared<const Parameters>(*std::move(parsed));
  if (path == kTail) {
    tail_.Answer(*parameters, std::move(responder));
  } else if (path == kStatus) {
    Do(looking_, responder, [this] { return JsonResponse(RenderStatus(plant_, clock_)); });
  } else if (path == kLetters) {
    Do(looking_, responder, [this, parameters] { return ResponseOf(ListLetters(plant_, *parameters)); });
  } else if (path == kLetter) {
    Do(looking_, responder, [this, parameters] { return ResponseOf(ShowLetter(plant_, *parameters)); });
  } else {
    Do(looking_, responder, [this] {
      http::Response response;
      response.content_type = metrics::kExpositionType;
      response.body = registry_.Render();
      return response;
    });
  }
  return true;
}

http::Response Service::Operate(std::string_view what, std::string_view body) const {
  if (what == kRedrive) return ResponseOf(RemoveLetters(plant_, body, Removal::kRedrive));
  if (what == kDrop) return ResponseOf(RemoveLetters(plant_, body, Removal::kDrop));
  if (what == kReplay) return ResponseOf(StartReplay(plant_, clock_, body));
  const auto operation = ReadOperation(body);
  if (!operation.ok()) return ErrorResponse(operation.error());
  const auto flow = FindFlow(plant_, operation->flow);
  if (!flow.ok()) return ErrorResponse(flow.error());
  Status done = Ok();
  if (what == kSeek) {
    const auto start = ParseStart(operation->to, clock_.NowMillis());
    if (!start.ok()) return ErrorResponse(start.error());
    done = flow->subscription->Seek(*start);
  } else if (!operation->to.empty()) {
    done = InvalidArgument("`to` is for seek only");
  } else {
    done = what == kPause ? flow->subscription->Pause() : flow->subscription->Resume();
  }
  if (!done.ok()) return ErrorResponse(done.error());
  return JsonResponse(RenderFlow(*flow, clock_));
}

}  // namespace millrace::api::admin
