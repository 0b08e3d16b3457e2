#include "targets/http/http_target.h"

#include <algorithm>

#include "base/check.h"
#include "base/version.h"
#include "flow/batch_response.h"
#include "http/url.h"
#include "model/base64.h"
#include "targets/http/answer.h"
#include "targets/http/message.h"

namespace millrace::targets {
namespace {

// Of an answer to one record only the beginning matters, and only if it is an error.
constexpr std::size_t kAnswerBytesKept = std::size_t{4} << 10;
// An answer to a batch may name each record of it.
constexpr std::size_t kBatchAnswerBytesKept = std::size_t{1} << 20;

// The endpoint has looked into the request, and something there is wrong or too large. Other refusals, such as 404, are
// about all records alike.
bool IsAboutContent(int status) {
  return status == 400 || status == 413 || status == 422;
}

// Text such as "OK" or a page of HTML says nothing about single records; JSON, also in the wrong wrapping, may.
bool SpeaksOfRecords(const http::ClientResponse& response) {
  const std::string_view type = response.headers.Get("Content-Type");
  if (type.find("json") != std::string_view::npos) return true;
  const std::size_t begin = response.body.find_first_not_of(" \t\r\n");
  return begin != std::string::npos && (response.body[begin] == '{' || response.body[begin] == '[');
}

}  // namespace

struct HttpTarget::Delivery {
  // A run of the batch's records that is sent, or stays unsent, together.
  struct Part {
    std::size_t begin = 0;
    std::size_t count = 0;
  };

  std::span<const flow::Record> records() const { return batch.subspan(part.begin, part.count); }

  std::span<const flow::Record> batch;
  Done done;
  std::string* answer = nullptr;  // of an enrichment: where it goes
  flow::WriteReport report;
  std::vector<Part> to_send;  // the last one is the next
  bool split = false;
  Part part;  // under way
  Message message;
  bool refreshed = false;  // a token was refused once
};

HttpTarget::HttpTarget(HttpTargetOptions options, http::Client& client)
    : options_(std::move(options)),
      clock_(options_.clock != nullptr ? *options_.clock : system_clock_),
      valid_(CheckHttpTargetOptions(options_)),
      traits_{.kind = options_.batch_records_max > 1 ? options_.batch_kind : flow::BatchKind::kPerEntry,
              .batch_records_max = options_.batch_records_max,
              .batch_bytes_max = options_.batch_bytes_max},
      client_(client),
      user_agent_(fmt::format("Millrace/{}", ProgramVersion())) {
  if (!valid_.ok()) return;
  url_ = http::WithQuery(options_.url, options_.query);
  address_ = http::ParseUrl(url_)->Address();
  for (const auto& [name, value] : options_.headers) headers_.Set(name, value);
  if (const auto* basic = std::get_if<BasicAuth>(&options_.auth)) {
    std::string credentials = model::Base64Encode(basic->user + ":" + basic->password.Reveal());
    headers_.Set("Authorization", "Basic " + credentials);
    secrets_ = {Secret(std::move(credentials)), basic->password};
  } else if (const auto* api_key = std::get_if<ApiKeyAuth>(&options_.auth)) {
    headers_.Set(api_key->header, api_key->value.Reveal());
    secrets_ = {api_key->value};
  } else if (const auto* oauth = std::get_if<OAuthClientCredentials>(&options_.auth)) {
    tokens_ = std::make_unique<OAuthTokens>(*oauth, options_.addresses, options_.timeout, client_, clock_);
  }
  signer_ = MUST(Signer::Create(options_));  // CheckHttpTargetOptions has made one
  if (options_.requests_per_second > 0) bucket_ = std::make_unique<TokenBucket>(options_.requests_per_second, clock_);
}

HttpTarget::~HttpTarget() {
  Close();
}

void HttpTarget::Close() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return under_way_ == 0; });
}

void HttpTarget::Write(std::span<const flow::Record> batch, std::vector<flow::StateRow>, Done done) {
  auto delivery = std::make_shared<Delivery>();
  delivery->batch = batch;
  delivery->done = std::move(done);
  Begin(delivery);
}

void HttpTarget::Enrich(std::span<const flow::Record> batch, EnrichDone done) {
  auto answer = std::make_shared<std::string>();
  auto delivery = std::make_shared<Delivery>();
  delivery->batch = batch;
  delivery->answer = answer.get();
  delivery->done = [answer = std::move(answer), done = std::move(done)](flow::WriteReport report) {
    done({std::move(report), std::move(*answer)});
  };
  Begin(delivery);
}

