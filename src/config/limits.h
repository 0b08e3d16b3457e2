// Limits of a configuration file, in one place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace millrace::config::limits {

inline constexpr std::size_t kFileBytesMax = 1024 * 1024;
inline constexpr std::size_t kNestingMax = 64;
inline constexpr std::size_t kNodesMax = 200'000;              // after aliases are expanded
inline constexpr std::size_t kTextBytesMax = 4 * 1024 * 1024;  // the same, all scalars together
inline constexpr std::size_t kDiagnosticsMax = 50;
inline constexpr std::size_t kResourcesMax = 1000;  // of each kind but rules
inline constexpr std::size_t kRulesMax = 10'000;
inline constexpr std::uint32_t kParallelMax = 1000;
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html: targets per rule
inline constexpr std::size_t kTargetsPerRuleMax = 5;
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-filtering.html: five patterns of a pipe
inline constexpr std::size_t kPatternsPerPipeMax = 5;
inline constexpr std::size_t kUrlMax = 8192;
inline constexpr std::size_t kHttpFieldsMax = 100;  // headers, query parameters, form fields: each
inline constexpr std::size_t kHttpFieldNameMax = 512;
inline constexpr std::size_t kHttpFieldValueMax = 4096;
inline constexpr std::size_t kSigningSecretsMax = 4;
inline constexpr std::size_t kTextMax = 4096;  // one text value
inline constexpr std::uint32_t kShardsMax = 256;

}  // namespace millrace::config::limits
