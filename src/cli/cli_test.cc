// The command line: commands run as functions with captured streams; what they print, where, and their exit codes.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/version.h"
#include "cli/command_line.h"
#include "cli/exit_code.h"
#include "json/parse.h"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

class Cli : public ::testing::Test {
 protected:
  Cli() {
    std::string pattern = (fs::temp_directory_path() / "millrace-cli-XXXXXX").string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = fs::canonical(pattern);
  }
  ~Cli() override {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }

  int RunWith(const std::vector<std::string>& arguments, const std::string& input = {}) {
    std::istringstream in(input);
    std::ostringstream out, err;
    Io io{in,
          out,
          err,
          terminal_,
          terminal_,
          [this](std::string_view name) { return environment_[std::string(name)]; },
          (directory_ / below_).string(),
          [this](const app::DevOptions& options) {
            dev_ = options;
            return dev_code_;
          }};
    const int code = cli::Run(arguments, io);
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  void Write(const std::string& name, const std::string& text) {
    fs::create_directories((directory_ / name).parent_path());
    std::ofstream(directory_ / name, std::ios::binary) << text;
  }
  std::string PathOf(const std::string& name) const { return (directory_ / name).string(); }

  fs::path directory_;
  fs::path below_;
  bool terminal_ = false;
  std::map<std::string, std::string> environment_;
  std::optional<app::DevOptions> dev_;
  int dev_code_ = 0;
  std::string out_, err_;
};

constexpr auto kGood = "version: 1\ntables: {users: {key: id, stream: new-and-old}}\nbuses: {crm: {}}\n";
constexpr auto kBad = "version: 1\ntables: {users: {kee: id}}\n";
constexpr auto kWarned = "version: 1\ntargets: {t: {stdout: {}}}\n";

TEST_F(Cli, AloneItPrintsTheFiveMostUsefulCommands) {
  EXPECT_EQ(RunWith({}), kExitOk);
  std::size_t commands = 0;
  for (std::size_t at = out_.find("\n  millrace "); at != std::string::npos; at = out_.find("\n  millrace ", at + 1))
    ++commands;
  EXPECT_EQ(commands, 5u);
  EXPECT_EQ(err_, "");
}

TEST_F(Cli, HelpNamesEveryCommandAndFlag) {
  EXPECT_EQ(RunWith({"--help"}), kExitOk);
  for (const auto* word : {"dev", "check", "pattern", "version", "--color", "Exit codes"})
    EXPECT_NE(out_.find(word), std::string::npos) << word;
  EXPECT_EQ(RunWith({"dev", "--help"}), kExitOk);
  for (const auto* word :
       {"--config", "-d", "--port", "--host", "--ephemeral", "--durability", "--ready-file", "--quiet", "4566"})
    EXPECT_NE(out_.find(word), std::string::npos) << word;
  EXPECT_EQ(RunWith({"pattern", "test", "-h"}), kExitOk);
  EXPECT_NE(out_.find("PATTERN"), std::string::npos);
  EXPECT_FALSE(dev_);
}

TEST_F(Cli, TheVersionIsTheOneOfTheBuild) {
  EXPECT_EQ(RunWith({"version"}), kExitOk);
  EXPECT_EQ(out_, fmt::format("millrace {}\n", ProgramVersion()));
  EXPECT_EQ(RunWith({"--version"}), kExitOk);
  EXPECT_EQ(out_, fmt::format("millrace {}\n", ProgramVersion()));
  std::ifstream file(MILLRACE_SOURCE_DIR "/CMakeLists.txt");
  const std::string cmake{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(cmake.find(fmt::format("project(millrace VERSION {} ", ProgramVersion())), std::string::npos);
}

TEST_F(Cli, AWrongCommandLineIsUsageAndSaysWhatWasMeant) {
  const std::vector<std::string> wrongs[] = {{"chekc"},
                                             {"--nope"},
                                             {"dev", "--port", "x"},
                                             {"dev", "--port", "65536"},
                                             {"dev", "--port", "-1"},
                                             {"dev", "extra"},
                                             {"pattern"},
                                             {"pattern", "tset", "a", "b"},
                                             {"pattern", "test", "{}"},
                                             {"check", "--format", "xml"},
                                             {"dev", "--durability", "no"},
                                             {"--color", "blue"},
                                             {"dev", "--config"}};
  for (const auto& wrong : wrongs) {
    EXPECT_EQ(RunWith(wrong), kExitUsage) << wrong[0];
    EXPECT_TRUE(err_.starts_with("error: ")) << err_;
    EXPECT_EQ(out_, "");
    EXPECT_FALSE(dev_);
  }
  RunWith({"chekc"});
  EXPECT_NE(err_.find("did you mean check?"), std::string::npos) << err_;
  RunWith({"pattern", "tset", "a", "b"});
  EXPECT_NE(err_.find("did you mean test?"), std::string::npos) << err_;
}

TEST_F(Cli, CheckSaysWhatIsWrongAndExitsWithThree) {
  Write("millrace.yaml", kBad);
  EXPECT_EQ(RunWith({"check"}), kExitInvalid);
  EXPECT_NE(out_.find("  --> millrace.yaml:2:18"), std::string::npos) << out_;
  EXPECT_NE(out_.find("did you mean key?"), std::string::npos);
  EXPECT_NE(out_.find("millrace.yaml: not valid, 2 errors\n"), std::string::npos) << out_;
  EXPECT_EQ(out_.find('\x1b'), std::string::npos);
  terminal_ = true;
  EXPECT_EQ(RunWith({"check"}), kExitInvalid);
  EXPECT_NE(out_.find('\x1b'), std::string::npos);
}

TEST_F(Cli, CheckAcceptsWarningsAndListsWhatThereIs) {
  Write("millrace.yaml", kGood);
  Write("warned.yaml", kWarned);
  EXPECT_EQ(RunWith({"check"}), kExitOk);
  EXPECT_EQ(out_, "millrace.yaml: valid (1 table, 1 bus)\n");
  EXPECT_EQ(RunWith({"check", "warned.yaml", "millrace.yaml"}), kExitOk);
  EXPECT_NE(out_.find("warned.yaml: valid, 1 warning (1 target)\n"), std::string::npos) << out_;
  EXPECT_EQ(RunWith({"check", "-"}, kBad), kExitInvalid);
  EXPECT_NE(out_.find("<stdin>:2:18"), std::string::npos);
}

TEST_F(Cli, CheckFindsTheFileAbove) {
  below_ = "a/b";
  EXPECT_EQ(RunWith({"check"}), kExitUsage);
  EXPECT_NE(err_.find("there is no millrace.yaml here or above"), std::string::npos);
  Write("millrace.yaml", kGood);
  Write("a/b/x", "");
  EXPECT_EQ(RunWith({"check"}), kExitOk);
  EXPECT_EQ(out_, PathOf("millrace.yaml") + ": valid (1 table, 1 bus)\n");
}

TEST_F(Cli, CheckWritesJson) {
  Write("good.yaml", kGood);
  Write("bad.yaml", kBad);
  EXPECT_EQ(RunWith({"check", "--format", "json", "good.yaml", "bad.yaml", "none.yaml"}), kExitInvalid);
  json::Document document;
  ASSERT_TRUE(document.Parse(out_).ok()) << out_;
  EXPECT_EQ(document.root().Find("version")->number(), "1");
  const auto files = document.root().Find("files")->array();
  ASSERT_EQ(files.size(), 3u);
  EXPECT_TRUE(files[0].Find("valid")->boolean());
  EXPECT_FALSE(files[1].Find("valid")->boolean());
  const json::Value& first = files[1].Find("diagnostics")->array()[0];
  EXPECT_EQ(first.Find("line")->number(), "2");
  EXPECT_EQ(first.Find("file")->string(), "bad.yaml");
  EXPECT_EQ(files[2].Find("diagnostics")->array()[0].Find("code")->string(), "E1001");
}

TEST_F(Cli, PatternTestSaysMatchOrNot) {
  const std::string event = R"({"source":"users","detail":{"n":[1,2]}})";
  EXPECT_EQ(RunWith({"pattern", "test", R"({"source":["users"]})", event}), kExitOk);
  EXPECT_EQ(out_, "match\n");
  EXPECT_EQ(RunWith({"pattern", "test", R"({"source":["other"]})", event}), kExitFailed);
  EXPECT_EQ(out_, "no match\n");
  Write("p.json", R"({"detail":{"n":[2]}})");
  Write("e.json", event);
  EXPECT_EQ(RunWith({"pattern", "test", "p.json", "e.json"}), kExitOk);
  EXPECT_EQ(RunWith({"pattern", "test", "p.json", "-"}, event), kExitOk);
  EXPECT_EQ(RunWith({"pattern", "test", "-", "e.json"}, R"({"detail":{"n":[3]}})"), kExitFailed);
}

TEST_F(Cli, PatternTestRefusesWhatIsNotValid) {
  const std::pair<const char*, const char*> wrongs[] = {{R"({"a":[{"prefxi":"x"}]})", "{}"},
                                                        {"{", "{}"},
                                                        {R"({"a":[1]})", "{"},
                                                        {R"({"a":[1]})", "{} x"},
                                                        {"nothing.json", "{}"},
                                                        {R"({"a":[1]})", "nothing.json"}};
  for (const auto& [pattern, event] : wrongs) {
    EXPECT_EQ(RunWith({"pattern", "test", pattern, event}), kExitInvalid) << pattern;
    EXPECT_TRUE(err_.starts_with("error: the ")) << err_;
    EXPECT_EQ(out_, "");
  }
  Write("list.json", "[1]");
  EXPECT_EQ(RunWith({"pattern", "test", R"({"a":[1]})", "list.json"}), kExitInvalid);
  EXPECT_EQ(RunWith({"pattern", "test", "-", "-"}), kExitUsage);
}

TEST_F(Cli, PatternFilterCopiesTheLinesThatMatchAsTheyAre) {
  const std::string events = "{\"a\": 1, \"n\": 1.50}\n\n{\"a\":2}\r\n{\"a\":[3,1]}";
  EXPECT_EQ(RunWith({"pattern", "filter", R"({"a":[1]})"}, events), kExitOk);
  EXPECT_EQ(out_, "{\"a\": 1, \"n\": 1.50}\n{\"a\":[3,1]}\n");
  EXPECT_EQ(RunWith({"pattern", "filter", R"({"a":[9]})"}, events), kExitOk);
  EXPECT_EQ(out_, "");
}

TEST_F(Cli, PatternFilterGoesOnAfterALineThatIsNoEvent) {
  const std::string events =
      "{\"a\":1}\nnonsense\n[1]\n{\"a\":1}\n" + std::string(17 * 1024 * 1024, 'x') + "\n{\"a\":1}\n";
  EXPECT_EQ(RunWith({"pattern", "filter", R"({"a":[1]})"}, events), kExitPartial);
  EXPECT_EQ(out_, "{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n");
  for (const auto* words :
       {"line 2 is no event", "line 3 is no event: invalid event at byte 0: an event is a JSON object",
        "line 5 is no event: the line has more"})
    EXPECT_NE(err_.find(words), std::string::npos) << err_;
  EXPECT_EQ(RunWith({"pattern", "filter", "{}"}, "{}\n"), kExitInvalid);
}

TEST_F(Cli, PatternExplainShowsWhatFailed) {
  EXPECT_EQ(RunWith({"pattern", "explain", R"({"source":["user"]})", R"({"source":"user"})"}), kExitOk);
  EXPECT_EQ(out_, "match\n  ok     source  \"user\"  in [\"user\"]\n");
  EXPECT_EQ(RunWith({"pattern", "explain", R"({"Source":["user"]})", R"({"source":"user"})"}), kExitFailed);
  EXPECT_TRUE(out_.starts_with("no match  ")) << out_;
  EXPECT_NE(out_.find("did you mean source?"), std::string::npos) << out_;
  EXPECT_EQ(RunWith({"pattern", "explain", R"({"a":[]})", "{}"}), kExitInvalid);
  EXPECT_EQ(RunWith({"pattern", "explain", R"({"a":[1]})", "{}", "more"}), kExitUsage);
}

TEST_F(Cli, PatternDialectChoosesTheAccidents) {
  const std::string cidr = R"({"a":[{"cidr":"10.0.0.0/24"}]})", event = R"({"a":"a00::5"})";
  EXPECT_EQ(RunWith({"pattern", "test", cidr, event}), kExitFailed);
  EXPECT_EQ(RunWith({"pattern", "test", "--dialect", "aws", cidr, event}), kExitOk);
  EXPECT_EQ(RunWith({"pattern", "explain", "--dialect", "aws", cidr, event}), kExitOk);
  EXPECT_EQ(RunWith({"pattern", "filter", "--dialect", "aws", cidr}, event), kExitOk);
  EXPECT_EQ(out_, event + "\n");
  const std::string regex = R"({"a":[{"millrace:regex":"x+"}]})";
  EXPECT_EQ(RunWith({"pattern", "test", regex, R"({"a":"xx"})"}), kExitOk);
  EXPECT_EQ(RunWith({"pattern", "test", regex, R"({"a":"xx"})", "--dialect=aws"}), kExitInvalid);
  EXPECT_NE(err_.find("Unrecognized match type millrace:regex"), std::string::npos) << err_;
  EXPECT_EQ(RunWith({"pattern", "test", regex, "{}", "--dialect=azure"}), kExitUsage);
}

TEST_F(Cli, PatternCasesPass) {
  Write("good.jsonl", R"~({"r": "{\"a\":[1]}", "e": "{\"a\":1}", "match": true}

{"n": "objects", "r": {"a": [1]}, "e": {"a": 2}, "match": false}
{"r": "{\"a\":[]}", "e": "{}"}
{"r": {"a": []}, "error": "Empty arrays are not allowed"}
{"r": {"a": [{"x":1}]}, "error": "Event pattern is not valid. Reason: Unrecognized match type x"}
{"r": "{", "error": "invalid JSON at byte 1: expected a name in quotes"}
{"rules": {"one": "{\"a\":[1]}", "two": {"a": [{"exists": true}]}, "three": {"b": [1]}}, "e": {"a": 1}, "matches": ["two", "one"]}
{"rules": {"one": {"a": [1]}}, "e": "{}", "matches": []})~");
  EXPECT_EQ(RunWith({"pattern", "cases", "good.jsonl"}), kExitOk) << out_;
  EXPECT_EQ(out_, "8 passed, 0 failed\n");
  EXPECT_EQ(RunWith({"pattern", "cases", "-"}), kExitOk);
  EXPECT_EQ(out_, "0 passed, 0 failed\n");
}

TEST_F(Cli, PatternCasesFailWithTheirLine) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"n":"x","r":{"a":[1]},"e":{"a":1},"match":false})", " (x): expected no match, got one"},
      {R"({"r":{"a":[1]},"e":{"a":2},"match":true})", ": expected a match, got none"},
      {R"({"r":{"a":[]},"e":{"a":2},"match":true})", ": the pattern is not valid: Empty arrays are not allowed"},
      {R"({"r":{"a":[1]},"e":"{","match":false})", ": the event is not valid: "},
      {R"({"r":{"a":[1]},"e":"[]","match":false})", ": the event is not valid: "},
      {R"({"r":{"a":[1]}})", ": expected the pattern to be refused, it is valid"},
      {R"({"r":{"a":[]},"error":"Nope"})", ": expected to be refused with: Nope; got: Empty arrays are not allowed"},
      {R"({"rules":{"p":{"a":[1]},"q":{"a":[2]}},"e":{"a":1},"matches":["q"]})", ": expected q to match, got p"},
      {R"({"rules":{"p":{"a":[1]}},"e":{"a":2},"matches":["p"]})", ": expected p to match, got none"},
      {R"({"rules":{"p":{"a":[]}},"e":{"a":2},"matches":[]})", ": rule p is not valid: Empty arrays are not allowed"},
      {R"({"rules":{"p":{"a":[1]}},"e":{"a":2},"matches":["z"]})", ": not a case: there is no rule z"},
      {R"({"rules":{"p":7},"e":{"a":2},"matches":[]})", ": not a case: rule p is no pattern"},
      {R"({"rules":[],"e":{"a":2},"matches":[]})", ": not a case: rules is "},
      {R"({"r":7,"e":{},"match":true})", ": not a case: r and e are "},
      {R"({"r":{"a":[1]},"e":{},"match":"yes"})", ": not a case: r and e are "},
      {R"({"e":{}})", ": not a case: it has r and e, or rules"},
      {"[]", ": not a case: not a JSON object"},
      {"nonsense", ": not a case: invalid JSON at byte 0"},
  };
  std::string all;
  for (const auto& [line, failure] : cases) {
    EXPECT_EQ(RunWith({"pattern", "cases", "-"}, "\n" + line), kExitFailed) << line;
    EXPECT_TRUE(out_.starts_with("line 2" + failure)) << out_;
    EXPECT_TRUE(out_.ends_with("\n0 passed, 1 failed\n")) << out_;
    all += line + "\n";
  }
  EXPECT_EQ(RunWith({"pattern", "cases", "-"}, all), kExitFailed);
  EXPECT_NE(out_.find("\n0 passed, 18 failed\n"), std::string::npos) << out_;
  EXPECT_EQ(RunWith({"pattern", "cases", "nothing.jsonl"}), kExitInvalid);
  EXPECT_EQ(RunWith({"pattern", "cases", directory_.string()}), kExitInvalid);
  EXPECT_EQ(RunWith({"pattern", "cases"}), kExitUsage);
}

