#include "expr/projection.h"

#include <algorithm>
#include <utility>

#include "expr/parser.h"

namespace millrace::expr {

Result<Projection> Projection::Parse(std::string_view text, Placeholders& placeholders) {
  Parser parser(text, ExpressionKind::kProjection, placeholders);
  TRY(parser.CheckText());
  std::vector<Path> paths;
  do {
    ASSIGN_OR_RETURN(Path path, parser.ParsePath());
    paths.push_back(std::move(path));
  } while (parser.Take(TokenType::kComma));
  TRY(parser.Finish());

  PathSet set(std::move(paths));
  if (const auto clash = set.FindClash()) {
    return parser.Invalid(
        "Two document paths {} with each other; must remove or rewrite one of these paths; path one: {}, path two: {}",
        clash->overlap ? "overlap" : "conflict", set.paths()[clash->one].ToString(),
        set.paths()[clash->two].ToString());
  }
  return Projection(std::move(set));
}

Projection Projection::OfAttributes(const std::vector<std::string>& names) {
  std::vector<Path> paths;
  paths.reserve(names.size());
  for (const std::string& name : names) {
    Path path{{PathStep(name)}};
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(std::move(path));
  }
  return Projection(PathSet(std::move(paths)));
}

}  // namespace millrace::expr
