// Cases for input templates as text, for the tests and for the reference page that they run.
//
//   # a comment
//   event {"detail":{"a":1}}        one line of JSON, for the cases that follow
//   rule {"a":"$.detail.a"}         or: pipe. The paths of a rule, on one line
//     {"x": <a>}                    the template, each line indented by two spaces
//   => {"x":1}                      what it makes of the event, each line behind "=> "
//   =! words                        or: words of the error with which the event is undeliverable
//   =? words                        or: words of the error with which the template is refused
#pragma once

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "json/parse.h"
#include "transform/input_template.h"

namespace millrace::transform::testing {

inline constexpr Variables kVariables{.rule_arn = "arn:aws:events:eu-central-1:000000000000:rule/orders/big",
                                      .rule_name = "big",
                                      .pipe_arn = "arn:aws:pipes:eu-central-1:000000000000:pipe/orders",
                                      .pipe_name = "orders",
                                      .source_arn = "arn:aws:dynamodb:eu-central-1:000000000000:table/orders",
                                      .enrichment_arn = "",
                                      .target_arn = "arn:aws:sqs:eu-central-1:000000000000:jobs",
                                      .ingestion_time_ms = 1'767'225'600'999};

struct TemplateCase {
  std::string event;
  std::string kind;  // "rule {…}" or "pipe"
  std::string text;
  char expects = '>';
  std::string expected;
};

inline std::vector<TemplateCase> ReadTemplateCases(const std::string& text) {
  std::vector<TemplateCase> cases;
  std::string event;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("event ")) {
      event = line.substr(6);
    } else if (line.starts_with("rule") || line.starts_with("pipe")) {
      cases.push_back({event, line, "", '\0', ""});
    } else if (line.starts_with("  ")) {
      std::string& body = cases.back().text;
      if (!body.empty()) body += '\n';
      body += line.substr(2);
    } else if (line.starts_with("=")) {
      TemplateCase& last = cases.back();
      if (last.expects != '\0') last.expected += '\n';
      last.expects = line.at(1);
      last.expected += line.size() > 3 ? line.substr(3) : "";
    } else if (!line.empty() && !line.starts_with("#")) {
      ADD_FAILURE() << "not a line of a case: " << line;
    }
  }
  return cases;
}

inline Result<InputTemplate> ParseTemplateCase(const TemplateCase& test) {
  if (test.kind == "pipe") return InputTemplate::ForPipe(test.text);
  std::vector<InputPathEntry> paths;
  if (test.kind.size() > 5) {
    json::Document document;
    EXPECT_TRUE(document.Parse(test.kind.substr(5)).ok()) << test.kind;
    for (const json::Member& member : document.root().object()) {
      paths.push_back({std::string(member.name), std::string(member.value.string())});
    }
  }
  return InputTemplate::ForRule(paths, test.text);
}

inline void RunTemplateCase(const TemplateCase& test) {
  SCOPED_TRACE(test.kind + "\n" + test.text);
  const auto parsed = ParseTemplateCase(test);
  if (test.expects == '?') {
    ASSERT_FALSE(parsed.ok());
    EXPECT_NE(parsed.error().message().find(test.expected), std::string::npos) << parsed.error().message();
    return;
  }
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  json::Document event;
  ASSERT_TRUE(event.Parse(test.event).ok()) << test.event;
  std::string out = "before ";
  const Status rendered = parsed->Render(event.root(), kVariables, out);
  if (test.expects == '!') {
    ASSERT_FALSE(rendered.ok()) << out;
    EXPECT_EQ(rendered.error().reason(), reason::kUndeliverable);
    EXPECT_NE(rendered.error().message().find(test.expected), std::string::npos) << rendered.error().message();
    EXPECT_EQ(out, "before ");
    return;
  }
  ASSERT_EQ(test.expects, '>') << "a case without an end";
  ASSERT_TRUE(rendered.ok()) << rendered.error().message();
  EXPECT_EQ(out, "before " + test.expected);
}

}  // namespace millrace::transform::testing
