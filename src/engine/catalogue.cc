#include "engine/catalogue.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace millrace::engine {
namespace {

// Leading digit 1 and 20 more: every u64 has the same length, so text order is numeric order.
constexpr std::size_t kSequenceDigits = 21;

}  // namespace

const Shard* Log::FindShard(std::string_view shard_id) const {
  for (const Shard& shard : shards)
    if (shard.id == shard_id) return &shard;
  return nullptr;
}

const Shard& Log::ShardFor(std::uint16_t hash) const {
  for (const Shard& shard : shards)
    if (shard.open() && shard.hash_low <= hash && hash <= shard.hash_high) return shard;
  CheckFailed(__FILE__, __LINE__, "an open shard covers every hash", arn);
}

std::shared_ptr<const Table> Catalogue::FindTable(ScopeId scope, std::string_view name) const {
  const auto found = tables_by_name_.find({scope, std::string(name)});
  return found == tables_by_name_.end() ? nullptr : FindTable(found->second);
}

std::shared_ptr<const Table> Catalogue::FindTable(TableId id) const {
  const auto found = tables_.find(id);
  return found == tables_.end() ? nullptr : found->second;
}

std::shared_ptr<const Log> Catalogue::FindLog(LogId id) const {
  const auto found = logs_.find(id);
  return found == logs_.end() ? nullptr : found->second;
}

std::shared_ptr<const Log> Catalogue::FindLogByArn(std::string_view arn) const {
  for (const auto& [id, log] : logs_)
    if (log->arn == arn) return log;
  return nullptr;
}

std::shared_ptr<const Log> Catalogue::FindBus(ScopeId scope, std::string_view name) const {
  for (const auto& [id, log] : logs_)
    if (log->kind == LogKind::kBus && log->scope == scope && log->name == name) return log;
  return nullptr;
}

std::shared_ptr<const Queue> Catalogue::FindQueue(QueueId id) const {
  const auto found = queues_.find(id);
  return found == queues_.end() ? nullptr : found->second;
}

std::shared_ptr<const Queue> Catalogue::FindQueue(ScopeId scope, std::string_view name) const {
  const auto found = queues_by_name_.find({scope, std::string(name)});
  return found == queues_by_name_.end() ? nullptr : FindQueue(found->second);
}

std::shared_ptr<const Queue> Catalogue::FindQueueByArn(std::string_view arn) const {
  const auto found = queues_by_arn_.find(arn);
  return found == queues_by_arn_.end() ? nullptr : FindQueue(found->second);
}

std::vector<std::shared_ptr<const Queue>> Catalogue::Queues(ScopeId scope) const {
  std::vector<std::shared_ptr<const Queue>> result;
  for (auto it = queues_by_name_.lower_bound({scope, {}}); it != queues_by_name_.end() && it->first.first == scope;
       ++it)
    result.push_back(FindQueue(it->second));
  return result;
}

std::optional<ScopeId> Catalogue::FindScope(const Scope& scope) const {
  const auto found = scopes_.find(scope);
  return found == scopes_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::shared_ptr<const Table>> Catalogue::Tables(ScopeId scope) const {
  std::vector<std::shared_ptr<const Table>> result;
  for (auto it = tables_by_name_.lower_bound({scope, {}}); it != tables_by_name_.end() && it->first.first == scope;
       ++it)
    result.push_back(FindTable(it->second));
  return result;
}

std::vector<std::shared_ptr<const Log>> Catalogue::Streams(ScopeId scope, std::string_view table_name) const {
  std::vector<std::shared_ptr<const Log>> result;
  for (const auto& [id, log] : logs_)
    if (log->kind == LogKind::kStream && log->scope == scope && (table_name.empty() || log->name == table_name))
      result.push_back(log);
  std::ranges::sort(result, {}, [](const auto& log) -> const std::string& { return log->arn; });
  return result;
}

void Catalogue::SetTable(std::shared_ptr<const Table> table) {
  tables_by_name_[{table->scope, table->name}] = table->id;
  tables_[table->id] = std::move(table);
}

void Catalogue::EraseTable(TableId id) {
  const auto found = tables_.find(id);
  if (found == tables_.end()) return;
  tables_by_name_.erase({found->second->scope, found->second->name});
  tables_.erase(found);
}

void Catalogue::SetLog(std::shared_ptr<const Log> log) {
  logs_[log->id] = std::move(log);
}
void Catalogue::EraseLog(LogId id) {
  logs_.erase(id);
}

void Catalogue::SetQueue(std::shared_ptr<const Queue> queue) {
  queues_by_name_[{queue->scope, queue->name}] = queue->id;
  queues_by_arn_[queue->arn] = queue->id;
  queues_[queue->id] = std::move(queue);
}

void Catalogue::EraseQueue(QueueId id) {
  const auto found = queues_.find(id);
  if (found == queues_.end()) return;
  queues_by_name_.erase({found->second->scope, found->second->name});
  queues_by_arn_.erase(found->second->arn);
  queues_.erase(found);
}

std::string EventId(const Log& log, SequenceNumber sequence) {
  // A bijection of the sequence number, so two changes of one log never share an id; the other half tells logs apart.
  const auto mix = [](std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  };
  std::uint64_t name = 0xcbf29ce484222325ull;  // FNV-1a
  for (const char c : log.arn) name = (name ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return fmt::format("{:016x}{:016x}", mix(name ^ sequence.value()), mix(sequence.value()));
}

std::string FormatSequenceNumber(SequenceNumber sequence) {
  return fmt::format("1{:020}", sequence.value());
}

std::optional<SequenceNumber> ParseSequenceNumber(std::string_view text) {
  if (text.size() != kSequenceDigits || text.front() != '1') return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text.substr(1)) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (~std::uint64_t{0} - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return SequenceNumber(value);
}

}  // namespace millrace::engine
