// InputTemplate: what EventBridge was recorded to do, its quoting rules, every refusal; and that no template and no
// event make it crash or make a result that is not JSON where JSON is promised.
#include "transform/input_template.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/random.h"
#include "json/write.h"
#include "transform/testing/template_cases.h"

namespace millrace::transform {
namespace {

using testing::kVariables;

TEST(InputTemplate, EveryCasePasses) {
  std::ifstream file(MILLRACE_SOURCE_DIR "/src/transform/testing/input_templates.case");
  std::stringstream text;
  text << file.rdbuf();
  const auto cases = testing::ReadTemplateCases(text.str());
  EXPECT_GE(cases.size(), 78U);
  for (const auto& test : cases) testing::RunTemplateCase(test);
}

TEST(InputTemplate, RefusesAnUnknownPlaceholderInEventBridgesWords) {
  const std::vector<InputPathEntry> paths{{"detail-type", "$.detail-type"}};
  const auto parsed =
      InputTemplate::ForRule(paths, "\"Event of <detail-type> type, with not defined key <notdefinedkey>\"", "t-1");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().message(), "InputTemplate for target t-1 contains invalid placeholder notdefinedkey.");
}

TEST(InputTemplate, HasLimits) {
  std::vector<InputPathEntry> paths;
  for (int i = 0; i < 100; ++i) paths.push_back({"p" + std::to_string(i), "$.a"});
  EXPECT_TRUE(InputTemplate::ForRule(paths, "\"x\"").ok());
  paths.push_back({"q", "$.a"});
  EXPECT_FALSE(InputTemplate::ForRule(paths, "\"x\"").ok());

  std::string text;
  for (int i = 0; i < 4095; ++i) text += "ü";
  EXPECT_TRUE(InputTemplate::ForRule({}, "\"" + text + text + "\"").ok());
  EXPECT_FALSE(InputTemplate::ForRule({}, "\"" + text + text + "x\"").ok());
  EXPECT_FALSE(InputTemplate::ForRule({}, "").ok());
  EXPECT_FALSE(InputTemplate::ForPipe("").ok());
  EXPECT_FALSE(InputTemplate::ForPipe("a\xff").ok());

  const std::vector<InputPathEntry> same{{"a", "$.a"}, {"a", "$.b"}};
  EXPECT_FALSE(InputTemplate::ForRule(same, "\"x\"").ok());
  const std::vector<InputPathEntry> longest{{std::string(256, 'a'), "$." + std::string(254, 'a')}};
  EXPECT_TRUE(InputTemplate::ForRule(longest, "\"x\"").ok());
  const std::vector<InputPathEntry> long_name{{std::string(257, 'a'), "$.a"}};
  EXPECT_FALSE(InputTemplate::ForRule(long_name, "\"x\"").ok());
  const std::vector<InputPathEntry> long_path{{"a", "$." + std::string(255, 'a')}};
  EXPECT_FALSE(InputTemplate::ForRule(long_path, "\"x\"").ok());
}

TEST(InputTemplate, DoesNotGrowBeyondItsLimit) {
  std::string text = "[";
  for (int i = 0; i < 100; ++i) text += "<aws.pipes.event>,";
  const auto parsed = InputTemplate::ForPipe(text + "0]");
  ASSERT_TRUE(parsed.ok());
  json::Document event;
  ASSERT_TRUE(event.Parse("\"" + std::string(100'000, 'x') + "\"").ok());
  std::string out = "kept";
  const Status rendered = parsed->Render(event.root(), kVariables, out);
  ASSERT_FALSE(rendered.ok());
  EXPECT_EQ(rendered.error().message(), "the input made of the event is larger than 6291456 bytes");
  EXPECT_EQ(out, "kept");
}

TEST(InputTemplate, SaysWhetherItMakesJson) {
  EXPECT_TRUE(InputTemplate::ForPipe(R"({"a": <$.a>})")->is_json());
  EXPECT_TRUE(InputTemplate::ForPipe(R"("a <$.a>")")->is_json());
  EXPECT_FALSE(InputTemplate::ForPipe("a <$.a>")->is_json());
  EXPECT_EQ(InputTemplate::ForPipe("a <$.a>")->problem(), std::nullopt);
  EXPECT_TRUE(InputTemplate::ForRule({}, "a")->problem().has_value());
}

// Text made of what templates are made of.
std::string RandomText(Random& random, std::span<const std::string_view> parts, std::size_t count_max) {
  std::string text;
  for (std::uint64_t count = random.Below(count_max + 1); count > 0; --count) {
    text += parts[random.Below(parts.size())];
  }
  return text;
}

std::string RandomJson(Random& random, int depth) {
  std::string out;
  switch (random.Below(depth > 0 ? 8 : 5)) {
    case 0:
      return "null";
    case 1:
      return "true";
    case 2:
      return "-1.50e+3";
    case 3: {
      constexpr std::array<std::string_view, 7> kParts{"a", "\"", "\\", "\n", "<a>", "\x01", "€"};
      json::AppendString(out, RandomText(random, kParts, 5));
      return out;
    }
    case 4:
      return "{\"N\":\"" + std::string(random.Below(2) == 0 ? "1.0" : "x") + "\"}";
    case 5: {
      out = "[";
      for (std::uint64_t count = random.Below(4); count > 0; --count) out += RandomJson(random, depth - 1) + ",";
      return out + "7]";
    }
    default: {
      constexpr std::array<std::string_view, 12> kNames{"a",    "b",      "dynamodb", "NewImage", "Keys", "new",
                                                        "keys", "detail", "M",        "L",        "NS",   "q\\\""};
      out = "{";
      for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (random.Below(3) == 0) out += "\"" + std::string(kNames[i]) + "\":" + RandomJson(random, depth - 1) + ",";
      }
      return out + "\"z\":1}";
    }
  }
}

TEST(InputTemplate, SurvivesRandomTemplatesAndEvents) {
  const std::uint64_t seed = SystemRandom().Next();
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  constexpr std::array<std::string_view, 30> kParts{"{",
                                                    "}",
                                                    "[",
                                                    "]",
                                                    ",",
                                                    ":",
                                                    "\"",
                                                    "\\",
                                                    " ",
                                                    "\n",
                                                    "a",
                                                    "<a>",
                                                    "<a>",
                                                    "<b>",
                                                    "<$.a>",
                                                    "<$.new>",
                                                    "<$.keys>",
                                                    "<$>",
                                                    "<",
                                                    ">",
                                                    "\"<a>\"",
                                                    "1",
                                                    "null",
                                                    "<$.a[*]>",
                                                    "é",
                                                    "{\"a\":",
                                                    "{\"k\":\"<$.a>\",\"v\":<$.b>}",
                                                    "\"x <a>\"",
                                                    "<aws.events.event>",
                                                    "<aws.pipes.event>"};
  const std::vector<InputPathEntry> paths{{"a", "$.a"}, {"b", "$.detail.*"}};
  std::size_t rendered = 0;
  json::Document event;
  json::Document result;
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = RandomText(random, kParts, 12);
    const bool rule = random.Below(2) == 0;
    const auto parsed = rule ? InputTemplate::ForRule(paths, text) : InputTemplate::ForPipe(text);
    if (!parsed.ok()) continue;
    const std::string event_text = RandomJson(random, 4);
    ASSERT_TRUE(event.Parse(event_text, {.duplicate_names = json::DuplicateNames::kKeepAll}).ok()) << event_text;
    std::string out;
    if (!parsed->Render(event.root(), kVariables, out).ok()) {
      EXPECT_EQ(out, "");
      continue;
    }
    ++rendered;
    if (!parsed->is_json()) continue;
    // A template of strings may have made several lines of them.
    std::string one = out;
    if (out.starts_with('"')) {
      one = "[" + out + "]";
      for (std::size_t at = 0; (at = one.find('\n', at)) != std::string::npos;) one[at] = ' ';
      bool between = false;
      for (std::size_t at = 1; at + 1 < one.size(); ++at) {
        if (one[at] == '\\') {
          ++at;
        } else if (one[at] == '"') {
          between = !between;
          if (between && at > 1) one.insert(at++, 1, ',');
        }
      }
    }
    EXPECT_TRUE(result.Parse(one, {.duplicate_names = json::DuplicateNames::kKeepAll}).ok())
        << "template " << text << "\nevent " << event_text << "\nresult " << out;
  }
  EXPECT_GT(rendered, 500U);
}

}  // namespace
}  // namespace millrace::transform
