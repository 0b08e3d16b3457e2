// TableDescription: how CreateTable, DescribeTable, UpdateTable and DeleteTable tell what a table is.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
//
// Threads: pure functions; the counters are read as they are at the moment.
#pragma once

#include <string_view>

#include "api/dynamodb/reply.h"
#include "engine/catalogue.h"
#include "json/write.h"

namespace millrace::api::dynamodb {

enum class TableStatus { kCreating, kActive, kUpdating, kDeleting };

// `catalogue` knows the table's stream. A table that is being deleted is told without its keys and its creation.
// `member`: "Table" of DescribeTable, "TableDescription" of the others.
Reply RenderTable(std::string_view member, const engine::Table& table, const engine::Catalogue& catalogue,
                  TableStatus status);

// Seconds with three decimals, as AWS's JSON protocols write timestamps.
void AppendTimestamp(json::Writer& writer, std::int64_t ms);

// Keys of Table::echoed: members of CreateTable that are kept as JSON text.
namespace echo {
inline constexpr std::string_view kTags = "Tags";
inline constexpr std::string_view kSse = "SSESpecification";
inline constexpr std::string_view kOnDemandThroughput = "OnDemandThroughput";
inline constexpr std::string_view kWarmThroughput = "WarmThroughput";
inline constexpr std::string_view kResourcePolicy = "ResourcePolicy";
}  // namespace echo

}  // namespace millrace::api::dynamodb
