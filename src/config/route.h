// Route is a method and a path on which requests are answered: "POST /book", "GET /todos/{id}", "ANY /files/{path+}".
//
// The language of API Gateway's HTTP APIs:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
//
// Threads:   pure functions.
// Failure:   nothing for what is no route.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::config {

struct Route {
  struct Segment {
    std::string text;         // as it must be, or the parameter's name
    bool parameter = false;   // {name}: any one segment
    bool everything = false;  // {name+}: the rest of the path, at least one segment; the last one only
  };
  std::string method;  // "GET", or "ANY"
  std::string path;    // as written
  std::vector<Segment> segments;
};

std::optional<Route> ParseRoute(std::string_view text);

}  // namespace millrace::config
