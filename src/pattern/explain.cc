#include "pattern/explain.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/nearest.h"
#include "json/write.h"
#include "pattern/element_search.h"
#include "pattern/event_fields.h"
#include "pattern/nearest_path.h"

namespace millrace::pattern {
namespace {

using Verdict = FieldExplanation::Verdict;
using Found = FieldExplanation::Found;

constexpr std::size_t kValuesShown = 3;
constexpr std::size_t kValueBytesShown = 80;
constexpr std::size_t kOthersShown = 5;
// Explaining asks more than matching does.
constexpr std::size_t kStepsMax = 4 * limits::kMatchStepsMax;
constexpr std::size_t kPairsOf = 32;  // of more fields, it is not said which two exclude each other

// Cut between characters.
std::string Cut(std::string text) {
  if (text.size() <= kValueBytesShown) return text;
  std::size_t end = kValueBytesShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text + "…";
}

std::string Shown(const json::Value& value) {
  std::string text;
  json::AppendValue(text, value);
  return Cut(std::move(text));
}

bool HoldsText(const std::vector<std::string>& sorted, std::string_view text) {
  return std::binary_search(sorted.begin(), sorted.end(), text);
}

std::string_view TypeWord(const json::Value& value) {
  return value.is_number() ? "a number" : value.is_bool() ? "a boolean" : value.is_null() ? "null" : "text";
}

// What a value lacks of being an exact value of the condition.
std::string HintFor(const Condition& condition, const json::Value& value) {
  if (!value.is_string()) {
    std::string text;
    json::AppendValue(text, value);
    if (HoldsText(condition.strings, text)) {
      return fmt::format("the event has {}, the pattern wants text: \"{}\"", TypeWord(value), text);
    }
    return {};
  }
  const std::string_view text = value.string();
  if (HoldsText(condition.literals, text)) return fmt::format("the event has text, the pattern wants {}", text);
  for (const std::string& wanted : condition.strings) {
    if (wanted.size() == text.size() && EditDistance(wanted, text) == 0) return "upper and lower case differ";
  }
  return {};
}

// Whether the path leads to an object, or to arrays without any value.
Found ShapeAt(const json::Value& value, std::string_view rest) {
  if (value.is_array()) {
    Found found = rest.empty() ? Found::kEmptyArray : Found::kNothing;
    for (const json::Value& item : value.array()) {
      const Found inside = ShapeAt(item, rest);
      if (inside == Found::kObject) return inside;
      found = std::max(found, inside);
    }
    return found;
  }
  if (!value.is_object()) return Found::kNothing;
  if (rest.empty()) return Found::kObject;
  Found found = Found::kNothing;
  for (const json::Member& member : value.object()) {
    const std::string_view name = member.name;
    if (rest == name) {
      found = std::max(found, ShapeAt(member.value, {}));
    } else if (rest.size() > name.size() && rest.starts_with(name) && rest[name.size()] == '.' &&
               rest.size() > name.size() + 1) {
      found = std::max(found, ShapeAt(member.value, rest.substr(name.size() + 1)));
    }
  }
  return found;
}

// The length of the longest beginning of `path` that leads to an array with elements, up to `limit` bytes.
std::size_t ArrayOn(const json::Value& value, std::string_view path, std::size_t at, std::size_t limit) {
  if (at > limit + 1) return 0;
  std::size_t longest = 0;
  if (value.is_array()) {
    for (const json::Value& item : value.array()) {
      if (item.is_object() || item.is_array()) longest = std::max(longest, at == 0 ? 0 : at - 1);
      longest = std::max(longest, ArrayOn(item, path, at, limit));
    }
  } else if (value.is_object()) {
    const std::string_view rest = path.substr(std::min(at, path.size()));
    for (const json::Member& member : value.object()) {
      const std::string_view name = member.name;
      if (rest == name || (rest.starts_with(name) && rest[name.size()] == '.')) {
        longest = std::max(longest, ArrayOn(member.value, path, at + name.size() + 1, limit));
      }
    }
  }
  return longest;
}

class Explainer {
 public:
  Explainer(const Pattern& pattern, const json::Value& event)
      : pattern_(pattern),
        event_(event),
        paths_(PathsOf(pattern, path_of_)),
        fields_(event, paths_),
        search_(fields_.elements(), kStepsMax),
        choices_(pattern.conditions().size()) {}

