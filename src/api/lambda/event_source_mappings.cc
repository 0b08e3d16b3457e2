#include "api/lambda/event_source_mappings.h"

#include <array>
#include <charconv>

#include "base/log.h"
#include "json/parse.h"
#include "json/write.h"

namespace millrace::api::lambda {
namespace {

constexpr std::string_view kPrefix = "lambda/mapping/";
constexpr std::size_t kRowsPerScan = 256;
constexpr std::int64_t kFormatVersion = 1;

// The members, once for both directions.
struct TextMember {
  std::string_view name;
  std::string EventSourceMapping::*member;
};
struct NumberMember {
  std::string_view name;
  std::int64_t EventSourceMapping::*member;
};
struct FlagMember {
  std::string_view name;
  bool EventSourceMapping::*member;
};
using M = EventSourceMapping;
constexpr std::array kTexts = {
    TextMember{"uuid", &M::uuid},
    TextMember{"account", &M::account},
    TextMember{"region", &M::region},
    TextMember{"source", &M::source_arn},
    TextMember{"function", &M::function},
    TextMember{"qualifier", &M::qualifier},
    TextMember{"run", &M::run_as},
    TextMember{"arn", &M::function_arn},
    TextMember{"start", &M::starting_position},
    TextMember{"failure", &M::on_failure},
};
constexpr std::array kNumbers = {
    NumberMember{"batch", &M::batch_size},
    NumberMember{"window", &M::window_seconds},
    NumberMember{"parallel", &M::parallelization},
    NumberMember{"age", &M::record_age_seconds},
    NumberMember{"retries", &M::retries},
    NumberMember{"tumbling", &M::tumbling_seconds},
    NumberMember{"concurrency", &M::maximum_concurrency},
    NumberMember{"modified", &M::modified_ms},
};
constexpr std::array kFlags = {
    FlagMember{"enabled", &M::enabled},
    FlagMember{"bisect", &M::bisect},
    FlagMember{"report", &M::report_failures},
};

std::optional<std::int64_t> Integer(const json::Value* value) {
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const std::string_view digits = value->number();
  std::int64_t number = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc()) return std::nullopt;
  return number;
}

}  // namespace

std::string EncodeMapping(const EventSourceMapping& mapping) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject();
  writer.Key("format");
  writer.Integer(kFormatVersion);
  for (const TextMember& member : kTexts) {
    writer.Key(member.name);
    writer.String(mapping.*member.member);
  }
  for (const NumberMember& member : kNumbers) {
    writer.Key(member.name);
    writer.Integer(mapping.*member.member);
  }
  for (const FlagMember& member : kFlags) {
    writer.Key(member.name);
    writer.Bool(mapping.*member.member);
  }
  writer.Key("filters");
  writer.BeginArray();
  for (const std::string& filter : mapping.filters) writer.String(filter);
  writer.EndArray();
  writer.EndObject();
  return text;
}

Result<EventSourceMapping> DecodeMapping(std::string_view text) {
  json::Document document;
  if (Status parsed = document.Parse(text); !parsed.ok())
    return Err(ErrorCode::kCorruption, {}, "the row of a mapping is damaged: {}", parsed.error().message());
  const json::Value& root = document.root();
  const auto format = Integer(root.Find("format"));
  if (!format) return Err(ErrorCode::kCorruption, {}, "the row of a mapping is damaged");
  if (*format > kFormatVersion)
    return Err(ErrorCode::kUnimplemented, {}, "the row of a mapping is of format {}, which this program does not know",
               *format);
  EventSourceMapping mapping;
  for (const TextMember& member : kTexts)
    if (const json::Value* value = root.Find(member.name); value != nullptr && value->is_string())
      mapping.*member.member = value->string();
  for (const NumberMember& member : kNumbers)
    if (const auto number = Integer(root.Find(member.name))) mapping.*member.member = *number;
  for (const FlagMember& member : kFlags)
    if (const json::Value* value = root.Find(member.name); value != nullptr && value->is_bool())
      mapping.*member.member = value->boolean();
  if (const json::Value* filters = root.Find("filters"); filters != nullptr && filters->is_array())
    for (const json::Value& filter : filters->array())
      if (filter.is_string()) mapping.filters.emplace_back(filter.string());
  if (mapping.uuid.empty()) return Err(ErrorCode::kCorruption, {}, "the row of a mapping has no id");
  return mapping;
}

