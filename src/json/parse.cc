#include "json/parse.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include "base/check.h"
#include "json/node_arena.h"
#include "json/unescape.h"

namespace millrace::json {
namespace {

// Up to this many members, comparing all pairs is cheaper than sorting.
constexpr std::size_t kPairwiseNamesMax = 12;

Error At(std::size_t offset, std::string_view what) {
  return InvalidArgument("invalid JSON at byte {}: {}", offset, what);
}

bool IsSpace(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// The length of the UTF-8 sequence at `at`, or 0 if it is not one (RFC 3629).
std::size_t Utf8Length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned lead = byte(at);
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return tail(at + 1) ? 2 : 0;
  const unsigned second = byte(at + 1);
  if (lead < 0xf0) {
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second >= 0xa0)) return 0;
    return tail(at + 1) && tail(at + 2) ? 3 : 0;
  }
  if (lead > 0xf4 || (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second >= 0x90)) return 0;
  return tail(at + 1) && tail(at + 2) && tail(at + 3) ? 4 : 0;
}

// Where and why the first stage refused the text. It says only that it did.
Error LocateLexicalError(std::string_view text, std::string_view otherwise) {
  bool in_string = false;
  std::size_t string_begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = Utf8Length(text, at);
    if (length == 0) return At(at, "invalid UTF-8");
    const char c = text[at];
    if (in_string && static_cast<unsigned char>(c) < 0x20) return At(at, "control character in a string");
    if (in_string && c == '\\') {
      ++at;  // what is escaped is looked at next, as a plain character, unless it could end the string
      if (at < text.size() && (text[at] == '"' || text[at] == '\\')) ++at;
      continue;
    }
    if (c == '"') {
      in_string = !in_string;
      string_begin = at;
    }
    at += length;
  }
  if (in_string) return At(string_begin, "string without an end");
  return At(text.size(), otherwise);
}

}  // namespace

// The first stage is simdjson's: it checks UTF-8 and strings and finds every token, with the widest vectors the CPU
// has. The second is ours, because On-Demand's is compiled for the oldest CPU, recurses, leaves out what nobody asks
// for, and keeps no offset for errors. Every token is looked at exactly once, in order.
struct Document::Arena {
  // One value that is waiting for its container to end.
  struct Frame {
    std::uint32_t first = 0;  // in `pending`
    bool is_object = false;
  };

  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage1;
  std::unique_ptr<char[]> text;  // the copy, with simdjson's padding; strings are unescaped in place
  std::size_t text_capacity = 0;
  NodeArena nodes;
  std::vector<Member> pending;  // children of open containers; the names are unused for elements
  std::vector<Value> elements;
  std::vector<std::string_view> names;
  std::vector<Frame> frames;
  Value root;

  void Clear();
  Status Parse(std::string_view source, const ParseOptions& options);

 private:
  Status FindTokens(std::string_view source);
  // Goes to the next token; its first character, which is all of it if it is one of {}[]:, and '\0' at the end.
  char Take() {
    at_ = next_ < count_ ? indexes_[next_++] : length_;
    return at_ < length_ ? begin_[at_] : '\0';
  }
  char Peek() const { return next_ < count_ ? begin_[indexes_[next_]] : '\0'; }
  // The token at hand up to the next one, without trailing space.
  std::string_view TokenText() const;
  Status Walk(const ParseOptions& options);
  Result<std::string_view> String();
  Result<std::string_view> NameAndColon();
  Result<Value> Scalar(char first);
  Result<Value> Close(const Frame& frame, DuplicateNames duplicate_names);
  Status CheckNames(std::span<const Member> members);

  const char* begin_ = nullptr;             // of the text
  const std::uint32_t* indexes_ = nullptr;  // where its tokens begin
  std::size_t length_ = 0;
  bool escapes_ = false;  // anywhere in the text
  std::size_t at_ = 0;    // where the token at hand begins
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

void Document::Arena::Clear() {
  root = Value::Null();
  nodes.Reset(kRetainedBytesMax);
  if (text_capacity > kRetainedBytesMax) {
    stage1.reset();
    text.reset();
    text_capacity = 0;
  }
  const auto shrink = [](auto& vector) {
    vector.clear();
    if (vector.capacity() * sizeof(vector[0]) > kRetainedBytesMax) vector.shrink_to_fit();
  };
  shrink(pending);
  shrink(elements);
  shrink(names);
}

Status Document::Arena::FindTokens(std::string_view source) {
  if (source.size() > kTextBytesMax) {
    return InvalidArgument("JSON text of {} bytes is longer than {}", source.size(), kTextBytesMax);
  }
  if (text_capacity < source.size() || !stage1) {
    const std::size_t capacity = std::bit_ceil(std::max<std::size_t>(source.size(), 1024));
    text = std::make_unique_for_overwrite<char[]>(capacity + simdjson::SIMDJSON_PADDING);
    text_capacity = capacity;
    const auto failed = simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, stage1);
    CHECK(!failed, "simdjson could not allocate");
  }
  if (!source.empty()) std::memcpy(text.get(), source.data(), source.size());
  std::memset(text.get() + source.size(), ' ', simdjson::SIMDJSON_PADDING);
  length_ = source.size();
  next_ = 0;
  count_ = 0;
  const auto failed =
      stage1->stage1(reinterpret_cast<const std::uint8_t*>(text.get()), length_, simdjson::stage1_mode::regular);
  if (failed == simdjson::EMPTY) return At(length_, "expected a value");
  if (failed) return LocateLexicalError(source, simdjson::error_message(failed));
  count_ = stage1->n_structural_indexes;
  indexes_ = stage1->structural_indexes.get();
  begin_ = text.get();
  escapes_ = source.find('\\') != std::string_view::npos;
  return Ok();
}

