#include "api/routes/function_response.h"

#include <charconv>

#include "json/parse.h"
#include "json/write.h"
#include "model/base64.h"

namespace millrace::api::routes {
namespace {

// These are the server's business.
bool IsOurs(std::string_view name) {
  for (const std::string_view ours : {"Content-Length", "Connection", "Transfer-Encoding", "Date", "Keep-Alive"})
    if (http::EqualsIgnoreCase(name, ours)) return true;
  return false;
}

bool IsToken(std::string_view name) {
  if (name.empty()) return false;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && std::string_view("!#$%&'*+-.^_`|~").find(c) == std::string_view::npos) return false;
  }
  return true;
}

Result<int> StatusOf(const json::Value& value) {
  const std::string_view text = value.is_number()   ? value.number()
                                : value.is_string() ? value.string()
                                                    : std::string_view();
  int status = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), status);
  if (failed != std::errc() || end != text.data() + text.size() || status < 200 || status > 599)
    return InvalidArgument("its statusCode is not a whole number from 200 to 599");
  return status;
}

}  // namespace

http::Response MessageResponse(int status, std::string_view message) {
  http::Response response{.status = status, .content_type = "application/json"};
  json::Writer writer(&response.body);
  writer.BeginObject();
  writer.Key("message");
  writer.String(message);
  writer.EndObject();
  return response;
}

Result<http::Response> ResponseOf(std::string_view answer) {
  http::Response response;
  if (answer.empty()) return response;
  json::Document document;
  if (Status parsed = document.Parse(answer); !parsed.ok())
    return InvalidArgument("it is not JSON: {}", parsed.error().message());
  const json::Value& root = document.root();
  const json::Value* const status = root.Find("statusCode");
  if (status == nullptr) {
    response.headers.Add("Content-Type", "application/json");
    response.body = answer;
    return response;
  }
  ASSIGN_OR_RETURN(response.status, StatusOf(*status));
  if (const json::Value* headers = root.Find("headers"); headers != nullptr && headers->is_object()) {
    for (const json::Member& header : headers->object()) {
      std::string value;
      if (header.value.is_string()) {
        value = header.value.string();
      } else if (header.value.is_number() || header.value.is_bool()) {
        json::AppendValue(value, header.value);
      } else {
        return InvalidArgument("its header {} is neither text nor a number nor a boolean", header.name);
      }
      if (!IsToken(header.name)) return InvalidArgument("'{}' is no name of a header", header.name);
      if (!IsOurs(header.name)) response.headers.Add(header.name, value);
    }
  }
  if (const json::Value* cookies = root.Find("cookies"); cookies != nullptr && cookies->is_array())
    for (const json::Value& cookie : cookies->array())
      if (cookie.is_string()) response.headers.Add("Set-Cookie", cookie.string());
  const json::Value* const encoded = root.Find("isBase64Encoded");
  if (const json::Value* body = root.Find("body"); body != nullptr && !body->is_null()) {
    if (body->is_string()) {
      response.body = body->string();
    } else {
      json::AppendValue(response.body, *body);
    }
    if (encoded != nullptr && encoded->is_bool() && encoded->boolean()) {
      auto decoded = model::Base64Decode(response.body);
      if (!decoded) return InvalidArgument("its body is not the base64 that it says it is");
      response.body = *std::move(decoded);
    }
  }
  if (!response.body.empty() && !response.headers.Has("Content-Type"))
    response.headers.Add("Content-Type", "text/plain; charset=utf-8");
  return response;
}

}  // namespace millrace::api::routes
