#include "aws/wire_error.h"

#include "base/check.h"
#include "base/log.h"
#include "json/write.h"

namespace millrace::aws {

const WireError& FindWireError(std::span<const WireError> table, const Error& error) {
  if (!error.reason().empty()) {
    for (const WireError& row : table)
      if (row.reason == error.reason()) return row;
  }
  for (const WireError& row : table)
    if (row.reason.empty() && row.code == error.code()) return row;
  CHECK(false, "an error code without a row");
}

JsonReply RenderError(std::span<const WireError> table, std::string_view service, const Error& error) {
  const WireError& row = FindWireError(table, error);
  if (row.status >= 500) log::Failure("{}: {}", service, error.ToString());
  JsonReply reply;
  reply.status = row.status;
  json::Writer writer(&reply.body);
  writer.BeginObject();
  writer.Key("__type");
  writer.String(row.type);
  writer.Key(row.member);
  writer.String(row.message.empty() ? std::string_view(error.message()) : row.message);
  writer.EndObject();
  return reply;
}

}  // namespace millrace::aws
