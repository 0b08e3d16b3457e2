// TemplateParser turns the text of an input template into an InputTemplate: it finds the placeholders, decides whether
// the text makes JSON, and what each placeholder becomes where it stands. Internal to transform.
//
// Whether the result is JSON does not depend on the event: the text is parsed once, with "" for every placeholder that
// stands as a value and letters for those within strings. If that is JSON, every result is.
//
// Threads:   confined to one call.
// Failure:   see InputTemplate.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "transform/input_template.h"

namespace millrace::transform {

class TemplateParser {
 public:
  static Result<InputTemplate> ForRule(std::span<const InputPathEntry> paths, std::string_view text,
                                       std::string_view target_id);
  static Result<InputTemplate> ForPipe(std::string_view text);

 private:
  using Shape = InputTemplate::Shape;
  using Position = InputTemplate::Position;
  using Slot = InputTemplate::Slot;
  enum class Dialect : bool { kRule, kPipe };

  struct Placeholder {
    std::size_t begin = 0;  // of '<' in the text
    std::size_t end = 0;    // behind '>'
    bool in_string = false;
    Slot slot;
  };

  TemplateParser(Dialect dialect, std::string_view text, std::string_view target_id)
      : dialect_(dialect), text_(text), target_id_(target_id) {}

  Result<InputTemplate> Parse(std::span<const InputPathEntry> paths);
  Status CheckText() const;
  Status TakePaths(std::span<const InputPathEntry> paths);
  Status FindPlaceholders();
  // The end of a placeholder that begins at `at`, or nothing if the '<' there is text.
  Result<std::optional<std::size_t>> PlaceholderEnd(std::size_t at) const;
  Result<Slot> SlotOf(std::string_view name, std::size_t at) const;
  std::string Skeleton() const;
  void DecideShape();
  Status RefuseKeys() const;
  InputTemplate Build();
  // The text between two places as the result has it.
  std::string Literal(std::size_t begin, std::size_t end, bool& in_string) const;

  template <class... Args>
  Error Refuse(fmt::format_string<Args...> format, Args&&... args) const;

  const Dialect dialect_;
  const std::string_view text_;
  const std::string_view target_id_;
  std::vector<std::pair<std::string_view, EventPath>> paths_;
  std::vector<Placeholder> placeholders_;
  std::string skeleton_;
  Shape shape_ = Shape::kJson;
  std::optional<std::string> problem_;
};

}  // namespace millrace::transform
