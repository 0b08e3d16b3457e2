// HttpTarget keeps the contract of targets, one record per request and in arrays.
#include <gtest/gtest.h>

#include <atomic>

#include "base/check.h"
#include "flow/testing/target_contract.h"
#include "http/server.h"
#include "json/parse.h"
#include "json/write.h"
#include "targets/http/http_target.h"

namespace millrace::flow::testing {
namespace {

template <std::size_t kBatch>
class HttpRig final : public TargetRig {
 public:
  HttpRig()
      : server_(MUST(http::Server::Start({},
                                         [this](http::Request&& request, http::Responder responder) {
                                           if (broken_) return responder.Send({.status = 503, .body = "away"});
                                           Note(request.body);
                                           responder.Send({.status = 200, .body = ""});
                                         }))),
        target_({.name = "target/http",
                 .url = fmt::format("http://127.0.0.1:{}/", server_->port()),
                 .batch_records_max = kBatch},
                client_) {}
  ~HttpRig() override {
    target_.Close();
    client_.Stop();
    server_->Stop();
  }
  Target& target() override { return target_; }
  std::string Body(const std::string& key, int number) override {
    return fmt::format(R"({{"key":"{}","number":{}}})", key, number);
  }
  std::vector<std::string> Effects() override {
    std::lock_guard lock(mutex_);
    return bodies_;
  }
  void Break() override { broken_ = true; }
  void Mend() override { broken_ = false; }

 private:
  void Note(const std::string& body) {
    json::Document document;
    MUST(document.Parse(body));
    std::lock_guard lock(mutex_);
    if (!document.root().is_array()) return bodies_.push_back(body);
    for (const json::Value& element : document.root().array()) json::AppendValue(bodies_.emplace_back(), element);
  }

  std::atomic<bool> broken_{false};
  std::mutex mutex_;
  std::vector<std::string> bodies_;
  http::Client client_{{}};
  std::unique_ptr<http::Server> server_;
  targets::HttpTarget target_;
};

using Rigs = ::testing::Types<HttpRig<1>, HttpRig<20>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Http, TargetContract, Rigs);

}  // namespace
}  // namespace millrace::flow::testing
