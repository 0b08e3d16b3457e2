#include "flow/batch_response.h"

#include <algorithm>
#include <unordered_map>

#include "json/parse.h"

namespace millrace::flow {
namespace {

constexpr std::size_t kShownMax = 100;
constexpr std::uint32_t kDepthMax = 64;

WriteReport AllFailed(std::span<const Record> batch, std::string_view why) {
  return WriteReport::AllFailed(
      batch.size(), EntryOutcome::kRetry,
      Err(ErrorCode::kUnavailable, {}, "the whole batch of {} counts as failed: {}", batch.size(), why));
}

// What the consumer wrote goes into a message: cut short, without control characters.
std::string Shown(std::string_view identifier) {
  std::string shown(identifier.substr(0, kShownMax));
  while (shown.size() < identifier.size() && !shown.empty() && (static_cast<unsigned char>(shown.back()) & 0x80) != 0)
    shown.pop_back();
  for (char& c : shown)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return shown;
}

class NamedRecords {
 public:
  explicit NamedRecords(std::span<const Record> batch) : failed_(batch.size()) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      by_name_.emplace(batch[i].id, i);
      // Sibling shards may give the same number twice.
      if (batch[i].offset != batch[i].id) by_name_.emplace(batch[i].offset, i);
    }
  }

  // False if no record has this name.
  bool Fail(std::string_view name) {
    const auto [begin, end] = by_name_.equal_range(name);
    for (auto named = begin; named != end; ++named) failed_[named->second] = true;
    return begin != end;
  }

  const std::vector<bool>& failed() const { return failed_; }

 private:
  std::unordered_multimap<std::string_view, std::size_t> by_name_;
  std::vector<bool> failed_;
};

}  // namespace

WriteReport ReadBatchResponse(std::string_view text, std::span<const Record> batch, BatchKind kind) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return WriteReport::AllTaken(batch.size());
  json::Document document;
  if (Status parsed = document.Parse(text, {.depth_max = kDepthMax}); !parsed.ok())
    return AllFailed(batch, "the response is not JSON: " + parsed.error().message());
  const json::Value* failures = document.root().Find("batchItemFailures");
  if (failures == nullptr || failures->is_null()) return WriteReport::AllTaken(batch.size());
  if (!failures->is_array())
    return AllFailed(batch,
                     fmt::format("batchItemFailures is of type {}, not an array", json::TypeName(failures->type())));
  if (failures->array().empty()) return WriteReport::AllTaken(batch.size());

  NamedRecords records(batch);
  for (const json::Value& failure : failures->array()) {
    const json::Value* name = failure.Find("itemIdentifier");
    if (name == nullptr) return AllFailed(batch, "an entry of batchItemFailures has no itemIdentifier");
    if (!name->is_string() || name->string().empty())
      return AllFailed(batch, "an itemIdentifier is not a text, or an empty one");
    if (!records.Fail(name->string()))
      return AllFailed(batch, fmt::format("itemIdentifier '{}' names no record of it", Shown(name->string())));
  }

  WriteReport report = WriteReport::AllTaken(batch.size());
  std::size_t count = 0;
  std::size_t first = batch.size();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!records.failed()[i] && !(kind != BatchKind::kPerEntry && first < i)) continue;
    if (kind == BatchKind::kAtomic) return AllFailed(batch, "it is all or nothing, and the response names failures");
    first = std::min(first, i);
    report.entries[i] = EntryOutcome::kRetry;
    ++count;
  }
  report.error =
      Err(ErrorCode::kUnavailable, {}, "the response names failures: {} of {} records are not taken, first {}", count,
          batch.size(), batch[first].id);
  return report;
}

}  // namespace millrace::flow
