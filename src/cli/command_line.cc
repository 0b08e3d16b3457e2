#include "cli/command_line.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/nearest.h"
#include "base/version.h"
#include "cli/check.h"
#include "cli/dead_letters.h"
#include "cli/dev.h"
#include "cli/exit_code.h"
#include "cli/flow_command.h"
#include "cli/pattern_cases.h"
#include "cli/pattern_command.h"
#include "cli/replay.h"
#include "cli/status.h"
#include "cli/tail.h"

namespace millrace::cli {
namespace {

constexpr std::string_view kShortHelp =
    R"(millrace {}: every change of a table becomes an event, in order and never lost

  millrace dev                      run millrace.yaml: tables, buses, pipes and rules, AWS API on port 4566
  millrace check                    say what is wrong with millrace.yaml, where and how to mend it
  millrace status                   how the pipes and rules are: lag, parked keys, dead letters
  millrace tail bus/NAME            what comes on a bus or in a table's stream, as it comes
  millrace --help                   all commands; millrace COMMAND --help: all flags of one
)";

constexpr std::string_view kFooter = R"(
Exit codes: 0 ok; 1 failed or no match; 2 wrong command line; 3 invalid configuration or pattern; 4 no server
answers; 5 port or data directory in use; 6 data damaged; 7 timeout; 8 done in part; 130 interrupted.
Colours: on a terminal, unless NO_COLOR is set.)";

// What the flags fill in, and which command was given.
struct CommandLine {
  CLI::App root{"Every change of a DynamoDB-compatible table becomes an event that is routed, in order and never lost.",
                "millrace"};
  std::string color = "auto";
  bool show_version = false;
  DevFlags dev;
  CheckOptions check;
  std::string pattern, event, cases, dialect = "exact";
  StatusOptions status;
  TailOptions tail;
  LettersOptions letters;
  FlowCommandOptions flow;
  ReplayOptions replay;
  std::string number;  // of `dlq show`
  CLI::App *dev_command = nullptr, *check_command = nullptr, *pattern_command = nullptr, *test_command = nullptr,
           *explain_command = nullptr, *cases_command = nullptr, *filter_command = nullptr, *version_command = nullptr,
           *status_command = nullptr, *tail_command = nullptr, *dlq_command = nullptr, *ls_command = nullptr,
           *show_command = nullptr, *redrive_command = nullptr, *drop_command = nullptr, *pipe_command = nullptr,
           *replay_command = nullptr;

  CommandLine() {
    root.footer(std::string(kFooter));
    root.fallthrough();  // --color may stand behind the command too
    root.get_formatter()->column_width(34);
    root.add_option("--color", color, "auto, always or never")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->option_text("WHEN");
    root.add_flag("--version", show_version, "Print the version");
    AddDev();
    AddCheck();
    AddPattern();
    AddStatus();
    AddTail();
    AddDlq();
    AddPipe();
    AddReplay();
    version_command = root.add_subcommand("version", "Print the version");
  }

