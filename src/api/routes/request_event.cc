#include "api/routes/request_event.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "json/utf8.h"
#include "json/write.h"
#include "model/base64.h"

namespace millrace::api::routes {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Takes off what stands before the mark, and the mark.
std::string_view Cut(std::string_view& rest, char mark) {
  const std::size_t end = rest.find(mark);
  const std::string_view piece = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return piece;
}

// Several of one name are joined by commas.
void Join(std::map<std::string, std::string>& all, std::string name, std::string_view value) {
  const auto [place, added] = all.try_emplace(std::move(name), value);
  if (!added) place->second.append(",").append(value);
}

bool IsText(std::string_view content_type) {
  const std::string type = Lower(content_type.substr(0, content_type.find(';')));
  return type.empty() || type.starts_with("text/") || type == "application/json" || type == "application/xml" ||
         type == "application/javascript" || type.ends_with("+json") || type.ends_with("+xml");
}

// What JSON text may hold: bytes that are no UTF-8 become U+FFFD.
std::string AsUtf8(std::string_view text) {
  if (json::IsUtf8(text)) return std::string(text);
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x80) {
      out.push_back(c);
    } else {
      out += "\xef\xbf\xbd";
    }
  }
  return out;
}

// "20/Nov/2026:15:49:16 +0000".
std::string ClfTime(std::int64_t time_ms) {
  using namespace std::chrono;
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds time{duration_cast<seconds>(milliseconds(time_ms))};
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return fmt::format("{:02}/{}/{}:{:02}:{:02}:{:02} +0000", static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

void WriteTexts(json::Writer& writer, const std::map<std::string, std::string>& texts) {
  writer.BeginObject();
  for (const auto& [name, value] : texts) {
    writer.Key(AsUtf8(name));
    writer.String(AsUtf8(value));
  }
  writer.EndObject();
}

}  // namespace

std::string PercentDecoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
    const int low = high >= 0 ? HexValue(text[i + 2]) : -1;
    if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

std::string RequestEvent(const http::Request& request, const RequestContext& context) {
  std::map<std::string, std::string> headers;
  std::vector<std::string_view> cookies;
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const auto [name, value] = request.headers.at(i);
    if (http::EqualsIgnoreCase(name, "Cookie")) {
      for (std::string_view rest = value; !rest.empty();) {
        std::string_view cookie = Cut(rest, ';');
        while (cookie.starts_with(' ')) cookie.remove_prefix(1);
        if (!cookie.empty()) cookies.push_back(cookie);
      }
    } else {
      Join(headers, Lower(name), value);
    }
  }
  std::map<std::string, std::string> query;
  for (std::string_view rest = request.query(); !rest.empty();) {
    std::string_view value = Cut(rest, '&');
    const std::string_view name = Cut(value, '=');
    if (!name.empty() || !value.empty()) Join(query, PercentDecoded(name, true), PercentDecoded(value, true));
  }
  const std::string path = AsUtf8(PercentDecoded(request.path(), false));
  const std::string_view host = request.headers.Get("Host");

  std::string event;
  json::Writer writer(&event);
  const auto text = [&](std::string_view name, std::string_view value) {
    writer.Key(name);
    writer.String(AsUtf8(value));
  };
  writer.BeginObject();
  text("version", "2.0");
  text("routeKey", context.route_key);
  text("rawPath", path);
  text("rawQueryString", request.query());
  if (!cookies.empty()) {
    writer.Key("cookies");
    writer.BeginArray();
    for (const std::string_view cookie : cookies) writer.String(AsUtf8(cookie));
    writer.EndArray();
  }
  writer.Key("headers");
  WriteTexts(writer, headers);
  if (!query.empty()) {
    writer.Key("queryStringParameters");
    WriteTexts(writer, query);
  }
  writer.Key("requestContext");
  writer.BeginObject();
  text("accountId", context.account);
  text("apiId", "local");
  text("domainName", host.substr(0, host.rfind(':')));
  text("domainPrefix", host.substr(0, host.find_first_of(".:")));
  writer.Key("http");
  writer.BeginObject();
  text("method", request.method);
  text("path", path);
  text("protocol", request.version_minor == 0 ? "HTTP/1.0" : "HTTP/1.1");
  text("sourceIp", "127.0.0.1");
  text("userAgent", request.headers.Get("User-Agent"));
  writer.EndObject();
  text("requestId", context.request_id);
  text("routeKey", context.route_key);
  text("stage", "$default");
  text("time", ClfTime(context.time_ms));
  writer.Key("timeEpoch");
  writer.Integer(context.time_ms);
  writer.EndObject();
  if (!context.path_parameters.empty()) {
    writer.Key("pathParameters");
    WriteTexts(writer, context.path_parameters);
  }
  const bool plain = (context.any_text || IsText(request.headers.Get("Content-Type"))) && json::IsUtf8(request.body);
  if (!request.body.empty()) text("body", plain ? request.body : model::Base64Encode(request.body));
  writer.Key("isBase64Encoded");
  writer.Bool(!request.body.empty() && !plain);
  writer.EndObject();
  return event;
}

}  // namespace millrace::api::routes
