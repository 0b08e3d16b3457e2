// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "api/dynamodb/items.h"
#include "api/dynamodb/operations.h"
#include "api/dynamodb/page.h"

namespace millrace::api::dynamodb {
namespace {

using expr::ExpressionKind;

constexpr std::array kKinds = {ExpressionKind::kProjection, ExpressionKind::kFilter};
constexpr std::array<std::string_view, 3> kLegacy = {"AttributesToGet", "ScanFilter", "ConditionalOperator"};
constexpr std::int64_t kSegmentsMax = 1'000'000;

Status CheckSegments(std::optional<std::int64_t> segment, std::optional<std::int64_t> total) {
  if (!segment && !total) return Ok();
  if (!total)
    return InvalidArgument(
        "The TotalSegments parameter is required but was not present in the request when Segment parameter is present");
  if (!segment)
    return InvalidArgument(
        "The Segment parameter is required but was not present in the request when parameter TotalSegments is present");
  if (*segment >= *total)
    return InvalidArgument(
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {} is not less "
        "than TotalSegments: {}",
        *segment, *total);
  return Ok();
}

}  // namespace

Result<Reply> Scan(const Call& call) {
  aws::RequestReader reader(call.request);
  const PageMembers members = PageMembers::Read(reader);
  const auto segment = reader.Integer("Segment");
  const auto total_segments = reader.Integer("TotalSegments");
  TRY(reader.status());

  Constraints constraints;
  TRY(members.CheckInto(constraints));
  constraints.AtLeast(members.limit, "limit", 1);
  constraints.AtLeast(segment, "segment", 0);
  constraints.AtMost(segment, "segment", kSegmentsMax - 1);
  constraints.AtLeast(total_segments, "totalSegments", 1);
  constraints.AtMost(total_segments, "totalSegments", kSegmentsMax);
  TRY(constraints.Check());

  ASSIGN_OR_RETURN(
      Expressions expressions,
      Expressions::Read(reader, {.kinds = kKinds, .legacy = kLegacy, .value_errors = ValueErrors::kNamed}));
  std::optional<model::Item> start;
  if (members.start_key != nullptr) {
    auto parsed = ReadItem(*members.start_key);
    if (!parsed.ok() && parsed.error().reason().empty())
      return InvalidArgument("The provided starting key is invalid: {}", parsed.error().message());
    ASSIGN_OR_RETURN(start, std::move(parsed));
  }
  TRY(CheckSegments(segment, total_segments));

  PageRequest page;
  ASSIGN_OR_RETURN(page.filter, expressions.ParseCondition(ExpressionKind::kFilter));
  ASSIGN_OR_RETURN(page.projection, expressions.ParseProjection());
  TRY(expressions.CheckAllUsed());
  TRY(members.CheckSelect(page.projection.has_value()));

  ASSIGN_OR_RETURN(page.table, GetTable(call, *members.table));
  TRY(members.CheckIndex());
  page.range = engine::SegmentRange(*page.table, static_cast<std::uint32_t>(segment.value_or(0)),
                                    static_cast<std::uint32_t>(total_segments.value_or(1)));
  if (start) {
    ASSIGN_OR_RETURN(const model::ItemKey key, StartKey(page.table->schema, *start));
    std::string at = engine::ItemStoreKey(*page.table, key.bytes());
    if (at < page.range.lower || at >= page.range.upper) {
      return InvalidArgument(
          "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct "
          "Segment. TotalSegments: {} Segment: {}",
          total_segments.value_or(1), segment.value_or(0));
    }
    at.push_back('\0');
    page.range.lower = std::move(at);
  }
  return ReadPage(call, members, page);
}

}  // namespace millrace::api::dynamodb
