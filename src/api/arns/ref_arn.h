// RefArn is how the resources of a node are called by those who only know ARNs.
//
//   arn:aws:dynamodb:REGION:ACCOUNT:table/NAME[/stream/LABEL]     table/NAME
//   arn:aws:events:REGION:ACCOUNT:event-bus/NAME                  bus/NAME
//   arn:aws:events:REGION:ACCOUNT:api-destination/NAME[/ID]       target/NAME
//   arn:aws:sqs:REGION:ACCOUNT:NAME                               queue/NAME
//   arn:aws:lambda:REGION:ACCOUNT:function:NAME[:VERSION]         function/NAME
//
// Threads: pure functions.
// Failure: InvalidArgument: it is no ARN. Unimplemented: nothing here has such a name.
#pragma once

#include <string>
#include <string_view>

#include "aws/caller.h"
#include "base/error.h"
#include "config/config.h"

namespace millrace::api {

Result<config::Ref> RefOfArn(std::string_view arn);
// Of a table: its own, without a stream.
std::string ArnOfRef(const aws::Home& home, const config::Ref& ref);

}  // namespace millrace::api