TEST_F(Cli, DevSettlesDefaults) {
  dev_code_ = 5;
  EXPECT_EQ(RunWith({"dev"}), 5);
  ASSERT_TRUE(dev_);
  EXPECT_EQ(dev_->config_file, "");
  EXPECT_TRUE(dev_->config.tables.empty());
  EXPECT_EQ(dev_->data, PathOf(".millrace"));
  EXPECT_EQ(dev_->host, "127.0.0.1");
  EXPECT_EQ(dev_->port, 4566);
  EXPECT_EQ(dev_->durability, app::Durability::kDurable);
  EXPECT_EQ(dev_->ready_file, "");
  EXPECT_FALSE(dev_->quiet);
}

TEST_F(Cli, DevReadsTheConfigurationAndItsSettings) {
  Write("millrace.yaml", std::string(kGood) + "settings: {listen: \"[::1]:9000\", data: state}\n");
  below_ = "a";
  Write("a/x", "");
  EXPECT_EQ(RunWith({"dev"}), 0);
  ASSERT_TRUE(dev_);
  EXPECT_EQ(dev_->config.tables.at(0).name, "users");
  EXPECT_EQ(dev_->config_file, PathOf("millrace.yaml"));
  EXPECT_EQ(dev_->config_directory, directory_.string());
  EXPECT_EQ(dev_->data, PathOf("state"));
  EXPECT_EQ(dev_->host, "::1");
  EXPECT_EQ(dev_->port, 9000);
}

