#include "api/sqs/batch.h"

#include <algorithm>
#include <set>

#include "aws/request_reader.h"

namespace millrace::api::sqs {
namespace {

constexpr std::size_t kEntriesMax = 10;
constexpr std::size_t kIdMax = 80;

bool IsId(std::string_view id) {
  return !id.empty() && id.size() <= kIdMax && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

}  // namespace

Result<std::vector<const json::Value*>> ReadEntries(const json::Value& request, std::string_view entry_name) {
  const json::Value* value = request.Find("Entries");
  std::vector<const json::Value*> entries;
  if (value != nullptr && !value->is_null()) {
    if (!value->is_array()) return aws::WrongJsonType(*value, "List");
    for (const json::Value& entry : value->array()) {
      if (!entry.is_object()) return aws::WrongJsonType(entry, "Structure");
      entries.push_back(&entry);
    }
  }
  if (entries.empty()) return Wrong(reason::kEmptyBatch, "There should be at least one {} in the request.", entry_name);
  if (entries.size() > kEntriesMax)
    return Wrong(reason::kTooManyEntries, "Maximum number of entries per request are 10. You have sent {}.",
                 entries.size());
  std::set<std::string_view> ids;
  for (const json::Value* entry : entries) {
    ASSIGN_OR_RETURN(const auto id, Text(*entry, "Id"));
    if (!id || !IsId(*id))
      return Wrong(reason::kInvalidBatchEntryId,
                   "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at "
                   "most 80 letters long.");
    if (!ids.insert(*id).second) return Wrong(reason::kIdsNotDistinct, "Id {} repeated.", *id);
  }
  return entries;
}

BatchAnswer::BatchAnswer(const std::vector<const json::Value*>& entries) : errors_(entries.size()) {
  for (const json::Value* entry : entries) ids_.emplace_back(entry->Find("Id")->string());
}

bool BatchAnswer::Any(bool failures) const {
  return std::ranges::any_of(errors_, [failures](const auto& error) { return error.has_value() == failures; });
}

void BatchAnswer::BeginList(json::Writer& out, std::string_view name, bool failures) const {
  if (!Any(failures)) return;
  out.Key(name);
  out.BeginArray();
}

void BatchAnswer::EndList(json::Writer& out, bool failures) const {
  if (Any(failures)) out.EndArray();
}

void BatchAnswer::WriteFailure(json::Writer& out, std::size_t index) const {
  const SqsError error = Describe(*errors_[index]);
  out.BeginObject();
  out.Key("Id");
  out.String(ids_[index]);
  out.Key("SenderFault");
  out.Bool(error.sender_fault);
  out.Key("Code");
  out.String(error.query_code);
  out.Key("Message");
  out.String(error.message);
  out.EndObject();
}

}  // namespace millrace::api::sqs
