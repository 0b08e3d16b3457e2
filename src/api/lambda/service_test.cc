// Proves the Lambda API over real processes: functions are made from packages, invoked in every way, changed, published
// and deleted as on AWS, with AWS's errors; they and their events survive a restart.
#include "api/lambda/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <thread>

#include "api/lambda/testing/zip_writer.h"
#include "base/check.h"
#include "flow/testing/fakes.h"
#include "functions/testing/function_rig.h"
#include "json/parse.h"
#include "json/write.h"
#include "model/base64.h"

namespace millrace::api::lambda {
namespace {

using flow::testing::MemoryState;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::ZipWriter;

class Sink final : public http::ResponseSink {
 public:
  void Deliver(http::Response&& response) override {
    std::lock_guard lock(mutex_);
    response_ = std::move(response);
    ready_.notify_one();
  }
  http::Response Wait() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return response_.has_value(); });
    return std::move(*response_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::optional<http::Response> response_;
};

class FakeSources final : public EventSources {
 public:
  Status Check(const EventSourceMapping& mapping) override {
    if (mapping.source_arn.ends_with("missing")) return InvalidArgument("Stream not found: {}", mapping.source_arn);
    return Ok();
  }
  Status Put(const EventSourceMapping& mapping) override {
    if (mapping.source_arn.ends_with("refused")) return InvalidArgument("it does not run");
    running[mapping.uuid] = mapping;
    return Ok();
  }
  Status Remove(const EventSourceMapping& mapping) override {
    running.erase(mapping.uuid);
    return Ok();
  }
  std::string LastResult(std::string_view) const override { return "OK"; }

  std::map<std::string, EventSourceMapping> running;
};

class LambdaService : public ::testing::Test {
 protected:
  LambdaService() { Start(); }
  ~LambdaService() override { Halt(); }

  void Start() {
    rig_ = std::make_unique<functions::testing::FunctionRig>(/*logged=*/false);
    service_ = std::make_unique<Service>(ServiceOptions{.code_directory = code_.directory() + "/code"},
                                         rig_->functions(), state_, &sources_, clock_, random_);
    for (const functions::FunctionOptions& function : declared_) {
      MUST(rig_->functions().Add(function));
      service_->Declare(function);
    }
    MUST(service_->LoadFunctions());
    MUST(service_->LoadMappings());
  }
  void Halt() {
    if (service_ == nullptr) return;
    service_->Stop();
    rig_->functions().Stop();
    service_.reset();
    rig_.reset();
  }

  http::Response Send(std::string method, std::string target, std::string body = {}, http::Headers headers = {},
                      const std::string& account = "000000000000") {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    request.headers = std::move(headers);
    EXPECT_TRUE(Service::Handles(request)) << request.target;
    const auto sink = std::make_shared<Sink>();
    service_->Handle({.account = account, .region = "us-east-1", .operation = {}, .request_id = "r"},
                     std::move(request), http::Responder(sink));
    return sink->Wait();
  }
  http::Response Invoke(const std::string& name, std::string payload = "{}", http::Headers headers = {}) {
    return Send("POST", "/2015-03-31/functions/" + name + "/invocations", std::move(payload), std::move(headers));
  }
  static std::string Package(std::string_view source) {
    return model::Base64Encode(ZipWriter().Add("index.js", source, {.deflate = true}).Finish());
  }
  http::Response Create(const std::string& name, std::string_view source, const std::string& more = {}) {
    return Send("POST", "/2015-03-31/functions",
                fmt::format(R"({{"FunctionName":"{}","Runtime":"nodejs20.x","Role":"arn:aws:iam::000000000000:role/r",)"
                            R"("Handler":"index.handler","Timeout":20,"Code":{{"ZipFile":"{}"}}{}}})",
                            name, Package(source), more));
  }
  // A member of a JSON text; "/" leads deeper.
  static std::string Get(const std::string& text, std::string_view path) {
    json::Document document;
    if (!document.Parse(text).ok()) return "(no JSON) " + text;
    const json::Value* value = &document.root();
    while (!path.empty()) {
      const std::string_view part = path.substr(0, path.find('/'));
      path.remove_prefix(std::min(part.size() + 1, path.size()));
      value = value->is_array() && std::stoul("0" + std::string(part)) < value->array().size()
                  ? &value->array()[std::stoul("0" + std::string(part))]
                  : value->Find(part);
      if (value == nullptr) return "(none)";
    }
    if (value->is_string()) return std::string(value->string());
    std::string shown;
    json::AppendValue(shown, *value);
    return shown;
  }
  static std::string Type(const http::Response& response) {
    return std::string(response.headers.Get("x-amzn-ErrorType"));
  }

