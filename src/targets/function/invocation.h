// What a batch of records is as the event of a function, and what an invocation's result means for it.
//
// Threads:   functions without state.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "flow/target.h"
#include "functions/functions.h"
#include "targets/function/function_target.h"

namespace millrace::targets {

std::string ComposeEvent(std::span<const flow::Record> batch, FunctionPayload payload);
// In an array, a body that is no JSON would spoil the others: what is then to be reported, or nothing.
std::optional<flow::WriteReport> RefuseUnfit(std::span<const flow::Record> batch);
// All are taken if the function answered, whatever it answered.
flow::WriteReport ReportOf(std::size_t records, const std::string& name, const functions::InvokeResult& result);

}  // namespace millrace::targets
