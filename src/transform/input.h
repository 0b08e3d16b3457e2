// Input is what a target is to get of an event: the whole event, a constant, the part at a path, or what a template
// makes of it.
//
// Threads:   immutable value.
// Failure:   InvalidArgument. From Render, reason::kUndeliverable (transform/input_template.h) if nothing can be made
// of
//            this event; the output is then as it was.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "json/value.h"
#include "transform/event_path.h"
#include "transform/input_template.h"

namespace millrace::transform {

class Input {
 public:
  static constexpr std::size_t kConstantCharactersMax = 8192;
  static constexpr std::size_t kPathCharactersMax = 256;

  // The whole event.
  Input() = default;
  explicit Input(InputTemplate input_template) : content_(std::move(input_template)) {}
  // A rule's Input: JSON, passed on as it is written.
  static Result<Input> Constant(std::string_view json);
  // A rule's InputPath. "$" is the whole event.
  static Result<Input> AtPath(std::string_view path);
  // A pipe's InputTemplate. An empty one is none.
  static Result<Input> PipeTemplate(std::string_view text);

  Status Render(const json::Value& event, const Variables& variables, std::string& out) const;

  // True if Render gives the event back, so that its text can be passed on unparsed.
  bool is_whole_event() const { return std::holds_alternative<WholeEvent>(content_); }
  // False if the result is plain text.
  bool is_json() const;

 private:
  struct WholeEvent {};
  using Content = std::variant<WholeEvent, std::string, EventPath, InputTemplate>;

  explicit Input(Content content) : content_(std::move(content)) {}

  Content content_;
};

}  // namespace millrace::transform
