// Proves, with real Node.js and Python processes, that functions are invoked as on AWS Lambda, and that whatever one of
// them does costs its own invocation only: errors, crashes, hangs, floods, answers that are too large, memory, code
// that does not load.
#include "functions/functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "functions/testing/function_rig.h"
#include "json/parse.h"

namespace millrace::functions {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using testing::FunctionRig;
using ::testing::HasSubstr;
using testing::IsAlive;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

std::string Field(const std::string& text, std::string_view name) {
  json::Document document;
  EXPECT_TRUE(document.Parse(text).ok()) << text;
  const json::Value* value = document.root().Find(name);
  if (value == nullptr) return "(none)";
  if (value->is_string()) return std::string(value->string());
  return value->is_number() ? std::string(value->number()) : std::string(json::TypeName(value->type()));
}

TEST(Functions, ANodeHandlerAnswersAndFindsItsContextAndEnvironment) {
  FunctionRig rig;
  FunctionOptions options = rig.Node("echo", R"(
    exports.handler = async (event, context) => ({
      got: event.text, name: context.functionName, arn: context.invokedFunctionArn, id: context.awsRequestId,
      left: context.getRemainingTimeInMillis() > 1000, custom: process.env.CUSTOM, region: process.env.AWS_REGION,
      url: process.env.AWS_ENDPOINT_URL, root: process.env.LAMBDA_TASK_ROOT === process.cwd(), tz: process.env.TZ,
      handler: process.env._HANDLER, trace: process.env._X_AMZN_TRACE_ID, client: context.clientContext.a,
    });)");
  options.environment = {{"CUSTOM", "é \" value"}};
  rig.Add(options);
  InvokeOptions how;
  how.request_id = "11111111-2222-3333-4444-555555555555";
  how.client_context = R"({"a":7})";
  how.trace_id = "Root=1-2-3";
  const InvokeResult result = rig.Invoke("echo", R"({"text":"grüße"})", how);
  ASSERT_EQ(result.status, InvokeStatus::kOk) << result.error_message;
  EXPECT_EQ(result.payload,
            R"({"got":"grüße","name":"echo","arn":"arn:aws:lambda:us-east-1:000000000000:function:echo",)"
            R"("id":"11111111-2222-3333-4444-555555555555","left":true,"custom":"é \" value","region":"us-east-1",)"
            R"("url":"http://127.0.0.1:4566","root":true,"tz":":UTC","handler":"index.handler","trace":"Root=1-2-3",)"
            R"("client":7})");
  EXPECT_EQ(result.request_id, how.request_id);
  EXPECT_EQ(result.executed_version, "$LATEST");
  EXPECT_TRUE(result.init_duration.has_value()) << "a process was started for it";
  EXPECT_TRUE(result.function_error.empty());
  EXPECT_FALSE(rig.Invoke("echo", "{}", how).init_duration.has_value()) << "the same process again";
  EXPECT_EQ(rig.functions().Stats("echo")->starts, 1u);
}

