// The commands that speak to a server: what they ask, what they print, their exit codes. The server is a real one whose
// answers the test chooses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <sstream>

#include "base/check.h"
#include "cli/command_line.h"
#include "cli/exit_code.h"
#include "cli/json_text.h"
#include "cli/table.h"
#include "http/server.h"
#include "json/parse.h"

namespace millrace::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Operator : public ::testing::Test {
 protected:
  Operator() {
    server_ = MUST(http::Server::Start({.threads = 1}, [this](http::Request&& request, http::Responder responder) {
      std::lock_guard lock(mutex_);
      asked_.push_back(request.method + " " + request.target + (request.body.empty() ? "" : " " + request.body));
      if (request.method == "POST") {
        EXPECT_EQ(request.headers.Get("x-millrace"), "1");
      }
      const auto answers = answers_.find(std::string(request.path()));
      http::Response response;
      if (answers == answers_.end() || answers->second.empty()) {
        response.status = 404;
        response.body = "<html>";
      } else {
        response = answers->second.front();
        answers->second.erase(answers->second.begin());
      }
      responder.Send(std::move(response));
    }));
    environment_["AWS_ENDPOINT_URL"] = fmt::format("http://127.0.0.1:{}", server_->port());
  }
  void Answers(const std::string& path, std::string body, int status = 200) {
    std::lock_guard lock(mutex_);
    answers_[path].push_back({.status = status, .content_type = "application/json", .body = std::move(body)});
  }
  int RunWith(const std::vector<std::string>& arguments) {
    std::istringstream in;
    std::ostringstream out, err;
    Io io{in,        out,       err,
          terminal_, terminal_, [this](std::string_view name) { return environment_[std::string(name)]; },
          "/",       {},        [this](std::chrono::milliseconds) { return --waits_ > 0; }};
    const int code = cli::Run(arguments, io);
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  std::vector<std::string> Asked() {
    std::lock_guard lock(mutex_);
    return std::exchange(asked_, {});
  }
  static std::string Flow(const std::string& name, const std::string& state, int dead, const std::string& more = {}) {
    return fmt::format(
        R"({{"name":"{}","from":"table/t","to":"bus/b","state":"{}","lag":{{"records":100000,"more":true,"seconds":75.250}},)"
        R"("in_flight":2,"parked_keys":1,"parked_records":12,"dead_letters":{}{}}})",
        name, state, dead, more);
  }

  std::mutex mutex_;
  std::map<std::string, std::vector<http::Response>> answers_;
  std::vector<std::string> asked_;
  std::unique_ptr<http::Server> server_;
  std::map<std::string, std::string> environment_;
  bool terminal_ = false;
  int waits_ = 0;
  std::string out_, err_;
};

TEST_F(Operator, StatusIsATableOfAHundredColumns) {
  const std::string longest(60, 'n');
  const std::string flows =
      Flow("pipe/a", "running", 0) + "," +
      Flow("rule/" + longest, "backing off", 0, R"(,"error":"it\nsaid: )" + std::string(200, 'x') + "\"");
  Answers("/_millrace/status", R"({"version":1,"flows":[)" + flows + "]}");
  EXPECT_EQ(RunWith({"status"}), kExitOk) << err_;
  EXPECT_THAT(out_, HasSubstr("pipe/a  "));
  EXPECT_THAT(out_, HasSubstr("  100000+  1m15s          2         12/1     0\n"));
  EXPECT_THAT(out_, HasSubstr("\n    ! it said: xxx"));
  EXPECT_EQ(out_.find('\x1b'), std::string::npos);
  EXPECT_THAT(out_, HasSubstr(longest)) << "a program gets the whole name";

