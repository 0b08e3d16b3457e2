// StreamsClient calls the Streams service as a client does: operation and JSON in, status and JSON out.
//
// Threads:   confined.
// Ownership: the engine and the clock outlive it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/streams/service.h"
#include "base/check.h"
#include "engine/testing/node.h"
#include "json/parse.h"

namespace millrace::api::streams::testing {

// An answer, parsed.
class Answer {
 public:
  Answer(int status, std::string body) : status_(status), body_(std::move(body)) {
    const Status parsed = document_.Parse(body_);
    CHECK(parsed.ok(), "every answer is JSON");
  }

  int status() const { return status_; }
  const std::string& body() const { return body_; }
  const json::Value& root() const { return document_.root(); }
  // The string at a member of the top level; empty if there is none.
  std::string Text(std::string_view name) const {
    const json::Value* value = root().Find(name);
    return value != nullptr && value->is_string() ? std::string(value->string()) : std::string();
  }
  // "ValidationException", without its namespace.
  std::string ErrorType() const {
    const std::string type = Text("__type");
    return type.substr(type.find('#') + 1);
  }
  std::string ErrorText() const { return Text("message").empty() ? Text("Message") : Text("message"); }

 private:
  int status_;
  std::string body_;
  json::Document document_;
};

class StreamsClient {
 public:
  StreamsClient(engine::Engine& engine, const Clock& clock, engine::Scope scope = engine::testing::kScope)
      : service_(engine, clock), scope_(std::move(scope)) {}

  Answer Call(std::string_view operation, std::string body) const {
    auto sink = std::make_shared<Sink>();
    http::Request request;
    request.method = "POST";
    request.target = "/";
    request.body = std::move(body);
    service_.Handle({scope_.account, scope_.region, std::string(operation), "REQUEST"}, std::move(request),
                    http::Responder(sink));
    CHECK(sink->response.has_value(), "answered at once");
    CHECK(sink->response->headers.Get("x-amzn-RequestId") == "REQUEST", "the answer carries the request's id");
    return {sink->response->status, sink->response->body};
  }

  std::string Iterator(const std::string& arn, const std::string& shard_id, std::string_view type,
                       std::string_view sequence = {}) const {
    std::string body =
        fmt::format(R"({{"StreamArn":"{}","ShardId":"{}","ShardIteratorType":"{}")", arn, shard_id, type);
    if (!sequence.empty()) body += fmt::format(R"(,"SequenceNumber":"{}")", sequence);
    return Call("GetShardIterator", body + "}").Text("ShardIterator");
  }
  Answer GetRecords(const std::string& iterator, int limit = 1000) const {
    return Call("GetRecords", fmt::format(R"({{"ShardIterator":"{}","Limit":{}}})", iterator, limit));
  }

 private:
  struct Sink final : http::ResponseSink {
    void Deliver(http::Response&& delivered) override { response = std::move(delivered); }
    std::optional<http::Response> response;
  };

  Service service_;
  engine::Scope scope_;
};

}  // namespace millrace::api::streams::testing
