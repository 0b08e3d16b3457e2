#include "config/yaml.h"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <streambuf>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "config/limits.h"
#include "config/scalar.h"
#include "config/source_text.h"

namespace millrace::config {
namespace {

constexpr std::string_view kStandardTags = "tag:yaml.org,2002:";

// Builds the tree from yaml-cpp's events. After the first fatal problem it ignores the rest of the document.
class Builder : public YAML::EventHandler {
 public:
  Builder(const SourceText& source, Report& report) : source_(source), report_(report) {}

  NodePtr Take() { return failed_ ? nullptr : std::move(root_); }
  bool failed() const { return failed_; }
  Span start() const { return start_; }

  void OnDocumentStart(const YAML::Mark& mark) override { start_ = At(mark); }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { Scalar(mark, anchor, NodeType::kNull, ""); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (!CheckTag(mark, tag, "str")) return;
    Scalar(mark, anchor, tag == "?" ? ResolvePlain(value) : NodeType::kText, value, FunctionOf(tag));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    if (CheckTag(mark, tag, "seq")) Open(mark, anchor, NodeType::kSequence, FunctionOf(tag));
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    if (CheckTag(mark, tag, "map")) Open(mark, anchor, NodeType::kMapping, FunctionOf(tag));
  }
  void OnMapEnd() override { Close(); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (failed_) return;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      Fail(code::kYamlFeature, At(mark), {"an alias stands inside the very value it names", {}, "write the value out"});
      return;
    }
    Place(found->second);
  }

 private:
  struct Frame {
    std::shared_ptr<Node> node;
    YAML::anchor_t anchor = 0;
    std::unordered_set<std::string> keys;
    bool expects_key = true;  // mappings: what comes next is a key
    bool repeated = false;    // the pending key was there before
  };

  Span At(const YAML::Mark& mark) const {
    return source_.At(mark.is_null() ? 0 : static_cast<std::size_t>(mark.pos), TokenLength(mark));
  }

  // How many bytes of the line the token at `mark` takes, as far as one line goes.
  std::size_t TokenLength(const YAML::Mark& mark) const {
    if (mark.is_null()) return 1;
    const auto start = std::min(static_cast<std::size_t>(mark.pos), source_.text().size());
    std::string_view rest = source_.text().substr(start);
    rest = rest.substr(0, rest.find_first_of("\r\n"));
    if (rest.empty()) return 1;
    if (rest[0] == '{' || rest[0] == '[' || rest[0] == '-') return 1;
    if (rest[0] == '"' || rest[0] == '\'') {
      for (std::size_t at = 1; at < rest.size(); ++at) {
        if (rest[at] == '\\' && rest[0] == '"')
          ++at;
        else if (rest[at] == rest[0])
          return at + 1;
      }
      return rest.size();
    }
    // A plain scalar, a key, an alias: up to what can follow one.
    std::size_t end = 0;
    while (end < rest.size()) {
      const char c = rest[end];
      const bool last = end + 1 == rest.size();
      if (c == ',' || c == ']' || c == '}') break;
      if (c == ':' && (last || rest[end + 1] == ' ')) break;
      if (c == ' ' && !last && rest[end + 1] == '#') break;
      ++end;
    }
    while (end > 1 && rest[end - 1] == ' ') --end;
    return std::max<std::size_t>(end, 1);
  }

  bool CheckTag(const YAML::Mark& mark, const std::string& tag, std::string_view expected) {
    if (failed_) return false;
    if (tag.empty() || tag == "?" || tag == "!") return true;
    if (tag.starts_with(kStandardTags) && std::string_view(tag).substr(kStandardTags.size()) == expected) return true;
    if (tag.starts_with('!') && IsInCloudFormation()) return true;
    Fail(code::kYamlFeature, At(mark),
         {fmt::format("the tag {} is not supported", Quoted(tag)), {}, "leave the tag out"});
    return false;
  }

