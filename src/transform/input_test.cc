// Input: the four things that a target can get, their limits, and what an event lacks.
#include "transform/input.h"

#include <gtest/gtest.h>

#include "json/parse.h"

namespace millrace::transform {
namespace {

constexpr std::string_view kEvent = R"({"id":"1","detail":{"command":"update","payload":{"sf_id":"baz","n":1.50}}})";

std::string Rendered(const Result<Input>& input) {
  if (!input.ok()) return input.error().message();
  json::Document document;
  EXPECT_TRUE(document.Parse(kEvent).ok());
  std::string out = "> ";
  const Status status = input->Render(document.root(), {}, out);
  if (status.ok()) return out;
  EXPECT_EQ(status.error().reason(), reason::kUndeliverable);
  EXPECT_EQ(out, "> ");
  return status.error().message();
}

TEST(Input, IsTheWholeEventUnlessToldOtherwise) {
  EXPECT_EQ(Rendered(Input()), "> " + std::string(kEvent));
  EXPECT_TRUE(Input().is_whole_event());
  EXPECT_TRUE(Input::AtPath("$")->is_whole_event());
  EXPECT_TRUE(Input::PipeTemplate("")->is_whole_event());
}

TEST(Input, IsAConstant) {
  EXPECT_EQ(Rendered(Input::Constant(R"({"a": [1.0, "<x>"]})")), R"(> {"a": [1.0, "<x>"]})");
  EXPECT_EQ(Rendered(Input::Constant("{\"a\"}")).substr(0, 7), "Input: ");
  EXPECT_EQ(Rendered(Input::Constant("")).substr(0, 7), "Input: ");
  EXPECT_TRUE(Input::Constant("\"" + std::string(8190, 'x') + "\"").ok());
  EXPECT_FALSE(Input::Constant("\"" + std::string(8191, 'x') + "\"").ok());
}

// Recorded: a string reaches the target with its quotes.
TEST(Input, IsAPartOfTheEvent) {
  EXPECT_EQ(Rendered(Input::AtPath("$.detail.payload")), R"(> {"sf_id":"baz","n":1.50})");
  EXPECT_EQ(Rendered(Input::AtPath("$.detail.payload.sf_id")), "> \"baz\"");
  EXPECT_EQ(Rendered(Input::AtPath("$.detail.nothing")), "the event has nothing at the InputPath $.detail.nothing");
  EXPECT_EQ(Rendered(Input::AtPath("detail")),
            "InputPath: invalid JSON path 'detail' at character 1: a path begins with '$'");
  EXPECT_TRUE(Input::AtPath("$." + std::string(254, 'x')).ok());
  EXPECT_FALSE(Input::AtPath("$." + std::string(255, 'x')).ok());
}

TEST(Input, IsWhatATemplateMakes) {
  EXPECT_EQ(Rendered(Input::PipeTemplate(R"({"n": <$.detail.payload.n>})")), R"(> {"n":1.50})");
  EXPECT_EQ(Rendered(Input::PipeTemplate("n=<$.detail.payload.n>")), "> n=1.50");
  EXPECT_FALSE(Input::PipeTemplate("n=<$.detail.payload.n>")->is_json());
  EXPECT_FALSE(Input::PipeTemplate("n=<$.detail.payload.n>")->is_whole_event());
  EXPECT_EQ(Rendered(Input(*InputTemplate::ForRule({}, "<aws.events.event>"))), R"(> {"id":"1"})");
}

}  // namespace
}  // namespace millrace::transform
