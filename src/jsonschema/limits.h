// Limits of schemas and of what is checked against them, in one place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace millrace::jsonschema::limits {

inline constexpr std::size_t kSchemaBytesMax = 256 * 1024;
inline constexpr std::uint32_t kSchemaNestingMax = 64;
inline constexpr std::size_t kSubschemasMax = 5'000;
// Subschemas that one value may have to be checked against, what is referred to counted each time.
inline constexpr std::size_t kSubschemasPerValueMax = 1'000;
inline constexpr std::size_t kSubschemaDepthMax = 16;  // of them in each other
inline constexpr std::size_t kPatternsMax = 200;
inline constexpr std::size_t kPatternBytesMax = 1024;
inline constexpr std::int64_t kPatternMemoryMax = 1 << 20;  // of one compiled pattern
inline constexpr std::size_t kMultipleDigitsMax = 18;       // of `multipleOf`
// Of a document to be checked. What an item of DynamoDB can hold has 32.
inline constexpr std::uint32_t kDocumentNestingMax = 64;
inline constexpr std::size_t kStepsMax = 10'000'000;     // looks at a value
inline constexpr std::size_t kStepsToFindMax = 100'000;  // to find the place of what is wrong
inline constexpr std::size_t kShownBytesMax = 60;        // of a value or a name in a message

}  // namespace millrace::jsonschema::limits
