#include "config/parse.h"

#include <fmt/core.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "config/dataflow.h"
#include "config/fields.h"
#include "config/limits.h"
#include "config/quotas.h"
#include "config/report.h"
#include "config/spec.h"
#include "config/yaml.h"

namespace millrace::config {
namespace {

// Reads the sections of a file one after the other. What is wrong is reported and left out.
class Reader {
 public:
  explicit Reader(Report& report) : report_(report) {}

  void Read(const Node& root) {
    Fields file(root, {1, 1, 2}, Specification(), "", report_);
    file.Version("version");
    config_.name = file.Text("name").value_or("");
    file.Nested("settings", [&](Fields& fields) { ReadSettings(fields); });
    file.Named("tables", RefKind::kTable, [&](auto& name, Span span, Fields& f) { ReadTable(name, span, f); });
    file.Named("buses", RefKind::kBus, [&](auto& name, Span span, Fields& f) { ReadBus(name, span, f); });
    file.Named("pipes", RefKind::kPipe, [&](auto& name, Span span, Fields& f) { ReadPipe(name, span, f); });
    file.Named("rules", RefKind::kRule, [&](auto& name, Span span, Fields& f) { ReadRule(name, span, f); });
    file.Named("targets", RefKind::kTarget, [&](auto& name, Span span, Fields& f) { ReadTarget(name, span, f); });
    CheckReferences(config_, report_);
    CheckQuotas(config_, report_);
    if (!report_.has_errors()) CheckDataflow(config_, patterns_, report_);
  }

  Config Take() { return std::move(config_); }

 private:
  void ReadSettings(Fields& fields) {
    Settings& settings = config_.settings;
    settings.account = fields.Text("account").value_or(settings.account);
    settings.region = fields.Text("region").value_or(settings.region);
    settings.listen = fields.Text("listen");
    settings.data = fields.Text("data");
    fields.Nested("limits", [&](Fields& limits) {
      const auto read = [&](std::string_view key, std::size_t& limit) {
        if (const auto value = limits.Integer(key)) limit = static_cast<std::size_t>(*value);
      };
      read("pattern-characters", settings.limits.pattern_characters_max);
      read("rules-per-bus", settings.limits.rules_per_bus_max);
      read("wildcard-rules-per-bus", settings.limits.wildcard_rules_per_bus_max);
    });
  }

  void ReadTable(const std::string& name, Span span, Fields& fields) {
    Table table;
    table.name = name;
    table.span = span;
    constexpr StreamView kViews[] = {StreamView::kNewAndOldImages, StreamView::kNewImage, StreamView::kOldImage,
                                     StreamView::kKeysOnly, StreamView::kNone};
    table.key = fields.Key("key").value_or(table.key);
    if (const auto stream = fields.Choice("stream")) table.stream = kViews[*stream];
    table.shards = static_cast<std::uint32_t>(fields.Integer("shards").value_or(table.shards));
    table.retain = fields.Duration("retain").value_or(table.retain);
    config_.tables.push_back(std::move(table));
  }

  void ReadBus(const std::string& name, Span span, Fields& fields) {
    Bus bus;
    bus.name = name;
    bus.span = span;
    bus.retain = fields.Duration("retain").value_or(bus.retain);
    config_.buses.push_back(std::move(bus));
  }

