// ExpressionKind names the request parameter an expression came in, because AWS's error messages begin with it.
#pragma once

#include <cstdint>
#include <string_view>

namespace millrace::expr {

enum class ExpressionKind : std::uint8_t { kCondition, kFilter, kKeyCondition, kUpdate, kProjection };

// "ConditionExpression", "FilterExpression", "KeyConditionExpression", "UpdateExpression", "ProjectionExpression".
std::string_view ExpressionKindName(ExpressionKind kind);

}  // namespace millrace::expr
