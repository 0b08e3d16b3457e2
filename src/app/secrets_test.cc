// Secrets are found in the environment and in files; what cannot be found is named together with who needs it, and no
// error shows a value. An HTTP target gets everything that its configuration says.
#include "app/secrets.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/http_options.h"
#include "config/parse.h"

namespace millrace::app {
namespace {

constexpr std::string_view kValue = "s3cr3t-v4lue";

class SecretsTest : public testing::Test {
 protected:
  SecretsTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-secrets-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    ::setenv("MILLRACE_TEST_SECRET", std::string(kValue).c_str(), 1);
    ::setenv("MILLRACE_TEST_EMPTY", "", 1);
    ::unsetenv("MILLRACE_TEST_ABSENT");
  }
  ~SecretsTest() override {
    ::unsetenv("MILLRACE_TEST_SECRET");
    ::unsetenv("MILLRACE_TEST_EMPTY");
    std::filesystem::remove_all(directory_);
  }

  void Write(std::string_view name, std::string_view text) {
    std::ofstream(directory_ / name, std::ios::binary) << text;
  }
  Result<Secret> ReadFile(const std::string& path) {
    config_.secrets = {{.name = "s", .span = {}, .in = config::SecretSource::In::kFile, .where = path}};
    return Secrets(config_, directory_.string()).Read(kRef, "target/crm");
  }
  Result<Secret> ReadVariable(const std::string& name) {
    config_.secrets = {{.name = "s", .span = {}, .in = config::SecretSource::In::kEnvironment, .where = name}};
    return Secrets(config_, directory_.string()).Read(kRef, "target/crm");
  }
  void ExpectError(const Result<Secret>& got, std::string_view where, std::string_view why) {
    ASSERT_FALSE(got.ok()) << where;
    EXPECT_EQ(got.error().code(), ErrorCode::kFailedPrecondition);
    const std::string& message = got.error().message();
    for (const std::string_view part : {std::string_view("target/crm needs secret/s"), where, why})
      EXPECT_NE(message.find(part), std::string::npos) << message << " lacks " << part;
    EXPECT_EQ(message.find(kValue), std::string::npos);
  }
  // The options of the only target of a configuration.
  Result<targets::HttpTargetOptions> Options(std::string_view text) {
    auto outcome = config::Parse("millrace.yaml", text);
    for (const auto& d : outcome.diagnostics)
      if (d.level == config::Level::kError) ADD_FAILURE() << RenderText(d, text, false);
    config_ = *std::move(outcome.config);
    return HttpOptionsOf("target/t", std::get<config::HttpTarget>(config_.targets[0].to),
                         Secrets(config_, directory_.string()));
  }