void HttpTarget::Begin(const DeliveryPtr& delivery) {
  Delivery& d = *delivery;
  if (!valid_.ok() || !options_.closed.empty()) {
    auto report = flow::WriteReport::AllFailed(
        d.batch.size(), flow::EntryOutcome::kRetry,
        valid_.ok() ? Err(ErrorCode::kFailedPrecondition, {}, "{}", options_.closed) : valid_.error());
    report.target_down = true;
    return d.done(std::move(report));
  }
  CHECK(!d.batch.empty() && d.batch.size() <= traits_.batch_records_max);
  d.report.entries.assign(d.batch.size(), flow::EntryOutcome::kRetry);
  d.to_send = {{0, d.batch.size()}};
  {
    std::lock_guard lock(mutex_);
    ++under_way_;
  }
  Next(delivery);
}

void HttpTarget::Next(const DeliveryPtr& delivery) {
  Delivery& d = *delivery;
  while (!d.to_send.empty()) {
    d.part = d.to_send.back();
    d.to_send.pop_back();
    d.message = Compose(d.records(), options_, url_);
    if (d.message.sent.empty()) {
      Settle(d, {});
      continue;
    }
    if (bucket_ != nullptr && d.split) {
      // To wait here would hold up what was found out already.
      bucket_->Charge();
    } else if (bucket_ != nullptr) {
      if (const Duration wait = bucket_->Take(); wait > Duration::zero()) {
        auto report = flow::WriteReport::AllFailed(
            d.message.sent.size(), flow::EntryOutcome::kRetry,
            Err(ErrorCode::kResourceExhausted, {}, "the limit of {} requests per second is reached",
                options_.requests_per_second));
        report.throttled = true;
        report.retry_after = std::chrono::ceil<std::chrono::milliseconds>(wait);
        Settle(d, std::move(report));
        continue;
      }
    }
    return Authorize(delivery);
  }
  const Done done = std::move(d.done);
  done(std::move(d.report));
  std::lock_guard lock(mutex_);
  if (--under_way_ == 0) idle_.notify_all();
}

void HttpTarget::Authorize(const DeliveryPtr& delivery) {
  if (tokens_ == nullptr) return Send(delivery, nullptr);
  tokens_->Get([this, delivery](Result<OAuthTokens::TokenPtr> token) {
    if (token.ok()) return Send(delivery, *std::move(token));
    auto report = flow::WriteReport::AllFailed(delivery->message.sent.size(), flow::EntryOutcome::kRetry,
                                               std::move(token).error());
    report.target_down = true;
    Settle(*delivery, std::move(report));
    Next(delivery);
  });
}

void HttpTarget::Send(const DeliveryPtr& delivery, OAuthTokens::TokenPtr token) {
  Message& message = delivery->message;
  const bool may_come_again = token != nullptr && !delivery->refreshed;
  http::ClientRequest request;
  request.method = options_.method;
  request.url = message.url.empty() ? url_ : message.url;
  request.timeout = options_.timeout;
  request.idempotent = true;  // the key below makes it so
  request.addresses = options_.addresses;
  request.response_bytes_kept = delivery->answer != nullptr      ? kAnswerBytesMax
                                : options_.batch_records_max > 1 ? kBatchAnswerBytesKept
                                                                 : kAnswerBytesKept;
  request.headers = headers_;
  if (!message.content_type.empty() && !headers_.Has("Content-Type"))
    request.headers.Add("Content-Type", message.content_type);
  // What the target says of every request wins, as a connection's parameters do on AWS.
  for (std::size_t i = 0; i < message.headers.size(); ++i)
    if (!headers_.Has(message.headers.at(i).name))
      request.headers.Add(message.headers.at(i).name, message.headers.at(i).value);
  if (!request.headers.Has("User-Agent")) request.headers.Add("User-Agent", user_agent_);
  request.headers.Add("Idempotency-Key", message.idempotency_key);
  if (token != nullptr) request.headers.Set("Authorization", "Bearer " + token->text.Reveal());
  signer_->Sign(message.idempotency_key, clock_.Now(), message.body, request.headers);
  request.body = may_come_again ? message.body : std::move(message.body);
  client_.Send(std::move(request), [this, delivery, token = std::move(token)](Result<http::ClientResponse> response) {
    OnAnswer(delivery, token, std::move(response));
  });
}

