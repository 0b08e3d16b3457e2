#include "targets/http/message.h"

#include <algorithm>

#include "http/digest.h"
#include "http/url.h"
#include "json/parse.h"
#include "targets/http/cloud_event.h"

namespace millrace::targets {
namespace {

constexpr std::size_t kUrlBytesMax = 16'384;
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kCloudEvent = "application/cloudevents+json; charset=utf-8";
constexpr std::string_view kCloudEventBatch = "application/cloudevents-batch+json; charset=utf-8";

std::string KeyOf(std::span<const flow::Record> batch, const std::vector<std::size_t>& sent) {
  if (sent.size() == 1) return batch[sent.front()].id;
  std::string ids;
  for (const std::size_t i : sent) ids.append(batch[i].id).push_back('\n');
  return "batch-" + http::Hex(std::string_view(http::Sha256(ids)).substr(0, 16));
}

Result<std::string> ElementOf(const flow::Record& record, HttpContent content) {
  if (content == HttpContent::kCloudEventsStructured) return ToStructuredCloudEvent(record.body);
  json::Document document;
  if (Status parsed = document.Parse(record.body, {.duplicate_names = json::DuplicateNames::kKeepAll}); !parsed.ok())
    return InvalidArgument("the body does not fit into a JSON array: {}", parsed.error().message());
  return record.body;
}

// `url` with a value for each "*" in its path.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_HttpParameters.html: PathParameterValues
Result<std::string> WithPath(std::string_view url, const std::vector<std::string>& values) {
  if (values.empty()) return std::string(url);
  const std::size_t path = url.find('/', url.find("//") + 2);
  std::string filled(url.substr(0, path));
  std::size_t used = 0;
  bool in_path = true;
  for (const char c : path == std::string_view::npos ? std::string_view() : url.substr(path)) {
    in_path = in_path && c != '?';
    if (c != '*' || !in_path) {
      filled.push_back(c);
      continue;
    }
    if (used == values.size()) break;
    const std::string& value = values[used++];
    // Another endpoint than the one that was meant: nothing of it may come from an event.
    if (value.empty() || value == "." || value == "..")
      return InvalidArgument("'{}' cannot be part {} of the URL's path", value, used);
    http::AppendPercentEncoded(filled, value);
  }
  const auto places = static_cast<std::size_t>(std::ranges::count(url.substr(0, url.find('?')), '*'));
  if (places != values.size())
    return InvalidArgument("there are {} values for the {} \"*\" in the URL's path", values.size(), places);
  return filled;
}

Status AddParameters(const flow::RecordParameters& parameters, std::string_view url, Message& message) {
  TRY(CheckRequestFields(parameters.headers, parameters.query));
  ASSIGN_OR_RETURN(message.url, WithPath(url, parameters.path));
  if (message.url.size() > kUrlBytesMax)
    return InvalidArgument("the URL has {} bytes; at most {} are allowed", message.url.size(), kUrlBytesMax);
  message.url = http::WithQuery(message.url, parameters.query);
  for (const auto& [name, value] : parameters.headers) {
    if (http::EqualsIgnoreCase(name, "Content-Type")) {
      message.content_type = value;
    } else {
      message.headers.Set(name, value);
    }
  }
  return Ok();
}

void Reject(Message& message, std::size_t index, const flow::Record& record, const Error& why) {
  message.entries[index] = flow::EntryOutcome::kReject;
  if (!message.error) message.error = why.WithContext("record " + record.id);
}

void ComposeOne(const flow::Record& record, HttpContent content, std::string_view url, Message& message) {
  switch (content) {
    case HttpContent::kJson:
      message.content_type = kJson;
      message.body = record.body;
      break;
    case HttpContent::kCloudEventsStructured: {
      Result<std::string> event = ToStructuredCloudEvent(record.body);
      if (!event.ok()) return Reject(message, 0, record, event.error());
      message.content_type = kCloudEvent;
      message.body = *std::move(event);
      break;
    }
    case HttpContent::kCloudEventsBinary: {
      Result<BinaryCloudEvent> event = ToBinaryCloudEvent(record.body);
      if (!event.ok()) return Reject(message, 0, record, event.error());
      message.content_type = std::move(event->content_type);
      message.headers = std::move(event->headers);
      message.body = std::move(event->body);
      break;
    }
  }
  if (record.parameters != nullptr) {
    if (const Status added = AddParameters(*record.parameters, url, message); !added.ok())
      return Reject(message, 0, record, added.error());
  }
  message.sent.push_back(0);
}

void ComposeArray(std::span<const flow::Record> batch, const HttpTargetOptions& options, Message& message) {
  message.content_type = options.content == HttpContent::kJson ? kJson : kCloudEventBatch;
  std::size_t bytes = 2;
  for (const flow::Record& record : batch) bytes += record.body.size() + 1;
  message.body.reserve(bytes);
  message.body.push_back('[');
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Result<std::string> element = ElementOf(batch[i], options.content);
    if (!element.ok()) {
      Reject(message, i, batch[i], element.error());
      if (options.batch_kind == flow::BatchKind::kPrefix) break;
      continue;
    }
    if (!message.sent.empty()) message.body.push_back(',');
    message.body.append(*element);
    message.sent.push_back(i);
  }
  message.body.push_back(']');
}

}  // namespace

Message Compose(std::span<const flow::Record> batch, const HttpTargetOptions& options, std::string_view url) {
  Message message;
  message.entries.assign(batch.size(), flow::EntryOutcome::kRetry);
  if (options.batch_records_max > 1) {
    ComposeArray(batch, options, message);
  } else {
    ComposeOne(batch.front(), options.content, url, message);
  }
  if (message.sent.empty()) return message;
  message.idempotency_key = KeyOf(batch, message.sent);
  if (!HasBody(options.method)) {
    message.body.clear();
    message.content_type.clear();
  }
  return message;
}

}  // namespace millrace::targets
