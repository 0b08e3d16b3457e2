// Access tokens: fetched once for all who wait, kept until shortly before they expire, and errors without secrets.
#include "targets/http/oauth_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <future>

#include "base/check.h"
#include "http/server.h"

namespace millrace::targets {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

// Answers each request by what the next script says, and keeps what it was asked.
class TokenServer {
 public:
  TokenServer()
      : server_(MUST(http::Server::Start({}, [this](http::Request&& request, http::Responder responder) {
          std::lock_guard lock(mutex_);
          requests_.push_back(std::move(request));
          if (hold_) return held_.push_back(std::move(responder));
          Answer(std::move(responder));
        }))) {}

  void Script(int status, std::string body) {
    std::lock_guard lock(mutex_);
    script_.emplace_back(status, std::move(body));
  }
  void Hold() {
    std::lock_guard lock(mutex_);
    hold_ = true;
  }
  void Release() {
    std::lock_guard lock(mutex_);
    hold_ = false;
    for (auto& responder : held_) Answer(std::move(responder));
    held_.clear();
  }
  std::vector<http::Request> requests() {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  std::string Url(std::string_view path = "/token") {
    return fmt::format("http://127.0.0.1:{}{}", server_->port(), path);
  }
  void Stop() { server_->Stop(); }

 private:
  void Answer(http::Responder responder) {
    http::Response response;
    response.status = 500;
    if (!script_.empty()) {
      response.status = script_.front().first;
      response.body = script_.front().second;
      script_.pop_front();
    }
    responder.Send(std::move(response));
  }

  std::mutex mutex_;
  std::vector<http::Request> requests_;
  std::deque<std::pair<int, std::string>> script_;
  std::vector<http::Responder> held_;
  bool hold_ = false;
  std::unique_ptr<http::Server> server_;  // last: its threads use the rest
};

class OAuthTokensTest : public ::testing::Test {
 protected:
  ~OAuthTokensTest() override {
    client_.Stop();
    server_.Stop();
  }

  OAuthClientCredentials Credentials() {
    return {.url = server_.Url(), .client_id = "client one", .client_secret = Secret("s3cret:sauce")};
  }
  OAuthTokens& Start(OAuthClientCredentials credentials) {
    tokens_ =
        std::make_unique<OAuthTokens>(std::move(credentials), http::AddressPolicy::kAny, seconds(5), client_, clock_);
    return *tokens_;
  }
  static std::future<Result<OAuthTokens::TokenPtr>> Ask(OAuthTokens& tokens) {
    auto promise = std::make_shared<std::promise<Result<OAuthTokens::TokenPtr>>>();
    tokens.Get([promise](Result<OAuthTokens::TokenPtr> token) { promise->set_value(std::move(token)); });
    return promise->get_future();
  }
  static std::string Get(OAuthTokens& tokens) {
    auto token = Ask(tokens).get();
    return token.ok() ? (*token)->text.Reveal() : "error: " + token.error().message();
  }

