// Parameter is a setting of a target that is either a literal or a "dynamic path parameter": if the entire value is a
// path, such as "$.detail.type", it stands for what the original event has there.
//
// A path here is what AWS takes for one: "$", then ".name" with letters, digits, '_', '-' and '/', each with any number
// of "[0]" or "[*]". Anything else that begins with "$." or "$[" is refused, anything else at all is a literal.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html
//
// Threads:   immutable after Parse.
// Failure:   InvalidArgument that names the parameter and the path.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "json/value.h"
#include "transform/event_path.h"

namespace millrace::transform {

class Parameter {
 public:
  // `name` is how messages call the parameter: "MessageGroupId". Paths are those of transform/event_path.h.
  static Result<Parameter> Parse(std::string_view name, std::string_view text);

  bool is_literal() const { return !path_; }
  const std::string& text() const { return text_; }  // as written
  // Appends the literal, or what the event has: strings as they are, anything else as JSON.
  Status Append(const json::Value& event, std::string& out) const;
  Result<std::string> Evaluate(const json::Value& event) const;
  // The same, or nothing if the event has nothing there. REQUIRES: an event, unless this is a literal.
  std::optional<std::string> Find(const json::Value* event) const;

 private:
  std::string name_;
  std::string text_;
  std::optional<EventPath> path_;
};

}  // namespace millrace::transform