  Explanation Run() {
    const auto& combinations = pattern_.combinations();
    std::optional<Attempt> best;
    std::size_t best_index = 0;
    std::vector<std::pair<std::size_t, std::vector<std::string>>> failures;
    for (std::size_t i = 0; i < combinations.size(); ++i) {
      Attempt attempt = Try(combinations[i]);
      if (failures.size() <= kOthersShown) failures.emplace_back(i, FailedPaths(combinations[i], attempt));
      if (!best || attempt.failed < best->failed) {
        best = std::move(attempt);
        best_index = i;
      }
      if (best->failed == 0 || search_.exhausted()) break;
    }
    Explanation explanation;
    explanation.matches = pattern_.Matches(event_);
    if (search_.exhausted() || explanation.matches != (best->failed == 0)) {
      explanation.problem = "the event has too many ways to be looked at";
    }
    explanation.failed = best->failed;
    explanation.combinations = combinations.size();
    const std::vector<std::uint32_t>& combination = combinations[best_index];
    std::vector<std::string_view> apart;
    for (std::size_t i = 0; i < combination.size(); ++i) {
      explanation.fields.push_back(ExplainField(combination[i], best->verdicts[i]));
      if (best->verdicts[i] == Verdict::kApart) apart.push_back(pattern_.conditions()[combination[i]].path);
    }
    if (!apart.empty()) explanation.apart_in = ArrayAround(apart);
    if (explanation.matches) return explanation;
    for (auto& [index, paths] : failures) {
      if (index != best_index && explanation.others.size() < kOthersShown) {
        explanation.others.push_back(std::move(paths));
      }
    }
    return explanation;
  }

 private:
  struct Attempt {
    std::vector<Verdict> verdicts;
    std::size_t failed = 0;
  };

  static PathTree PathsOf(const Pattern& pattern, std::vector<std::uint32_t>& path_of) {
    PathTree paths;
    for (const Condition& condition : pattern.conditions()) path_of.push_back(paths.Add(condition.path));
    return paths;
  }

  const ElementSearch::Choices& ChoicesOf(std::uint32_t index) {
    std::optional<ElementSearch::Choices>& result = choices_[index];
    if (result) return *result;
    result.emplace();
    const Condition& condition = pattern_.conditions()[index];
    result->or_absent = condition.or_absent;
    for (const Field& field : fields_.At(path_of_[index])) {
      if (!search_.Spend(condition.Cost(*field.value))) break;
      if (condition.or_absent) result->present.push_back(field.element);
      if (condition.Matches(*field.value)) result->elements.push_back(field.element);
    }
    result->Sort();
    return *result;
  }

  bool Together(const std::vector<std::uint32_t>& conditions) {
    std::vector<const ElementSearch::Choices*> all;
    for (const std::uint32_t index : conditions) all.push_back(&ChoicesOf(index));
    return search_.Run(all);
  }

  Attempt Try(const std::vector<std::uint32_t>& combination) {
    Attempt attempt{std::vector(combination.size(), Verdict::kMet), 0};
    // Fields that cannot be met at all, then those that must be absent and are not, whatever elements are chosen.
    std::vector<std::uint32_t> possible;
    for (std::size_t i = 0; i < combination.size(); ++i) {
      const ElementSearch::Choices& choices = ChoicesOf(combination[i]);
      if (!choices.elements.empty()) {
        possible.push_back(combination[i]);
      } else if (!choices.or_absent) {
        attempt.verdicts[i] = Verdict::kFailed;
      }
    }
    const bool all_possible = std::count(attempt.verdicts.begin(), attempt.verdicts.end(), Verdict::kFailed) == 0;
    if (!all_possible || !Together(combination)) {
      for (std::size_t i = 0; i < combination.size(); ++i) {
        const ElementSearch::Choices& choices = ChoicesOf(combination[i]);
        if (!choices.elements.empty() || !choices.or_absent || choices.present.empty()) continue;
        if (Together({combination[i]})) continue;
        // It is there. Among elements that other fields choose it might not be; then the whole would hold.
        attempt.verdicts[i] = Verdict::kFailed;
      }
      if (!Together(possible)) MarkApart(combination, possible, attempt);
      // Each is met, the rest is met together, and yet not all: an absent field is present in the elements chosen.
      if (std::all_of(attempt.verdicts.begin(), attempt.verdicts.end(), [](Verdict v) { return v == Verdict::kMet; })) {
        std::fill(attempt.verdicts.begin(), attempt.verdicts.end(), Verdict::kApart);
      }
    }
    for (const Verdict verdict : attempt.verdicts) attempt.failed += verdict == Verdict::kMet ? 0 : 1;
    return attempt;
  }

