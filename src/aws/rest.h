// Rest is what services of the restJson protocol share: a request is told by its method and the parts of its path, and
// an error by a header.
//
// Source: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
//
// Threads: pure functions and plain values.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/wire_error.h"
#include "http/message.h"

namespace millrace::aws {

// "/v1/pipes/a%20b?tagKeys=x": the parts between slashes, and the names and values behind the "?", decoded.
struct RestTarget {
  std::vector<std::string> parts;
  std::vector<std::pair<std::string, std::string>> query;

  // The first of this name.
  std::optional<std::string_view> Find(std::string_view name) const;
  std::vector<std::string_view> FindAll(std::string_view name) const;
};

RestTarget ParseRestTarget(std::string_view target);

// {"message": …} and the header x-amzn-ErrorType. A failure of ours is also logged, under the service's name.
http::Response RestError(std::span<const WireError> table, std::string_view service, const Error& error);

}  // namespace millrace::aws
