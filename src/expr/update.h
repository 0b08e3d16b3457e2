// Update is a parsed UpdateExpression: SET, REMOVE, ADD and DELETE actions that make a new item of an old one.
//
// All operands are read from the item as it was before the update, so the order of actions does not matter.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
//
// Threads:   immutable once parsed.
// Ownership: a value; shares the placeholders' values.
// Failure:   InvalidArgument with AWS's words, from Parse for what the text alone tells, from Apply for what depends on
// the
//            item. Apply leaves `current` as it was. It does not check size, nesting or index keys of the new item.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "expr/path.h"
#include "expr/placeholders.h"
#include "model/attribute_value.h"
#include "model/key.h"

namespace millrace::expr {

struct UpdateProgram;

class Update {
 public:
  static Result<Update> Parse(std::string_view text, Placeholders& placeholders);

  // "One or more parameter values were invalid: Cannot update attribute id. This attribute is part of the key".
  Status CheckNoKeyAttributes(const model::KeySchema& schema) const;

  // `current` is the item, or only its key attributes if there is none.
  Result<model::Item> Apply(const model::Item& current) const;

  // Every action is a REMOVE or a DELETE: on an item that does not exist such an update does nothing and creates
  // nothing.
  bool only_removes() const;

  // The path that each action writes, in order of appearance.
  const std::vector<Path>& targets() const;

  // ReturnValues UPDATED_OLD and UPDATED_NEW: of `item` (old or new) only what the update's paths name, nested as it
  // stands there.
  model::Item ProjectTargets(const model::Item& item) const;

 private:
  explicit Update(std::shared_ptr<const UpdateProgram> program) : program_(std::move(program)) {}

  std::shared_ptr<const UpdateProgram> program_;
};

}  // namespace millrace::expr
