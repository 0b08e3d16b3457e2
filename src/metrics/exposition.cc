#include "metrics/exposition.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace millrace::metrics {
namespace {

bool IsName(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

enum class Quotes { kPlain, kEscaped };

void AppendEscaped(std::string& out, std::string_view text, Quotes quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes == Quotes::kEscaped) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

// Not within a character.
std::string_view Cut(std::string_view text) {
  if (text.size() <= kLabelBytesMax) return text;
  std::size_t size = kLabelBytesMax;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kCounter:
      return "counter";
    case Kind::kGauge:
      return "gauge";
    case Kind::kHistogram:
      return "histogram";
  }
  return "untyped";
}

// A duration in seconds, exactly: "0.00001", "2.5", "60".
std::string Seconds(Duration duration) {
  const auto whole = duration.count() / 1'000'000'000;
  std::string text = fmt::format("{}.{:09}", whole, duration.count() % 1'000'000'000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string Text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

}  // namespace

void Exposition::Begin(const Family& family) {
  CHECK(IsName(family.name), "a metric's name");
  CHECK(begun_.insert(family.name).second, "a family's samples stand together");
  CHECK((family.kind == Kind::kCounter) == family.name.ends_with("_total"), "counters, and only they, end in _total");
  name_ = family.name;
  kind_ = family.kind;
  text_ += fmt::format("# HELP {} ", name_);
  AppendEscaped(text_, family.help, Quotes::kPlain);
  text_ += fmt::format("\n# TYPE {} {}\n", name_, KindName(kind_));
}

void Exposition::Line(std::string_view suffix, const Labels& labels, std::string_view bound, std::string_view value) {
  text_ += name_;
  text_ += suffix;
  char separator = '{';
  const auto label = [&](std::string_view name, std::string_view content) {
    text_ += separator;
    separator = ',';
    text_ += name;
    text_ += "=\"";
    AppendEscaped(text_, Cut(content), Quotes::kEscaped);
    text_ += '"';
  };
  for (const auto& [name, content] : labels) {
    CHECK(IsName(name) && name != "le" && !name.starts_with("__"), "a label's name");
    label(name, content);
  }
  if (!bound.empty()) label("le", bound);
  if (separator == ',') text_ += '}';
  text_ += ' ';
  text_ += value;
  text_ += '\n';
}

void Exposition::Plain(const Labels& labels, std::string_view value) {
  CHECK(!name_.empty() && kind_ != Kind::kHistogram, "a family of another kind was begun");
  Line({}, labels, {}, value);
}

void Exposition::Sample(const Labels& labels, std::uint64_t value) {
  Plain(labels, std::to_string(value));
}
void Exposition::Sample(const Labels& labels, std::int64_t value) {
  Plain(labels, std::to_string(value));
}
void Exposition::Sample(const Labels& labels, double value) {
  Plain(labels, Text(value));
}

void Exposition::Sample(const Labels& labels, const Histogram::Snapshot& value) {
  CHECK(!name_.empty() && kind_ == Kind::kHistogram, "a family of another kind was begun");
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < Histogram::kBounds.size(); ++i) {
    count += value.counts[i];
    Line("_bucket", labels, Seconds(Histogram::kBounds[i]), std::to_string(count));
  }
  count += value.counts.back();
  Line("_bucket", labels, "+Inf", std::to_string(count));
  Line("_sum", labels, {}, Seconds(value.sum));
  Line("_count", labels, {}, std::to_string(count));
}

}  // namespace millrace::metrics
