// Harness is a DynamoDB service over a real engine in memory, called without a socket: for tests.
//
// Threads:   Call may be used from several threads at once.
// Ownership: owns everything; time moves by hand.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/dynamodb/service.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/engine.h"
#include "store/memory_store.h"

namespace millrace::api::dynamodb::testing {

struct Response {
  int status = 0;
  std::string body;
};

class Harness {
 public:
  Harness() : engine_(MUST(engine::Engine::Open({}, store_, clock_, random_))), service_(*engine_) {}

  Response Call(std::string_view operation, std::string_view body) {
    const auto sink = std::make_shared<Sink>();
    http::Request request;
    request.method = "POST";
    request.target = "/";
    request.headers.Add("Host", "127.0.0.1:4566");
    request.body = body;
    const aws::RequestContext context = {.account = "000000000000",
                                         .region = "eu-north-1",
                                         .operation = std::string(operation),
                                         .request_id = "REQUESTID"};
    service_.Handle(context, std::move(request), http::Responder(sink));
    return sink->Wait();
  }

  ManualClock& clock() { return clock_; }
  engine::Engine& engine() { return *engine_; }

 private:
  class Sink final : public http::ResponseSink {
   public:
    void Deliver(http::Response&& response) override {
      const std::lock_guard lock(mutex_);
      CHECK(!response_, "answered twice");
      response_ = Response{response.status, std::move(response.body)};
      answered_.notify_one();
    }
    Response Wait() {
      std::unique_lock lock(mutex_);
      answered_.wait(lock, [this] { return response_.has_value(); });
      return *std::move(response_);
    }

   private:
    std::mutex mutex_;
    std::condition_variable answered_;
    std::optional<Response> response_;
  };

  store::MemoryStore store_;
  ManualClock clock_;
  SeededRandom random_{1};
  std::unique_ptr<engine::Engine> engine_;
  Service service_;
};

}  // namespace millrace::api::dynamodb::testing