TEST(Functions, APythonHandlerAnswersAndFindsItsContext) {
  FunctionRig rig;
  rig.Add(rig.Python("echo", R"(
import os
def handler(event, context):
    return {"got": event["text"], "name": context.function_name, "id": context.aws_request_id,
            "left": context.get_remaining_time_in_millis() > 1000, "root": os.environ["LAMBDA_TASK_ROOT"] == os.getcwd()}
)"));
  InvokeOptions how;
  how.request_id = "the-request";
  const InvokeResult result = rig.Invoke("echo", R"({"text":"grüße"})", how);
  ASSERT_EQ(result.status, InvokeStatus::kOk) << result.error_message;
  EXPECT_EQ(result.payload, R"({"got": "grüße", "name": "echo", "id": "the-request", "left": true, "root": true})");
}

TEST(Functions, ANativeExecutableSpeaksTheRuntimeApiItself) {
  FunctionRig rig;
  rig.Write("bootstrap", R"(#!/bin/sh
while true; do
  head=$(mktemp)
  event=$(curl -sS -D "$head" "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next") || exit 1
  id=$(grep -i lambda-runtime-aws-request-id "$head" | tr -d '\r' | cut -d' ' -f2)
  rm "$head"
  curl -sS -o /dev/null "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response" -d "{\"native\":$event}"
done
)");
  std::filesystem::permissions(rig.directory() + "/bootstrap", std::filesystem::perms::owner_all);
  FunctionOptions options;
  options.name = "native";
  options.runtime = Runtime::kNative;
  options.directory = rig.directory();
  rig.Add(options);
  EXPECT_EQ(rig.Invoke("native", "[1]").payload, R"({"native":[1]})");
  EXPECT_EQ(rig.Invoke("native", "[2]").payload, R"({"native":[2]})");
}

TEST(Functions, HandlersOfEveryShapeAreFoundAsLambdaFindsThem) {
  FunctionRig rig;
  rig.Write("src/deep/one.js", "exports.handler = async () => 'cjs';");
  rig.Write("two.mjs", "export const handler = async () => 'esm';");
  rig.Write("three.cjs", "exports.a = { b: async () => 'nested' };");
  rig.Write("module/package.json", R"({"type":"module"})");
  rig.Write("module/four.js", "await Promise.resolve(); export const handler = async () => 'by package';");
  rig.Write("five.js",
            "exports.handler = (event, context, callback) => { setTimeout(() => callback(null, 'called back'), 5); };");
  rig.Write("six.js",
            "exports.handler = (event, context) => { context.callbackWaitsForEmptyEventLoop = false; setInterval(() => "
            "{}, 1000); context.succeed('succeeded'); };");
  rig.Write("seven.js", "exports.handler = () => 'ignored';");
  rig.Write("eight.js",
            "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.write('[1,'); "
            "stream.write('2]'); stream.end(); });");
  rig.Write("nine.js", "exports.handler = () => new Promise(() => {});");
  const std::pair<const char*, const char*> kCases[] = {{"src/deep/one.handler", "\"cjs\""},
                                                        {"two.handler", "\"esm\""},
                                                        {"three.a.b", "\"nested\""},
                                                        {"module/four.handler", "\"by package\""},
                                                        {"five.handler", "\"called back\""},
                                                        {"six.handler", "\"succeeded\""},
                                                        {"seven.handler", "null"},
                                                        {"eight.handler", "[1,2]"},
                                                        {"nine.handler", "null"}};
  int number = 0;
  for (const auto& [handler, answer] : kCases) {
    FunctionOptions options;
    options.name = fmt::format("f{}", ++number);
    options.handler = handler;
    options.directory = rig.directory();
    rig.Add(options);
    const InvokeResult result = rig.Invoke(options.name);
    EXPECT_EQ(result.payload, answer) << handler;
    EXPECT_TRUE(result.ok()) << handler;
    EXPECT_TRUE(rig.functions().Remove(options.name).ok());
  }
}

TEST(Functions, AnErrorOfTheHandlerIsItsAnswer) {
  FunctionRig rig;
  rig.Add(rig.Node("node", R"(
    class Broken extends Error { constructor(m) { super(m); this.name = 'Broken'; } }
    exports.handler = async (event) => { if (event.text) throw 'only text'; throw new Broken('it is broken'); };)"));
  InvokeResult result = rig.Invoke("node");
  EXPECT_EQ(result.status, InvokeStatus::kFunctionError);
  EXPECT_EQ(result.function_error, "Unhandled");
  EXPECT_EQ(result.error_type, "Broken");
  EXPECT_EQ(result.error_message, "it is broken");
  EXPECT_EQ(Field(result.payload, "errorType"), "Broken");
  EXPECT_EQ(Field(result.payload, "errorMessage"), "it is broken");
  EXPECT_EQ(Field(result.payload, "trace"), "array");
  EXPECT_EQ(rig.Invoke("node", R"({"text":true})").error_type, "string");

  rig.Add(rig.Python("python", "def handler(event, context):\n    raise KeyError('missing')\n"));
  result = rig.Invoke("python");
  EXPECT_EQ(result.status, InvokeStatus::kFunctionError);
  EXPECT_EQ(Field(result.payload, "errorType"), "KeyError");
  EXPECT_EQ(Field(result.payload, "errorMessage"), "'missing'");
  EXPECT_EQ(Field(result.payload, "requestId"), result.request_id);
  EXPECT_EQ(rig.functions().Stats("node")->starts, 1u) << "an error does not cost the process";
  EXPECT_EQ(rig.functions().Stats("node")->errors, 2u);
}

TEST(Functions, ACrashCostsItsInvocationAndNoOther) {
  FunctionRig rig;
  rig.Add(rig.Node("crash", R"(
    exports.handler = async (event) => {
      if (event.exit !== undefined) process.exit(event.exit);
      if (event.signal) process.kill(process.pid, event.signal);
      if (event.later) { setTimeout(() => { throw new Error('from a timer'); }, 1); await new Promise(() => { setInterval(() => {}, 1000); }); }
      if (event.reject) { Promise.reject(new Error('nobody looks')); await new Promise(() => { setInterval(() => {}, 1000); }); }
      return 'fine';
    };)"));
  const InvokeResult exit = rig.Invoke("crash", R"({"exit":3})");
  EXPECT_EQ(exit.status, InvokeStatus::kCrashed);
  EXPECT_EQ(exit.function_error, "Unhandled");
  EXPECT_EQ(exit.error_type, "Runtime.ExitError");
  EXPECT_EQ(exit.error_message,
            fmt::format("RequestId: {} Error: Runtime exited with error: exit status 3", exit.request_id));
  EXPECT_EQ(exit.payload,
            fmt::format(R"({{"errorType":"Runtime.ExitError","errorMessage":"{}"}})", exit.error_message));
  EXPECT_EQ(rig.Invoke("crash").payload, "\"fine\"");
  EXPECT_THAT(rig.Invoke("crash", R"({"exit":0})").error_message,
              EndsWith("Runtime exited without providing a reason"));
  EXPECT_THAT(rig.Invoke("crash", R"({"signal":"SIGKILL"})").error_message, EndsWith("error: signal: killed"));
  const InvokeResult later = rig.Invoke("crash", R"({"later":1})");
  EXPECT_EQ(later.error_message, "from a timer");
  const InvokeResult rejected = rig.Invoke("crash", R"({"reject":1})");
  EXPECT_EQ(rejected.error_type, "Runtime.UnhandledPromiseRejection");
  EXPECT_EQ(rejected.error_message, "Error: nobody looks");
  EXPECT_EQ(rig.Invoke("crash").payload, "\"fine\"");
}

TEST(Functions, AHangIsKilledAtItsDeadline) {
  FunctionRig rig;
  FunctionOptions options = rig.Node("hang", R"(
    exports.handler = async (event) => {
      if (event.spin) for (;;) {}
      if (event.wait) await new Promise(() => { setInterval(() => {}, 1000); });
      return process.pid;
    };)");
  options.timeout = milliseconds(1'000);
  rig.Add(options);
  const int first = std::stoi(rig.Invoke("hang").payload);
  const InvokeResult hung = rig.Invoke("hang", R"({"wait":true})");
  EXPECT_EQ(hung.status, InvokeStatus::kTimedOut);
  EXPECT_EQ(hung.function_error, "Unhandled");
  EXPECT_EQ(hung.error_type, "Sandbox.Timedout");
  EXPECT_EQ(hung.error_message, fmt::format("RequestId: {} Error: Task timed out after 1.00 seconds", hung.request_id));
  EXPECT_GE(hung.duration, milliseconds(1'000));
  EXPECT_LT(hung.duration, milliseconds(1'500));
  EXPECT_THAT(rig.TextsOf(hung.request_id),
              ElementsAre(fmt::format("START RequestId: {} Version: $LATEST", hung.request_id),
                          EndsWith(hung.request_id + " Task timed out after 1.00 seconds"),
                          fmt::format("END RequestId: {}", hung.request_id),
                          AllOf(StartsWith(fmt::format("REPORT RequestId: {}\tDuration: 1", hung.request_id)),
                                EndsWith("\tStatus: timeout"))));
  InvokeOptions less;
  less.timeout = milliseconds(200);
  EXPECT_THAT(rig.Invoke("hang", R"({"spin":true})", less).error_message, EndsWith("after 0.20 seconds"));
  const int last = std::stoi(rig.Invoke("hang").payload);
  EXPECT_NE(first, last);
  EXPECT_FALSE(IsAlive(first));
}

TEST(Functions, OutputIsKnownByItsInvocationAndTheTailIsGivenBack) {
  FunctionRig rig;
  rig.Add(rig.Node("talk", R"(
    console.log('while it loads');
    exports.handler = async (event) => {
      console.log('hello %s', event.name); console.error('an error');
      process.stdout.write('raw\nunfinished');
    };)"));
  InvokeOptions how;
  how.log_tail = true;
  const InvokeResult result = rig.Invoke("talk", R"({"name":"you"})", how);
  const std::string& id = result.request_id;
  EXPECT_THAT(rig.TextsOf(id),
              ElementsAre(StartsWith("START"), EndsWith("Z\t" + id + "\tINFO\thello you"),
                          EndsWith("Z\t" + id + "\tERROR\tan error"), "raw", "unfinished", "END RequestId: " + id,
                          MatchesRegex("REPORT RequestId: " + id +
                                       "\tDuration: [0-9.]+ ms\tBilled Duration: [0-9]+ ms\tMemory Size: 256 MB\tMax "
                                       "Memory Used: [0-9]+ MB\tInit Duration: [0-9.]+ ms")));
  EXPECT_THAT(rig.TextsOf(""), ElementsAre(EndsWith("\tINFO\twhile it loads")));
  EXPECT_THAT(result.log_tail,
              AllOf(StartsWith("START"), HasSubstr("raw\nunfinished\nEND RequestId"), HasSubstr("REPORT")));
  EXPECT_TRUE(rig.Invoke("talk").log_tail.empty()) << "nobody asked for it";

  rig.Add(rig.Python("python", R"(
import logging
logger = logging.getLogger()
logger.setLevel(logging.INFO)
def handler(event, context):
    print("printed")
    logger.info("logged %s", 1)
)"));
  const std::string python = rig.Invoke("python").request_id;
  EXPECT_THAT(rig.TextsOf(python),
              ElementsAre(StartsWith("START"), "printed", MatchesRegex("\\[INFO\\]\t.*Z\t" + python + "\tlogged 1"),
                          StartsWith("END"), StartsWith("REPORT")));
}

TEST(Functions, AFloodOfOutputIsCutAndKilledAtTheDeadline) {
  FunctionRig rig;
  FunctionOptions flood = rig.Node("flood", R"(
    exports.handler = async () => { const line = 'x'.repeat(100000); for (;;) require('fs').writeSync(1, line); };)");
  flood.timeout = milliseconds(700);
  rig.Add(flood);
  rig.Add(rig.Python("calm", "def handler(event, context):\n    return 1\n"));
  rig.Invoke("calm");
  std::atomic<bool> flooded{false};
  InvokeResult result;
  rig.functions().Invoke("flood", "{}", {.log_tail = true}, [&](InvokeResult given) {
    result = std::move(given);
    flooded = true;
  });
  std::chrono::nanoseconds slowest{0};
  int calls = 0;
  while (!flooded) {
    slowest = std::max(slowest, rig.Invoke("calm").duration);
    ++calls;
  }
  EXPECT_EQ(result.status, InvokeStatus::kTimedOut);
  EXPECT_LE(result.log_tail.size(), kLogTailBytes);
  EXPECT_GT(calls, 20) << "the other function goes on";
  EXPECT_LT(slowest, milliseconds(500));
  std::size_t bytes = 0;
  for (const auto& line : rig.lines()) bytes += line.text.size();
  EXPECT_LT(bytes, std::size_t{64} << 20);
}

TEST(Functions, AnAnswerThatIsTooLargeIsAnError) {
  FunctionRig rig;
  rig.Add(rig.Node("large", "exports.handler = async (event) => 'x'.repeat(event.bytes);"));
  const InvokeResult fits = rig.Invoke("large", R"({"bytes":6291554})");
  EXPECT_EQ(fits.status, InvokeStatus::kOk) << fits.error_message;
  EXPECT_EQ(fits.payload.size(), kResponseBytesMax);
  const InvokeResult large = rig.Invoke("large", R"({"bytes":6291555})");
  EXPECT_EQ(large.status, InvokeStatus::kTooLarge);
  EXPECT_EQ(large.error_type, "Function.ResponseSizeTooLarge");
  EXPECT_EQ(large.error_message,
            "Response payload size (6291557 bytes) exceeded maximum allowed payload size (6291556 bytes).");
  EXPECT_EQ(rig.Invoke("large", std::string(kPayloadBytesMax + 1, ' ')).status, InvokeStatus::kBadRequest);
  EXPECT_EQ(rig.Invoke("large", R"({"bytes":1})" + std::string(kPayloadBytesMax - 20, ' ')).payload, "\"x\"");
  EXPECT_EQ(rig.functions().Stats("large")->starts, 1u);
}

TEST(Functions, TheMemoryOfAFunctionIsLimited) {
  FunctionRig rig;
  FunctionOptions options = rig.Python("grow", R"(
def handler(event, context):
    kept = []
    while True:
        kept.append(bytearray(1024 * 1024))
)");
  options.memory_mib = 128;
  rig.Add(options);
  const InvokeResult result = rig.Invoke("grow");
  EXPECT_TRUE(result.status == InvokeStatus::kOutOfMemory || result.error_type == "MemoryError")
      << result.error_type << ": " << result.error_message;
  EXPECT_EQ(result.function_error, "Unhandled");
}

TEST(Functions, CodeThatDoesNotLoadSaysWhy) {
  FunctionRig rig;
  rig.Add(rig.Node("missing", "require('no-such-module'); exports.handler = 1;"));
  const InvokeResult missing = rig.Invoke("missing");
  EXPECT_EQ(missing.status, InvokeStatus::kInitFailed);
  EXPECT_EQ(missing.function_error, "Unhandled");
  EXPECT_EQ(missing.error_type, "Runtime.ImportModuleError");
  EXPECT_THAT(missing.error_message, StartsWith("Error: Cannot find module 'no-such-module'"));
  EXPECT_THAT(missing.error_message, HasSubstr("its last output:\n"));
  EXPECT_EQ(Field(missing.payload, "errorType"), "Runtime.ImportModuleError");
  EXPECT_TRUE(rig.functions().Remove("missing").ok());

  struct Case {
    Runtime runtime;
    const char* file;
    const char* source;
    const char* handler;
    const char* type;
    const char* message;
  };
  const Case kCases[] = {
      {Runtime::kNode, "a.js", "", "a.handler", "Runtime.HandlerNotFound", "a.handler is undefined or not exported"},
      {Runtime::kNode, "b.js", "exports.handler = 1;", "b.handler", "Runtime.HandlerNotFound",
       "b.handler is not a function"},
      {Runtime::kNode, "c.js", "exports.handler = (", "c.handler", "Runtime.UserCodeSyntaxError", "SyntaxError: "},
      {Runtime::kNode, "d.js", "", "d", "Runtime.MalformedHandlerName", "Bad handler"},
      {Runtime::kNode, "e.js", "", "../e.handler", "Runtime.MalformedHandlerName", "'../e.handler' is not a valid"},
      {Runtime::kNode, "f.js", "", "nowhere.handler", "Runtime.ImportModuleError",
       "Error: Cannot find module 'nowhere'"},
      {Runtime::kNode, "g.js", "process.exit(7)", "g.handler", "Runtime.ExitError",
       "Runtime exited with error: exit status 7"},
      {Runtime::kPython, "h.py", "", "h.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'h'"},
      {Runtime::kPython, "i.py", "import nothing", "i.handler", "Runtime.ImportModuleError",
       "Unable to import module 'i': No module named 'nothing'"},
      {Runtime::kPython, "j.py", "def (", "j.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'j': "},
      {Runtime::kNative, "k", "", "k", "Runtime.InvalidEntrypoint", "cannot execute it"},
  };
  int number = 0;
  for (const Case& c : kCases) {
    rig.Write(c.file, c.source);
    FunctionOptions options;
    options.name = fmt::format("f{}", ++number);
    options.runtime = c.runtime;
    options.handler = c.handler;
    options.directory = rig.directory();
    rig.Add(options);
    const InvokeResult result = rig.Invoke(options.name);
    EXPECT_EQ(result.status, InvokeStatus::kInitFailed) << c.handler;
    EXPECT_EQ(result.error_type, c.type) << c.handler << ": " << result.error_message;
    EXPECT_THAT(result.error_message, StartsWith(c.message)) << c.handler;
    EXPECT_TRUE(rig.functions().Remove(options.name).ok());
  }
}

TEST(Functions, AnInitThatHangsIsKilled) {
  FunctionRig rig;
  FunctionOptions options = rig.Python("slow", "import time\ntime.sleep(60)\n");
  options.init_timeout = milliseconds(200);
  rig.Add(options);
  const InvokeResult result = rig.Invoke("slow");
  EXPECT_EQ(result.status, InvokeStatus::kInitFailed);
  EXPECT_EQ(result.error_message, "Init timed out after 0.20 seconds");
}

TEST(Functions, ProcessesWorkSideBySideUpToTheConcurrency) {
  FunctionRig rig;
  // Each waits until three are in the handler at once: that needs three processes.
  FunctionOptions options = rig.Python("meet", R"(
import os
def handler(event, context):
    open(os.path.join(event["at"], str(os.getpid())), "w").close()
    while len(os.listdir(event["at"])) < 3:
        pass
    return os.getpid()
)");
  options.concurrency = 3;
  rig.Add(options);
  std::filesystem::create_directory(rig.directory() + "/.meeting");
  const std::string event = fmt::format(R"({{"at":"{}/.meeting"}})", rig.directory());
  const auto results = rig.InvokeMany("meet", std::vector<std::string>(9, event));
  std::set<std::string> processes;
  for (const InvokeResult& result : results) {
    EXPECT_TRUE(result.ok()) << result.error_message;
    processes.insert(result.payload);
  }
  EXPECT_EQ(processes.size(), 3u);
}

TEST(Functions, WhoComesWhenTheLineIsFullIsToldToComeAgain) {
  FunctionRig rig;
  FunctionOptions options = rig.Node("narrow", "exports.handler = async () => 1;");
  options.concurrency = 1;
  options.queue_max = 2;
  rig.Add(options);
  const auto results = rig.InvokeMany("narrow", std::vector<std::string>(5, "{}"));
  int taken = 0;
  for (const InvokeResult& result : results) {
    taken += result.ok() ? 1 : 0;
    if (result.ok()) continue;
    EXPECT_EQ(result.status, InvokeStatus::kThrottled);
    EXPECT_TRUE(result.function_error.empty());
    EXPECT_EQ(result.error_type, "TooManyRequestsException");
  }
  EXPECT_EQ(taken, 2);
  EXPECT_EQ(rig.functions().Stats("narrow")->throttles, 3u);
  EXPECT_EQ(rig.Invoke("nobody").status, InvokeStatus::kNotFound);
}

TEST(Functions, NewCodeTakesOverWhenFilesChange) {
  FunctionRig rig;
  rig.Write("lib/text.js", "module.exports = 'old';");
  rig.Add(rig.Node("hot", "const text = require('./lib/text'); exports.handler = async () => text;"));
  EXPECT_EQ(rig.Invoke("hot").payload, "\"old\"");
  rig.Write("notes.txt", "not code");
  rig.Write("lib/text.js", "module.exports = 'new';");
  std::string answer;
  do {
    const InvokeResult result = rig.Invoke("hot");
    ASSERT_TRUE(result.ok()) << result.error_message;
    answer = result.payload;
  } while (answer == "\"old\"");
  EXPECT_EQ(answer, "\"new\"");
  // Also when it did not load before: the pause after a failure ends with the change.
  rig.Write("lib/text.js", "throw new Error('broken meanwhile');");
  while (rig.Invoke("hot").ok()) {
  }
  rig.Write("lib/text.js", "module.exports = 'mended';");
  InvokeResult result;
  do {
    result = rig.Invoke("hot");
  } while (!result.ok());
  EXPECT_EQ(result.payload, "\"mended\"");
}

TEST(Functions, AnUpdateTakesOverAndARemovalAnswersWhoWaits) {
  FunctionRig rig;
  FunctionOptions options = rig.Node("change", "exports.handler = async () => process.env.WORD;");
  options.environment = {{"WORD", "one"}};
  rig.Add(options);
  EXPECT_EQ(rig.Invoke("change").payload, "\"one\"");
  EXPECT_FALSE(rig.functions().Add(options).ok());
  for (int round = 0; round < 20; ++round) {
    options.environment = {{"WORD", fmt::format("round {}", round)}};
    ASSERT_TRUE(rig.functions().Update(options).ok());
    ASSERT_EQ(rig.Invoke("change").payload, fmt::format("\"round {}\"", round)) << "nothing old is asked again";
  }

  rig.Add(rig.Node("stay", "exports.handler = () => { setInterval(() => {}, 1000); };", "stay.js"));
  std::mutex mutex;
  std::condition_variable ready;
  std::vector<InvokeStatus> answers;
  for (int i = 0; i < 3; ++i)
    rig.functions().Invoke("stay", "{}", {}, [&](const InvokeResult& result) {
      std::lock_guard lock(mutex);
      answers.push_back(result.status);
      ready.notify_one();
    });
  while (rig.functions().Stats("stay")->running == 0) std::this_thread::yield();
  ASSERT_TRUE(rig.functions().Remove("stay").ok());
  std::unique_lock lock(mutex);
  ready.wait(lock, [&] { return answers.size() == 3; });
  EXPECT_THAT(answers, ElementsAre(InvokeStatus::kNotFound, InvokeStatus::kNotFound, InvokeStatus::kNotFound));
}

TEST(Functions, IdleProcessesGoAndWarmOnesStay) {
  FunctionRig rig;
  FunctionOptions options = rig.Python("brief", "def handler(event, context):\n    return 1\n");
  options.idle_timeout = milliseconds(50);
  rig.Add(options);
  rig.Invoke("brief");
  while (rig.functions().Stats("brief")->processes > 0) std::this_thread::yield();
  EXPECT_TRUE(rig.Invoke("brief").init_duration.has_value());
  options.name = "kept";
  options.warm = 1;
  rig.Add(options);
  while (rig.functions().Stats("kept")->last_init.count() == 0) std::this_thread::yield();
  while (rig.functions().Stats("brief")->processes > 0) std::this_thread::yield();
  EXPECT_EQ(rig.functions().Stats("kept")->processes, 1u);
}

TEST(Functions, NoProcessOutlivesStop) {
  std::vector<int> pids;
  {
    FunctionRig rig;
    // A child of the function, in its group, goes with it.
    rig.Add(rig.Node("parent", R"(
      const child = require('child_process').spawn('sleep', ['600']);
      exports.handler = async () => [process.pid, child.pid];)"));
    const std::string payload = rig.Invoke("parent").payload;
    int first = 0, second = 0;
    ASSERT_EQ(std::sscanf(payload.c_str(), "[%d,%d]", &first, &second), 2);
    pids = {first, second};
    EXPECT_TRUE(IsAlive(first) && IsAlive(second));
    rig.functions().Stop();
    rig.functions().Stop();
    EXPECT_EQ(rig.Invoke("parent").status, InvokeStatus::kNotFound);
  }
  for (const int pid : pids)
    while (IsAlive(pid)) std::this_thread::yield();
}

// The process that is killed is a copy of this one, made while no other thread runs.
TEST(Functions, NoProcessOutlivesAServerThatIsKilled) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t server = ::fork();
  ASSERT_GE(server, 0);
  if (server == 0) {
    FunctionRig rig;
    rig.Add(rig.Node("left", "exports.handler = async () => process.pid;"));
    const std::string told = rig.Invoke("left").payload + "\n" + rig.directory() + "\n";
    [[maybe_unused]] const ssize_t written = ::write(pipe_ends[1], told.data(), told.size());
    for (;;) ::pause();
  }
  ::close(pipe_ends[1]);
  std::string told;
  char byte = 0;
  while (std::ranges::count(told, '\n') < 2 && ::read(pipe_ends[0], &byte, 1) == 1) told.push_back(byte);
  ::close(pipe_ends[0]);
  const int pid = std::stoi(told);
  EXPECT_TRUE(IsAlive(pid));
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
  while (IsAlive(pid)) std::this_thread::yield();
  const std::size_t line = told.find('\n') + 1;
  std::filesystem::remove_all(told.substr(line, told.size() - line - 1));
}

TEST(Functions, SettingsOutOfRangeAreRefused) {
  FunctionRig rig;
  const FunctionOptions good = rig.Node("good", "exports.handler = 1;");
  auto refused = [&](auto change) {
    FunctionOptions options = good;
    change(options);
    return !rig.functions().Add(options).ok();
  };
  EXPECT_TRUE(refused([](auto& o) { o.name = "a b"; }));
  EXPECT_TRUE(refused([](auto& o) { o.name = ""; }));
  EXPECT_TRUE(refused([](auto& o) { o.handler = ""; }));
  EXPECT_TRUE(refused([](auto& o) { o.directory = "relative"; }));
  EXPECT_TRUE(refused([](auto& o) { o.timeout = milliseconds(0); }));
  EXPECT_TRUE(refused([](auto& o) { o.timeout = milliseconds(900'001); }));
  EXPECT_TRUE(refused([](auto& o) { o.memory_mib = 1; }));
  EXPECT_TRUE(refused([](auto& o) { o.concurrency = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.warm = 11; }));
  EXPECT_TRUE(refused([](auto& o) { o.environment = {{"AWS_REGION", "x"}}; }));
  EXPECT_TRUE(refused([](auto& o) { o.environment = {{"A=B", "x"}}; }));
  EXPECT_TRUE(refused([](auto& o) { o.environment = {{"A", std::string(5000, 'x')}}; }));
  EXPECT_FALSE(refused([](auto&) {}));
}

}  // namespace
}  // namespace millrace::functions
