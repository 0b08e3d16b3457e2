// Expressions are the expression parameters of one request, or of one action of a transaction, with their placeholders.
//
//   Read() applies AWS's rules on which parameters may stand together; the operation then parses the expressions it
//   has, and CheckAllUsed() refuses placeholders that none of them used.
//
// Threads:   confined to the request thread.
// Ownership: the texts live as long as the request's JSON; parsed expressions outlive both.
// Failure:   InvalidArgument in AWS's words.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "aws/request_reader.h"
#include "base/error.h"
#include "expr/condition.h"
#include "expr/kind.h"
#include "expr/placeholders.h"
#include "expr/projection.h"
#include "expr/update.h"

namespace millrace::api::dynamodb {

// How a mistake within ExpressionAttributeValues is told: Scan still names the placeholder.
enum class ValueErrors { kBare, kNamed };

struct ExpressionRules {
  std::span<const expr::ExpressionKind> kinds;    // that the operation has
  std::span<const std::string_view> legacy = {};  // parameters of the older API that the operation has
  ValueErrors value_errors = ValueErrors::kBare;
};

class Expressions {
 public:
  static Result<Expressions> Read(aws::RequestReader& reader, const ExpressionRules& rules);

  std::optional<std::string_view> text(expr::ExpressionKind kind) const {
    return texts_[static_cast<std::size_t>(kind)];
  }
  expr::Placeholders& placeholders() { return placeholders_; }

  // Of a condition or a filter; nullopt if there is none.
  Result<std::optional<expr::Condition>> ParseCondition(expr::ExpressionKind kind);
  Result<std::optional<expr::Projection>> ParseProjection();
  Result<std::optional<expr::Update>> ParseUpdate();

  // After every expression has been parsed.
  Status CheckAllUsed() const { return placeholders_.CheckAllUsed(); }

 private:
  Expressions() = default;

  std::array<std::optional<std::string_view>, 5> texts_;
  expr::Placeholders placeholders_;
};

}  // namespace millrace::api::dynamodb
