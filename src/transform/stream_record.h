// StreamRecord is a change in the form in which Lambda and Pipes hand it on: one element of "Records".
//
//   {"eventID":…,"eventName":"INSERT","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":…,
//    "dynamodb":{"ApproximateCreationDateTime":1767225600,"Keys":{…},"NewImage":{…},"OldImage":{…},
//                "SequenceNumber":…,"SizeBytes":…,"StreamViewType":…},
//    "eventSourceARN":…,
//    "userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"}}   only if the item expired
//
// Values are DynamoDB JSON. GetRecords has other names in userIdentity and no ARN; it is not made here.
// https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
//
// Threads:   functions without state.
// Failure:   ParseStreamRecord: InvalidArgument if it is not such a record.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "model/change.h"

namespace millrace::transform {

// What the change itself does not know.
struct StreamRecordContext {
  std::string_view event_id = {};
  std::string_view sequence_number = {};  // as text
  std::string_view region = {};
  std::string_view stream_arn = {};
  model::StreamViewType view_type = model::StreamViewType::kNewAndOldImages;
};

// Images appear as far as the change has them, whatever the view type.
void AppendStreamRecord(std::string& out, const model::Change& change, const StreamRecordContext& context);

// The change behind a record that AppendStreamRecord made. Its time is in whole seconds, and its sequence number is
// left to who knows how that is written.
Result<model::Change> ParseStreamRecord(std::string_view record);

}  // namespace millrace::transform
