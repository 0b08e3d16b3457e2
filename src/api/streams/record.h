// AppendRecord renders one change as a record of GetRecords.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
//
// Threads: pure function.
#pragma once

#include "engine/catalogue.h"
#include "json/write.h"
#include "model/change.h"

namespace millrace::api::streams {

void AppendRecord(json::Writer& writer, const engine::Log& stream, const model::Change& change);

}  // namespace millrace::api::streams