  // Two fields that exclude each other or, if it takes more, all of them.
  void MarkApart(const std::vector<std::uint32_t>& combination, std::vector<std::uint32_t> possible, Attempt& attempt) {
    for (std::size_t i = 0; possible.size() <= kPairsOf && i < possible.size(); ++i) {
      for (std::size_t j = i + 1; j < possible.size(); ++j) {
        if (search_.exhausted() || Together({possible[i], possible[j]})) continue;
        possible = {possible[i], possible[j]};
        break;
      }
    }
    for (std::size_t i = 0; i < combination.size(); ++i) {
      if (std::find(possible.begin(), possible.end(), combination[i]) != possible.end()) {
        attempt.verdicts[i] = Verdict::kApart;
      }
    }
  }

  std::vector<std::string> FailedPaths(const std::vector<std::uint32_t>& combination, const Attempt& attempt) {
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < combination.size(); ++i) {
      if (attempt.verdicts[i] != Verdict::kMet) paths.push_back(pattern_.conditions()[combination[i]].path);
    }
    return paths;
  }

  FieldExplanation ExplainField(std::uint32_t index, Verdict verdict) {
    const Condition& condition = pattern_.conditions()[index];
    const std::vector<Field>& fields = fields_.At(path_of_[index]);
    FieldExplanation out;
    out.verdict = verdict;
    out.path = condition.path;
    out.wants = Cut(condition.source);
    out.value_count = fields.size();
    if (fields.empty()) {
      out.found = ShapeAt(event_, condition.path);
    } else {
      out.found = Found::kValues;
    }
    const bool met = verdict != Verdict::kFailed;
    for (const Field& field : fields) {
      if (met && !condition.Matches(*field.value)) continue;
      out.values.push_back(Shown(*field.value));
      if (met || out.values.size() == kValuesShown) break;
    }
    if (met) return out;
    for (const Field& field : fields) {
      if (out.hint.empty()) out.hint = HintFor(condition, *field.value);
    }
    if (out.found == Found::kObject) out.hint = "the event has an object there; a pattern matches the values inside it";
    if (out.found == Found::kNothing) {
      if (const auto nearest = NearestPath(event_, condition.path)) {
        out.nearest = nearest->path;
        out.nearest_value = Shown(*nearest->value);
      }
    }
    return out;
  }

  // The innermost array that all the paths go through.
  std::string ArrayAround(const std::vector<std::string_view>& paths) const {
    std::string_view common = paths[0];
    for (const std::string_view path : paths) {
      const auto differs = std::mismatch(common.begin(), common.end(), path.begin(), path.end()).first;
      common = common.substr(0, static_cast<std::size_t>(differs - common.begin()));
      // Names are shared as a whole.
      const auto ends_name = [&](std::string_view of) {
        return of.size() == common.size() || of[common.size()] == '.';
      };
      if (!ends_name(path) || !ends_name(paths[0]))
        common = common.substr(0, common.find('.') == std::string_view::npos ? 0 : common.rfind('.'));
    }
    return std::string(paths[0].substr(0, ArrayOn(event_, paths[0], 0, common.size())));
  }

  const Pattern& pattern_;
  const json::Value& event_;
  std::vector<std::uint32_t> path_of_;
  const PathTree paths_;
  const EventFields fields_;
  ElementSearch search_;
  std::vector<std::optional<ElementSearch::Choices>> choices_;
};

}  // namespace

Explanation Explain(const Pattern& pattern, const json::Value& event) {
  if (event.is_object()) return Explainer(pattern, event).Run();
  Explanation explanation;
  explanation.problem = "an event is a JSON object";
  return explanation;
}

}  // namespace millrace::pattern
