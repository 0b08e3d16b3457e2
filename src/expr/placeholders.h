// Placeholders holds ExpressionAttributeNames (#n) and ExpressionAttributeValues (:v) of one request and notes which of
// them its expressions used: AWS refuses a request that brings more than it uses.
//
// One Placeholders serves all expressions of a request; parse them all, then call CheckAllUsed().
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html
//
// Threads:   confined while expressions are parsed. Parsed expressions share the values, which never change.
// Ownership: may be destroyed before the expressions that were parsed with it.
// Failure:   InvalidArgument with AWS's words.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "model/attribute_value.h"

namespace millrace::expr {

class Placeholders {
 public:
  using Names = std::map<std::string, std::string, std::less<>>;
  using Values = model::AttributeMap;

  // No placeholders at all.
  Placeholders() = default;

  // Keys with their sign: {"#n": "name"}, {":v": value}. Checks the keys' syntax, the names' length, the values'
  // nesting and the size of the whole. Whether an empty map is an error depends on the operation, and is the caller's
  // to say.
  static Result<Placeholders> Create(Names names, Values values);

  // The name that `key` ("#n") stands for, noted as used; null if it is not defined. Valid as long as this object.
  const std::string* UseName(std::string_view key);
  // The value that `key` (":v") stands for, noted as used; null if it is not defined. Valid as long as values().
  const model::AttributeValue* UseValue(std::string_view key);

  // Parsed expressions hold this, so that the values they refer to stay. Null if there are none.
  std::shared_ptr<const Values> values() const { return values_; }

  // "Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}", and the same for values.
  Status CheckAllUsed() const;

 private:
  struct Name {
    std::string key;
    std::string name;
    bool used = false;
  };
  std::vector<Name> names_;  // by key, ascending
  std::shared_ptr<const Values> values_;
  std::vector<bool> values_used_;  // beside values_
};

}  // namespace millrace::expr