std::string_view Document::Arena::TokenText() const {
  std::size_t end = next_ < count_ ? indexes_[next_] : length_;
  while (end > at_ && IsSpace(begin_[end - 1])) --end;
  return {begin_ + at_, end - at_};
}

Result<std::string_view> Document::Arena::String() {
  const std::string_view token = TokenText();
  if (token.size() < 2 || token.back() != '"') return At(at_, "text after a string");
  const std::string_view inside = token.substr(1, token.size() - 2);
  if (!escapes_ || inside.find('\\') == std::string_view::npos) return inside;
  char* const out = text.get() + at_ + 1;
  const Unescaped unescaped = Unescape(inside, out);
  if (unescaped.error != nullptr) return At(at_ + 1 + unescaped.error_at, unescaped.error);
  return std::string_view(out, unescaped.length);
}

Result<std::string_view> Document::Arena::NameAndColon() {
  if (Take() != '"') return At(at_, "expected a name in quotes");
  auto name = String();
  if (name.ok() && Take() != ':') return At(at_, "expected ':'");
  return name;
}

Result<Value> Document::Arena::Scalar(char first) {
  switch (first) {
    case '"': {
      ASSIGN_OR_RETURN(const std::string_view string, String());
      return Value::String(string);
    }
    case 't':
      if (TokenText() == "true") return Value::Bool(true);
      break;
    case 'f':
      if (TokenText() == "false") return Value::Bool(false);
      break;
    case 'n':
      if (TokenText() == "null") return Value::Null();
      break;
    case '{':
    case '}':
    case '[':
    case ']':
    case ':':
    case ',':
      break;
    default:
      if (const std::string_view token = TokenText(); IsNumber(token)) return Value::Number(token);
      if (first == '-' || (first >= '0' && first <= '9')) return At(at_, "not a number as JSON writes it");
      break;
  }
  return At(at_, "expected a value");
}

Status Document::Arena::CheckNames(std::span<const Member> members) {
  const auto duplicate = [&](std::string_view name) {
    if (name.size() > 256) return At(at_, "the object that ends here has two members of the same, very long name");
    return At(at_, fmt::format("the object that ends here has two members named '{}'", name));
  };
  if (members.size() <= kPairwiseNamesMax) {
    for (std::size_t i = 1; i < members.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (members[i].name == members[j].name) return duplicate(members[i].name);
      }
    }
    return Ok();
  }
  // By length first: one comparison of bytes per pair, and no hash that an attacker could make collide.
  names.clear();
  for (const Member& member : members) names.push_back(member.name);
  std::sort(names.begin(), names.end(),
            [](std::string_view a, std::string_view b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
  const auto twin = std::adjacent_find(names.begin(), names.end());
  if (twin != names.end()) return duplicate(*twin);
  return Ok();
}

Result<Value> Document::Arena::Close(const Frame& frame, DuplicateNames duplicate_names) {
  const std::span<const Member> children(pending.begin() + frame.first, pending.end());
  Value value;
  if (frame.is_object) {
    if (duplicate_names == DuplicateNames::kRefuse) TRY(CheckNames(children));
    value = Value::Object(nodes.Copy(children));
  } else {
    elements.clear();
    for (const Member& child : children) elements.push_back(child.value);
    value = Value::Array(nodes.Copy(elements));
  }
  pending.resize(frame.first);
  return value;
}

// An explicit stack: the depth of a document never reaches the machine's.
Status Document::Arena::Walk(const ParseOptions& options) {
  frames.clear();
  std::string_view name;  // of the value that comes next, if it is a member
  while (true) {
    const char first = Take();
    if (first == '[' || first == '{') {
      if (frames.size() >= options.depth_max) {
        return At(at_, fmt::format("more than {} levels of nesting", options.depth_max));
      }
      const Frame frame{static_cast<std::uint32_t>(pending.size() + 1), first == '{'};
      pending.push_back({name, Value::Null()});  // the container's place among its siblings, filled when it ends
      frames.push_back(frame);
      if (Peek() != (frame.is_object ? '}' : ']')) {
        name = {};
        if (frame.is_object) {
          ASSIGN_OR_RETURN(name, NameAndColon());
        }
        continue;
      }
    } else {
      ASSIGN_OR_RETURN(const Value scalar, Scalar(first));
      pending.push_back({name, scalar});
    }
    // End every container that ends here.
    while (!frames.empty()) {
      const Frame frame = frames.back();
      const char next = Take();
      if (next == ',') {
        name = {};
        if (frame.is_object) {
          ASSIGN_OR_RETURN(name, NameAndColon());
        }
        break;
      }
      if (next != (frame.is_object ? '}' : ']')) {
        return At(at_, frame.is_object ? "expected ',' or '}'" : "expected ',' or ']'");
      }
      ASSIGN_OR_RETURN(pending[frame.first - 1].value, Close(frame, options.duplicate_names));
      frames.pop_back();
    }
    if (!frames.empty()) continue;
    if (next_ < count_) return At(indexes_[next_], "text after the value");
    root = pending.front().value;
    return Ok();
  }
}

Status Document::Arena::Parse(std::string_view source, const ParseOptions& options) {
  CHECK(options.depth_max <= kDepthMax);
  Clear();
  TRY(FindTokens(source));
  return Walk(options);
}

Document::Document() : arena_(std::make_unique<Arena>()) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Status Document::Parse(std::string_view text, const ParseOptions& options) {
  return arena_->Parse(text, options);
}
const Value& Document::root() const {
  return arena_->root;
}
void Document::Clear() {
  arena_->Clear();
}

}  // namespace millrace::json
