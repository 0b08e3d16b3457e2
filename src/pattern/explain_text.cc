#include <algorithm>
#include <string_view>

#include "pattern/explain.h"

namespace millrace::pattern {
namespace {

using Verdict = FieldExplanation::Verdict;
using Found = FieldExplanation::Found;

constexpr std::size_t kColumnMax = 40;

std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// With at least two spaces behind it.
std::string Padded(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(std::max(width, Width(text)) - Width(text) + 2, ' ');
}

std::string Joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

// What the event has at the path.
std::string Has(const FieldExplanation& field) {
  switch (field.found) {
    case Found::kNothing:
      return "absent";
    case Found::kEmptyArray:
      return "[] (no value)";
    case Found::kObject:
      return "{…} (no value)";
    case Found::kValues:
      break;
  }
  if (field.values.empty()) return "absent there";  // in the elements that other fields chose
  const std::size_t more = field.value_count - field.values.size();
  if (field.verdict != Verdict::kFailed) {
    return field.values[0] + (more > 0 ? fmt::format(" (one of {})", field.value_count) : "");
  }
  return Joined(field.values) + (more > 0 ? fmt::format(" and {} more", more) : "");
}

std::string_view Word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kMet:
      return "ok";
    case Verdict::kFailed:
      return "FAIL";
    case Verdict::kApart:
      break;
  }
  return "APART";
}

std::string_view LastName(std::string_view path) {
  return path.substr(path.rfind('.') + 1);
}

// "UpdatedFields" where only the last name differs, else the whole path.
std::string_view Meant(std::string_view path, std::string_view nearest) {
  const std::string_view last = LastName(path), found = LastName(nearest);
  return path.substr(0, path.size() - last.size()) == nearest.substr(0, nearest.size() - found.size()) ? found
                                                                                                       : nearest;
}

std::string Headline(const Explanation& explanation) {
  if (explanation.matches) return "match\n";
  if (!explanation.problem.empty()) return fmt::format("no match: {}\n", explanation.problem);
  const std::string count = fmt::format("{} of {} field{} failed", explanation.failed, explanation.fields.size(),
                                        explanation.fields.size() == 1 ? "" : "s");
  constexpr std::size_t kLine = 80;
  constexpr std::string_view kNo = "no match";
  const std::size_t gap = kLine > kNo.size() + count.size() ? kLine - kNo.size() - count.size() : 2;
  return fmt::format("{}{}{}\n", kNo, std::string(gap, ' '), count);
}

}  // namespace

std::string RenderText(const Explanation& explanation) {
  std::size_t path_width = 0, has_width = 0;
  for (const FieldExplanation& field : explanation.fields) {
    path_width = std::max(path_width, std::min(kColumnMax, Width(field.path)));
    has_width = std::max(has_width, std::min(kColumnMax, Width(Has(field))));
  }
  std::string out = Headline(explanation);
  for (const FieldExplanation& field : explanation.fields) {
    const bool met = field.verdict != Verdict::kFailed;
    std::string line = fmt::format("  {}{}{}", Padded(Word(field.verdict), 5), Padded(field.path, path_width),
                                   Padded(Has(field), has_width));
    if (!field.wants.empty()) line += fmt::format("{} {}", met ? "in" : "wants", field.wants);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
    if (!field.hint.empty()) out += fmt::format("         {}\n", field.hint);
    if (!field.nearest.empty()) {
      out += fmt::format("         the event has {} = {}  did you mean {}?\n", field.nearest, field.nearest_value,
                         Meant(field.path, field.nearest));
    }
  }
  if (!explanation.apart_in.empty()) {
    out += fmt::format("  Each field marked APART matches, but no one element of {} has them all.\n",
                       explanation.apart_in);
  } else if (std::any_of(explanation.fields.begin(), explanation.fields.end(),
                         [](const FieldExplanation& f) { return f.verdict == Verdict::kApart; })) {
    out += "  Each field marked APART matches, but not in the same elements of the event's arrays.\n";
  }
  if (explanation.combinations > 1) {
    out += fmt::format("  $or makes {} patterns of this one; {}.\n", explanation.combinations,
                       explanation.matches ? "this is the first that matches" : "this is the one that came nearest");
    for (const std::vector<std::string>& paths : explanation.others) {
      out += fmt::format("  Another fails at {}.\n", Joined(paths));
    }
  }
  return out;
}

}  // namespace millrace::pattern