 private:
  void AddDev() {
    dev_command = root.add_subcommand("dev", "Run millrace.yaml on this machine until Ctrl-C");
    dev_command->footer(
        "\nWithout a configuration, tables are made through the API. The AWS CLI and the SDKs need no more than\n"
        "AWS_ENDPOINT_URL=http://127.0.0.1:4566. Flags win over the settings of the file.");
    dev_command
        ->add_option("-c,--config", dev.config, "The configuration (default: the nearest millrace.yaml, here or above)")
        ->option_text("FILE");
    dev_command->add_option("-d,--data", dev.data, "Where data is kept (default: .millrace)")->option_text("DIR");
    dev_command->add_option("--port", dev.port, "Port of the AWS API (default: 4566; 0: any free one)")
        ->option_text("PORT");
    dev_command->add_option("--host", dev.host, "Address to listen on; loopback only (default: 127.0.0.1)")
        ->option_text("HOST");
    dev_command->add_flag("--ephemeral", dev.ephemeral, "Keep nothing: everything is in memory");
    dev_command
        ->add_option(
            "--durability", dev.durability,
            "durable: an answer means fsynced (default); relaxed: answers before the fsync; memory: as --ephemeral")
        ->check(CLI::IsMember({"durable", "relaxed", "memory"}))
        ->option_text("MODE");
    dev_command
        ->add_option("--ready-file", dev.ready_file, "Write endpoint and pid there, as JSON, once requests are served")
        ->option_text("FILE");
    dev_command->add_flag("-q,--quiet", dev.quiet, "No banner and no line per change");
  }
  void AddCheck() {
    check_command = root.add_subcommand("check", "Say what is wrong with a configuration, where and how to mend it");
    check_command->footer("\nExit code 3 if a file is not valid; warnings alone are valid.");
    check_command->add_option("FILES", check.files,
                              "Files, or - for standard input (default: the nearest millrace.yaml)");
    check_command->add_option("--format", check.format, "text or json (default: text)")
        ->check(CLI::IsMember({"text", "json"}))
        ->option_text("FORMAT");
  }
  // What every command has that speaks to a server.
  static void AddServer(CLI::App& command, std::string& endpoint, bool& json) {
    command
        .add_option("-e,--endpoint", endpoint, "The server (default: $AWS_ENDPOINT_URL, else http://127.0.0.1:4566)")
        ->option_text("URL");
    command.add_flag("--json", json, "What the server says, for programs");
  }
  void AddStatus() {
    status_command = root.add_subcommand("status", "How every pipe and every rule's way to a target is");
    status_command->footer(
        "\nLAG: records read and not done, or not read yet. AGE: of the oldest of them. PARKED/KEYS: records that "
        "wait\n"
        "behind one that failed, and how many order keys those have. DEAD: records given up; see `millrace dlq`.\n"
        "Exit code 1 if a flow has failed or holds dead letters.");
    AddServer(*status_command, status.endpoint, status.json);
    status_command->add_flag("-w,--watch", status.watch, "Again every two seconds, until Ctrl-C");
  }
  void AddTail() {
    tail_command = root.add_subcommand("tail", "What comes in a log, as it comes");
    tail_command->footer(
        "\n  millrace tail bus/crm --match '{\"detail-type\": [\"MODIFY\"]}'\n"
        "  millrace tail table/users --from 15m --json");
    tail_command->add_option("LOG", tail.log, "table/NAME (its stream), bus/NAME, archive/NAME, or an ARN")->required();
    tail_command->add_option("-m,--match", tail.match, "Only what matches this event pattern: JSON, or a file")
        ->option_text("PATTERN");
    tail_command
        ->add_option("-f,--from", tail.from,
                     "latest (default), trim-horizon, a sequence number, a time, or how long ago, such as 15m")
        ->option_text("PLACE");
    tail_command->add_option("-n,--count", tail.count, "End after so many records")->option_text("N");
    tail_command->add_flag("!--no-follow", tail.follow, "End at the end of the log");
    AddServer(*tail_command, tail.endpoint, tail.json);
  }
  void AddDlq() {
    dlq_command = root.add_subcommand("dlq", "Dead letters: the records that a flow gave up");
    dlq_command->require_subcommand(1);
    constexpr auto kFlow = "pipe/NAME or rule/NAME/TARGET, as `millrace status` shows it";
    ls_command = dlq_command->add_subcommand("ls", "List them");
    ls_command->add_option("FLOW", letters.flow, "Of this flow (default: of all)");
    ls_command->add_option("--after", letters.after, "Those with greater numbers")->option_text("N");
    ls_command->add_option("--limit", letters.limit, "So many of a flow (default: 100)")
        ->option_text("N")
        ->check(CLI::Range(1, 1000));
    show_command = dlq_command->add_subcommand("show", "One of them, with its whole record and why it was given up");
    show_command->add_option("FLOW", letters.flow, kFlow)->required();
    show_command->add_option("NUMBER", number, "As dlq ls shows it")->required();
    redrive_command = dlq_command->add_subcommand("redrive", "Deliver them again, before what waits behind them");
    redrive_command->footer(
        "\nExit code 8 if some were not there, 1 if none was.\n  millrace dlq redrive pipe/orders 3 7-9");
    drop_command = dlq_command->add_subcommand("drop", "Forget them; what waits behind them goes on");
    for (CLI::App* command : {redrive_command, drop_command}) {
      command->add_option("FLOW", letters.flow, kFlow)->required();
      command->add_option("NUMBERS", letters.numbers, "Numbers, or ranges such as 4-9");
      command->add_flag("--all", letters.all, "All of the flow");
    }
    for (CLI::App* command : {ls_command, show_command, redrive_command, drop_command})
      AddServer(*command, letters.endpoint, letters.json);
  }
  void AddPipe() {
    pipe_command = root.add_subcommand("pipe", "Stop a pipe, let it go on, send it elsewhere");
    pipe_command->require_subcommand(1);
    constexpr auto kFlow = "A pipe's name, or rule/NAME/TARGET, as `millrace status` shows it";
    CLI::App* const pause =
        pipe_command->add_subcommand("pause", "Stop delivering; its place is kept, also over restarts");
    CLI::App* const resume = pipe_command->add_subcommand("resume", "Go on");
    CLI::App* const seek = pipe_command->add_subcommand("seek", "Go on from elsewhere: back repeats, forth leaves out");
    for (CLI::App* command : {pause, resume, seek}) {
      command->add_option("FLOW", flow.flow, kFlow)->required();
      AddServer(*command, flow.endpoint, flow.json);
    }
    seek->add_option("PLACE", flow.to, "trim-horizon, latest, a sequence number, a time, or how long ago, such as 15m")
        ->required();
    seek->footer("\nWhat is parked, and dead letters, stay.\n  millrace pipe seek orders 2026-01-31T12:00:00Z");
  }
  void AddReplay() {
    replay_command = root.add_subcommand("replay", "Put archived events on their bus once more");
    replay_command->add_option("BUS", replay.bus, "A bus with an archive")->required();
    replay_command->add_option("--from", replay.from, "A time, how long ago, or trim-horizon")->required();
    replay_command->add_option("--to", replay.to, "A time or how long ago; now, unless given");
    replay_command->add_option("--name", replay.name, "What replay-name in the events says");
    replay_command->add_option("--rule", replay.rules, "Only for this rule; may be given again")->type_name("NAME");
    replay_command->footer(
        "\nThe events come in the order in which they were archived, with their old ids.\n"
        "  millrace replay crm --from 2h --rule phone-changed");
    AddServer(*replay_command, replay.endpoint, replay.json);
  }
  void AddPattern() {
    pattern_command = root.add_subcommand("pattern", "Try EventBridge patterns without a server");
    pattern_command->require_subcommand(1);
    constexpr auto kWhat = "JSON, a file, or - for standard input";
    test_command = pattern_command->add_subcommand("test", "Does the event match the pattern?");
    test_command->footer(
        "\nExit code 0: match; 1: no match; 3: not valid.\n"
        "  millrace pattern test '{\"source\": [\"users\"]}' event.json");
    test_command->add_option("PATTERN", pattern, kWhat)->required();
    test_command->add_option("EVENT", event, kWhat)->required();
    explain_command = pattern_command->add_subcommand("explain", "Why the event matches the pattern, or why not");
    explain_command->footer(
        "\nField by field: what the event has, what the pattern wants, and the name that was probably meant.\n"
        "Exit codes as those of pattern test.");
    explain_command->add_option("PATTERN", pattern, kWhat)->required();
    explain_command->add_option("EVENT", event, kWhat)->required();
    filter_command =
        pattern_command->add_subcommand("filter", "Copy the events of standard input that match, one per line");
    filter_command->footer(
        "\nExit code 8 if a line was no event; 3 if the pattern is not valid.\n"
        "  millrace pattern filter '{\"detail-type\": [\"MODIFY\"]}' < events.ndjson");
    filter_command->add_option("PATTERN", pattern, "JSON, or a file")->required();
    cases_command = pattern_command->add_subcommand("cases", "Run a file of patterns, events and expected answers");
    cases_command->footer(
        "\nOne case per line; patterns and events are JSON in a string, or objects:\n"
        "  {\"r\": PATTERN, \"e\": EVENT, \"match\": true}\n"
        "  {\"r\": PATTERN, \"error\": \"Empty arrays are not allowed\"}    must be refused\n"
        "  {\"rules\": {\"one\": PATTERN, \"two\": PATTERN}, \"e\": EVENT, \"matches\": [\"two\"]}\n"
        "Exit code 1 if a case failed; 3 if the file cannot be read.");
    cases_command->add_option("FILE", cases, "A file, or - for standard input")->required();
    for (CLI::App* command : {test_command, explain_command, filter_command, cases_command}) {
      command
          ->add_option("--dialect", dialect,
                       "exact: the language as documented (default); aws: also EventBridge's accidents")
          ->check(CLI::IsMember({"exact", "aws"}))
          ->option_text("DIALECT");
    }
  }
};

