// Table lays out rows in columns for a terminal of a hundred characters, and the small texts that stand in it.
//
// Threads:   externally synchronised.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> headings) : rows_{std::move(headings)} {}

  struct Extras {
    std::string note = {};   // on a line of its own below the row
    std::string color = {};  // an escape sequence for one cell; empty: none
    std::size_t colored_column = 0;
  };
  // One cell for each heading.
  void Add(std::vector<std::string> cells) { Add(std::move(cells), Extras()); }
  void Add(std::vector<std::string> cells, Extras extras);
  // Columns two spaces apart, as wide as their widest cell; numbers are flush right. No trailing spaces.
  std::string Render() const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<Extras> extras_ = {{}};
};

// "-" for nothing, "40ms", "2.5s", "12s", "3m12s", "2h05m", "3d04h".
std::string AgeText(double seconds);
// The first `width` characters (code points), with "…" for what is left out.
std::string Shortened(std::string_view text, std::size_t width);
// What could move a terminal's cursor becomes '?'.
std::string OneLine(std::string_view text);

}  // namespace millrace::cli
