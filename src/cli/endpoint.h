// Endpoint is the server that a command speaks to: its admin API.
//
// Threads:   externally synchronised; a call waits for its answer.
// Failure:   Unavailable if nobody answers there; else what the server says, in its words. ExitCodeOf tells the exit
//            code, Report says it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "cli/io.h"

namespace millrace::cli {

class Endpoint {
 public:
  // `flag`, else $AWS_ENDPOINT_URL, else http://127.0.0.1:4566. InvalidArgument if that is no http URL.
  static Result<Endpoint> Open(const Io& io, const std::string& flag);
  Endpoint(Endpoint&&) noexcept;
  ~Endpoint();

  using Fields = std::vector<std::pair<std::string, std::string>>;
  // The body of the answer: JSON text. Empty fields are left out.
  Result<std::string> Get(std::string_view path, const Fields& fields);
  Result<std::string> Post(std::string_view path, std::string body);

  const std::string& url() const { return url_; }

 private:
  class Connection;
  Endpoint(std::string url, std::unique_ptr<Connection> connection);

  std::string url_;  // without a path
  std::unique_ptr<Connection> connection_;
};

// Says on io.err what went wrong and what to do, and returns the exit code.
int Report(Io& io, const Error& error);

}  // namespace millrace::cli
