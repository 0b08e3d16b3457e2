#include "api/lambda/errors.h"

#include <array>

#include "aws/request_reader.h"
#include "aws/wire_error.h"
#include "base/log.h"
#include "json/utf8.h"
#include "json/write.h"

namespace millrace::api::lambda {
namespace {

struct Row {
  ErrorCode code;
  std::string_view reason;  // empty: every other error of that code
  int status;
  std::string_view type;
};

constexpr std::array kRows = {
    Row{ErrorCode::kInvalidArgument, reason::kValidation, 400, "ValidationException"},
    Row{ErrorCode::kInvalidArgument, reason::kInvalidContent, 400, "InvalidRequestContentException"},
    Row{ErrorCode::kInvalidArgument, reason::kTooLarge, 413, "RequestTooLargeException"},
    Row{ErrorCode::kInvalidArgument, reason::kCodeTooLarge, 400, "CodeStorageExceededException"},
    Row{ErrorCode::kInvalidArgument, aws::reason::kSerialization, 400, "SerializationException"},
    Row{ErrorCode::kUnimplemented, aws::reason::kUnknownOperation, 404, "UnknownOperationException"},
    Row{ErrorCode::kInvalidArgument, {}, 400, "InvalidParameterValueException"},
    Row{ErrorCode::kUnimplemented, {}, 400, "InvalidParameterValueException"},
    Row{ErrorCode::kNotFound, {}, 404, "ResourceNotFoundException"},
    Row{ErrorCode::kAlreadyExists, {}, 409, "ResourceConflictException"},
    Row{ErrorCode::kFailedPrecondition, {}, 412, "PreconditionFailedException"},
    Row{ErrorCode::kResourceExhausted, {}, 429, "TooManyRequestsException"},
};

const Row* FindRow(const Error& error) {
  for (const Row& row : kRows)
    if (!row.reason.empty() && row.reason == error.reason()) return &row;
  for (const Row& row : kRows)
    if (row.reason.empty() && row.code == error.code()) return &row;
  return nullptr;
}

// A message may echo what a path held, or the beginning of a text.
std::string Utf8(std::string_view text) {
  std::string valid(text);
  if (json::IsUtf8(valid)) return valid;
  for (char& c : valid)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return valid;
}

}  // namespace

http::Response ErrorAnswer(const Error& error) {
  const Row* row = FindRow(error);
  if (row == nullptr) log::Failure("lambda: {}", error.ToString());
  http::Response response;
  response.status = row != nullptr ? row->status : 500;
  response.content_type = "application/json";
  response.headers.Add("x-amzn-ErrorType", row != nullptr ? row->type : "ServiceException");
  json::Writer writer(&response.body);
  writer.BeginObject();
  const bool validation = row != nullptr && row->type == "ValidationException";
  if (!validation) {
    writer.Key("Type");
    writer.String(row != nullptr ? "User" : "Service");
  }
  if (row != nullptr && row->status == 429) {
    writer.Key("Reason");
    writer.String("ConcurrentInvocationLimitExceeded");
  }
  // Both spellings are read by somebody: of ValidationException and throttles AWS writes it small.
  writer.Key(validation || response.status == 429 ? "message" : "Message");
  writer.String(row != nullptr ? Utf8(error.message()) : std::string(aws::wire::kServerErrorText));
  writer.EndObject();
  return response;
}

Error FunctionNotFound(std::string_view arn) {
  return Err(ErrorCode::kNotFound, {}, "Function not found: {}", arn);
}

Error ValidationError(std::string_view value, std::string_view member, std::string_view constraint) {
  return Err(ErrorCode::kInvalidArgument, reason::kValidation,
             "1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: {}", value.substr(0, 300),
             member, constraint);
}

Error MissingMember(std::string_view member) {
  return Err(ErrorCode::kInvalidArgument, reason::kValidation,
             "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
             member);
}

}  // namespace millrace::api::lambda
