// Limits of values and items, in one place. Source:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
#pragma once

#include <cstddef>

namespace millrace::model::limits {

inline constexpr std::size_t kItemBytesMax = 400 * 1024;
inline constexpr std::size_t kPartitionKeyBytesMax = 2048;
inline constexpr std::size_t kSortKeyBytesMax = 1024;
inline constexpr std::size_t kNestingMax = 32;  // refused at this many; 31 wrappers are accepted
inline constexpr std::size_t kAttributeNameBytesMax = 65535;
inline constexpr std::size_t kExpressionBytesMax = 4096;
inline constexpr std::size_t kExpressionOperatorsMax = 300;
inline constexpr std::size_t kPageBytesMax = 1024 * 1024;
inline constexpr std::size_t kBatchGetKeysMax = 100;
inline constexpr std::size_t kBatchGetBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kBatchWriteRequestsMax = 25;
inline constexpr std::size_t kTransactionActionsMax = 100;
inline constexpr std::size_t kTransactionBytesMax = 4 * 1024 * 1024;
inline constexpr std::size_t kRequestBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kGetRecordsMax = 1000;
inline constexpr std::size_t kGetRecordsBytesMax = 1024 * 1024;

}  // namespace millrace::model::limits
