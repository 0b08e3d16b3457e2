// InputTemplate makes what a target gets out of an event: the InputTransformer of a rule or the InputTemplate of a
// pipe.
//
// A template is parsed once and rendered for every event. Its placeholders are
//
//   in a rule   <name>, where the paths map gives the name a JSON path, and <aws.events.rule-arn>,
//               <aws.events.rule-name>, <aws.events.event.ingestion-time>, <aws.events.event> (without its detail),
//               <aws.events.event.json>
//   in a pipe   <$.path>, and <aws.pipes.pipe-arn>, <aws.pipes.pipe-name>, <aws.pipes.source-arn>,
//               <aws.pipes.enrichment-arn>, <aws.pipes.target-arn>, <aws.pipes.event.ingestion-time>,
//               <aws.pipes.event>, <aws.pipes.event.json>
//
// Paths are those of transform/event_path.h. What a placeholder becomes depends on where it stands:
//
//   as a JSON value    the value as JSON, strings with quotes and escapes; "" if it is missing
//   in a JSON string   text, escaped; arrays and objects without their quotes, "[a,b]", but in a JSON object of a rule
//                      as they are, which EventBridge cannot deliver if they hold text, and is an error here
//   in plain text      text as it is (pipes only; a rule's result is always JSON)
//
// EventBridge does not escape strings, so that a quote in a value breaks the result there; here it is escaped. Numbers
// keep their text. The result is compact, as EventBridge's is.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
//
// Threads:   immutable after parsing.
// Failure:   InvalidArgument. Render's has reason::kUndeliverable when EventBridge would silently drop the event; it
//            leaves the output as it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "json/value.h"
#include "transform/event_path.h"

namespace millrace::transform {

namespace reason {
inline constexpr std::string_view kUndeliverable = "TransformUndeliverable";
}

// What one rendered input may grow to: the largest payload of a pipe.
inline constexpr std::size_t kInputBytesMax = std::size_t{6} << 20;

// What the variables stand for, besides the event; those of rules and those of pipes.
struct Variables {
  std::string_view rule_arn = {};
  std::string_view rule_name = {};
  std::string_view pipe_arn = {};
  std::string_view pipe_name = {};
  std::string_view source_arn = {};
  std::string_view enrichment_arn = {};
  std::string_view target_arn = {};
  std::int64_t ingestion_time_ms = 0;  // since the epoch; printed in whole seconds
};

// An entry of a rule's InputPathsMap.
struct InputPathEntry {
  std::string name;
  std::string path;
};

class InputTemplate {
 public:
  static constexpr std::size_t kCharactersMax = 8192;
  static constexpr std::size_t kPathsMax = 100;
  static constexpr std::size_t kPathCharactersMax = 256;

  // With the target's id, an unknown placeholder is refused in EventBridge's words; without, the error says where it
  // stands.
  static Result<InputTemplate> ForRule(std::span<const InputPathEntry> paths, std::string_view text,
                                       std::string_view target_id = {});
  static Result<InputTemplate> ForPipe(std::string_view text);

  // Appends what the target gets for `event`.
  Status Render(const json::Value& event, const Variables& variables, std::string& out) const;

  // True if the result is JSON, false if it is plain text.
  bool is_json() const { return shape_ != Shape::kText; }
  // Why no event can ever be rendered, if so: EventBridge accepts such a template and delivers nothing.
  const std::optional<std::string>& problem() const { return problem_; }

 private:
  friend class TemplateParser;

  enum class Shape : std::uint8_t { kJson, kStrings, kText };
  enum class Position : std::uint8_t { kValue, kInString, kInStringAsIs, kText };
  enum class Source : std::uint8_t { kPath, kEventWithoutDetail, kIngestionTime, kVariable };
  struct Slot {
    Source source = Source::kPath;
    Position position = Position::kValue;
    EventPath path;                                   // kPath
    std::string_view Variables::*variable = nullptr;  // kVariable
    std::string name;                                 // as written, for messages
  };
  struct Piece {
    std::string before;
    Slot slot;
  };

  static Status AppendSlot(const Slot& slot, const json::Value& event, const Variables& variables, std::string& out);

  Shape shape_ = Shape::kJson;
  std::vector<Piece> pieces_;
  std::string rest_;  // after the last placeholder
  std::optional<std::string> problem_;
};

}  // namespace millrace::transform