  terminal_ = true;
  Answers("/_millrace/status", R"({"version":1,"flows":[)" + flows + "]}");
  EXPECT_EQ(RunWith({"status", "--color", "never"}), kExitOk);
  std::istringstream lines(out_);
  for (std::string line; std::getline(lines, line);) {
    const auto columns =
        std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
    EXPECT_LE(columns, 100) << line;
  }
  Answers("/_millrace/status", R"({"version":1,"flows":[)" + flows + "]}");
  EXPECT_EQ(RunWith({"status"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("\x1b[32mrunning\x1b[0m    "));
}

TEST_F(Operator, StatusFailsIfSomethingNeedsAHuman) {
  Answers("/_millrace/status", R"({"flows":[]})");
  EXPECT_EQ(RunWith({"status"}), kExitOk);
  EXPECT_EQ(out_, "no pipe or rule runs here\n");
  Answers("/_millrace/status", R"({"flows":[)" + Flow("pipe/a", "running", 1) + "]}");
  EXPECT_EQ(RunWith({"status"}), kExitFailed);
  Answers("/_millrace/status", R"({"flows":[)" + Flow("pipe/a", "failed", 0) + "]}");
  EXPECT_EQ(RunWith({"status", "--json"}), kExitFailed);
  EXPECT_EQ(out_, R"({"flows":[)" + Flow("pipe/a", "failed", 0) + "]}\n");
  Answers("/_millrace/status", R"({"flows":[)" + Flow("pipe/a", "paused", 0) + "]}");
  EXPECT_EQ(RunWith({"status"}), kExitOk) << "somebody paused it";
}

TEST_F(Operator, StatusIsShownAgainWhileItIsWatched) {
  waits_ = 3;
  for (int i = 0; i < 3; ++i) Answers("/_millrace/status", R"({"flows":[]})");
  EXPECT_EQ(RunWith({"status", "--watch"}), kExitOk);
  EXPECT_EQ(Asked().size(), 3u);
}

TEST_F(Operator, DeadLettersOfAllFlowsThatHaveSomeAreListed) {
  Answers("/_millrace/status",
          R"({"flows":[)" + Flow("pipe/a", "running", 0) + "," + Flow("pipe/b", "running", 3) + "]}");
  Answers(
      "/_millrace/dlq",
      R"({"flow":"pipe/b","total":3,"letters":[{"number":7,"reason":"Rejected","cause":"HTTP 400\u001b[2J","attempts":1,)"
      R"("holds_key":true,"dead":"2026-01-31T12:00:00.000Z","order_key":"k"}],"next":7})");
  EXPECT_EQ(RunWith({"dlq", "ls", "--limit", "1"}), kExitOk) << err_;
  EXPECT_THAT(Asked(), ElementsAre("GET /_millrace/status", "GET /_millrace/dlq?flow=pipe%2Fb&limit=1"));
  EXPECT_EQ(out_,
            "pipe/b  3\n"
            "NUMBER  DEAD SINCE                REASON    TRIES  HOLDS  KEY\n"
            "7       2026-01-31T12:00:00.000Z  Rejected      1  yes    k\n"
            "    HTTP 400?[2J\n"
            "there are more: millrace dlq ls pipe/b --after 7\n");
  Answers("/_millrace/status", R"({"flows":[)" + Flow("pipe/a", "running", 0) + "]}");
  EXPECT_EQ(RunWith({"dlq", "ls"}), kExitOk);
  EXPECT_EQ(out_, "no dead letters\n");
  Answers("/_millrace/dlq", R"({"error":{"code":"NotFound","message":"there is no flow 'x'"}})", 404);
  EXPECT_EQ(RunWith({"dlq", "ls", "x"}), kExitFailed);
  EXPECT_EQ(err_, "error: there is no flow 'x'\n");
}

TEST_F(Operator, ADeadLetterIsShownWithItsRecord) {
  const std::string letter =
      R"({"flow":"pipe/b","number":7,"reason":"Rejected","cause":"HTTP 400","attempts":1,"holds_key":true,)"
      R"("order_key":"k","record":{"a":1.50,"b":[],"c":{"d":["\u001b",null]}}})";
  Answers("/_millrace/dlq/letter", letter);
  EXPECT_EQ(RunWith({"dlq", "show", "pipe/b", "7"}), kExitOk) << err_;
  EXPECT_THAT(Asked(), ElementsAre("GET /_millrace/dlq/letter?flow=pipe%2Fb&number=7"));
  EXPECT_THAT(out_, HasSubstr("cause      HTTP 400\n"));
  EXPECT_THAT(out_, HasSubstr("{\n  \"a\": 1.50,\n  \"b\": [],\n  \"c\": {\n    \"d\": [\n      \"\\u001b\",\n      "
                              "null\n    ]\n  }\n}\n"));
  Answers("/_millrace/dlq/letter", letter);
  EXPECT_EQ(RunWith({"dlq", "show", "pipe/b", "7", "--json"}), kExitOk);
  EXPECT_EQ(out_, letter + "\n");
}

TEST_F(Operator, RedriveAndDropTakeNumbersAndRanges) {
  Answers("/_millrace/dlq/redrive", R"({"flow":"pipe/b","redriven":3,"missing":[]})");
  EXPECT_EQ(RunWith({"dlq", "redrive", "b", "3", "7-9", "4"}), kExitOk) << err_;
  EXPECT_THAT(Asked(), ElementsAre(R"(POST /_millrace/dlq/redrive {"flow":"b","numbers":[3,4],"ranges":[[7,9]]})"));
  EXPECT_EQ(out_, "3 redriven of pipe/b\n");
  Answers("/_millrace/dlq/drop", R"({"flow":"pipe/b","dropped":0,"missing":[]})");
  EXPECT_EQ(RunWith({"dlq", "drop", "b", "--all"}), kExitOk) << "there were none, and none are left";
  EXPECT_THAT(Asked(), ElementsAre(R"(POST /_millrace/dlq/drop {"flow":"b","all":true})"));
  Answers("/_millrace/dlq/drop", R"({"flow":"pipe/b","dropped":1,"missing":[8]})");
  EXPECT_EQ(RunWith({"dlq", "drop", "b", "7", "8"}), kExitPartial);
  EXPECT_EQ(err_, "error: there is no dead letter 8\n");
  Answers("/_millrace/dlq/drop", R"({"flow":"pipe/b","dropped":0,"missing":[8]})");
  EXPECT_EQ(RunWith({"dlq", "drop", "b", "8"}), kExitFailed);
  Asked();
  for (const auto& wrong : std::vector<std::vector<std::string>>{{"dlq", "redrive", "b"},
                                                                 {"dlq", "redrive", "b", "--all", "3"},
                                                                 {"dlq", "drop", "b", "x"},
                                                                 {"dlq", "drop", "b", "3-"},
                                                                 {"dlq", "drop", "b", "3--4"},
                                                                 {"dlq", "drop", "b", "99999999999999999999"},
                                                                 {"dlq"},
                                                                 {"dlq", "show", "b"},
                                                                 {"pipe", "seek", "b"},
                                                                 {"pipe", "pause"},
                                                                 {"tail"},
                                                                 {"status", "more"},
                                                                 {"dlq", "ls", "--limit", "0"}})
    EXPECT_EQ(RunWith(wrong), kExitUsage) << wrong.back();
  EXPECT_TRUE(Asked().empty()) << "the server is not asked what is wrong already";
  RunWith({"dlq", "redirve", "b"});
  EXPECT_THAT(err_, HasSubstr("did you mean redrive?"));
}

TEST_F(Operator, PipesArePausedResumedAndSentElsewhere) {
  Answers("/_millrace/flow/pause", Flow("pipe/b", "paused", 0));
  EXPECT_EQ(RunWith({"pipe", "pause", "b"}), kExitOk) << err_;
  EXPECT_EQ(out_, "pipe/b paused, 100000+ records behind\n");
  Answers("/_millrace/flow/resume", Flow("pipe/b", "running", 0));
  EXPECT_EQ(RunWith({"pipe", "resume", "b", "--json"}), kExitOk);
  EXPECT_EQ(out_, Flow("pipe/b", "running", 0) + "\n");
  Answers("/_millrace/flow/seek", R"({"error":{"message":"'x' is no place in a log"}})", 400);
  EXPECT_EQ(RunWith({"pipe", "seek", "b", "x"}), kExitFailed);
  EXPECT_THAT(Asked(),
              ElementsAre(R"(POST /_millrace/flow/pause {"flow":"b"})", R"(POST /_millrace/flow/resume {"flow":"b"})",
                          R"(POST /_millrace/flow/seek {"flow":"b","to":"x"})"));
}

TEST_F(Operator, TailGoesOnFromWhereItWas) {
  Answers(
      "/_millrace/tail",
      R"({"records":[{"time":"T","record":{"source":"s","detail-type":"d","detail":{"n":1.0}}}],"next":"@1","at_end":true})");
  Answers("/_millrace/tail", R"({"records":[],"next":"@1","at_end":true})");
  Answers(
      "/_millrace/tail",
      R"({"records":[{"time":"U","record":{"eventName":"INSERT","dynamodb":{"Keys":{"k":{"S":"a"}},"NewImage":{"k":{"S":"a"}}}}}],"next":"@2"})");
  EXPECT_EQ(RunWith({"tail", "bus/b", "-n", "2", "--match", R"({"source":["s"]})"}), kExitOk) << err_;
  const std::string match = "&match=%7B%22source%22%3A%5B%22s%22%5D%7D";
  EXPECT_THAT(Asked(), ElementsAre("GET /_millrace/tail?log=bus%2Fb&from=latest" + match + "&limit=2&wait=0",
                                   "GET /_millrace/tail?log=bus%2Fb&from=%401" + match + "&limit=1&wait=20",
                                   "GET /_millrace/tail?log=bus%2Fb&from=%401" + match + "&limit=1&wait=20"));
  EXPECT_EQ(out_, "T  s  d  {\"n\":1.0}\nU  INSERT  {\"k\":{\"S\":\"a\"}}  NewImage {\"k\":{\"S\":\"a\"}}\n");
  Answers("/_millrace/tail", R"({"records":[{"time":"T","record":7}],"next":"@1","at_end":true})");
  EXPECT_EQ(RunWith({"tail", "bus/b", "--no-follow", "--json", "--from", "15m"}), kExitOk);
  EXPECT_EQ(out_, "{\"time\":\"T\",\"record\":7}\n");
  Asked();
  EXPECT_EQ(RunWith({"tail", "bus/b", "--match", "{"}), kExitInvalid);
  EXPECT_EQ(RunWith({"tail", "bus/b", "--match", "absent.json"}), kExitInvalid);
  EXPECT_TRUE(Asked().empty());
}

TEST_F(Operator, WhatIsNoMillraceIsToldApartFromARefusal) {
  EXPECT_EQ(RunWith({"status"}), kExitUnreachable);
  EXPECT_THAT(err_, HasSubstr("is no millrace that knows this command (HTTP 404)"));
  Answers("/_millrace/status", "[]");
  EXPECT_EQ(RunWith({"status"}), kExitUnreachable);
  Answers("/_millrace/status", R"({"error":{"message":"the server is stopping"}})", 503);
  EXPECT_EQ(RunWith({"status"}), kExitUnreachable);
  EXPECT_EQ(err_, "error: the server is stopping\n");
  const std::string url = environment_["AWS_ENDPOINT_URL"];
  environment_.clear();
  Answers("/_millrace/status", R"({"flows":[]})");
  EXPECT_EQ(RunWith({"status", "-e", url + "/path"}), kExitOk) << "the flag, and whatever path it has";
  server_->Stop();
  EXPECT_EQ(RunWith({"status", "--endpoint", url}), kExitUnreachable);
  EXPECT_THAT(err_, HasSubstr("error: no server answers\n"));
  EXPECT_THAT(err_, HasSubstr("is `millrace dev` running?"));
  EXPECT_EQ(RunWith({"status", "--endpoint", "ftp://x"}), kExitUsage);
}

TEST(Table, AlignsNumbersRightAndLeavesNoTrailingSpaces) {
  Table table({"NAME", "N", "TEXT"});
  table.Add({"über", "1", ""});
  table.Add({"b", "1000", "x"}, {.note = "why"});
  EXPECT_EQ(table.Render(), "NAME     N  TEXT\nüber     1\nb     1000  x\n    why\n");
}

TEST(Table, AgesAndTextsAreShort) {
  const std::pair<double, const char*> ages[] = {
      {0, "-"},      {0.0004, "1ms"},   {0.25, "250ms"},  {9.94, "9.9s"},    {59.9, "59s"},
      {60, "1m00s"}, {3'599, "59m59s"}, {7'500, "2h05m"}, {86'400, "1d00h"}, {273'600, "3d04h"}};
  for (const auto& [seconds, text] : ages) EXPECT_EQ(AgeText(seconds), text);
  EXPECT_EQ(Shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(Shortened("abcdefg", 6), "abcde…");
  EXPECT_EQ(Shortened("äöüäöüä", 6), "äöüäö…");
  EXPECT_EQ(OneLine("a\nb\tc\x1b[0m\x7f"), "a b c?[0m?");
}

TEST_F(Operator, ReplaySendsWhatItIsTold) {
  Answers("/_millrace/replay", R"({"name":"again","flow":"replay/again","from":"a","to":"b"})");
  EXPECT_EQ(RunWith({"replay", "crm", "--from", "2h", "--name", "again", "--rule", "r1", "--rule", "r2"}), kExitOk);
  EXPECT_EQ(out_, "replay/again began: events from a to b\n");
  EXPECT_THAT(asked_,
              ElementsAre(R"(POST /_millrace/replay {"bus":"crm","from":"2h","name":"again","rules":["r1","r2"]})"));
  EXPECT_EQ(RunWith({"replay", "crm"}), kExitUsage);
}

}  // namespace
}  // namespace millrace::cli
