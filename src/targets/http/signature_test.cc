// Signatures against published vectors: the one of Standard Webhooks' own libraries, and the one of GitHub's page.
#include "targets/http/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::targets {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

http::Headers Signed(const HttpTargetOptions& options, std::string_view id, std::int64_t seconds,
                     std::string_view body) {
  http::Headers headers;
  auto signer = Signer::Create(options);
  EXPECT_TRUE(signer.ok()) << signer.error().message();
  signer->Sign(id, WallTime(std::chrono::seconds(seconds)), body, headers);
  return headers;
}

TEST(Signer, SignsAsStandardWebhooks) {
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/javascript/src/webhook.test.ts
  HttpTargetOptions options;
  options.standard_webhooks = StandardWebhooks{{Secret(std::string(kSecret))}};
  const http::Headers headers = Signed(options, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})");
  EXPECT_EQ(headers.Get("webhook-id"), "msg_p5jXN8AQM9LWM0D4loKWxJek");
  EXPECT_EQ(headers.Get("webhook-timestamp"), "1614265330");
  EXPECT_EQ(headers.Get("webhook-signature"), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Signer, SignsOnceForEachSecretWhileTheyChange) {
  HttpTargetOptions options;
  options.standard_webhooks = StandardWebhooks{{Secret(std::string(kSecret)), Secret("raw bytes")}};
  const http::Headers headers = Signed(options, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})");
  // printf '…' | openssl dgst -sha256 -hmac 'raw bytes' -binary | base64
  EXPECT_EQ(headers.Get("webhook-signature"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,yrlOc6LQlPo/lRILOWtTbZZySF8CFG+0LYJM017PS98=");
}

TEST(Signer, SignsTheBodyAsGitHubDoes) {
  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
  HttpTargetOptions options;
  options.body_signature = BodySignature{
      .header = "X-Hub-Signature-256", .secret = Secret("It's a Secret to Everybody"), .prefix = "sha256="};
  EXPECT_EQ(Signed(options, "id", 1, "Hello, World!").Get("X-Hub-Signature-256"),
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
  options.body_signature->encoding = BodySignature::Encoding::kBase64;
  options.body_signature->prefix = "";
  EXPECT_EQ(Signed(options, "id", 1, "Hello, World!").Get("X-Hub-Signature-256"),
            "dXEH6g6yUJ/CESIczphLijdXC211hsIsRvQ3nIsEPhc=");
}

TEST(Signer, RefusesASecretWithoutShowingIt) {
  for (const std::string secret : {"whsec_no base64", "whsec_", ""}) {
    HttpTargetOptions options;
    options.standard_webhooks = StandardWebhooks{{Secret(secret)}};
    const auto signer = Signer::Create(options);
    ASSERT_FALSE(signer.ok()) << secret;
    EXPECT_THAT(signer.error().message(), Not(HasSubstr("no base64 ")));
    EXPECT_THAT(signer.error().message(), HasSubstr("standard webhooks"));
  }
  HttpTargetOptions options;
  options.standard_webhooks = StandardWebhooks{};
  EXPECT_FALSE(Signer::Create(options).ok());
  options = {};
  options.body_signature = BodySignature{.header = "X-Sig", .secret = Secret()};
  EXPECT_FALSE(Signer::Create(options).ok());
}

}  // namespace
}  // namespace millrace::targets
