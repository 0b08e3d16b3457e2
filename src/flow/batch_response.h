// ReadBatchResponse reads which records of a batch a consumer did not take, as functions of AWS Lambda say it:
//
//   {"batchItemFailures": [{"itemIdentifier": "…"}, …]}
//
// An identifier is a record's id, or its sequence number (Record::offset).
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
//
//   the whole batch was taken     an empty text, null, {}, [] and any other value that is not an object with failures;
//                                 "batchItemFailures" null or []
//   the whole batch has failed    text that is not JSON; "batchItemFailures" that is no array; an entry without a text
//                                 "itemIdentifier", with an empty one, or with one that names no record of the batch
//   otherwise                     the named records have failed; of a kPrefix batch also everything behind the first
//
// Threads: a function without state.
// Failure: in the report: what failed is kRetry, and the error says what the response named, or what is wrong with it.
#pragma once

#include <span>
#include <string_view>

#include "flow/record.h"
#include "flow/target.h"

namespace millrace::flow {

WriteReport ReadBatchResponse(std::string_view text, std::span<const Record> batch, BatchKind kind);

}  // namespace millrace::flow