  functions::testing::FunctionRig code_{/*logged=*/false};  // for its directory only
  SystemClock clock_;
  SystemRandom random_;
  MemoryState state_;
  FakeSources sources_;
  std::vector<functions::FunctionOptions> declared_;
  std::unique_ptr<functions::testing::FunctionRig> rig_;
  std::unique_ptr<Service> service_;
};

constexpr std::string_view kEcho =
    "exports.handler = async (event, context) => { console.log('got it'); if (event.fail) throw new "
    "TypeError(event.fail);"
    " return { event, word: process.env.WORD, version: context.functionVersion, arn: context.invokedFunctionArn,"
    " client: context.clientContext }; };";

TEST_F(LambdaService, AFunctionIsMadeDescribedInvokedAndDeleted) {
  const http::Response made = Create("echo", kEcho, R"(,"Environment":{"Variables":{"WORD":"one"}},"Tags":{"a":"b"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(Get(made.body, "FunctionArn"), "arn:aws:lambda:us-east-1:000000000000:function:echo");
  EXPECT_EQ(Get(made.body, "State"), "Active");
  EXPECT_EQ(Get(made.body, "Version"), "$LATEST");
  EXPECT_EQ(Get(made.body, "Environment/Variables/WORD"), "one");
  EXPECT_EQ(Get(made.body, "MemorySize"), "128");
  EXPECT_EQ(Get(made.body, "CodeSha256").size(), 44u);
  EXPECT_THAT(Get(made.body, "LastModified"), EndsWith("+0000"));

  const http::Response invoked =
      Invoke("echo", R"({"a":1})",
             {{"X-Amz-Log-Type", "Tail"}, {"X-Amz-Client-Context", model::Base64Encode(R"({"x": "y"})")}});
  EXPECT_EQ(invoked.status, 200);
  EXPECT_EQ(invoked.body, R"({"event":{"a":1},"word":"one","version":"$LATEST",)"
                          R"("arn":"arn:aws:lambda:us-east-1:000000000000:function:echo","client":{"x":"y"}})");
  EXPECT_EQ(invoked.headers.Get("X-Amz-Executed-Version"), "$LATEST");
  EXPECT_FALSE(invoked.headers.Has("X-Amz-Function-Error"));
  EXPECT_THAT(*model::Base64Decode(invoked.headers.Get("X-Amz-Log-Result")),
              AllOf(StartsWith("START RequestId: "), HasSubstr("\tINFO\tgot it\nEND"), HasSubstr("REPORT")));

  const http::Response failed = Invoke("echo", R"({"fail":"on purpose"})");
  EXPECT_EQ(failed.status, 200);
  EXPECT_EQ(failed.headers.Get("X-Amz-Function-Error"), "Unhandled");
  EXPECT_EQ(Get(failed.body, "errorType"), "TypeError");
  EXPECT_EQ(Get(failed.body, "errorMessage"), "on purpose");

  EXPECT_EQ(Get(Invoke("echo", "").body, "event"), "{}") << "no payload is an empty object";
  EXPECT_EQ(Invoke("echo", "{}", {{"X-Amz-Invocation-Type", "DryRun"}}).status, 204);
  for (const char* name : {"arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Aecho",
                           "000000000000:function:echo", "echo:$LATEST", "echo?Qualifier=%24LATEST"}) {
    const std::string text = name;
    const std::size_t mark = std::min(text.find('?'), text.size());
    const http::Response answer =
        Send("POST", "/2015-03-31/functions/" + text.substr(0, mark) + "/invocations" + text.substr(mark), "{}");
    EXPECT_EQ(answer.status, 200) << name << answer.body;
  }

  const http::Response got = Send("GET", "/2015-03-31/functions/echo");
  EXPECT_EQ(Get(got.body, "Configuration/FunctionName"), "echo");
  EXPECT_EQ(Get(got.body, "Tags/a"), "b");
  EXPECT_EQ(Get(got.body, "Code/RepositoryType"), "S3");
  EXPECT_EQ(Get(Send("GET", "/2015-03-31/functions/echo/configuration").body, "Handler"), "index.handler");

  EXPECT_EQ(Send("DELETE", "/2015-03-31/functions/echo").status, 204);
  const http::Response gone = Invoke("echo");
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(Type(gone), "ResourceNotFoundException");
  EXPECT_EQ(gone.body,
            R"({"Type":"User","Message":"Function not found: arn:aws:lambda:us-east-1:000000000000:function:echo"})");
  EXPECT_TRUE(std::filesystem::is_empty(code_.directory() + "/code/000000000000/us-east-1"));
}

TEST_F(LambdaService, CodeAndConfigurationChangeWithTheirRevision) {
  const http::Response made = Create("f", "exports.handler = async () => 'one';");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(Invoke("f").body, "\"one\"");
  const std::string two = Package("exports.handler = async () => `two ${process.env.WORD}`;");
  const http::Response code = Send("PUT", "/2015-03-31/functions/f/code", fmt::format(R"({{"ZipFile":"{}"}})", two));
  EXPECT_EQ(code.status, 200) << code.body;
  EXPECT_NE(Get(code.body, "RevisionId"), Get(made.body, "RevisionId"));
  EXPECT_EQ(Invoke("f").body, "\"two undefined\"");
  const http::Response stale = Send("PUT", "/2015-03-31/functions/f/configuration",
                                    fmt::format(R"({{"RevisionId":"{}","Timeout":5}})", Get(made.body, "RevisionId")));
  EXPECT_EQ(stale.status, 412);
  EXPECT_EQ(Type(stale), "PreconditionFailedException");
  const http::Response set =
      Send("PUT", "/2015-03-31/functions/f/configuration",
           R"({"Environment":{"Variables":{"WORD":"words"}},"MemorySize":256,"Description":"d"})");
  EXPECT_EQ(set.status, 200) << set.body;
  EXPECT_EQ(Get(set.body, "MemorySize"), "256");
  EXPECT_EQ(Get(set.body, "Timeout"), "20") << "what is not named stays";
  EXPECT_EQ(Invoke("f").body, "\"two words\"");
}

TEST_F(LambdaService, VersionsStayAndAliasesLeadToThem) {
  ASSERT_EQ(Create("f", kEcho, R"(,"Environment":{"Variables":{"WORD":"first"}})").status, 201);
  const http::Response first = Send("POST", "/2015-03-31/functions/f/versions", R"({"Description":"the first"})");
  EXPECT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(Get(first.body, "Version"), "1");
  EXPECT_EQ(Get(first.body, "FunctionArn"), "arn:aws:lambda:us-east-1:000000000000:function:f:1");
  EXPECT_EQ(Get(Send("POST", "/2015-03-31/functions/f/versions", "").body, "Version"), "1") << "nothing has changed";
  ASSERT_EQ(
      Send("PUT", "/2015-03-31/functions/f/configuration", R"({"Environment":{"Variables":{"WORD":"second"}}})").status,
      200);
  EXPECT_EQ(Get(Send("POST", "/2015-03-31/functions/f/versions", "").body, "Version"), "2");
  EXPECT_EQ(Get(Invoke("f:1").body, "word"), "first");
  EXPECT_EQ(Get(Invoke("f:1").body, "version"), "1");
  EXPECT_EQ(Get(Invoke("f:2").body, "word"), "second");
  EXPECT_EQ(Invoke("f:3").status, 404);

  const http::Response alias =
      Send("POST", "/2015-03-31/functions/f/aliases", R"({"Name":"live","FunctionVersion":"1","Description":"x"})");
  EXPECT_EQ(alias.status, 201) << alias.body;
  EXPECT_EQ(Get(alias.body, "AliasArn"), "arn:aws:lambda:us-east-1:000000000000:function:f:live");
  EXPECT_EQ(Send("POST", "/2015-03-31/functions/f/aliases", R"({"Name":"live","FunctionVersion":"1"})").status, 409);
  EXPECT_EQ(Send("POST", "/2015-03-31/functions/f/aliases", R"({"Name":"7","FunctionVersion":"1"})").status, 400);
  const http::Response by_alias = Invoke("f:live");
  EXPECT_EQ(Get(by_alias.body, "word"), "first");
  EXPECT_EQ(by_alias.headers.Get("X-Amz-Executed-Version"), "1");
  EXPECT_EQ(Send("DELETE", "/2015-03-31/functions/f?Qualifier=1").status, 409) << "an alias leads there";
  EXPECT_EQ(Send("PUT", "/2015-03-31/functions/f/aliases/live", R"({"FunctionVersion":"2"})").status, 200);
  EXPECT_EQ(Get(Invoke("f:live").body, "word"), "second");
  ASSERT_EQ(
      Send("PUT", "/2015-03-31/functions/f/aliases/live", R"({"RoutingConfig":{"AdditionalVersionWeights":{"1":1.0}}})")
          .status,
      200);
  EXPECT_EQ(Get(Invoke("f:live").body, "word"), "first") << "all of its weight";
  EXPECT_EQ(Get(Send("GET", "/2015-03-31/functions/f/aliases").body, "Aliases/0/Name"), "live");
  EXPECT_EQ(Send("DELETE", "/2015-03-31/functions/f/aliases/live").status, 204);
  EXPECT_EQ(Send("GET", "/2015-03-31/functions/f/aliases/live").status, 404);

  const std::string versions = Send("GET", "/2015-03-31/functions/f/versions").body;
  EXPECT_EQ(Get(versions, "Versions/0/Version"), "$LATEST");
  EXPECT_EQ(Get(versions, "Versions/2/Version"), "2");
  EXPECT_EQ(Send("DELETE", "/2015-03-31/functions/f?Qualifier=1").status, 204);
  EXPECT_EQ(Invoke("f:1").status, 404);
  EXPECT_EQ(Get(Invoke("f").body, "word"), "second");
}

TEST_F(LambdaService, ListsArePaged) {
  for (const char* name : {"c", "a", "b"}) ASSERT_EQ(Create(name, kEcho).status, 201);
  ASSERT_EQ(Send("POST", "/2015-03-31/functions/b/versions", "").status, 201);
  const std::string first = Send("GET", "/2015-03-31/functions/?MaxItems=2").body;
  EXPECT_EQ(Get(first, "Functions/0/FunctionName"), "a");
  EXPECT_EQ(Get(first, "Functions/1/FunctionName"), "b");
  EXPECT_EQ(Get(first, "Functions/2"), "(none)");
  const std::string second = Send("GET", "/2015-03-31/functions/?MaxItems=2&Marker=" + Get(first, "NextMarker")).body;
  EXPECT_EQ(Get(second, "Functions/0/FunctionName"), "c");
  EXPECT_EQ(Get(second, "NextMarker"), "(none)");
  EXPECT_EQ(Get(Send("GET", "/2015-03-31/functions?FunctionVersion=ALL").body, "Functions/2/FunctionArn"),
            "arn:aws:lambda:us-east-1:000000000000:function:b:1");
  EXPECT_EQ(Send("GET", "/2015-03-31/functions?MaxItems=x").status, 400);
  EXPECT_EQ(Get(Send("GET", "/2015-03-31/functions", "", {}, "111122223333").body, "Functions"), "[]")
      << "another account has none";
}

TEST_F(LambdaService, AccountsKeepTheirFunctionsApart) {
  ASSERT_EQ(Create("f", "exports.handler = async () => process.env.AWS_ACCESS_KEY_ID;").status, 201);
  const std::string other = fmt::format(
      R"({{"FunctionName":"f","Runtime":"nodejs20.x","Role":"r","Handler":"index.handler","Code":{{"ZipFile":"{}"}}}})",
      Package("exports.handler = async () => `other ${process.env.AWS_ACCESS_KEY_ID}`;"));
  ASSERT_EQ(Send("POST", "/2015-03-31/functions", other, {}, "111122223333").status, 201);
  EXPECT_EQ(Invoke("f").body, "\"000000000000\"");
  EXPECT_EQ(Send("POST", "/2015-03-31/functions/f/invocations", "{}", {}, "111122223333").body,
            "\"other 111122223333\"");
}

TEST_F(LambdaService, WhatIsWrongIsSaidInAwsWords) {
  ASSERT_EQ(Create("f", kEcho).status, 201);
  struct Case {
    const char* method;
    const char* target;
    std::string body;
    int status;
    const char* type;
    const char* text;
  };
  const std::string package = Package(kEcho);
  const Case kCases[] = {
      {"POST", "/2015-03-31/functions", "{", 400, "InvalidRequestContentException",
       "Could not parse request body into json"},
      {"POST", "/2015-03-31/functions", "[]", 400, "SerializationException", "Start of structure"},
      {"POST", "/2015-03-31/functions", R"({"FunctionName":1})", 400, "SerializationException", ""},
      {"POST", "/2015-03-31/functions", "{}", 400, "ValidationException", "'functionName'"},
      {"POST", "/2015-03-31/functions", R"({"FunctionName":"a b","Role":"r","Code":{}})", 400, "ValidationException",
       "Value 'a b' at 'functionName'"},
      {"POST", "/2015-03-31/functions", R"({"FunctionName":"f","Role":"r","Code":{}})", 409,
       "ResourceConflictException", "Function already exist: f"},
      {"POST", "/2015-03-31/functions",
       R"({"FunctionName":"g","Role":"r","Runtime":"java21","Handler":"h","Code":{"ZipFile":""}})", 400,
       "InvalidParameterValueException", "java21"},
      {"POST", "/2015-03-31/functions",
       R"({"FunctionName":"g","Role":"r","Runtime":"nodejs20.x","Handler":"h.h","Code":{"ZipFile":"eA=="}})", 400,
       "InvalidParameterValueException", "Could not unzip uploaded file"},
      {"POST", "/2015-03-31/functions",
       R"({"FunctionName":"g","Role":"r","Runtime":"nodejs20.x","Handler":"h.h","Code":{"ZipFile":"%"}})", 400,
       "SerializationException", "Base64"},
      {"POST", "/2015-03-31/functions",
       R"({"FunctionName":"g","Role":"r","Runtime":"nodejs20.x","Handler":"h.h","Code":{"S3Bucket":"b","S3Key":"k"}})",
       400, "InvalidParameterValueException", "There is no S3 here"},
      {"POST", "/2015-03-31/functions",
       R"({"FunctionName":"g","Role":"r","Runtime":"nodejs20.x","Handler":"h.h","Timeout":901,"Code":{"ZipFile":""}})",
       400, "ValidationException", "Value '901' at 'timeout'"},
      {"POST", "/2015-03-31/functions",
       R"({"FunctionName":"g","Role":"r","Runtime":"nodejs20.x","Handler":"h.h","MemorySize":64,"Code":{"ZipFile":""}})",
       400, "ValidationException", "Value '64' at 'memorySize'"},
      {"PUT", "/2015-03-31/functions/f/configuration", R"({"Environment":{"Variables":{"AWS_REGION":"x"}}})", 400,
       "InvalidParameterValueException", "reserved keys"},
      {"PUT", "/2015-03-31/functions/nobody/code", "{}", 404, "ResourceNotFoundException", "Function not found"},
      {"PUT", "/2015-03-31/functions/f/code", "{}", 400, "InvalidParameterValueException", "provide a source"},
      {"POST", "/2015-03-31/functions/f/invocations", "no json", 400, "InvalidRequestContentException",
       "Could not parse request body into json"},
      {"POST", "/2015-03-31/functions/a%20b/invocations", "{}", 400, "ValidationException", "functionName"},
      {"PATCH", "/2015-03-31/functions/f", "", 404, "UnknownOperationException", "no operation"},
      {"GET", "/2015-03-31/functions/f/nothing", "", 404, "UnknownOperationException", "no operation"},
  };
  for (const Case& c : kCases) {
    const http::Response answer = Send(c.method, c.target, c.body);
    EXPECT_EQ(answer.status, c.status) << c.target << c.body << answer.body;
    EXPECT_EQ(Type(answer), c.type) << c.target << c.body;
    EXPECT_THAT(answer.body, HasSubstr(c.text)) << c.target;
  }
  EXPECT_THAT(Get(Send("GET", "/2015-03-31/functions/%FFx").body, "message"),
              StartsWith("1 validation error detected: Value '?x' at"));
  EXPECT_EQ(Type(Invoke("f", std::string(functions::kPayloadBytesMax + 1, ' '))), "RequestTooLargeException");
  EXPECT_EQ(
      Type(Invoke("f", std::string(functions::kAsyncPayloadBytesMax + 1, ' '), {{"X-Amz-Invocation-Type", "Event"}})),
      "RequestTooLargeException");
  EXPECT_EQ(Type(Invoke("f", "{}", {{"X-Amz-Invocation-Type", "Later"}})), "ValidationException");
  EXPECT_EQ(Type(Invoke("f", "{}", {{"X-Amz-Client-Context", "e30"}})), "InvalidRequestContentException");
}

TEST_F(LambdaService, PoliciesTagsAndConcurrencyAreKept) {
  ASSERT_EQ(Create("f", kEcho).status, 201);
  EXPECT_EQ(Send("GET", "/2015-03-31/functions/f/policy").status, 404);
  const std::string statement =
      R"({"StatementId":"s1","Action":"lambda:InvokeFunction","Principal":"events.amazonaws.com","SourceArn":"arn:aws:events:us-east-1:000000000000:rule/r"})";
  const http::Response added = Send("POST", "/2015-03-31/functions/f/policy", statement);
  EXPECT_EQ(added.status, 201) << added.body;
  const std::string text = Get(added.body, "Statement");
  EXPECT_EQ(Get(text, "Principal/Service"), "events.amazonaws.com");
  EXPECT_EQ(Get(text, "Condition/ArnLike/AWS:SourceArn"), "arn:aws:events:us-east-1:000000000000:rule/r");
  EXPECT_EQ(Send("POST", "/2015-03-31/functions/f/policy", statement).status, 409);
  const http::Response policy = Send("GET", "/2015-03-31/functions/f/policy");
  EXPECT_EQ(Get(Get(policy.body, "Policy"), "Statement/0/Sid"), "s1");
  EXPECT_EQ(Send("DELETE", "/2015-03-31/functions/f/policy/none").status, 404);
  EXPECT_EQ(Send("DELETE", "/2015-03-31/functions/f/policy/s1").status, 204);
  EXPECT_EQ(Send("DELETE", "/2015-03-31/functions/f/policy/s1").status, 404);

  const std::string tags = "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af";
  EXPECT_EQ(Send("POST", tags, R"({"Tags":{"a":"1","b":"2"}})").status, 204);
  EXPECT_EQ(Send("DELETE", tags + "?tagKeys=a&tagKeys=x").status, 204);
  EXPECT_EQ(Send("GET", tags).body, R"({"Tags":{"b":"2"}})");

  EXPECT_EQ(Send("GET", "/2019-09-30/functions/f/concurrency").body, "{}");
  EXPECT_EQ(Send("PUT", "/2017-10-31/functions/f/concurrency", R"({"ReservedConcurrentExecutions":0})").status, 200);
  const http::Response throttled = Invoke("f");
  EXPECT_EQ(throttled.status, 429);
  EXPECT_EQ(Type(throttled), "TooManyRequestsException");
  EXPECT_EQ(Send("DELETE", "/2017-10-31/functions/f/concurrency").status, 204);
  EXPECT_EQ(Invoke("f").status, 200);
  EXPECT_EQ(Send("GET", "/2020-06-30/functions/f/code-signing-config").body, R"({"FunctionName":"f"})");
  EXPECT_EQ(Send("GET", "/2021-07-20/functions/f/runtime-management-config").status, 200);
  EXPECT_EQ(Send("GET", "/2024-08-31/functions/f/recursion-config").status, 200);
  EXPECT_EQ(Get(Send("GET", "/2016-08-19/account-settings/").body, "AccountUsage/FunctionCount"), "1");
}

TEST_F(LambdaService, FunctionsAndEventsSurviveARestart) {
  const std::string marks = code_.directory() + "/marks";
  std::filesystem::create_directory(marks);
  ASSERT_EQ(Create("f", kEcho, R"(,"Environment":{"Variables":{"WORD":"kept"}})").status, 201);
  ASSERT_EQ(Send("POST", "/2015-03-31/functions/f/versions", "").status, 201);
  // It marks that it was called, and answers once it may.
  ASSERT_EQ(Create("slow", fmt::format("const fs = require('fs'); exports.handler = async () => {{ "
                                       "fs.writeFileSync('{0}/called', ''); while (!fs.existsSync('{0}/go')) await new "
                                       "Promise((r) => setTimeout(r, 5)); fs.writeFileSync('{0}/done', ''); }};",
                                       marks))
                .status,
            201);
  const http::Response accepted = Invoke("slow", "{}", {{"X-Amz-Invocation-Type", "Event"}});
  EXPECT_EQ(accepted.status, 202);
  EXPECT_TRUE(accepted.body.empty());
  while (!std::filesystem::exists(marks + "/called")) std::this_thread::yield();
  Halt();
  std::filesystem::create_directory(marks + "/go");
  Start();
  EXPECT_EQ(Get(Invoke("f").body, "word"), "kept");
  EXPECT_EQ(Get(Invoke("f:1").body, "word"), "kept");
  while (!std::filesystem::exists(marks + "/done")) std::this_thread::yield();
  while (!MUST(state_.Scan("lambda/event/", "lambda/event/", 10)).empty()) std::this_thread::yield();
}

TEST_F(LambdaService, DeclaredFunctionsAreListedInvokedAndNotChanged) {
  Halt();
  functions::FunctionOptions declared = code_.Node("declared", "exports.handler = async () => 'from the file';");
  declared_ = {declared};
  Start();
  EXPECT_EQ(Invoke("declared").body, "\"from the file\"");
  EXPECT_EQ(Get(Send("GET", "/2015-03-31/functions").body, "Functions/0/FunctionName"), "declared");
  for (const http::Response& refused : {Send("DELETE", "/2015-03-31/functions/declared"),
                                        Send("PUT", "/2015-03-31/functions/declared/configuration", R"({"Timeout":5})"),
                                        Send("PUT", "/2015-03-31/functions/declared/code", R"({"ZipFile":""})")}) {
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr("declared in the configuration file"));
  }
  EXPECT_EQ(Create("declared", kEcho).status, 409);
}

TEST_F(LambdaService, ALocalDirectoryCanBeTheCode) {
  code_.Write("app/index.js", "exports.handler = async () => 'local';");
  const std::string body = fmt::format(
      R"({{"FunctionName":"local","Runtime":"nodejs20.x","Role":"r","Handler":"index.handler","Code":{{"S3Bucket":"hot-reload","S3Key":"{}/app"}}}})",
      code_.directory());
  ASSERT_EQ(Send("POST", "/2015-03-31/functions", body).status, 201);
  EXPECT_EQ(Invoke("local").body, "\"local\"");
  EXPECT_EQ(Send("DELETE", "/2015-03-31/functions/local").status, 204);
  EXPECT_TRUE(std::filesystem::exists(code_.directory() + "/app/index.js")) << "it is the user's";
}

TEST_F(LambdaService, EventSourceMappingsAreMadeRunChangedAndRemoved) {
  ASSERT_EQ(Create("f", kEcho).status, 201);
  const std::string stream = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-01T00:00:00.000";
  const http::Response made =
      Send("POST", "/2015-03-31/event-source-mappings/",
           fmt::format(
               R"({{"EventSourceArn":"{}","FunctionName":"f","StartingPosition":"LATEST","BatchSize":3,)"
               R"("MaximumBatchingWindowInSeconds":10,"MaximumRetryAttempts":3,"BisectBatchOnFunctionError":true,)"
               R"("FunctionResponseTypes":["ReportBatchItemFailures"],)"
               R"("FilterCriteria":{{"Filters":[{{"Pattern":"{{\"eventName\":[\"INSERT\"]}}"}}]}},)"
               R"("DestinationConfig":{{"OnFailure":{{"Destination":"arn:aws:sqs:us-east-1:000000000000:dead"}}}}}})",
               stream));
  ASSERT_EQ(made.status, 202) << made.body;
  const std::string uuid = Get(made.body, "UUID");
  EXPECT_EQ(Get(made.body, "State"), "Creating");
  EXPECT_EQ(Get(made.body, "EventSourceMappingArn"),
            "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:" + uuid);
  EXPECT_EQ(Get(made.body, "ParallelizationFactor"), "1");
  EXPECT_EQ(Get(made.body, "MaximumRecordAgeInSeconds"), "-1");
  ASSERT_TRUE(sources_.running.contains(uuid));
  const EventSourceMapping running = sources_.running[uuid];
  EXPECT_EQ(running.run_as, "f");
  EXPECT_EQ(running.batch_size, 3);
  EXPECT_EQ(running.retries, 3);
  EXPECT_TRUE(running.bisect && running.report_failures && running.enabled);
  EXPECT_THAT(running.filters, ElementsAre(R"({"eventName":["INSERT"]})"));
  EXPECT_EQ(running.on_failure, "arn:aws:sqs:us-east-1:000000000000:dead");

  const std::string path = "/2015-03-31/event-source-mappings/" + uuid;
  EXPECT_EQ(Get(Send("GET", path).body, "State"), "Enabled");
  EXPECT_EQ(Get(Send("GET", path).body, "LastProcessingResult"), "OK");
  EXPECT_EQ(Get(Send("PUT", path, R"({"Enabled":false,"FilterCriteria":{}})").body, "State"), "Disabling");
  EXPECT_EQ(Get(Send("GET", path).body, "State"), "Disabled");
  EXPECT_FALSE(sources_.running[uuid].enabled);
  EXPECT_TRUE(sources_.running[uuid].filters.empty()) << "an empty criteria clears";
  EXPECT_EQ(Get(Send("GET", "/2017-03-31/tags/arn:aws:lambda:us-east-1:000000000000:event-source-mapping:" + uuid).body,
                "Tags"),
            "{}");
  const http::Response twice =
      Send("POST", "/2015-03-31/event-source-mappings",
           fmt::format(R"({{"EventSourceArn":"{}","FunctionName":"f","StartingPosition":"LATEST"}})", stream));
  EXPECT_EQ(twice.status, 409);
  EXPECT_THAT(twice.body, HasSubstr("mapping with UUID " + uuid));

  Halt();
  sources_.running.clear();
  Start();
  EXPECT_TRUE(sources_.running.contains(uuid)) << "it runs again after a restart";
  EXPECT_EQ(Get(Send("GET", "/2015-03-31/event-source-mappings?FunctionName=f").body, "EventSourceMappings/0/UUID"),
            uuid);
  EXPECT_EQ(Get(Send("GET", "/2015-03-31/event-source-mappings?FunctionName=g").body, "EventSourceMappings"), "[]");
  EXPECT_EQ(Get(Send("DELETE", path).body, "State"), "Deleting");
  EXPECT_EQ(Send("GET", path).status, 404);
  EXPECT_TRUE(sources_.running.empty());

  const std::string queue = "arn:aws:sqs:us-east-1:000000000000:q";
  const http::Response of_queue = Send("POST", "/2015-03-31/event-source-mappings",
                                       fmt::format(R"({{"EventSourceArn":"{}","FunctionName":"f"}})", queue));
  EXPECT_EQ(Get(of_queue.body, "BatchSize"), "10");
  EXPECT_EQ(Get(of_queue.body, "StartingPosition"), "(none)");
  const std::pair<std::string, const char*> kRefused[] = {
      {fmt::format(R"({{"EventSourceArn":"{}","FunctionName":"f"}})", stream), "InvalidParameterValueException"},
      {fmt::format(R"({{"EventSourceArn":"{}","FunctionName":"nobody","StartingPosition":"LATEST"}})", stream),
       "ResourceNotFoundException"},
      {fmt::format(R"({{"EventSourceArn":"{}","FunctionName":"f","StartingPosition":"LATEST","BatchSize":10001}})",
                   stream),
       "ValidationException"},
      {R"({"EventSourceArn":"arn:aws:s3:::bucket","FunctionName":"f"})", "InvalidParameterValueException"},
      {R"({"EventSourceArn":"arn:aws:sqs:us-east-1:000000000000:missing","FunctionName":"f"})",
       "InvalidParameterValueException"},
      {R"({"FunctionName":"f"})", "InvalidParameterValueException"},
      {R"({"EventSourceArn":"arn:aws:sqs:us-east-1:000000000000:refused","FunctionName":"f"})",
       "InvalidParameterValueException"},
  };
  for (const auto& [body, type] : kRefused)
    EXPECT_EQ(Type(Send("POST", "/2015-03-31/event-source-mappings", body)), type) << body;
  EXPECT_EQ(Get(Send("GET", "/2015-03-31/event-source-mappings").body, "EventSourceMappings/1"), "(none)")
      << "what is refused is not kept";
}

}  // namespace
}  // namespace millrace::api::lambda