std::string Mappings::RowKey(const EventSourceMapping& mapping) {
  return fmt::format("{}{}/{}/{}", kPrefix, mapping.account, mapping.region, mapping.uuid);
}

Status Mappings::Load() {
  std::string after(kPrefix);
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<flow::StateRow> rows, store_.Scan(kPrefix, after, kRowsPerScan));
    if (rows.empty()) return Ok();
    for (const flow::StateRow& row : rows) {
      ASSIGN_OR_RETURN(EventSourceMapping mapping, DecodeMapping(row.value.value_or("")));
      if (sources_ != nullptr)
        if (Status put = sources_->Put(mapping); !put.ok())
          log::Warn("the event source mapping {} does not run: {}", mapping.uuid, put.error().message());
      std::lock_guard lock(mutex_);
      const std::string uuid = mapping.uuid;
      mappings_[uuid] = std::make_shared<const EventSourceMapping>(std::move(mapping));
    }
    after = rows.back().key;
  }
}

MappingPtr Mappings::Find(std::string_view account, std::string_view region, std::string_view uuid) const {
  std::lock_guard lock(mutex_);
  const auto found = mappings_.find(uuid);
  if (found == mappings_.end() || found->second->account != account || found->second->region != region) return nullptr;
  return found->second;
}

std::vector<MappingPtr> Mappings::List(std::string_view account, std::string_view region) const {
  std::lock_guard lock(mutex_);
  std::vector<MappingPtr> found;
  for (const auto& [uuid, mapping] : mappings_)
    if (mapping->account == account && mapping->region == region) found.push_back(mapping);
  return found;
}

Status Mappings::Put(EventSourceMapping mapping) {
  if (sources_ == nullptr)
    return InvalidArgument("Event source mappings are not available: this server has no event sources");
  TRY(sources_->Check(mapping));
  const MappingPtr before = Find(mapping.account, mapping.region, mapping.uuid);
  TRY(Store(mapping.uuid, RowKey(mapping), std::make_shared<const EventSourceMapping>(mapping)));
  const Status put = sources_->Put(mapping);
  if (put.ok()) return Ok();
  // It is as it was.
  if (before != nullptr) {
    if (Status again = sources_->Put(*before); !again.ok())
      log::Warn("the event source mapping {} does not run: {}", before->uuid, again.error().message());
  }
  TRY(Store(mapping.uuid, RowKey(mapping), before));
  return put;
}

Status Mappings::Store(const std::string& uuid, std::string key, const MappingPtr& mapping) {
  std::optional<std::string> value;
  if (mapping != nullptr) value = EncodeMapping(*mapping);
  TRY(flow::WriteAndWait(store_, {{std::move(key), std::move(value)}}));
  std::lock_guard lock(mutex_);
  if (mapping != nullptr) {
    mappings_[uuid] = mapping;
  } else {
    mappings_.erase(uuid);
  }
  return Ok();
}

Status Mappings::Remove(const EventSourceMapping& mapping) {
  TRY(Store(mapping.uuid, RowKey(mapping), nullptr));
  return sources_ != nullptr ? sources_->Remove(mapping) : Ok();
}

std::string Mappings::LastResult(std::string_view uuid) const {
  std::string result = sources_ != nullptr ? sources_->LastResult(uuid) : std::string();
  return result.empty() ? "No records processed" : result;
}

}  // namespace millrace::api::lambda
