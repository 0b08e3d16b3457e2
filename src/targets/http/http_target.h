// HttpTarget sends records to a URL: one per request, or a batch as a JSON array.
//
// What "once" rests on: the endpoint. Every delivery of a record carries the same `Idempotency-Key`, its id, so that an
// endpoint that remembers keys takes each record once; how long it must remember is the retry policy's business. A
// batch has a key of its own, which is the same only while the batch is.
//
// An array that the endpoint rejects for what is in it (400, 413, 422) is halved until the records are found that it
// rejects: the others are taken.
//
// As an enricher it sends the same requests, and gives back the body of an answer 2xx.
//
// What is sent stands in http_options.h, what answers mean in answer.h, both in docs/reference/targets.md.
//
// Threads:   thread-safe; completions come from the client's threads.
// Ownership: the client and the clock outlive it. Close waits for what is under way, at most until its timeouts; once
//            the client is stopped there is nothing.
// Failure:   Open returns what CheckHttpTargetOptions finds wrong; Write then reports a target that is down.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "flow/enricher.h"
#include "flow/target.h"
#include "http/client.h"
#include "targets/http/http_options.h"
#include "targets/http/oauth_tokens.h"
#include "targets/http/signature.h"
#include "targets/http/token_bucket.h"

namespace millrace::targets {

class HttpTarget final : public flow::Target, public flow::Enricher {
 public:
  HttpTarget(HttpTargetOptions options, http::Client& client);
  ~HttpTarget() override;

  const std::string& name() const override { return options_.name; }
  const flow::TargetTraits& traits() const override { return traits_; }
  Status Open() override { return valid_; }
  void Write(std::span<const flow::Record> batch, std::vector<flow::StateRow> state, Done done) override;
  std::size_t question_records_max() const override { return traits_.batch_records_max; }
  void Enrich(std::span<const flow::Record> batch, EnrichDone done) override;
  // REQUIRES: not called from a callback.
  void Close() override;

 private:
  struct Delivery;
  using DeliveryPtr = std::shared_ptr<Delivery>;

  void Begin(const DeliveryPtr& delivery);
  // Sends the next part of the batch, or reports if there is none.
  void Next(const DeliveryPtr& delivery);
  void Authorize(const DeliveryPtr& delivery);
  void Send(const DeliveryPtr& delivery, OAuthTokens::TokenPtr token);
  void OnAnswer(const DeliveryPtr& delivery, const OAuthTokens::TokenPtr& token, Result<http::ClientResponse> response);
  flow::WriteReport Read(const Delivery& delivery, const OAuthTokens::TokenPtr& token,
                         Result<http::ClientResponse> response) const;
  // Adds what became of the part under way. `sent`: of the records that the message carried.
  void Settle(Delivery& delivery, flow::WriteReport sent) const;

  // Constant after construction.
  const SystemClock system_clock_;
  const HttpTargetOptions options_;
  const Clock& clock_;
  const Status valid_;
  const flow::TargetTraits traits_;
  http::Client& client_;
  const std::string user_agent_;
  std::string url_;      // with the query
  std::string address_;  // "host:port"
  http::Headers headers_;
  std::vector<Secret> secrets_;  // that requests carry
  std::optional<Signer> signer_;

  std::unique_ptr<TokenBucket> bucket_;  // null: no limit
  std::unique_ptr<OAuthTokens> tokens_;  // null: no OAuth

  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t under_way_ = 0;  // guarded by mutex_
};

}  // namespace millrace::targets