  const config::Ref kRef{config::RefKind::kSecret, "s", {}};
  std::filesystem::path directory_;
  config::Config config_;
};

TEST_F(SecretsTest, AVariableIsTakenAsItIs) {
  EXPECT_EQ(ReadVariable("MILLRACE_TEST_SECRET")->Reveal(), kValue);
  ExpectError(ReadVariable("MILLRACE_TEST_ABSENT"), "MILLRACE_TEST_ABSENT", "not set");
  ExpectError(ReadVariable("MILLRACE_TEST_EMPTY"), "MILLRACE_TEST_EMPTY", "empty");
}

TEST_F(SecretsTest, AFileLosesOneLineBreakAtItsEnd) {
  const std::pair<std::string, std::string> cases[] = {
      {"a", "a"}, {"a\n", "a"}, {"a\r\n", "a"}, {"a\n\n", "a\n"}, {"a\r", "a\r"}, {" a \n", " a "}, {"a\nb\n", "a\nb"}};
  for (const auto& [text, value] : cases) {
    Write("file", text);
    const auto read = ReadFile("file");
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(read->Reveal(), value);
  }
  EXPECT_EQ(ReadFile((directory_ / "file").string())->Reveal(), "a\nb") << "an absolute path";
}

TEST_F(SecretsTest, AFileThatHasNoSecretIsNamed) {
  ExpectError(ReadFile("absent"), (directory_ / "absent").string(), "No such file");
  ExpectError(ReadFile("."), directory_.string(), "not a file");
  Write("empty", "");
  ExpectError(ReadFile("empty"), "empty", "it is empty");
  Write("break", "\n");
  ExpectError(ReadFile("break"), "break", "it is empty");
  Write("most", std::string(Secrets::kBytesMax, 'x'));
  EXPECT_TRUE(ReadFile("most").ok());
  Write("more", std::string(Secrets::kBytesMax + 1, 'x'));
  ExpectError(ReadFile("more"), "more", "65536 bytes");
  ASSERT_EQ(::mkfifo((directory_ / "fifo").c_str(), 0600), 0);
  ExpectError(ReadFile("fifo"), "fifo", "not a file");
}

TEST_F(SecretsTest, AnHttpTargetGetsEverythingThatIsConfigured) {
  Write("two", "second\n");
  const auto options = Options(R"(version: 1
secrets: {one: {env: MILLRACE_TEST_SECRET}, two: {file: two}}
targets:
  t:
    http:
      url: http://example.com/a
      method: PUT
      headers: {X-A: "1"}
      query: {q: "2"}
      timeout: 3s
      content: cloudevents-structured
      auth: {oauth: {url: "http://l/", client-id: me, client-secret: secret/one, method: GET, credentials: body, headers: {A: b}, query: {c: d}, body: {e: f}}}
      sign: {standard-webhooks: [secret/one, secret/two], body: {header: X-S, secret: secret/two, prefix: p=, encoding: base64}}
      rate: 7/s
      batch: {records: 5, bytes: 600, failures: from-first}
      addresses: any
)");
  ASSERT_TRUE(options.ok()) << options.error().message();
  EXPECT_EQ(options->name, "target/t");
  EXPECT_EQ(options->url, "http://example.com/a");
  EXPECT_EQ(options->method, "PUT");
  EXPECT_EQ(options->headers, (targets::HttpFields{{"X-A", "1"}}));
  EXPECT_EQ(options->query, (targets::HttpFields{{"q", "2"}}));
  EXPECT_EQ(options->timeout, std::chrono::seconds(3));
  EXPECT_EQ(options->content, targets::HttpContent::kCloudEventsStructured);
  const auto& oauth = std::get<targets::OAuthClientCredentials>(options->auth);
  EXPECT_EQ(oauth.url, "http://l/");
  EXPECT_EQ(oauth.client_id, "me");
  EXPECT_EQ(oauth.client_secret.Reveal(), kValue);
  EXPECT_EQ(oauth.method, "GET");
  EXPECT_EQ(oauth.credentials_in, targets::OAuthClientCredentials::CredentialsIn::kBody);
  EXPECT_EQ(oauth.headers, (targets::HttpFields{{"A", "b"}}));
  EXPECT_EQ(oauth.query, (targets::HttpFields{{"c", "d"}}));
  EXPECT_EQ(oauth.body, (targets::HttpFields{{"e", "f"}}));
  ASSERT_EQ(options->standard_webhooks->secrets.size(), 2u);
  EXPECT_EQ(options->standard_webhooks->secrets[0].Reveal(), kValue);
  EXPECT_EQ(options->standard_webhooks->secrets[1].Reveal(), "second");
  EXPECT_EQ(options->body_signature->header, "X-S");
  EXPECT_EQ(options->body_signature->secret.Reveal(), "second");
  EXPECT_EQ(options->body_signature->prefix, "p=");
  EXPECT_EQ(options->body_signature->encoding, targets::BodySignature::Encoding::kBase64);
  EXPECT_EQ(options->requests_per_second, 7u);
  EXPECT_EQ(options->batch_records_max, 5u);
  EXPECT_EQ(options->batch_bytes_max, 600u);
  EXPECT_EQ(options->batch_kind, flow::BatchKind::kPrefix);
  EXPECT_EQ(options->addresses, http::AddressPolicy::kAny);
}

TEST_F(SecretsTest, ATargetThatCannotUseItsSecretIsNamedAndTheSecretIsNotShown) {
  constexpr std::string_view kBasic = R"(version: 1
secrets: {s: {file: two}}
targets: {t: {http: {url: "http://x", auth: {basic: {user: u, password: secret/s}}}}}
)";
  Write("two", "s3cr3t\nv4lue\n");
  auto refused = Options(kBasic);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("target/t: "), std::string::npos) << refused.error().message();
  EXPECT_EQ(refused.error().message().find("s3cr3t"), std::string::npos);
  Write("two", "fine");
  EXPECT_TRUE(Options(kBasic).ok());
  Write("two", "whsec_!s3cr3t!");
  refused = Options(R"(version: 1
secrets: {s: {file: two}}
targets: {t: {http: {url: "http://x", sign: {standard-webhooks: secret/s}}}}
)");
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("target/t: "), std::string::npos) << refused.error().message();
  EXPECT_EQ(refused.error().message().find("s3cr3t"), std::string::npos);
}

// What CheckHttpTargetOptions would refuse, the configuration refuses before, with its place.
TEST_F(SecretsTest, EveryTargetThatTheConfigurationAcceptsCanBeMade) {
  for (const std::string_view http :
       {"headers: {User-Agent: a, Content-Type: b}", "method: GET, content: cloudevents-binary",
        "timeout: 10ms, rate: 1000000/s", "batch: {records: 10000, bytes: 16777216}",
        "method: DELETE, addresses: public", "auth: {api-key: {header: X-Key, value: secret/s}}",
        "sign: {body: {header: X-S, secret: secret/s}}", "query: {a: \"b\\nc\"}"}) {
    const auto options =
        Options(fmt::format("version: 1\nsecrets: {{s: {{env: MILLRACE_TEST_SECRET}}}}\ntargets: {{t: {{http: {{url: "
                            "\"http://x\", {}}}}}}}\n",
                            http));
    EXPECT_TRUE(options.ok()) << http << ": " << options.error().message();
  }
}

}  // namespace
}  // namespace millrace::app
