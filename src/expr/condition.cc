#include "expr/condition.h"

#include <utility>

#include "expr/condition_parser.h"
#include "expr/condition_program.h"

namespace millrace::expr {

Result<Condition> Condition::Parse(std::string_view text, Placeholders& placeholders, ExpressionKind kind) {
  ASSIGN_OR_RETURN(ConditionProgram program, ParseCondition(text, placeholders, kind));
  return Condition(std::make_shared<const ConditionProgram>(std::move(program)));
}

bool Condition::Evaluate(const model::Item& item) const {
  return program_->Evaluate(item);
}

Status Condition::CheckNoKeyAttributes(const model::KeySchema& schema) const {
  for (const Path& path : program_->paths) {
    if (schema.IsKeyAttribute(path.root())) {
      return InvalidArgument("Filter Expression can only contain non-primary key attributes: Primary key attribute: {}",
                             path.root());
    }
  }
  return Ok();
}

const std::vector<Path>& Condition::paths() const {
  return program_->paths;
}

}  // namespace millrace::expr
