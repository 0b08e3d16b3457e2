// HttpTarget posts each record's body to a URL.
//
// What "once" rests on: the endpoint. Every delivery of a record carries the same `Idempotency-Key`, its id, so that an
// endpoint that remembers keys takes each record once; how long it must remember is the retry policy's business.
//
// Answers: 2xx took it. 408, 409, 425, 429 and 5xx are tried again, 429 and 503 after their Retry-After, and count as
// the whole target being out of order, as do refused connections and timeouts. Any other answer rejects the record.
//
// Threads:   thread-safe; completions come from the client's threads.
// Ownership: the client outlives it and is stopped first.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "flow/target.h"
#include "http/client.h"

namespace millrace::targets {

struct HttpTargetOptions {
  std::string name;  // "target/endpoint"
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::milliseconds timeout{5'000};
};

class HttpTarget final : public flow::Target {
 public:
  HttpTarget(HttpTargetOptions options, http::Client& client) : options_(std::move(options)), client_(client) {}

  const std::string& name() const override { return options_.name; }
  const flow::TargetTraits& traits() const override { return traits_; }
  Status Open() override { return Ok(); }
  void Write(std::span<const flow::Record> batch, std::vector<flow::StateRow> state, Done done) override;
  void Close() override {}  // the client calls back everything that is open when it stops

 private:
  const HttpTargetOptions options_;
  const flow::TargetTraits traits_{.kind = flow::BatchKind::kPerEntry, .batch_records_max = 1};
  http::Client& client_;
};

// What an answer means for the record it was sent. `retry_after`: the header's text, or empty.
flow::WriteReport ReportOf(int status, std::string_view retry_after, std::string_view url);

}  // namespace millrace::targets
