#include "pattern/regex.h"

#include <re2/re2.h>

#include <utility>

#include "pattern/parse_options.h"

namespace millrace::pattern {
namespace {

// Of the program and of the automata that grow from it while matching. Beyond it RE2 matches more slowly.
constexpr std::int64_t kBytesMax = 1 << 20;

constexpr int kRangeBytesMax = 10;

re2::RE2::Options OptionsOf() {
  re2::RE2::Options options;
  options.set_max_mem(kBytesMax);
  options.set_log_errors(false);
  options.set_never_capture(true);
  return options;
}

re2::StringPiece Piece(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

struct Regex::Program {
  explicit Program(std::string_view text) : re2(Piece(text), OptionsOf()) {
    has_range = re2.ok() && re2.PossibleMatchRange(&low, &high, kRangeBytesMax);
  }
  re2::RE2 re2;
  // What matches lies between these: most texts need not be looked at further.
  bool has_range = false;
  std::string low;
  std::string high;
};

Result<Regex> Regex::Parse(std::string_view text) {
  if (text.size() > limits::kRegexBytesMax) {
    return InvalidArgument("a regular expression of {} bytes is longer than {}", text.size(), limits::kRegexBytesMax);
  }
  auto program = std::make_shared<const Program>(text);
  if (!program->re2.ok()) return InvalidArgument("{}", program->re2.error());
  Regex regex;
  regex.text_ = text;
  regex.program_ = std::move(program);
  return regex;
}

bool Regex::Matches(std::string_view value) const {
  if (program_->has_range && (value < program_->low || value > program_->high)) return false;
  return re2::RE2::FullMatch(Piece(value), program_->re2);
}

}  // namespace millrace::pattern
