// QueueAttributes are a queue's settings as SQS's API names and writes them: texts by name.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
//
// Threads: pure functions.
// Failure: InvalidArgument with reason::kInvalidAttributeName, kInvalidAttributeValue or kInvalidParameterValue.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/catalogue.h"
#include "engine/queues.h"
#include "json/value.h"

namespace millrace::api::sqs {

// The attributes of a request: a map of texts.
Result<std::map<std::string, std::string>> ReadTextMap(const json::Value& request, std::string_view member);

// Sets what is given. `catalogue`: where a dead-letter queue must be.
Status ApplyAttributes(const std::map<std::string, std::string>& given, const engine::Catalogue& catalogue,
                       engine::QueueSettings& settings);

// In the order that AWS gives them in. Empty texts are attributes that the queue does not have.
std::vector<std::pair<std::string, std::string>> RenderAttributes(const engine::Queue& queue,
                                                                  const engine::QueueCounts& counts);
// One attribute of the settings; empty if it has none.
std::string RenderSetting(const engine::QueueSettings& settings, std::string_view name);
bool IsAttribute(std::string_view name);

// Letters, digits, hyphens and underscores, at most 80, ".fifo" of a FIFO queue included.
Status CheckQueueName(std::string_view name, bool fifo);

}  // namespace millrace::api::sqs
