#include "api/dynamodb/stream_specification.h"

#include <array>

#include "aws/request_reader.h"

namespace millrace::api::dynamodb {

Result<StreamSpecification> ReadStreamSpecification(const json::Value& json, Constraints& constraints) {
  static constexpr std::array<std::string_view, 4> kViews = {"NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES",
                                                             "KEYS_ONLY"};
  aws::RequestReader reader(json);
  const auto enabled = reader.Boolean("StreamEnabled");
  const auto view = reader.String("StreamViewType");
  TRY(reader.status());
  constraints.NotNull(enabled.has_value(), "streamSpecification.streamEnabled");
  constraints.OneOf(view, "streamSpecification.streamViewType", kViews);
  return StreamSpecification{.enabled = enabled.value_or(false),
                             .view = view ? model::ParseStreamViewType(*view) : std::nullopt};
}

Result<std::optional<model::StreamViewType>> StreamOfNewTable(const StreamSpecification& specification) {
  if (specification.enabled && !specification.view)
    return InvalidArgument(
        "One or more parameter values were invalid: Table is being created with a stream enabled, UpdateViewType is "
        "required");
  if (!specification.enabled && specification.view)
    return InvalidArgument(
        "One or more parameter values were invalid: Table is being created with stream disabled, UpdateViewType should "
        "not be specified");
  return specification.view;
}

Result<std::optional<model::StreamViewType>> StreamOfUpdate(const StreamSpecification& specification) {
  if (specification.enabled && !specification.view)
    return InvalidArgument(
        "One or more parameter values were invalid: If stream is being enabled then UpdateViewType is required");
  if (!specification.enabled && specification.view)
    return InvalidArgument(
        "One or more parameter values were invalid: If stream is being disabled, then UpdateViewType must not be "
        "specified");
  return specification.view;
}

}  // namespace millrace::api::dynamodb
