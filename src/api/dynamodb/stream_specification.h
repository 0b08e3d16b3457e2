// StreamSpecification: the member of CreateTable and UpdateTable that switches a table's stream.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_StreamSpecification.html
//
// Threads: pure functions.
// Failure: InvalidArgument in AWS's words.
#pragma once

#include <optional>

#include "api/dynamodb/constraints.h"
#include "base/error.h"
#include "json/value.h"
#include "model/change.h"

namespace millrace::api::dynamodb {

struct StreamSpecification {
  bool enabled = false;
  std::optional<model::StreamViewType> view;
};

Result<StreamSpecification> ReadStreamSpecification(const json::Value& json, Constraints& constraints);

// The stream that CreateTable asks for, if it asks for one.
Result<std::optional<model::StreamViewType>> StreamOfNewTable(const StreamSpecification& specification);
// The same for UpdateTable: nullopt switches the stream off.
Result<std::optional<model::StreamViewType>> StreamOfUpdate(const StreamSpecification& specification);

}  // namespace millrace::api::dynamodb
