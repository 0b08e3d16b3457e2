// Diagnostic says what is wrong in a configuration file, where, why, and how to mend it.
//
// Codes: E1xxx the file and its keys, E2xxx the flow of data, W the same as warnings. docs/reference/errors.md is made
// from the table behind CodeTitle.
//
// Threads:   plain values and pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::config {

// A place in the file: 1-based, columns counted in code points, `end_col` one past the last. line 0: the file as a
// whole.
struct Span {
  std::uint32_t line = 0;
  std::uint32_t col = 0;
  std::uint32_t end_col = 0;
  bool operator==(const Span&) const = default;
};

enum class Level : std::uint8_t { kError, kWarning };

struct Diagnostic {
  std::string_view code;  // one of the constants below
  Level level = Level::kError;
  std::string message;  // one line, without the place
  std::string file;
  Span span;
  std::string ref;       // "rule/phone-changed", or empty
  std::string why;       // may be empty
  std::string fix;       // may be empty
  bool conceal = false;  // the line is not to be shown: it may hold a secret
};

namespace code {
inline constexpr std::string_view kFile = "E1001";
inline constexpr std::string_view kSyntax = "E1002";
inline constexpr std::string_view kDuplicateKey = "E1003";
inline constexpr std::string_view kTooBig = "E1004";
inline constexpr std::string_view kYamlFeature = "E1005";
inline constexpr std::string_view kUnknownKey = "E1101";
inline constexpr std::string_view kMissingKey = "E1102";
inline constexpr std::string_view kWrongType = "E1103";
inline constexpr std::string_view kBadValue = "E1104";
inline constexpr std::string_view kBadName = "E1105";
inline constexpr std::string_view kNotSupported = "E1106";
inline constexpr std::string_view kTooMany = "E1107";
inline constexpr std::string_view kExactlyOne = "E1108";
inline constexpr std::string_view kUnknownReference = "E1201";
inline constexpr std::string_view kWrongKind = "E1202";
inline constexpr std::string_view kBadPattern = "E1301";
inline constexpr std::string_view kBadSchema = "E1302";
inline constexpr std::string_view kStreamMissing = "E2101";
inline constexpr std::string_view kNeverMatches = "E2201";
inline constexpr std::string_view kBusWithoutInput = "W2202";
inline constexpr std::string_view kTargetUnused = "W2203";
}  // namespace code

// What a code is about, in a few words; empty for a code that does not exist.
std::string_view CodeTitle(std::string_view code);
// All codes, in order.
std::span<const std::string_view> AllCodes();

bool HasErrors(std::span<const Diagnostic> diagnostics);

// As a person reads it: the summary, the place, the line with the part underlined, why and how to mend it.
// `text` is the file's contents. Ends with a newline.
std::string RenderText(const Diagnostic& diagnostic, std::string_view text, bool color);
// One JSON object: code, level, message, file, line, col, endLine, endCol, ref, why, fix. Absent parts are left out.
std::string RenderJson(const Diagnostic& diagnostic);

// `value` in double quotes for a message: control characters escaped, long values cut.
std::string Quoted(std::string_view value);

}  // namespace millrace::config
