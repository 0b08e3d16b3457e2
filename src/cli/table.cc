#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace millrace::cli {
namespace {

std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool IsNumber(std::string_view text) {
  // A time is none.
  return text == "-" || (!text.empty() && text[0] >= '0' && text[0] <= '9' && text.find(':') == std::string_view::npos);
}

}  // namespace

void Table::Add(std::vector<std::string> cells, Extras extras) {
  CHECK(cells.size() == rows_[0].size());
  rows_.push_back(std::move(cells));
  extras_.push_back(std::move(extras));
}

std::string Table::Render() const {
  const std::size_t columns = rows_[0].size();
  std::vector<std::size_t> widths(columns);
  std::vector<bool> right(columns, rows_.size() > 1);
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    for (std::size_t i = 0; i < columns; ++i) {
      widths[i] = std::max(widths[i], Width(rows_[row][i]));
      if (row > 0 && !IsNumber(rows_[row][i])) right[i] = false;
    }
  }
  right[0] = false;
  std::string out;
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    std::string line;
    for (std::size_t i = 0; i < columns; ++i) {
      const std::string& cell = rows_[row][i];
      const std::string padding(widths[i] - Width(cell), ' ');
      if (i > 0) line += "  ";
      const bool colored = !extras_[row].color.empty() && extras_[row].colored_column == i;
      const std::string shown = colored ? extras_[row].color + cell + "\x1b[0m" : cell;
      line += right[i] ? padding + shown : shown + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
    if (!extras_[row].note.empty()) out += "    " + extras_[row].note + '\n';
  }
  return out;
}

std::string AgeText(double seconds) {
  if (seconds <= 0) return "-";
  if (seconds < 1) return fmt::format("{}ms", static_cast<int>(std::ceil(seconds * 1000)));
  if (seconds < 10) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  if (whole < 86'400) return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
  return fmt::format("{}d{:02}h", whole / 86'400, whole / 3600 % 24);
}

std::string Shortened(std::string_view text, std::size_t width) {
  if (Width(text) <= width) return std::string(text);
  std::string out;
  std::size_t taken = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80 && ++taken >= width) break;
    out += c;
  }
  return out + "…";
}

std::string OneLine(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = c == '\n' || c == '\t' ? ' ' : '?';
  return out;
}

}  // namespace millrace::cli
