#include "api/arns/ref_arn.h"

#include "aws/arn.h"

namespace millrace::api {

using config::Ref;
using config::RefKind;

Result<Ref> RefOfArn(std::string_view text) {
  const auto arn = aws::ParseArn(text);
  if (!arn.ok())
    return InvalidArgument("Parameter {} is not valid. Reason: Provided Arn is not in correct format.", text);
  const std::string_view kind = arn->ResourcePart(0);
  const std::string name(arn->ResourcePart(1));
  if (arn->service == "sqs") return Ref{RefKind::kQueue, arn->resource, {}};
  if (arn->service == "lambda" && arn->resource.starts_with("function:")) {
    // A version or an alias behind the name is not looked at: there is one of each function.
    const std::string_view function = std::string_view(arn->resource).substr(arn->resource.find(':') + 1);
    return Ref{RefKind::kFunction, std::string(function.substr(0, function.find(':'))), {}};
  }
  if (arn->service == "events" && kind == "event-bus" && !name.empty()) return Ref{RefKind::kBus, name, {}};
  if (arn->service == "events" && kind == "api-destination" && !name.empty()) return Ref{RefKind::kTarget, name, {}};
  if (arn->service == "dynamodb" && kind == "table" && !name.empty()) return Ref{RefKind::kTable, name, {}};
  return Err(ErrorCode::kUnimplemented, {},
             "{} is of no kind that is known here: Lambda functions, SQS queues, event buses, API destinations and "
             "DynamoDB tables are.",
             text);
}

std::string ArnOfRef(const aws::Home& home, const Ref& ref) {
  const auto arn = [&](std::string_view service, std::string_view resource) {
    return fmt::format("arn:{}:{}:{}:{}:{}", aws::PartitionOf(home.region), service, home.region, home.account,
                       resource);
  };
  switch (ref.kind) {
    case RefKind::kBus:
      return arn("events", "event-bus/" + ref.name);
    case RefKind::kTarget:
      return arn("events", "api-destination/" + ref.name);
    case RefKind::kTable:
      return arn("dynamodb", "table/" + ref.name);
    case RefKind::kQueue:
      return arn("sqs", ref.name);
    case RefKind::kFunction:
      return arn("lambda", "function:" + ref.name);
    default:
      return arn("millrace", ref.ToString());
  }
}

}  // namespace millrace::api
