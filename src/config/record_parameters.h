// ReadRecordParameters reads what is said of each record besides its body: a FIFO queue's group, a request's headers.
//
// Threads:   pure functions.
// Failure:   what is wrong is reported.
#pragma once

#include <string_view>

#include "config/config.h"
#include "config/fields.h"
#include "config/report.h"

namespace millrace::config {

// The key `request`.
void ReadRequestParameters(Fields& fields, RecordParameters& parameters);
// `request`, `group` and `deduplication-id`.
RecordParameters ReadRecordParameters(Fields& fields);

// The names that Millrace, and that CloudFormation gives the parts of a request.
struct RequestKeys {
  std::string_view headers = "headers";
  std::string_view query = "query";
  std::string_view path = "path";
};
inline constexpr RequestKeys kAwsRequestKeys = {"HeaderParameters", "QueryStringParameters", "PathParameterValues"};
void ReadRequestParts(Fields& request, const RequestKeys& keys, RecordParameters& parameters);

// Nothing if it is absent, or is reported.
std::optional<transform::Parameter> ReadParameter(Fields& fields, std::string_view key);

// Whether they suit where the records go.
void CheckRecordParameters(const Config& config, Report& report);

}  // namespace millrace::config