  // In pipes or rules: NAME: aws:, whose properties may come from a template as they are.
  bool IsInCloudFormation() const {
    const auto pending = [&](std::size_t level) -> std::string_view {
      const Node& node = *stack_[level].node;
      return node.is_mapping() && !node.entries.empty() ? std::string_view(node.entries.back().key) : "";
    };
    return stack_.size() > 3 && (pending(0) == "pipes" || pending(0) == "rules") && pending(2) == "aws";
  }
  static std::string FunctionOf(const std::string& tag) {
    return tag.starts_with('!') && tag.size() > 1 ? tag : std::string();
  }

  void Scalar(const YAML::Mark& mark, YAML::anchor_t anchor, NodeType type, const std::string& text,
              std::string function = {}) {
    if (failed_) return;
    auto node = std::make_shared<Node>();
    node->type = type;
    node->text = text;
    node->function = std::move(function);
    node->bytes = text.size();
    node->span = At(mark);
    if (anchor != 0) anchors_[anchor] = node;
    Place(std::move(node));
  }

  void Open(const YAML::Mark& mark, YAML::anchor_t anchor, NodeType type, std::string function) {
    if (stack_.size() >= limits::kNestingMax) {
      TooBig(At(mark), fmt::format("more than {} levels of nesting", limits::kNestingMax));
      return;
    }
    Frame frame;
    frame.node = std::make_shared<Node>();
    frame.node->type = type;
    frame.node->function = std::move(function);
    frame.node->span = At(mark);
    frame.anchor = anchor;
    stack_.push_back(std::move(frame));
  }

  void Close() {
    if (failed_) return;
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (frame.anchor != 0) anchors_[frame.anchor] = frame.node;
    Place(std::move(frame.node));
  }

  // Puts a finished node where it belongs: into the innermost open list or mapping, or at the root.
  void Place(NodePtr node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    Node& parent = *frame.node;
    if (parent.type == NodeType::kMapping && frame.expects_key) {
      TakeKey(frame, *node);
      return;
    }
    parent.nodes += node->nodes;
    parent.bytes += node->bytes;
    parent.height = std::max(parent.height, node->height + 1);
    if (stack_.size() + node->height > limits::kNestingMax)
      return TooBig(parent.span, fmt::format("more than {} levels of nesting", limits::kNestingMax));
    if (parent.nodes > limits::kNodesMax)
      return TooBig(parent.span, fmt::format("more than {} values, aliases expanded", limits::kNodesMax));
    if (parent.bytes > limits::kTextBytesMax)
      return TooBig(parent.span, fmt::format("more than {} bytes of text, aliases expanded", limits::kTextBytesMax));
    if (parent.type == NodeType::kSequence) {
      parent.items.push_back(std::move(node));
      return;
    }
    frame.expects_key = true;
    if (frame.repeated)
      parent.entries.pop_back();
    else
      parent.entries.back().value = std::move(node);
    frame.repeated = false;
  }

  void TakeKey(Frame& frame, const Node& key) {
    frame.expects_key = false;
    if (key.is_sequence() || key.is_mapping() || key.is_null()) {
      Fail(code::kSyntax, key.span,
           {fmt::format("a key must be text, not {}", NodeTypeName(key.type)), {}, "put the key in quotes"});
      return;
    }
    if (!key.function.empty()) {
      Fail(code::kYamlFeature, key.span,
           {fmt::format("the tag {} is not supported here", Quoted(key.function)), {}, "leave the tag out"});
      return;
    }
    if (key.type == NodeType::kText && key.text == "<<") {
      Fail(code::kYamlFeature, key.span,
           {"merge keys (<<) are not part of YAML 1.2", {}, "give the whole value an anchor, or write the keys out"});
      return;
    }
    if (!frame.keys.insert(key.text).second) {
      const auto first = std::find_if(frame.node->entries.begin(), frame.node->entries.end(),
                                      [&](const Entry& entry) { return entry.key == key.text; });
      report_.Add(code::kDuplicateKey, key.span, {},
                  {fmt::format("the key {} stands here twice", Quoted(key.text)),
                   fmt::format("the first is in line {}", first->key_span.line), "remove one of the two"});
      frame.repeated = true;
    }
    frame.node->entries.push_back({key.text, key.type, key.span, nullptr});
    frame.node->nodes += 1;
    frame.node->bytes += key.text.size();
  }

