// HttpParameters are what a pipe or a rule's target says of requests: headers, query and parts of the path, each a text
// or a path into the event.
//
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_HttpParameters.html
// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeTargetHttpParameters.html
//
// Threads:   pure function.
// Failure:   InvalidArgument that names the member, in the words of the API.
#pragma once

#include <string>

#include "base/error.h"
#include "config/config.h"
#include "json/value.h"

namespace millrace::api {

// `where`: what stands before the names of members in messages: "TargetParameters.HttpParameters".
Status ReadHttpParameters(const json::Value& json, const std::string& where, config::RecordParameters& parameters);

}  // namespace millrace::api