void HttpTarget::OnAnswer(const DeliveryPtr& delivery, const OAuthTokens::TokenPtr& token,
                          Result<http::ClientResponse> response) {
  const bool unauthorized = response.ok() && (response->status == 401 || response->status == 407);
  if (unauthorized && token != nullptr && !delivery->refreshed) {
    delivery->refreshed = true;
    tokens_->Drop(token);
    return Authorize(delivery);
  }
  Delivery& d = *delivery;
  if (response.ok() && IsAboutContent(response->status) && d.message.sent.size() > 1 && d.answer == nullptr) {
    const std::size_t half = d.part.count / 2;
    d.to_send.push_back({d.part.begin + half, d.part.count - half});
    d.to_send.push_back({d.part.begin, half});
    d.split = true;
  } else {
    Settle(d, Read(d, token, std::move(response)));
  }
  Next(delivery);
}

flow::WriteReport HttpTarget::Read(const Delivery& delivery, const OAuthTokens::TokenPtr& token,
                                   Result<http::ClientResponse> response) const {
  const std::vector<std::size_t>& sent = delivery.message.sent;
  if (!response.ok()) return ReportNoAnswer(std::move(response).error(), sent.size());
  std::vector<std::string_view> secrets;
  for (const Secret& secret : secrets_) secrets.push_back(secret.Reveal());
  if (token != nullptr) secrets.push_back(token->text.Reveal());
  auto report = ReportAnswer(*response, sent.size(), address_, secrets, clock_.Now());
  const bool taken = response->status >= 200 && response->status < 300;
  if (taken && delivery.answer != nullptr) {
    if (sent.size() < delivery.part.count) return report;  // the question was not what it should be
    if (response->truncated)
      return flow::WriteReport::AllFailed(
          sent.size(), flow::EntryOutcome::kRetry,
          Err(ErrorCode::kUnavailable, {}, "{} answered with more than {} bytes", address_, kAnswerBytesMax));
    *delivery.answer = std::move(response->body);
    return report;
  }
  if (!taken || options_.batch_records_max == 1 || !SpeaksOfRecords(*response)) return report;
  if (response->truncated) {
    return flow::WriteReport::AllFailed(
        sent.size(), flow::EntryOutcome::kRetry,
        Err(ErrorCode::kUnavailable, {}, "{} answered {} with more than {} bytes: which records it took is not known",
            address_, response->status, kBatchAnswerBytesKept));
  }
  if (sent.size() == delivery.part.count) {
    report = flow::ReadBatchResponse(response->body, delivery.records(), options_.batch_kind);
  } else {
    std::vector<flow::Record> records;
    for (const std::size_t i : sent) records.push_back(delivery.records()[i]);
    report = flow::ReadBatchResponse(response->body, records, options_.batch_kind);
  }
  if (report.error) report.error = report.error->WithContext(fmt::format("{} answered {}", address_, response->status));
  return report;
}

void HttpTarget::Settle(Delivery& delivery, flow::WriteReport sent) const {
  const Message& message = delivery.message;
  std::vector<flow::EntryOutcome> entries = message.entries;
  for (std::size_t i = 0; i < message.sent.size(); ++i) entries[message.sent[i]] = sent.entries[i];
  const auto first = std::ranges::find_if(entries, [](auto entry) { return entry != flow::EntryOutcome::kTaken; });
  const bool failed = first != entries.end();
  const bool prefix = traits_.kind == flow::BatchKind::kPrefix;
  // Nothing behind what was not taken has had its turn.
  if (failed && prefix) std::fill(first + 1, entries.end(), flow::EntryOutcome::kRetry);

  flow::WriteReport& report = delivery.report;
  std::ranges::copy(entries, report.entries.begin() + static_cast<std::ptrdiff_t>(delivery.part.begin));
  if (failed && !report.error) {
    const bool was_sent = std::ranges::binary_search(message.sent, static_cast<std::size_t>(first - entries.begin()));
    report.error = was_sent ? std::move(sent.error) : message.error;
  }
  report.target_down |= sent.target_down;
  report.throttled |= sent.throttled;
  if (sent.retry_after)
    report.retry_after = std::max(report.retry_after.value_or(*sent.retry_after), *sent.retry_after);
  if ((failed && prefix) || report.target_down || report.throttled) delivery.to_send.clear();
}

}  // namespace millrace::targets
