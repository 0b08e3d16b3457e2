#include "expr/update.h"

#include <utility>

#include "expr/update_parser.h"
#include "expr/update_program.h"

namespace millrace::expr {

Result<Update> Update::Parse(std::string_view text, Placeholders& placeholders) {
  ASSIGN_OR_RETURN(UpdateProgram program, ParseUpdate(text, placeholders));
  return Update(std::make_shared<const UpdateProgram>(std::move(program)));
}

Status Update::CheckNoKeyAttributes(const model::KeySchema& schema) const {
  for (const Path& target : targets()) {
    if (schema.IsKeyAttribute(target.root())) {
      return InvalidArgument(
          "One or more parameter values were invalid: Cannot update attribute {}. This attribute is part of the key",
          target.root());
    }
  }
  return Ok();
}

Result<model::Item> Update::Apply(const model::Item& current) const {
  return program_->Apply(current);
}

bool Update::only_removes() const {
  return program_->only_removes;
}

const std::vector<Path>& Update::targets() const {
  return program_->targets.paths();
}

model::Item Update::ProjectTargets(const model::Item& item) const {
  return program_->targets.Project(item);
}

}  // namespace millrace::expr