TEST_F(Cli, DevsFlagsWin) {
  Write("conf/m.yaml", std::string(kGood) + "settings: {listen: \"127.0.0.1:9000\", data: state}\n");
  EXPECT_EQ(RunWith({"dev", "-c", "conf/m.yaml", "-d", "here", "--port", "0", "--host", "localhost", "--durability",
                     "relaxed", "--ready-file", "ready.json", "--quiet"}),
            0);
  ASSERT_TRUE(dev_);
  EXPECT_EQ(dev_->config_file, "conf/m.yaml");
  EXPECT_EQ(dev_->config_directory, PathOf("conf"));
  EXPECT_EQ(dev_->data, PathOf("here"));
  EXPECT_EQ(dev_->host, "localhost");
  EXPECT_EQ(dev_->port, 0);
  EXPECT_EQ(dev_->durability, app::Durability::kRelaxed);
  EXPECT_EQ(dev_->ready_file, PathOf("ready.json"));
  EXPECT_TRUE(dev_->quiet);
  EXPECT_EQ(RunWith({"dev", "--ephemeral"}), 0);
  EXPECT_EQ(dev_->durability, app::Durability::kMemory);
  EXPECT_EQ(RunWith({"dev", "--durability", "memory"}), 0);
  EXPECT_EQ(dev_->durability, app::Durability::kMemory);
}

