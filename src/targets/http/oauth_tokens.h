// OAuthTokens keeps an access token of the client credentials grant (RFC 6749 section 4.4): fetched when it is needed,
// used until shortly before it expires, fetched once for everybody who waits.
//
// Threads:   thread-safe. Callbacks run on the client's threads, or before Get returns.
// Ownership: the client and the clock outlive it; it outlives its callbacks.
// Failure:   Unavailable that says what the token endpoint answered; whoever asks next makes the next try.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "http/client.h"
#include "targets/http/http_options.h"

namespace millrace::targets {

class OAuthTokens {
 public:
  struct Token {
    Secret text;
    MonoTime refresh_at;
  };
  using TokenPtr = std::shared_ptr<const Token>;
  using Callback = std::function<void(Result<TokenPtr>)>;

  OAuthTokens(OAuthClientCredentials options, http::AddressPolicy addresses, std::chrono::milliseconds timeout,
              http::Client& client, const Clock& clock);

  void Get(Callback callback);
  // The endpoint has refused it. A newer one stays.
  void Drop(const TokenPtr& token);

 private:
  http::ClientRequest MakeRequest() const;
  Result<TokenPtr> Read(const Result<http::ClientResponse>& response) const;
  void OnAnswer(Result<TokenPtr> token);

  const OAuthClientCredentials options_;
  const http::AddressPolicy addresses_;
  const std::chrono::milliseconds timeout_;
  http::Client& client_;
  const Clock& clock_;

  std::mutex mutex_;
  TokenPtr token_;                 // null: none; guarded by mutex_
  std::vector<Callback> waiting_;  // not empty: a fetch is under way; guarded by mutex_
};

}  // namespace millrace::targets