// "did you mean check?" for the first word that is no command.
std::string CommandFix(const CommandLine& line, const std::vector<std::string>& arguments) {
  const CLI::App* scope = &line.root;
  std::size_t at = 0;
  for (const CLI::App* group : {line.pattern_command, line.dlq_command, line.pipe_command}) {
    if (arguments.empty() || arguments[0] != group->get_name()) continue;
    scope = group;
    at = 1;
  }
  std::vector<std::string> commands;
  for (const CLI::App* command : scope->get_subcommands([](const CLI::App*) { return true; })) {
    if (at < arguments.size() && arguments[at] == command->get_name()) return {};
    commands.push_back(command->get_name());
  }
  const std::vector<std::string_view> names(commands.begin(), commands.end());
  const std::string_view nearest = at < arguments.size() ? Nearest(arguments[at], names) : std::string_view();
  return nearest.empty() ? std::string() : fmt::format("did you mean {}?", nearest);
}

int DispatchLetters(const CommandLine& line, Io& io) {
  if (line.ls_command->parsed()) return ListLetters(line.letters, io);
  if (line.redrive_command->parsed()) return RemoveLetters(line.letters, Removal::kRedrive, io);
  if (line.drop_command->parsed()) return RemoveLetters(line.letters, Removal::kDrop, io);
  LettersOptions options = line.letters;
  options.numbers = {line.number};
  return ShowLetter(options, io);
}

