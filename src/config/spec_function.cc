// The keys of a function.
//
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
#include <array>

#include "config/limits.h"
#include "config/route.h"
#include "config/spec_parts.h"

namespace millrace::config {
namespace {

using enum FieldKind;

constexpr std::array kRuns = {std::string_view("node"), std::string_view("python"), std::string_view("native")};

bool IsRoute(std::string_view text) {
  return ParseRoute(text).has_value();
}

constexpr std::array kFunctionFields = {
    Field{.name = "run",
          .kind = kChoice,
          .summary =
              "What runs it: `node` and `python` from this machine, with their bootstraps built in; `native`, an "
              "executable that speaks the Lambda Runtime API.",
          .required = true,
          .choices = kRuns},
    Field{
        .name = "handler",
        .kind = kText,
        .summary =
            "As Lambda writes it: the file without its ending, a dot, and the name of the function in it. Of a native "
            "function: the executable.",
        .otherwise = "native: `bootstrap`; else it must be there",
        .pattern = "^[^\\s]{1,128}$",
        .wants = "1 to 128 characters such as src/index.handler",
        .accepts = IsNotEmpty},
    Field{.name = "dir",
          .kind = kText,
          .summary = "The directory of its code, relative to this file. When something in it changes, it starts anew.",
          .otherwise = "this file's",
          .pattern = "^[\\s\\S]+$",
          .wants = "a directory",
          .accepts = IsNotEmpty},
    Field{.name = "env",
          .kind = kTexts,
          .summary = "Its environment, besides what Lambda gives a function, and `AWS_ENDPOINT_URL` of this node.",
          .otherwise = "nothing",
          .high = limits::kHttpFieldsMax},
    Field{.name = "timeout",
          .kind = kDuration,
          .summary = "How long one invocation may take; then its process is ended.",
          .otherwise = "3s",
          .low = 100,
          .high = 15 * kMinute},
    Field{.name = "memory",
          .kind = kInteger,
          .summary = "The most memory of one of its processes, in MiB.",
          .otherwise = "128",
          .low = 64,
          .high = 10'240},
    Field{.name = "concurrency",
          .kind = kInteger,
          .summary = "The most processes, each with one invocation at a time.",
          .otherwise = "10",
          .low = 1,
          .high = 1000},
    Field{
        .name = "http",
        .kind = kText,
        .summary =
            "The method and path on which it answers HTTP requests, as an HTTP API of API Gateway (payload 2.0) does: "
            "`POST /book`, `ANY /todos/{id}`.",
        .otherwise = "none",
        .pattern = "^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY) /\\S*$",
        .wants = "a method and a path such as POST /book or GET /todos/{id}",
        .accepts = IsRoute},
    Field{.name = "triggers",
          .kind = kObjects,
          .summary = "Event source mappings: what it is called with.",
          .otherwise = "none",
          .high = 20,
          .object = &kTriggerObject},
    Field{.name = "build"},
    Field{.name = "debug"},
    Field{.name = "watch"},
    Field{.name = "aws"},
    Field{.name = "tags"},
};

}  // namespace

const Object kFunctionObject{.name = "function", .fields = kFunctionFields};

}  // namespace millrace::config
