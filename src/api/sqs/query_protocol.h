// QueryProtocol is SQS's older protocol: a form of dotted names as the request, XML as the answer. Both are turned into
// and from the JSON of the newer one, so that there is one implementation of each operation.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html
//
// Threads: pure functions.
// Failure: InvalidArgument with reason::kInvalidParameterValue if the form is not one.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/sqs/errors.h"
#include "base/error.h"
#include "json/value.h"

namespace millrace::api::sqs {

using Fields = std::vector<std::pair<std::string, std::string>>;
// "a=1&b=%20c+d", decoded. At most as many fields as ten messages with ten attributes need, several times over.
Result<Fields> ParseForm(std::string_view text);
// Empty if there is none.
std::string_view FieldOf(const Fields& fields, std::string_view name);

// The request in JSON; Action, Version and what belongs to the signature are left out.
Result<std::string> JsonOfForm(std::string_view action, const Fields& fields);
std::string XmlOfAnswer(std::string_view action, const json::Value& answer, std::string_view request_id);
std::string XmlOfError(const SqsError& error, std::string_view request_id);

}  // namespace millrace::api::sqs