  TokenServer server_;
  http::Client client_{{}};
  ManualClock clock_;
  std::unique_ptr<OAuthTokens> tokens_;
};

TEST_F(OAuthTokensTest, AsksWithTheCredentialsInTheHeader) {
  server_.Script(200, R"({"access_token":"t1","token_type":"bearer","expires_in":3600})");
  OAuthClientCredentials credentials = Credentials();
  credentials.body = {{"scope", "a b"}};
  credentials.query = {{"tenant", "ö"}};
  credentials.headers = {{"X-Team", "crm"}};
  EXPECT_EQ(Get(Start(credentials)), "t1");
  const http::Request request = server_.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/token?tenant=%C3%B6");
  EXPECT_EQ(request.body, "grant_type=client_credentials&scope=a%20b");
  EXPECT_EQ(request.headers.Get("Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(request.headers.Get("Authorization"), "Basic Y2xpZW50JTIwb25lOnMzY3JldCUzQXNhdWNl");
  EXPECT_EQ(request.headers.Get("X-Team"), "crm");
}

TEST_F(OAuthTokensTest, AsksWithTheCredentialsInTheBodyOrTheQuery) {
  for (int i = 0; i < 2; ++i) server_.Script(200, R"({"access_token":"t"})");
  OAuthClientCredentials credentials = Credentials();
  credentials.credentials_in = OAuthClientCredentials::CredentialsIn::kBody;
  credentials.body = {{"grant_type", "custom"}};
  EXPECT_EQ(Get(Start(credentials)), "t");
  EXPECT_EQ(server_.requests().at(0).body, "grant_type=custom&client_id=client%20one&client_secret=s3cret%3Asauce");
  EXPECT_FALSE(server_.requests().at(0).headers.Has("Authorization"));
  credentials.method = "GET";
  EXPECT_EQ(Get(Start(credentials)), "t");
  EXPECT_EQ(server_.requests().at(1).body, "");
  EXPECT_EQ(server_.requests().at(1).target,
            "/token?grant_type=custom&client_id=client%20one&client_secret=s3cret%3Asauce");
}

TEST_F(OAuthTokensTest, KeepsATokenUntilShortlyBeforeItExpires) {
  for (const char* token : {"t1", "t2", "t3"})
    server_.Script(200, fmt::format(R"({{"access_token":"{}","expires_in":"600"}})", token));
  OAuthTokens& tokens = Start(Credentials());
  EXPECT_EQ(Get(tokens), "t1");
  clock_.Advance(seconds(539));
  EXPECT_EQ(Get(tokens), "t1");
  clock_.Advance(seconds(1));
  EXPECT_EQ(Get(tokens), "t2") << "a minute before its end";
  const OAuthTokens::TokenPtr second = Ask(tokens).get().value();
  tokens.Drop(second);
  EXPECT_EQ(Get(tokens), "t3");
  tokens.Drop(second);
  EXPECT_EQ(Get(tokens), "t3") << "only the token that was refused is dropped";
  EXPECT_EQ(server_.requests().size(), 3u);
}

TEST_F(OAuthTokensTest, UsesAShortTokenForHalfOfItsLife) {
  server_.Script(200, R"({"access_token":"t1","expires_in":10})");
  server_.Script(200, R"({"access_token":"t2","expires_in":10})");
  OAuthTokens& tokens = Start(Credentials());
  EXPECT_EQ(Get(tokens), "t1");
  clock_.Advance(seconds(4));
  EXPECT_EQ(Get(tokens), "t1");
  clock_.Advance(seconds(1));
  EXPECT_EQ(Get(tokens), "t2");
}

TEST_F(OAuthTokensTest, FetchesOnceForEverybodyWhoWaits) {
  server_.Hold();
  server_.Script(200, R"({"access_token":"t1","expires_in":600})");
  OAuthTokens& tokens = Start(Credentials());
  std::vector<std::future<Result<OAuthTokens::TokenPtr>>> waiting;
  for (int i = 0; i < 20; ++i) waiting.push_back(Ask(tokens));
  while (server_.requests().empty()) std::this_thread::yield();
  server_.Release();
  for (auto& token : waiting) EXPECT_EQ(token.get().value()->text.Reveal(), "t1");
  EXPECT_EQ(server_.requests().size(), 1u);
}

TEST_F(OAuthTokensTest, SaysWhyThereIsNoneWithoutTheSecret) {
  const std::pair<std::pair<int, std::string>, std::string> cases[] = {
      {{401, R"({"error":"invalid_client","error_description":"s3cret:sauce is wrong"})"},
       R"(answered 401: {"error":"invalid_client","error_description":"*** is wrong"})"},
      {{400, "Basic Y2xpZW50JTIwb25lOnMzY3JldCUzQXNhdWNl"}, "answered 400: Basic ***"},
      {{302, ""}, "redirects are not followed"},
      {{500, ""}, "answered 500"},
      {{200, "hidden"}, "no JSON object"},
      {{200, "[]"}, "no JSON object"},
      {{200, "{}"}, "without a text as access_token"},
      {{200, R"({"access_token":7})"}, "without a text as access_token"},
      {{200, R"({"access_token":""})"}, "that no header can carry"},
      {{200, R"({"access_token":"hidden\r\nX: y"})"}, "that no header can carry"},
      {{200, R"({"access_token":"hidden","token_type":"mac"})"}, "not Bearer"},
      {{200, "{\"access_token\":\"" + std::string(70'000, 'x') + "\"}"}, "at most 65536 bytes"},
  };
  OAuthTokens& tokens = Start(Credentials());
  for (const auto& [answer, why] : cases) {
    server_.Script(answer.first, answer.second);
    auto token = Ask(tokens).get();
    ASSERT_FALSE(token.ok()) << answer.second.substr(0, 100);
    EXPECT_THAT(token.error().message(), HasSubstr("no OAuth token: 127.0.0.1:"));
    EXPECT_THAT(token.error().message(), HasSubstr(why));
    EXPECT_THAT(token.error().message(), Not(HasSubstr("hidden")));
  }
  server_.Script(200, R"({"access_token":"at last"})");
  server_.Script(200, R"({"access_token":"t"})");
  EXPECT_THAT(Get(tokens), HasSubstr("error: "));
  EXPECT_EQ(Get(tokens), "t") << "an error is not kept";
}

}  // namespace
}  // namespace millrace::targets
