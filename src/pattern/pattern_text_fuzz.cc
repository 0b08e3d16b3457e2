// Any bytes as a pattern: they are refused with a reason, or compile to a matcher that agrees with the plain evaluator
// and can be explained.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "json/parse.h"
#include "pattern/explain.h"
#include "pattern/matcher.h"

namespace {

constexpr std::string_view kEvents[] = {
    R"({"a":"a","b":{"a":1,"b":[{"a":"ab"},{"b":null}]},"$or":"x","a.b":[1.0,"10.0.0.1","::1"],"":true})",
    R"({"a":[{"a":[{"a":"aa","b":1}]},{"b":"AßSS"}],"b":["","*","a*b"],"source":"users"})",
    "{}",
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace millrace;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const pattern::ParseOptions options{
      .dialect = (bytes[0] & 1) != 0 ? pattern::Dialect::kAws : pattern::Dialect::kExact,
      .extensions = (bytes[0] & 2) == 0,
      .keep_source = true};
  pattern::ParseFailure failure;
  const auto parsed = pattern::Pattern::Parse(text, &failure, options);
  if (!parsed.ok()) {
    CHECK(!failure.reason.empty());
    return 0;
  }
  pattern::Matcher matcher;
  CHECK(matcher.Add(1, *parsed).ok());
  pattern::MatchReader reader(matcher);
  json::Document document;
  for (const std::string_view event : kEvents) {
    MUST(document.Parse(event, {.duplicate_names = json::DuplicateNames::kKeepAll}));  // they are constants
    const bool matches = parsed->Matches(document.root());
    CHECK(MUST(reader.Match(event)).empty() != matches);
    const pattern::Explanation explanation = pattern::Explain(*parsed, document.root());
    CHECK(explanation.matches == matches);
    CHECK(!pattern::RenderText(explanation).empty());
  }
  CHECK(matcher.Remove(1));
  CHECK(MUST(reader.Match("{}")).empty());
  return 0;
}
