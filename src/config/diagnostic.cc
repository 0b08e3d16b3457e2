#include "config/diagnostic.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "config/source_text.h"
#include "json/write.h"

namespace millrace::config {
namespace {

struct CodeRow {
  std::string_view code;
  std::string_view title;
};
constexpr std::array kCodes{
    CodeRow{code::kFile, "the file cannot be read"},
    CodeRow{code::kSyntax, "the file is not YAML"},
    CodeRow{code::kDuplicateKey, "a key stands twice in one mapping"},
    CodeRow{code::kTooBig, "the file is too big, too deep or multiplies itself"},
    CodeRow{code::kYamlFeature, "a part of YAML that configurations do not use"},
    CodeRow{code::kUnknownKey, "a key that does not exist there"},
    CodeRow{code::kMissingKey, "a key that must be there is missing"},
    CodeRow{code::kWrongType, "a value of the wrong type"},
    CodeRow{code::kBadValue, "a value that is not allowed"},
    CodeRow{code::kBadName, "a name with characters or a length that are not allowed"},
    CodeRow{code::kNotSupported, "a part of the configuration language that this version lacks"},
    CodeRow{code::kTooMany, "more than the limit"},
    CodeRow{code::kExactlyOne, "exactly one of several keys must be there"},
    CodeRow{code::kUnknownReference, "a reference to something that is not in the file"},
    CodeRow{code::kWrongKind, "a reference to a kind of thing that cannot stand there"},
    CodeRow{code::kBadPattern, "an event pattern that is not valid"},
    CodeRow{code::kBadSchema, "a JSON Schema that is not valid"},
    CodeRow{code::kStreamMissing, "a pipe reads a table whose stream does not carry what it needs"},
    CodeRow{code::kNeverMatches, "a pattern that nothing can ever match"},
    CodeRow{code::kBusWithoutInput, "a rule listens to a bus that no pipe sends to"},
    CodeRow{code::kTargetUnused, "a target that nothing sends to"},
};

constexpr auto kCodeNames = [] {
  std::array<std::string_view, kCodes.size()> names;
  for (std::size_t i = 0; i < kCodes.size(); ++i) names[i] = kCodes[i].code;
  return names;
}();

constexpr std::size_t kLineColumnsMax = 160;
constexpr std::size_t kQuotedMax = 100;

struct Paint {
  std::string_view strong, quiet, plain;
};
Paint PaintFor(Level level, bool color) {
  if (!color) return {};
  return {level == Level::kError ? "\x1b[1;31m" : "\x1b[1;33m", "\x1b[34m", "\x1b[0m"};
}

// Code points [first, first + count) of a line. Tabs become single spaces, so that the marks below stay in place.
std::string Columns(std::string_view line, std::size_t first, std::size_t count) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const bool starts = (static_cast<unsigned char>(line[at]) & 0xc0) != 0x80;
    if (starts) ++column;
    if (column > first + count) break;
    if (column > first) out.push_back(line[at] == '\t' ? ' ' : line[at]);
  }
  return out;
}

// The line with the part underlined; of a long line, only the surroundings.
std::string Excerpt(const Diagnostic& d, std::string_view line, const Paint& paint) {
  const std::string number = std::to_string(d.span.line);
  const std::string gutter(number.size(), ' ');
  std::size_t col = d.span.col - 1;
  std::size_t first = 0;
  std::string lead;
  if (CodePoints(line) > kLineColumnsMax && col > kLineColumnsMax / 2) {
    first = col - kLineColumnsMax / 2;
    lead = "...";
  }
  const std::string shown = lead + Columns(line, first, kLineColumnsMax);
  col = col - first + lead.size();
  const std::size_t room = CodePoints(shown) > col ? CodePoints(shown) - col : 1;
  const std::size_t width = std::clamp<std::size_t>(d.span.end_col - d.span.col, 1, room);
  std::string out;
  out += fmt::format("{}{} |{}\n", paint.quiet, gutter, paint.plain);
  out += fmt::format("{}{} |{} {}\n", paint.quiet, number, paint.plain, shown);
  out += fmt::format("{}{} |{} {}{}{}{}\n", paint.quiet, gutter, paint.plain, std::string(col, ' '), paint.strong,
                     std::string(width, '^'), paint.plain);
  return out;
}

}  // namespace

std::string_view CodeTitle(std::string_view code) {
  for (const CodeRow& row : kCodes)
    if (row.code == code) return row.title;
  return {};
}

std::span<const std::string_view> AllCodes() {
  return kCodeNames;
}

bool HasErrors(std::span<const Diagnostic> diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const auto& d) { return d.level == Level::kError; });
}

std::string RenderText(const Diagnostic& d, std::string_view text, bool color) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const Paint paint = PaintFor(d.level, color);
  const std::string_view level = d.level == Level::kError ? "error" : "warning";
  std::string out = fmt::format("{}{}[{}]{}: {}\n", paint.strong, level, d.code, paint.plain, d.message);
  std::string gutter = "  ";
  if (d.span.line == 0) {
    out += fmt::format("  {}-->{} {}\n", paint.quiet, paint.plain, d.file);
  } else {
    gutter = std::string(std::to_string(d.span.line).size() + 1, ' ');
    out += fmt::format("  {}-->{} {}:{}:{}\n", paint.quiet, paint.plain, d.file, d.span.line, d.span.col);
    const std::string_view line = SourceText(text).Line(d.span.line);
    // Nothing that a terminal would obey is echoed from a file that was refused for it.
    if (!d.conceal && FindInvalidUtf8(line) == std::string_view::npos &&
        FindUnprintable(line) == std::string_view::npos)
      out += Excerpt(d, line, paint);
  }
  for (const auto& [name, value] : {std::pair("why", &d.why), std::pair("fix", &d.fix)})
    if (!value->empty()) out += fmt::format("{}{}= {}:{} {}\n", gutter, paint.quiet, name, paint.plain, *value);
  return out;
}

std::string RenderJson(const Diagnostic& d) {
  std::string out;
  json::Writer writer(&out);
  const auto text = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    writer.Key(name);
    writer.String(value);
  };
  const auto number = [&](std::string_view name, std::uint32_t value) {
    writer.Key(name);
    writer.Unsigned(value);
  };
  writer.BeginObject();
  text("code", d.code);
  text("level", d.level == Level::kError ? "error" : "warning");
  text("message", d.message);
  text("file", d.file);
  if (d.span.line > 0) {
    number("line", d.span.line);
    number("col", d.span.col);
    number("endLine", d.span.line);
    number("endCol", d.span.end_col);
  }
  text("ref", d.ref);
  text("why", d.why);
  text("fix", d.fix);
  writer.EndObject();
  return out;
}

std::string Quoted(std::string_view value) {
  const bool cut = value.size() > kQuotedMax;
  value = value.substr(0, kQuotedMax);
  // Never end inside a character.
  while (cut && !value.empty() && FindInvalidUtf8(value) != std::string_view::npos) value.remove_suffix(1);
  std::string out = "\"";
  for (std::size_t at = 0; at < value.size(); ++at) {
    const auto c = static_cast<unsigned char>(value[at]);
    const auto next = at + 1 < value.size() ? static_cast<unsigned char>(value[at + 1]) : 0;
    if (c < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", c);
    } else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
      out += fmt::format("\\x{:02x}", next);
      ++at;
    } else {
      out.push_back(static_cast<char>(c));
    }
  }
  return out + (cut ? "…\"" : "\"");
}

}  // namespace millrace::config