int Dispatch(const CommandLine& line, Io& io) {
  if (line.show_version || line.version_command->parsed()) {
    io.out << "millrace " << ProgramVersion() << '\n';
    return kExitOk;
  }
  if (line.dev_command->parsed()) return Dev(line.dev, io);
  if (line.check_command->parsed()) return Check(line.check, io);
  if (line.status_command->parsed()) return ShowStatus(line.status, io);
  if (line.tail_command->parsed()) return Tail(line.tail, io);
  if (line.dlq_command->parsed()) return DispatchLetters(line, io);
  if (line.pipe_command->parsed()) {
    FlowCommandOptions options = line.flow;
    options.what = line.pipe_command->get_subcommands().front()->get_name();
    return OperateFlow(options, io);
  }
  if (line.replay_command->parsed()) return StartReplay(line.replay, io);
  const pattern::ParseOptions options{.dialect =
                                          line.dialect == "aws" ? pattern::Dialect::kAws : pattern::Dialect::kExact};
  if (line.test_command->parsed()) return PatternTest(line.pattern, line.event, options, io);
  if (line.explain_command->parsed()) return PatternExplain(line.pattern, line.event, options, io);
  if (line.filter_command->parsed()) return PatternFilter(line.pattern, options, io);
  if (line.cases_command->parsed()) return PatternCases(line.cases, options, io);
  io.out << fmt::format(kShortHelp, ProgramVersion());
  return kExitOk;
}

}  // namespace

int Run(const std::vector<std::string>& arguments, Io& io) {
  SettleColor(io, "auto");
  CommandLine line;
  try {
    line.root.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    io.out << line.root.help();
    return io.out.flush() ? kExitOk : kExitFailed;
  } catch (const CLI::ParseError& problem) {
    std::string fix = CommandFix(line, arguments);
    Complain(io, problem.what(), {}, fix.empty() ? "see millrace --help" : fix);
    return kExitUsage;
  }
  SettleColor(io, line.color);
  const int code = Dispatch(line, io);
  if (io.out.flush() || code != kExitOk) return code;
  Complain(io, "standard output cannot be written");
  return kExitFailed;
}

}  // namespace millrace::cli