TEST_F(Cli, DevKeepsDataWhereItIsStartedWhenTheFileIsNamed) {
  Write("conf/m.yaml", kGood);
  EXPECT_EQ(RunWith({"dev", "-c", "conf/m.yaml"}), 0);
  EXPECT_EQ(dev_->data, PathOf(".millrace"));
}

TEST_F(Cli, DevRefusesToListenBeyondThisMachine) {
  for (const auto* host : {"0.0.0.0", "::", "192.168.1.4", "example.com", ""}) {
    EXPECT_EQ(RunWith({"dev", "--host", host}), kExitUsage) << host;
    EXPECT_NE(err_.find("there is no authentication"), std::string::npos) << err_;
    EXPECT_FALSE(dev_);
  }
}

TEST_F(Cli, DevRefusesContradictionsAndInvalidFiles) {
  EXPECT_EQ(RunWith({"dev", "--ephemeral", "--durability", "durable"}), kExitUsage);
  EXPECT_EQ(RunWith({"dev", "-c", "none.yaml"}), kExitInvalid);
  Write("millrace.yaml", kBad);
  EXPECT_EQ(RunWith({"dev"}), kExitInvalid);
  EXPECT_NE(err_.find("millrace.yaml:2:18"), std::string::npos);
  EXPECT_EQ(out_, "");
  EXPECT_FALSE(dev_);
}

TEST_F(Cli, ColourFollowsTheTerminalAndTheEnvironment) {
  Write("millrace.yaml", kBad);
  const auto colored = [&](const std::vector<std::string>& arguments) {
    RunWith(arguments);
    return out_.find('\x1b') != std::string::npos;
  };
  EXPECT_FALSE(colored({"check"}));
  EXPECT_TRUE(colored({"check", "--color", "always"}));
  environment_["CLICOLOR_FORCE"] = "1";
  EXPECT_TRUE(colored({"check"}));
  EXPECT_FALSE(colored({"check", "--color", "never"}));
  environment_.clear();
  terminal_ = true;
  EXPECT_TRUE(colored({"check"}));
  environment_["NO_COLOR"] = "1";
  EXPECT_FALSE(colored({"check"}));
  EXPECT_TRUE(colored({"--color=always", "check"}));
  environment_ = {{"TERM", "dumb"}};
  EXPECT_FALSE(colored({"check"}));
}

}  // namespace
}  // namespace millrace::cli