  void TooBig(Span span, std::string what) {
    Fail(code::kTooBig, span, {"the file is too big or too deep: " + std::move(what), {}, {}});
  }

  void Fail(std::string_view code, Span span, Says says) {
    if (failed_) return;
    failed_ = true;
    report_.Add(code, span, {}, std::move(says));
    stack_.clear();
    anchors_.clear();
    root_ = nullptr;
  }

  const SourceText& source_;
  Report& report_;
  std::vector<Frame> stack_;
  std::unordered_map<YAML::anchor_t, NodePtr> anchors_;
  NodePtr root_;
  bool failed_ = false;
  Span start_;
};

// An istream over a view, without a copy.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* start = const_cast<char*>(text.data());  // streambuf's interface; nothing writes through it
    setg(start, start, start + text.size());
  }
};

std::string SyntaxFix(const SourceText& source, Span span) {
  for (std::size_t number = span.line; number > 0 && number + 1 >= span.line; --number) {
    const std::string_view line = source.Line(number);
    const std::size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
    if (line.substr(0, indent).find('\t') != std::string_view::npos)
      return "indent with spaces: YAML allows no tabs there";
  }
  return {};
}

bool CheckBytes(const SourceText& source, Report& report) {
  const std::string_view text = source.text();
  if (text.size() > limits::kFileBytesMax) {
    report.Add(code::kTooBig, {}, {},
               {fmt::format("the file has {} bytes; at most {} are read", text.size(), limits::kFileBytesMax), {}, {}});
    return false;
  }
  if (const std::size_t at = FindInvalidUtf8(text); at != std::string_view::npos) {
    report.Add(code::kSyntax, source.At(at, 1), {}, {"the file is not UTF-8 text", {}, "save it as UTF-8"});
    return false;
  }
  if (const std::size_t at = FindUnprintable(text); at != std::string_view::npos) {
    report.Add(code::kSyntax, source.At(at, 1), {},
               {"a control character stands in the file", {}, "remove it, or write it as an escape in double quotes"});
    return false;
  }
  return true;
}

}  // namespace

std::string_view NodeTypeName(NodeType type) {
  switch (type) {
    case NodeType::kNull:
      return "nothing";
    case NodeType::kBool:
      return "true or false";
    case NodeType::kInteger:
      return "a whole number";
    case NodeType::kFloat:
      return "a number";
    case NodeType::kText:
      return "text";
    case NodeType::kSequence:
      return "a list";
    case NodeType::kMapping:
      return "a mapping";
  }
  return "nothing";
}

const Node* Node::Find(std::string_view key) const {
  for (const Entry& entry : entries)
    if (entry.key == key) return entry.value.get();
  return nullptr;
}

NodePtr ParseYaml(std::string_view text, Report& report) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const SourceText source(text);
  if (!CheckBytes(source, report)) return nullptr;
  Builder builder(source, report);
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return std::make_shared<Node>();  // an empty file
    NodePtr root = builder.Take();
    if (root == nullptr) return nullptr;
    Report ignored("");
    Builder second(source, ignored);
    if (parser.HandleNextDocument(second)) {
      report.Add(code::kYamlFeature, second.start(), {},
                 {"the file holds more than one YAML document", {}, "keep one: remove what begins here"});
      return nullptr;
    }
    return root;
  } catch (const YAML::Exception& problem) {
    if (builder.failed()) return nullptr;  // reported already
    const Span span = problem.mark.is_null() ? Span{} : source.At(static_cast<std::size_t>(problem.mark.pos), 1);
    report.Add(code::kSyntax, span, {},
               {fmt::format("this is not YAML: {}", problem.msg), {}, SyntaxFix(source, span)});
    return nullptr;
  } catch (const std::exception& problem) {
    if (!builder.failed())
      report.Add(code::kSyntax, {}, {}, {fmt::format("this is not YAML: {}", problem.what()), {}, {}});
    return nullptr;
  }
}

}  // namespace millrace::config