  void ReadPipe(const std::string& name, Span span, Fields& fields) {
    Pipe pipe;
    pipe.name = name;
    pipe.span = span;
    pipe.from = fields.Reference("from").value_or(pipe.from);
    pipe.to = fields.Reference("to").value_or(pipe.to);
    for (auto& [pattern, node] : fields.Patterns("match")) {
      patterns_[{fields.ref(), pipe.match.size()}] = node;
      pipe.match.push_back(std::move(pattern));
    }
    if (const auto format = fields.Choice("format")) pipe.format = *format == 0 ? Format::kStreamRecord : Format::kCrud;
    pipe.source = fields.Text("source");
    if (const auto field_case = fields.Choice("field-case"))
      pipe.field_case = *field_case == 0 ? FieldCase::kPascal : FieldCase::kCamel;
    if (const auto start = fields.Choice("start")) pipe.start = *start == 0 ? Start::kLatest : Start::kTrimHorizon;
    pipe.batch = static_cast<std::uint32_t>(fields.Integer("batch").value_or(pipe.batch));
    fields.Nested("order", [&](Fields& order) {
      if (const auto by = order.Choice("by")) pipe.order_by = *by == 0 ? OrderBy::kItem : OrderBy::kPartition;
    });
    CheckFormat(fields, pipe);
    config_.pipes.push_back(std::move(pipe));
  }

  // A key that would have no effect is a misunderstanding.
  void CheckFormat(Fields& fields, const Pipe& pipe) {
    if (pipe.format == Format::kCrud) return;
    const auto without_effect = [&](std::string_view key, std::string_view needs) {
      report_.Add(code::kBadValue, fields.Place(key), fields.ref(),
                  {fmt::format("{}: {} has no effect here", fields.ref(), key), std::string(needs),
                   "add format: crud, or remove the key"});
    };
    if (fields.Has("field-case")) without_effect("field-case", "it names the fields of the format crud");
    if (pipe.source && pipe.to.kind == RefKind::kTarget)
      without_effect("source", "a stream record that goes straight to a target is sent as it is");
  }

  void ReadRule(const std::string& name, Span span, Fields& fields) {
    Rule rule;
    rule.name = name;
    rule.span = span;
    rule.from = fields.Reference("from").value_or(rule.from);
    for (auto& [pattern, node] : fields.Patterns("match")) {
      patterns_[{fields.ref(), 0}] = node;
      rule.match = std::move(pattern);
    }
    rule.to = fields.References("to");
    config_.rules.push_back(std::move(rule));
  }

  void ReadTarget(const std::string& name, Span span, Fields& fields) {
    Target target;
    target.name = name;
    target.span = span;
    fields.Nested("http", [&](Fields& http) {
      HttpTarget to;
      to.url = http.Text("url").value_or("");
      to.headers = http.Texts("headers");
      to.timeout = http.Duration("timeout").value_or(to.timeout);
      target.to = std::move(to);
    });
    if (auto path = fields.Text("file")) target.to = FileTarget{*std::move(path)};
    fields.Nested("stdout", [&](Fields&) { target.to = StdoutTarget{}; });
    config_.targets.push_back(std::move(target));
  }

  Report& report_;
  Config config_;
  PatternNodes patterns_;
};

}  // namespace

ParseOutcome Parse(std::string_view file, std::string_view text) {
  ParseOutcome outcome;
  Report report(file);
  if (const NodePtr root = ParseYaml(text, report)) {
    Reader reader(report);
    reader.Read(*root);
    if (!report.has_errors()) outcome.config = reader.Take();
  }
  outcome.diagnostics = report.Take();
  return outcome;
}

Result<std::string> ReadConfigFile(const std::string& path) {
  const auto failed = [&](ErrorCode code) { return Err(code, {}, "{}: {}", path, std::strerror(errno)); };
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failed(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo);
  std::string text;
  ssize_t got = 0;
  do {
    constexpr std::size_t kChunk = 64 * 1024;
    const std::size_t before = text.size();
    text.resize(before + kChunk);
    got = read(file, text.data() + before, kChunk);
    const int saved = errno;
    text.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
    errno = saved;
  } while ((got > 0 || (got < 0 && errno == EINTR)) && text.size() <= limits::kFileBytesMax);
  const int saved = errno;
  close(file);
  errno = saved;
  if (got < 0) return failed(ErrorCode::kIo);
  if (text.size() > limits::kFileBytesMax)
    return Err(ErrorCode::kResourceExhausted, {}, "{}: more than {} bytes", path, limits::kFileBytesMax);
  return text;
}

}  // namespace millrace::config
