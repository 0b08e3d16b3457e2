// The operations on queues themselves: CreateQueue, DeleteQueue, PurgeQueue, GetQueueUrl, ListQueues,
// ListDeadLetterSourceQueues, GetQueueAttributes, SetQueueAttributes, TagQueue, UntagQueue, ListQueueTags.
#include <algorithm>

#include "api/sqs/operations.h"
#include "api/sqs/purge_times.h"
#include "api/sqs/queue_attributes.h"
#include "json/write.h"
#include "model/base64.h"

namespace millrace::api::sqs {
namespace {

constexpr std::int64_t kPageMax = 1000;
constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kTagKeyMax = 128;
constexpr std::size_t kTagValueMax = 256;

std::string Object(std::string_view name, std::string_view text) {
  std::string body;
  json::Writer out(&body);
  out.BeginObject();
  out.Key(name);
  out.String(text);
  out.EndObject();
  return body;
}

Status CheckTags(const std::map<std::string, std::string>& tags) {
  if (tags.size() > kTagsMax)
    return Wrong(reason::kInvalidParameterValue, "Too many tags added for queue: at most 50.");
  for (const auto& [key, value] : tags)
    if (key.empty() || key.size() > kTagKeyMax || value.size() > kTagValueMax)
      return InvalidValue(key, "Tags", "A tag's key has 1 to 128 characters, its value at most 256.");
  return Ok();
}

// The same name again is no error if nothing that is asked for differs.
Result<std::string> Existing(const Call& call, const engine::Queue& queue,
                             const std::map<std::string, std::string>& attributes) {
  engine::QueueSettings wanted = queue.settings;
  TRY(ApplyAttributes(attributes, *call.engine.catalogue(), wanted));
  for (const auto& [name, text] : attributes) {
    if (RenderSetting(wanted, name) != RenderSetting(queue.settings, name))
      return Wrong(reason::kQueueNameExists,
                   "A queue already exists with the same name and a different value for attribute {}", name);
  }
  return Object("QueueUrl", call.UrlOf(queue));
}

// A page of queue URLs, by name.
Result<std::string> Page(const Call& call, std::vector<std::shared_ptr<const engine::Queue>> queues,
                         std::string_view member) {
  ASSIGN_OR_RETURN(const auto limit, Whole(call.request, "MaxResults"));
  ASSIGN_OR_RETURN(const auto token, Text(call.request, "NextToken"));
  if (limit && (*limit < 1 || *limit > kPageMax))
    return InvalidValue(std::to_string(*limit), "MaxResults", "MaxResults must be an integer between 1 and 1000.");
  auto first = queues.begin();
  if (token && !token->empty()) {
    const auto name = model::Base64Decode(*token);
    if (!name) return InvalidValue(*token, "NextToken", "Invalid token.");
    first = std::ranges::upper_bound(queues, *name, {}, [](const auto& queue) { return queue->name; });
  }
  const auto last = first + std::min<std::ptrdiff_t>(queues.end() - first, limit.value_or(kPageMax));
  std::string body;
  json::Writer out(&body);
  out.BeginObject();
  if (first != last) {
    out.Key(member);
    out.BeginArray();
    for (auto it = first; it != last; ++it) out.String(call.UrlOf(**it));
    out.EndArray();
  }
  if (last != queues.end() && limit) {
    out.Key("NextToken");
    out.String(model::Base64Encode((*std::prev(last))->name));
  }
  out.EndObject();
  return body;
}

std::vector<std::shared_ptr<const engine::Queue>> QueuesOf(const Call& call) {
  const auto catalogue = call.engine.catalogue();
  const auto scope = catalogue->FindScope(call.scope);
  if (!scope) return {};
  return catalogue->Queues(*scope);
}

}  // namespace

Result<std::string> CreateQueue(const Call& call) {
  ASSIGN_OR_RETURN(const std::string_view name, NeededText(call.request, "QueueName"));
  ASSIGN_OR_RETURN(const auto attributes, ReadTextMap(call.request, "Attributes"));
  ASSIGN_OR_RETURN(const auto tags, ReadTextMap(call.request, "tags"));
  engine::CreateQueueRequest request{.scope = call.scope, .name = std::string(name), .settings = {}};
  if (const auto fifo = attributes.find("FifoQueue"); fifo != attributes.end()) {
    if (fifo->second != "true")
      return Wrong(reason::kInvalidAttributeValue, "Unknown Attribute FifoQueue: it is true, or not given.");
    request.settings.fifo = true;
  }
  TRY(CheckQueueName(name, request.settings.fifo));
  TRY(CheckTags(tags));
  for (int attempt = 0;; ++attempt) {
    const auto catalogue = call.engine.catalogue();
    const auto scope = catalogue->FindScope(call.scope);
    if (const auto queue = scope ? catalogue->FindQueue(*scope, name) : nullptr)
      return Existing(call, *queue, attributes);
    TRY(ApplyAttributes(attributes, *catalogue, request.settings));
    request.settings.tags = tags;
    const auto made = call.engine.queues().Create(request);
    if (made.ok()) return Object("QueueUrl", call.UrlOf(**made));
    // Somebody else made it this moment.
    if (made.error().reason() != engine::reason::kQueueExists || attempt > 0) return made.error();
  }
}

Result<std::string> DeleteQueue(const Call& call) {
  ASSIGN_OR_RETURN(const auto queue, FindQueue(call));
  TRY(call.engine.queues().Remove(queue->id));
  return "{}";
}

Result<std::string> PurgeQueue(const Call& call) {
  ASSIGN_OR_RETURN(const auto queue, FindQueue(call));
  if (!call.purges.Begin(queue->id, call.now_ms))
    return Wrong(reason::kPurgeInProgress, "Only one PurgeQueue operation on {} is allowed every 60 seconds.",
                 queue->name);
  TRY(call.engine.queues().Purge(queue->id));
  return "{}";
}

Result<std::string> GetQueueUrl(const Call& call) {
  ASSIGN_OR_RETURN(const std::string_view name, NeededText(call.request, "QueueName"));
  ASSIGN_OR_RETURN(const auto owner, Text(call.request, "QueueOwnerAWSAccountId"));
  const auto catalogue = call.engine.catalogue();
  const auto scope = catalogue->FindScope({owner ? std::string(*owner) : call.scope.account, call.scope.region});
  const auto queue = scope ? catalogue->FindQueue(*scope, name) : nullptr;
  if (queue == nullptr) return Wrong(reason::kQueueDoesNotExist, "The specified queue does not exist.");
  return Object("QueueUrl", call.UrlOf(*queue));
}

Result<std::string> ListQueues(const Call& call) {
  ASSIGN_OR_RETURN(const auto prefix, Text(call.request, "QueueNamePrefix"));
  auto queues = QueuesOf(call);
  if (prefix) std::erase_if(queues, [&](const auto& queue) { return !queue->name.starts_with(*prefix); });
  return Page(call, std::move(queues), "QueueUrls");
}

Result<std::string> ListDeadLetterSourceQueues(const Call& call) {
  ASSIGN_OR_RETURN(const auto target, FindQueue(call));
  auto queues = QueuesOf(call);
  std::erase_if(queues, [&](const auto& queue) {
    return !queue->settings.redrive || queue->settings.redrive->dead_letter_arn != target->arn;
  });
  ASSIGN_OR_RETURN(std::string body, Page(call, queues, "queueUrls"));
  // The one list that is there even if it is empty.
  return queues.empty() ? R"({"queueUrls":[]})" : body;
}

Result<std::string> GetQueueAttributes(const Call& call) {
  ASSIGN_OR_RETURN(const auto queue, FindQueue(call));
  ASSIGN_OR_RETURN(const auto names, Texts(call.request, "AttributeNames"));
  bool all = false;
  for (const std::string_view name : names) {
    all |= name == "All";
    if (name != "All" && !IsAttribute(name))
      return Wrong(reason::kInvalidAttributeName, "Unknown Attribute {}.", name.substr(0, 256));
  }
  ASSIGN_OR_RETURN(const engine::QueueCounts counts, call.engine.queues().Counts(queue->id));
  std::string body;
  json::Writer out(&body);
  out.BeginObject();
  bool any = false;
  for (const auto& [name, text] : RenderAttributes(*queue, counts)) {
    if (text.empty() || (!all && std::ranges::find(names, name) == names.end())) continue;
    if (!std::exchange(any, true)) {
      out.Key("Attributes");
      out.BeginObject();
    }
    out.Key(name);
    out.String(text);
  }
  if (any) out.EndObject();
  out.EndObject();
  return body;
}

Result<std::string> SetQueueAttributes(const Call& call) {
  ASSIGN_OR_RETURN(const auto queue, FindQueue(call));
  ASSIGN_OR_RETURN(const auto attributes, ReadTextMap(call.request, "Attributes"));
  if (attributes.empty()) return Missing("Attribute.Name");
  if (const auto fifo = attributes.find("FifoQueue");
      fifo != attributes.end() && fifo->second != (queue->settings.fifo ? "true" : "false"))
    return Wrong(reason::kInvalidAttributeValue,
                 "Invalid value for the parameter FifoQueue. Reason: Modifying queue "
                 "type is not supported.");
  const auto catalogue = call.engine.catalogue();
  ASSIGN_OR_RETURN(const auto changed, call.engine.queues().Update(queue->id, [&](engine::QueueSettings& settings) {
    return ApplyAttributes(attributes, *catalogue, settings);
  }));
  return "{}";
}

Result<std::string> TagQueue(const Call& call) {
  ASSIGN_OR_RETURN(const auto queue, FindQueue(call));
  ASSIGN_OR_RETURN(const auto tags, ReadTextMap(call.request, "Tags"));
  if (tags.empty()) return Missing("Tags");
  ASSIGN_OR_RETURN(const auto changed,
                   call.engine.queues().Update(queue->id, [&](engine::QueueSettings& settings) -> Status {
                     auto all = settings.tags;
                     for (const auto& [key, value] : tags) all[key] = value;
                     TRY(CheckTags(all));
                     settings.tags = std::move(all);
                     return Ok();
                   }));
  return "{}";
}

Result<std::string> UntagQueue(const Call& call) {
  ASSIGN_OR_RETURN(const auto queue, FindQueue(call));
  ASSIGN_OR_RETURN(const auto keys, Texts(call.request, "TagKeys"));
  if (keys.empty()) return Missing("TagKeys");
  ASSIGN_OR_RETURN(const auto changed, call.engine.queues().Update(queue->id, [&](engine::QueueSettings& settings) {
    for (const std::string_view key : keys) settings.tags.erase(std::string(key));
    return Ok();
  }));
  return "{}";
}

Result<std::string> ListQueueTags(const Call& call) {
  ASSIGN_OR_RETURN(const auto queue, FindQueue(call));
  std::string body;
  json::Writer out(&body);
  out.BeginObject();
  if (!queue->settings.tags.empty()) {
    out.Key("Tags");
    out.BeginObject();
    for (const auto& [key, value] : queue->settings.tags) {
      out.Key(key);
      out.String(value);
    }
    out.EndObject();
  }
  out.EndObject();
  return body;
}

}  // namespace millrace::api::sqs
