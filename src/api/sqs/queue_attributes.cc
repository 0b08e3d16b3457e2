#include "api/sqs/queue_attributes.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "api/sqs/errors.h"
#include "aws/request_reader.h"
#include "json/parse.h"

namespace millrace::api::sqs {
namespace {

using engine::QueueSettings;

constexpr std::size_t kNameMax = 80;
constexpr std::size_t kTextBytesMax = 64 << 10;  // of a policy
constexpr std::uint32_t kReceivesMax = 1000;

Error InvalidAttribute(std::string_view name) {
  return Wrong(reason::kInvalidAttributeValue, "Invalid value for the parameter {}.", name);
}

std::optional<std::int64_t> Number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<std::int64_t> Between(std::string_view name, std::string_view text, std::int64_t least, std::int64_t most) {
  const auto number = Number(text);
  if (!number || *number < least || *number > most) return InvalidAttribute(name);
  return *number;
}

Result<bool> Flag(std::string_view name, std::string_view text) {
  if (text != "true" && text != "false") return InvalidAttribute(name);
  return text == "true";
}

Status ApplyRedrive(const std::string& text, const engine::Catalogue& catalogue, QueueSettings& settings) {
  constexpr std::string_view kName = "RedrivePolicy";
  if (text.empty()) {
    settings.redrive.reset();
    settings.echoed.erase(std::string(kName));
    return Ok();
  }
  json::Document document;
  if (!document.Parse(text).ok() || !document.root().is_object())
    return InvalidValue(text, kName, "Redrive policy is not a valid JSON map.");
  const json::Value* arn = document.root().Find("deadLetterTargetArn");
  const json::Value* receives = document.root().Find("maxReceiveCount");
  if (arn == nullptr || !arn->is_string())
    return InvalidValue(text, kName, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  if (receives == nullptr)
    return InvalidValue(text, kName, "Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  const auto count = receives->is_number()   ? Number(receives->number())
                     : receives->is_string() ? Number(receives->string())
                                             : std::nullopt;
  if (!count || *count < 1 || *count > kReceivesMax)
    return InvalidValue(text, kName, "Invalid value for maxReceiveCount: it must be between 1 and 1000.");
  const auto target = catalogue.FindQueueByArn(arn->string());
  if (target == nullptr) return InvalidValue(text, kName, "Dead letter target does not exist.");
  if (target->settings.fifo != settings.fifo)
    return InvalidValue(text, kName, "Dead-letter queue must be same type of queue as the source.");
  settings.redrive = engine::RedrivePolicy{target->arn, static_cast<std::uint32_t>(*count)};
  settings.echoed[std::string(kName)] = text;
  return Ok();
}

// What is stored and told back, and has no effect here.
constexpr std::string_view kEchoed[] = {"Policy",
                                        "RedriveAllowPolicy",
                                        "KmsMasterKeyId",
                                        "KmsDataKeyReusePeriodSeconds",
                                        "SqsManagedSseEnabled",
                                        "FifoThroughputLimit"};
constexpr std::string_view kReadOnly[] = {"QueueArn",
                                          "ApproximateNumberOfMessages",
                                          "ApproximateNumberOfMessagesNotVisible",
                                          "ApproximateNumberOfMessagesDelayed",
                                          "CreatedTimestamp",
                                          "LastModifiedTimestamp"};
constexpr std::string_view kSettings[] = {"VisibilityTimeout",
                                          "MaximumMessageSize",
                                          "MessageRetentionPeriod",
                                          "DelaySeconds",
                                          "ReceiveMessageWaitTimeSeconds",
                                          "Policy",
                                          "RedrivePolicy",
                                          "RedriveAllowPolicy",
                                          "KmsMasterKeyId",
                                          "KmsDataKeyReusePeriodSeconds",
                                          "SqsManagedSseEnabled",
                                          "FifoQueue",
                                          "DeduplicationScope",
                                          "FifoThroughputLimit",
                                          "ContentBasedDeduplication"};

template <std::size_t N>
bool In(const std::string_view (&names)[N], std::string_view name) {
  return std::ranges::find(names, name) != std::end(names);
}

Status ApplyOne(const std::string& name, const std::string& text, const engine::Catalogue& catalogue,
                QueueSettings& settings) {
  using std::chrono::seconds;
  namespace limits = engine::queue_limits;
  if (name == "VisibilityTimeout") {
    ASSIGN_OR_RETURN(const auto number, Between(name, text, 0, limits::kVisibilityMax.count()));
    settings.visibility = seconds(number);
  } else if (name == "DelaySeconds") {
    ASSIGN_OR_RETURN(const auto number, Between(name, text, 0, limits::kDelayMax.count()));
    settings.delay = seconds(number);
  } else if (name == "MessageRetentionPeriod") {
    ASSIGN_OR_RETURN(const auto number,
                     Between(name, text, limits::kRetentionMin.count(), limits::kRetentionMax.count()));
    settings.retention = seconds(number);
  } else if (name == "MaximumMessageSize") {
    ASSIGN_OR_RETURN(const auto number, Between(name, text, 1024, static_cast<std::int64_t>(limits::kMessageBytesMax)));
    settings.message_bytes_max = static_cast<std::size_t>(number);
  } else if (name == "ReceiveMessageWaitTimeSeconds") {
    ASSIGN_OR_RETURN(const auto number, Between(name, text, 0, 20));
    settings.receive_wait = seconds(number);
  } else if (name == "RedrivePolicy") {
    TRY(ApplyRedrive(text, catalogue, settings));
  } else if (name == "ContentBasedDeduplication") {
    if (!settings.fifo) return Wrong(reason::kInvalidAttributeName, "Unknown Attribute {}.", name);
    ASSIGN_OR_RETURN(settings.content_deduplication, Flag(name, text));
  } else if (name == "DeduplicationScope") {
    if (!settings.fifo) return Wrong(reason::kInvalidAttributeName, "Unknown Attribute {}.", name);
    if (text != "queue" && text != "messageGroup") return InvalidAttribute(name);
    settings.deduplication_scope =
        text == "queue" ? engine::DeduplicationScope::kQueue : engine::DeduplicationScope::kMessageGroup;
  } else if (In(kEchoed, name)) {
    if (name == "FifoThroughputLimit") {
      if (!settings.fifo) return Wrong(reason::kInvalidAttributeName, "Unknown Attribute {}.", name);
      if (text != "perQueue" && text != "perMessageGroupId") return InvalidAttribute(name);
    }
    if (text.size() > kTextBytesMax) return InvalidAttribute(name);
    if (text.empty()) {
      settings.echoed.erase(name);
    } else {
      settings.echoed[name] = text;
    }
  } else if (name != "FifoQueue") {
    return Wrong(reason::kInvalidAttributeName, "Unknown Attribute {}.", name.substr(0, 256));
  }
  return Ok();
}

std::string Seconds(std::chrono::milliseconds time) {
  return std::to_string(time.count() / 1000);
}

std::string EchoedOr(const QueueSettings& settings, std::string_view name, std::string_view otherwise) {
  const auto found = settings.echoed.find(std::string(name));
  return found == settings.echoed.end() ? std::string(otherwise) : found->second;
}

}  // namespace

Result<std::map<std::string, std::string>> ReadTextMap(const json::Value& request, std::string_view member) {
  std::map<std::string, std::string> texts;
  const json::Value* value = request.Find(member);
  if (value == nullptr || value->is_null()) return texts;
  if (!value->is_object()) return aws::WrongJsonType(*value, "Structure");
  for (const json::Member& each : value->object()) {
    if (!each.value.is_string()) return aws::WrongJsonType(each.value, "String");
    texts[std::string(each.name)] = each.value.string();
  }
  return texts;
}

Status ApplyAttributes(const std::map<std::string, std::string>& given, const engine::Catalogue& catalogue,
                       QueueSettings& settings) {
  for (const auto& [name, text] : given) TRY(ApplyOne(name, text, catalogue, settings));
  return Ok();
}

std::string RenderSetting(const QueueSettings& settings, std::string_view name) {
  if (name == "VisibilityTimeout") return Seconds(settings.visibility);
  if (name == "MaximumMessageSize") return std::to_string(settings.message_bytes_max);
  if (name == "MessageRetentionPeriod") return Seconds(settings.retention);
  if (name == "DelaySeconds") return Seconds(settings.delay);
  if (name == "ReceiveMessageWaitTimeSeconds") return Seconds(settings.receive_wait);
  if (name == "SqsManagedSseEnabled")
    return EchoedOr(settings, name, settings.echoed.contains("KmsMasterKeyId") ? "false" : "true");
  if (name == "RedrivePolicy" && settings.redrive)
    return EchoedOr(settings, name,
                    fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":{}}})",
                                settings.redrive->dead_letter_arn, settings.redrive->max_receives));
  if (name == "KmsDataKeyReusePeriodSeconds" && settings.echoed.contains("KmsMasterKeyId"))
    return EchoedOr(settings, name, "300");
  if (name == "FifoQueue") return settings.fifo ? "true" : "";
  if (name == "ContentBasedDeduplication")
    return !settings.fifo ? "" : settings.content_deduplication ? "true" : "false";
  if (name == "DeduplicationScope")
    return !settings.fifo                                                       ? ""
           : settings.deduplication_scope == engine::DeduplicationScope::kQueue ? "queue"
                                                                                : "messageGroup";
  if (name == "FifoThroughputLimit") return settings.fifo ? EchoedOr(settings, name, "perQueue") : "";
  return EchoedOr(settings, name, "");
}

std::vector<std::pair<std::string, std::string>> RenderAttributes(const engine::Queue& queue,
                                                                  const engine::QueueCounts& counts) {
  std::vector<std::pair<std::string, std::string>> attributes = {
      {"QueueArn", queue.arn},
      {"ApproximateNumberOfMessages", std::to_string(counts.visible)},
      {"ApproximateNumberOfMessagesNotVisible", std::to_string(counts.in_flight)},
      {"ApproximateNumberOfMessagesDelayed", std::to_string(counts.delayed)},
      {"CreatedTimestamp", std::to_string(queue.created_ms / 1000)},
      {"LastModifiedTimestamp", std::to_string(queue.modified_ms / 1000)},
  };
  for (const std::string_view name : kSettings)
    attributes.emplace_back(std::string(name), RenderSetting(queue.settings, name));
  return attributes;
}

bool IsAttribute(std::string_view name) {
  return In(kReadOnly, name) || In(kSettings, name);
}

Status CheckQueueName(std::string_view name, bool fifo) {
  constexpr std::string_view kSuffix = ".fifo";
  std::string_view plain = name;
  if (fifo) {
    if (!plain.ends_with(kSuffix) || name.size() > kNameMax)
      return Wrong(reason::kInvalidParameterValue,
                   "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must "
                   "end with .fifo suffix and be 1 to 80 in length.");
    plain.remove_suffix(kSuffix.size());
  }
  const bool allowed = std::ranges::all_of(plain, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
  if (plain.empty() || plain.size() > kNameMax || !allowed)
    return Wrong(reason::kInvalidParameterValue,
                 "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  return Ok();
}

}  // namespace millrace::api::sqs
