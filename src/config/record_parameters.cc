#include "config/record_parameters.h"

#include <fmt/core.h>

#include <algorithm>

namespace millrace::config {
namespace {

std::optional<transform::Parameter> ParseParameter(const Fields& fields, std::string_view key,
                                                   const std::string& text) {
  auto parameter = transform::Parameter::Parse(fields.Path(key), text);
  if (parameter.ok()) return *std::move(parameter);
  fields.report().Add(code::kBadValue, fields.Place(key), fields.ref(),
                      {fmt::format("{}: {}", fields.ref(), parameter.error().message()), {}, {}});
  return std::nullopt;
}

RecordParameters::Texts ReadTexts(Fields& fields, std::string_view key) {
  RecordParameters::Texts read;
  for (const auto& [name, text] : fields.Texts(key))
    if (auto parameter = ParseParameter(fields, key, text)) read.emplace_back(name, *std::move(parameter));
  return read;
}

std::size_t StarsOf(std::string_view url) {
  return static_cast<std::size_t>(std::ranges::count(url.substr(0, url.find('?')), '*'));
}

void CheckMessage(const RecordParameters& parameters, bool fifo, const std::string& ref, Report& report) {
  if (fifo || (!parameters.group && !parameters.deduplication_id)) return;
  report.Add(code::kBadValue, parameters.span, ref,
             {fmt::format("{}: {} has no effect here", ref, parameters.group ? "group" : "deduplication-id"),
              "only messages of FIFO queues have one", "send to a queue whose name ends in .fifo, or remove the key"});
}

void CheckRequest(const RecordParameters& parameters, const Target* target, const std::string& ref, Report& report) {
  if (!parameters.HasHttp()) return;
  const auto say = [&](std::string what, std::string why, std::string fix) {
    report.Add(code::kBadValue, parameters.span, ref,
               {fmt::format("{}: request {}", ref, what), std::move(why), std::move(fix)});
  };
  const auto* const http = target == nullptr ? nullptr : std::get_if<HttpTarget>(&target->to);
  if (http == nullptr) return say("has no effect here", "it is about the requests of an HTTP target", "remove the key");
  if (http->batch.records_max > 1)
    return say("does not suit a batch", fmt::format("target/{} sends several records in one request", target->name),
               "remove one of the two");
  const std::size_t stars = StarsOf(http->url);
  if (parameters.path.empty() || stars == parameters.path.size()) return;
  say(fmt::format("has {} values in path", parameters.path.size()),
      fmt::format("the URL of target/{} has {} \"*\" in its path", target->name, stars), "one value for each \"*\"");
}

}  // namespace

std::optional<transform::Parameter> ReadParameter(Fields& fields, std::string_view key) {
  const auto text = fields.Text(key);
  return text ? ParseParameter(fields, key, *text) : std::nullopt;
}

void ReadRequestParts(Fields& request, const RequestKeys& keys, RecordParameters& parameters) {
  parameters.headers = ReadTexts(request, keys.headers);
  parameters.query = ReadTexts(request, keys.query);
  parameters.path.clear();
  for (const std::string& text : request.TextList(keys.path))
    if (auto parameter = ParseParameter(request, keys.path, text)) parameters.path.push_back(*std::move(parameter));
}

void ReadRequestParameters(Fields& fields, RecordParameters& parameters) {
  fields.Nested("request", [&](Fields& request) {
    parameters.span = fields.Place("request");
    ReadRequestParts(request, {}, parameters);
  });
}

RecordParameters ReadRecordParameters(Fields& fields) {
  RecordParameters parameters;
  parameters.group = ReadParameter(fields, "group");
  parameters.deduplication_id = ReadParameter(fields, "deduplication-id");
  parameters.span = fields.Place(parameters.group ? "group" : "deduplication-id");
  ReadRequestParameters(fields, parameters);
  return parameters;
}

void CheckRecordParameters(const Config& config, Report& report) {
  const auto target = [&](const Ref& ref) {
    return ref.kind == RefKind::kTarget ? config.FindTarget(ref.name) : nullptr;
  };
  const auto is_fifo = [](const Ref& ref) { return ref.kind == RefKind::kQueue && ref.name.ends_with(".fifo"); };
  for (const Pipe& pipe : config.pipes) {
    const std::string ref = "pipe/" + pipe.name;
    CheckMessage(pipe.parameters, is_fifo(pipe.to), ref, report);
    CheckRequest(pipe.parameters, target(pipe.to), ref, report);
    if (pipe.enrichment) CheckRequest(pipe.enrichment->parameters, target(pipe.enrichment->with), ref, report);
  }
  for (const HttpRoute& route : config.routes)
    CheckMessage(route.parameters, is_fifo(route.to), "route/" + route.name, report);
  for (const Rule& rule : config.rules) {
    // A key of the rule is for those of `to` that have a use for it.
    const auto any = [&](const auto& fits) {
      return std::ranges::find_if(rule.to, [&](const RuleTarget& to) { return fits(to.ref); });
    };
    const auto fifo = any(is_fifo), http = any([&](const Ref&ref) { return target(ref) != nullptr; });
    for (const RuleTarget& to : rule.to) {
      CheckMessage(to.parameters, fifo != rule.to.end(), "rule/" + rule.name, report);
      const bool other = target(to.ref) == nullptr && http != rule.to.end();
      if (!other) CheckRequest(to.parameters, target(to.ref), "rule/" + rule.name, report);
    }
  }
}

}  // namespace millrace::config
