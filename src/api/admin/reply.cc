#include "api/admin/reply.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/admin/access.h"
#include "json/utf8.h"
#include "json/write.h"
#include "model/key.h"

namespace millrace::api::admin {
namespace {

int StatusOf(const Error& error) {
  if (error.reason() == reason::kRefused) return 403;
  switch (error.code()) {
    case ErrorCode::kInvalidArgument:
      return 400;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kFailedPrecondition:
      return 409;
    case ErrorCode::kResourceExhausted:
      return 429;
    case ErrorCode::kUnavailable:
    case ErrorCode::kCancelled:
      return 503;
    case ErrorCode::kUnimplemented:
      return 501;
    case ErrorCode::kTimeout:
      return 504;
    case ErrorCode::kCorruption:
    case ErrorCode::kIo:
    case ErrorCode::kInternal:
      return 500;
  }
  return 500;
}

std::string BytesText(std::string_view bytes) {
  const bool text =
      std::ranges::all_of(bytes, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
  if (text && json::IsUtf8(bytes)) return std::string(bytes);
  std::string hex = "0x";
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

}  // namespace

http::Response JsonResponse(std::string body, int status) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.headers.Add("Cache-Control", "no-store");
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.body = std::move(body);
  return response;
}

http::Response ErrorResponse(const Error& error) {
  std::string body;
  json::Writer writer(&body);
  writer.BeginObject();
  writer.Key("error");
  writer.BeginObject();
  writer.Key("code");
  writer.String(error.reason().empty() ? ErrorCodeName(error.code()) : error.reason());
  writer.Key("message");
  writer.String(Utf8(error.message()));  // it may echo what was sent
  writer.EndObject();
  writer.EndObject();
  return JsonResponse(std::move(body), StatusOf(error));
}

std::string Utf8(std::string_view text) {
  std::string out(text);
  if (!json::IsUtf8(text))
    for (char& c : out)
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return out;
}

std::string OrderKeyText(std::string_view order_key) {
  const model::ItemKey key{std::string(order_key)};
  // The hash in front tells an item's key from whatever else orders records.
  const bool item = order_key.size() > 3 && key.hash() == model::PartitionHash(key.partition_bytes());
  if (!item) return BytesText(order_key);
  return BytesText(key.partition_bytes()) + (key.sort_bytes().empty() ? "" : " " + BytesText(key.sort_bytes()));
}

http::Response ResponseOf(Result<std::string> body) {
  return body.ok() ? JsonResponse(*std::move(body)) : ErrorResponse(body.error());
}

}  // namespace millrace::api::admin
