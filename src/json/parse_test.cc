// Document: it accepts exactly what RFC 8259 allows, keeps numbers and strings exact, and survives any bytes.
//
// Beside tables of hand-picked texts, random texts and mutations of valid ones are compared with a plain recursive
// reader of the grammar, written here without any library.
#include "json/parse.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/random.h"
#include "json/write.h"

namespace millrace::json {
namespace {

using namespace std::string_literals;

std::string Rendered(const Value& value) {
  std::string out;
  AppendValue(out, value);
  return out;
}

// The grammar of RFC 8259 by recursive descent, for texts of small depth.
class Grammar {
 public:
  static bool Accepts(std::string_view text) {
    Grammar grammar(text);
    grammar.Space();
    if (!grammar.Any()) return false;
    grammar.Space();
    return grammar.at_ == text.size();
  }

 private:
  explicit Grammar(std::string_view text) : text_(text) {}

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool Take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  void Space() {
    while (Take(' ') || Take('\t') || Take('\n') || Take('\r')) {
    }
  }
  bool Any() {
    switch (Peek()) {
      case '{':
        return Object();
      case '[':
        return Array();
      case '"':
        return String();
      case 't':
        return Take("true");
      case 'f':
        return Take("false");
      case 'n':
        return Take("null");
      default:
        return Number();
    }
  }
  bool Object() {
    Take('{');
    Space();
    if (Take('}')) return true;
    std::vector<std::string> names;
    do {
      Space();
      const std::size_t begin = at_;
      if (!String()) return false;
      // Two spellings of one name would need unescaping; the generators below never make them.
      std::string name(text_.substr(begin, at_ - begin));
      for (const std::string& other : names) {
        if (other == name) return false;
      }
      names.push_back(std::move(name));
      Space();
      if (!Take(':')) return false;
      Space();
      if (!Any()) return false;
      Space();
    } while (Take(','));
    return Take('}');
  }
  bool Array() {
    Take('[');
    Space();
    if (Take(']')) return true;
    do {
      Space();
      if (!Any()) return false;
      Space();
    } while (Take(','));
    return Take(']');
  }
  bool Digits() {
    const std::size_t begin = at_;
    while (Peek() >= '0' && Peek() <= '9') ++at_;
    return at_ > begin;
  }
  bool Number() {
    Take('-');
    if (!Take('0') && !Digits()) return false;
    if (Take('.') && !Digits()) return false;
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      if (!Digits()) return false;
    }
    return true;
  }
  bool Hex(unsigned& value) {
    value = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = Peek();
      if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return false;
      value = value * 16 +
              static_cast<unsigned>(std::isdigit(static_cast<unsigned char>(c)) != 0 ? c - '0' : (c | 32) - 'a' + 10);
    }
    return true;
  }
  bool String() {
    if (!Take('"')) return false;
    while (at_ < text_.size() && Peek() != '"') {
      if (static_cast<unsigned char>(Peek()) < 0x20) return false;
      if (Peek() != '\\') {
        if (!Utf8()) return false;
        continue;
      }
      ++at_;
      if (Take('u')) {
        unsigned high = 0, low = 0;
        if (!Hex(high) || (high >= 0xdc00 && high < 0xe000)) return false;
        if (high >= 0xd800 && high < 0xdc00 && !(Take("\\u") && Hex(low) && low >= 0xdc00 && low < 0xe000))
          return false;
      } else if (std::string_view("\"\\/bfnrt").find(Peek()) != std::string_view::npos && at_ < text_.size()) {
        ++at_;
      } else {
        return false;
      }
    }
    return Take('"');
  }
  bool Utf8() {
    const auto byte = [&](std::size_t i) {
      return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0u;
    };
    unsigned code = byte(0);
    const std::size_t tails = code < 0x80         ? 0
                              : (code >> 5) == 6  ? 1
                              : (code >> 4) == 14 ? 2
                              : (code >> 3) == 30 ? 3
                                                  : 9;
    if (tails == 9) return false;
    code &= tails == 0 ? 0x7f : 0x3fu >> tails;
    for (std::size_t i = 1; i <= tails; ++i) {
      if ((byte(i) >> 6) != 2) return false;
      code = code << 6 | (byte(i) & 0x3f);
    }
    const unsigned least[] = {0, 0x80, 0x800, 0x10000};
    if (code < least[tails] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    at_ += tails + 1;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

struct Refused {
  std::string text;
  std::size_t offset;
  std::string_view why;
};

TEST(Document, RefusesWhatIsNotJsonAndSaysWhere) {
  const Refused cases[] = {
      {"", 0, "expected a value"},
      {" \n ", 3, "expected a value"},
      {"nul", 0, "expected a value"},
      {"nulll", 0, "expected a value"},
      {"True", 0, "expected a value"},
      {"'a'", 0, "expected a value"},
      {"NaN", 0, "expected a value"},
      {"Infinity", 0, "expected a value"},
      {"-", 0, "not a number"},
      {"-Infinity", 0, "not a number"},
      {"+1", 0, "expected a value"},
      {".5", 0, "expected a value"},
      {"5.", 0, "not a number"},
      {"01", 0, "not a number"},
      {"-01", 0, "not a number"},
      {"1e", 0, "not a number"},
      {"1e+", 0, "not a number"},
      {"0x10", 0, "not a number"},
      {"1 2", 2, "text after the value"},
      {"1,", 1, "text after the value"},
      {"{}}", 2, "text after the value"},
      {"[1]x", 3, "text after the value"},
      {"[1]\0"s, 3, "text after the value"},
      {"\"a\"b", 3, "text after the value"},
      {"\"a\"\"b\"", 3, "text after the value"},
      {"1\"a\"", 0, "not a number"},
      {"[", 1, "expected a value"},
      {"]", 0, "expected a value"},
      {"[1", 2, "expected ',' or ']'"},
      {"[1 2]", 3, "expected ',' or ']'"},
      {"[1,]", 3, "expected a value"},
      {"[,1]", 1, "expected a value"},
      {"[1}", 2, "expected ',' or ']'"},
      {"[1:2]", 2, "expected ',' or ']'"},
      {"{", 1, "expected a name"},
      {"{1:2}", 1, "expected a name"},
      {"{a:2}", 1, "expected a name"},
      {"{\"a\"}", 4, "expected ':'"},
      {"{\"a\" 1}", 5, "expected ':'"},
      {"{\"a\":}", 5, "expected a value"},
      {"{\"a\":1,}", 7, "expected a name"},
      {"{\"a\":1 \"b\":2}", 7, "expected ',' or '}'"},
      {"{\"a\":1]", 6, "expected ',' or '}'"},
      {"[1,/* no */2]", 3, "expected a value"},
      {"\"a", 0, "string without an end"},
      {"\"a\\\"", 0, "string without an end"},
      {"[\"ok\",\"a]", 6, "string without an end"},
      {"\"a\nb\"", 2, "control character"},
      {"\"a\0b\""s, 2, "control character"},
      {"\"\\x\"", 1, "unknown escape"},
      {"\"\\u12g4\"", 1, "four hexadecimal"},
      {"\"\\u123\"", 1, "four hexadecimal"},
      {"\"ab\\ud800\"", 3, "lone surrogate"},
      {"\"\\ud800\\u0041\"", 1, "lone surrogate"},
      {"\"\\ud800\\ud800\"", 1, "lone surrogate"},
      {"\"\\udc00\"", 1, "lone surrogate"},
      {"\"\\udc00\\ud800\"", 1, "lone surrogate"},
      {"{\"\\udc00\":1}", 2, "lone surrogate"},
      {"\"\xff\"", 1, "invalid UTF-8"},
      {"\"\xc0\xaf\"", 1, "invalid UTF-8"},          // overlong
      {"\"\xed\xa0\x80\"", 1, "invalid UTF-8"},      // a surrogate as bytes
      {"\"\xf4\x90\x80\x80\"", 1, "invalid UTF-8"},  // beyond U+10FFFF
      {"\"\xe2\x82\"", 1, "invalid UTF-8"},
      {"\xef\xbb\xbf{}", 0, "expected a value"},  // a byte order mark
      {"[1,\xc3\xa9]", 3, "expected a value"},
      {"{\"a\":1,\"a\":2}", 12, "two members named 'a'"},
      {"{\"a\":1,\"\\u0061\":2}", 17, "two members named 'a'"},
      {"[{\"x\":{\"\":1,\"\":2}}]", 16, "two members named ''"},
  };
  Document document;
  for (const Refused& refused : cases) {
    const Status status = document.Parse(refused.text);
    ASSERT_FALSE(status.ok()) << refused.text;
    EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
    const std::string begin = fmt::format("invalid JSON at byte {}: ", refused.offset);
    EXPECT_EQ(status.error().message().substr(0, begin.size()), begin)
        << refused.text << ": " << status.error().message();
    EXPECT_NE(status.error().message().find(refused.why), std::string::npos)
        << refused.text << ": " << status.error().message();
    EXPECT_TRUE(document.root().is_null());
  }
}

TEST(Document, ReadsEveryKindOfValueAtTheTopLevel) {
  const std::pair<std::string_view, Type> cases[] = {
      {"null", Type::kNull},        {" true ", Type::kBool}, {"false\n", Type::kBool}, {"0", Type::kNumber},
      {"\t-1.5E-7", Type::kNumber}, {"\"\"", Type::kString}, {"[]", Type::kArray},     {"{}", Type::kObject},
      {"[ ]", Type::kArray},        {"{ }", Type::kObject},
  };
  Document document;
  for (const auto& [text, type] : cases) {
    ASSERT_TRUE(document.Parse(text).ok()) << text;
    EXPECT_EQ(document.root().type(), type) << text;
  }
}

TEST(Document, KeepsTheTextOfNumbers) {
  Document document;
  for (const std::string_view number :
       {"0", "-0", "1.50e3", "3.0E+2", "123456789012345678901234567890123456789", "1e400", "0.10", "-1E-130"}) {
    ASSERT_TRUE(document.Parse(fmt::format("[ {} , {}\n]", number, number)).ok()) << number;
    EXPECT_EQ(document.root().array()[0].number(), number);
    EXPECT_EQ(document.root().array()[1].number(), number);
    EXPECT_TRUE(IsNumber(number));
  }
  for (const std::string_view number :
       {"", "-", "1.", ".1", "01", "1e", "+1", " 1", "1 ", "1a", "1.e1", "--1", "0x1"}) {
    EXPECT_FALSE(IsNumber(number)) << number;
  }
}

TEST(Document, UnescapesStrings) {
  const std::pair<std::string_view, std::string> cases[] = {
      {R"("plain")", "plain"},
      {R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
      {R"("\u0000")", "\0"s},
      {R"("a\u00e9b\u20acc")", "aéb€c"},
      {R"("\ud83d\ude00\uD83D\uDE00")", "😀😀"},
      {R"("\ud800\udc00\udbff\udfff")", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
      {R"("\ufffe\uffff")", "\xef\xbf\xbe\xef\xbf\xbf"},
      {R"("[{,:}] \\")", "[{,:}] \\"},
      {"\"\xf0\x9f\x98\x80\x7f\"", "😀\x7f"},
  };
  Document document;
  for (const auto& [text, expected] : cases) {
    const Status status = document.Parse(text);
    ASSERT_TRUE(status.ok()) << text << status.error().message();
    EXPECT_EQ(document.root().string(), expected) << text;
    ASSERT_TRUE(document.Parse(fmt::format("{{{}:[{}]}}", text, text)).ok());
    EXPECT_EQ(document.root().object()[0].name, expected);
    EXPECT_EQ(document.root().object()[0].value.array()[0].string(), expected);
  }
}

TEST(Document, KeepsTheOrderOfMembersAndFindsThem) {
  Document document;
  ASSERT_TRUE(document.Parse(R"({"b":1,"a":{"c":[true,null,{"d":"e"}]},"":2})").ok());
  const Value& root = document.root();
  ASSERT_EQ(root.object().size(), 3u);
  EXPECT_EQ(root.object()[0].name, "b");
  EXPECT_EQ(root.object()[2].name, "");
  ASSERT_NE(root.Find("a"), nullptr);
  EXPECT_EQ(root.Find("a")->Find("c")->array()[2].Find("d")->string(), "e");
  EXPECT_EQ(root.Find("c"), nullptr);
  EXPECT_EQ(root.Find("b")->Find("x"), nullptr);
}

TEST(Document, KeepsDuplicateNamesWhenAsked) {
  Document document;
  ASSERT_TRUE(document.Parse(R"({"a":1,"a":2})", {.duplicate_names = DuplicateNames::kKeepAll}).ok());
  ASSERT_EQ(document.root().object().size(), 2u);
  EXPECT_EQ(document.root().Find("a")->number(), "1");
}

TEST(Document, FindsADuplicateAmongManyNames) {
  for (const std::size_t count : {2u, 12u, 13u, 1000u, 100'000u}) {
    std::string text = "{";
    for (std::size_t i = 0; i < count; ++i) text += fmt::format("\"name-{}\":{},", i, i);
    Document document;
    ASSERT_TRUE(document.Parse(text.substr(0, text.size() - 1) + "}").ok()) << count;
    const Status status = document.Parse(text + fmt::format("\"name-{}\":0}}", count / 2));
    ASSERT_FALSE(status.ok());
    EXPECT_NE(status.error().message().find(fmt::format("two members named 'name-{}'", count / 2)), std::string::npos);
  }
}

TEST(Document, HoldsTheDepthLimit) {
  Document document;
  const auto nested = [](std::size_t depth, std::string_view open, std::string_view close) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += open;
    text += "1";
    for (std::size_t i = 0; i < depth; ++i) text += close;
    return text;
  };
  const std::string deep = nested(1000, "[", "]");
  ASSERT_TRUE(document.Parse(deep).ok());
  EXPECT_EQ(Rendered(document.root()), deep);
  EXPECT_TRUE(document.Parse(nested(1000, "{\"a\":", "}")).ok());
  EXPECT_FALSE(document.Parse(nested(1001, "[", "]")).ok());
  EXPECT_TRUE(document.Parse("[[[]]]", {.depth_max = 3}).ok());
  EXPECT_FALSE(document.Parse("[[[[]]]]", {.depth_max = 3}).ok());
  EXPECT_TRUE(document.Parse("1", {.depth_max = 0}).ok());
  const Status status = document.Parse(std::string(1'000'000, '['));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message(), "invalid JSON at byte 1000: more than 1000 levels of nesting");
}

TEST(Document, IsReusableAfterHugeAndAfterBadTexts) {
  std::string huge = "[";
  for (int i = 0; i < 500'000; ++i) huge += "{\"a\":\"\\n\"},";
  huge += "0]";
  Document document;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(document.Parse(huge).ok());
    EXPECT_EQ(document.root().array().size(), 500'001u);
    EXPECT_EQ(document.root().array()[499'999].Find("a")->string(), "\n");
    ASSERT_FALSE(document.Parse("[1,").ok());
    ASSERT_TRUE(document.Parse(R"({"a":[1,2,{"b":"c"}]})").ok());
    EXPECT_EQ(Rendered(document.root()), R"({"a":[1,2,{"b":"c"}]})");
    document.Clear();
    EXPECT_TRUE(document.root().is_null());
  }
}

TEST(Document, MovesWithItsValues) {
  Document first;
  ASSERT_TRUE(first.Parse("[\"x\"]").ok());
  const Value* element = &first.root().array()[0];
  Document second = std::move(first);
  EXPECT_EQ(element->string(), "x");
  EXPECT_EQ(&second.root().array()[0], element);
}

std::string RandomString(SeededRandom& random) {
  static constexpr std::string_view kPieces[] = {"a", "é", "€", "😀", "\\n", "\\\"", "\\\\", "\\u00e9", "\\ud83d\\ude00",
                                                 "{", "]", ",", ":", " "};
  std::string out = "\"";
  const std::uint64_t length = random.Below(random.Below(20) == 0 ? 200 : 8);
  for (std::uint64_t i = 0; i < length; ++i) out += kPieces[random.Below(std::size(kPieces))];
  return out + "\"";
}

std::string RandomNumber(SeededRandom& random) {
  std::string out = random.Below(2) == 0 ? "-" : "";
  out += random.Below(3) == 0 ? "0" : std::to_string(1 + random.Below(1u << 30));
  if (random.Below(3) == 0) out += "." + std::to_string(random.Below(100'000));
  if (random.Below(4) == 0)
    out += fmt::format("{}{}{}", random.Below(2) ? "e" : "E", random.Below(2) ? "" : "-", random.Below(400));
  return out;
}

// Compact JSON with unique names.
std::string RandomJson(SeededRandom& random, int depth) {
  switch (random.Below(depth > 0 ? 7 : 5)) {
    case 0:
      return "null";
    case 1:
      return random.Below(2) == 0 ? "true" : "false";
    case 2:
    case 3:
      return RandomNumber(random);
    case 4:
      return RandomString(random);
    case 5: {
      std::string out = "[";
      for (std::uint64_t i = random.Below(6); i > 0; --i) out += RandomJson(random, depth - 1) + (i > 1 ? "," : "");
      return out + "]";
    }
    default: {
      std::string out = "{";
      for (std::uint64_t i = random.Below(random.Below(10) == 0 ? 40 : 6); i > 0; --i) {
        out += fmt::format("\"k{}\":{}{}", i, RandomJson(random, depth - 1), i > 1 ? "," : "");
      }
      return out + "}";
    }
  }
}

std::uint64_t FreshSeed() {
  SystemRandom random;
  return random.Next();
}

TEST(Document, RoundTripsRandomDocuments) {
  const std::uint64_t seed = FreshSeed();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  SeededRandom random(seed);
  Document first, second;
  for (int i = 0; i < 2000; ++i) {
    const std::string text = RandomJson(random, 5);
    ASSERT_TRUE(first.Parse(text).ok()) << text;
    const std::string once = Rendered(first.root());
    ASSERT_TRUE(second.Parse(once).ok()) << once;
    ASSERT_EQ(Rendered(second.root()), once);
    ASSERT_TRUE(Grammar::Accepts(text)) << text;
    if (text.find('\\') == std::string::npos) {
      ASSERT_EQ(once, text);
    }
  }
}

TEST(Document, AgreesWithTheGrammarOnMutatedTexts) {
  const std::uint64_t seed = FreshSeed();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  SeededRandom random(seed);
  static constexpr std::string_view kBytes =
      "{}[],:\"\\ \n\t0123456789.eE+-truefalsnu/\x01\x7f\x80\xc3\xa9\xed\xf0\xff";
  Document document;
  int accepted = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string text = RandomJson(random, 3);
    for (std::uint64_t edits = 1 + random.Below(3); edits > 0 && !text.empty(); --edits) {
      const std::size_t at = random.Below(text.size());
      const char byte =
          random.Below(8) == 0 ? static_cast<char>(random.Below(256)) : kBytes[random.Below(kBytes.size())];
      switch (random.Below(4)) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.erase(at, 1 + random.Below(3));
          break;
        case 2:
          text.insert(at, 1, byte);
          break;
        default:
          text.resize(at);
      }
    }
    const Status status = document.Parse(text, {.duplicate_names = DuplicateNames::kKeepAll});
    const bool strict = document.Parse(text).ok();
    if (strict) {
      ASSERT_TRUE(status.ok());
    }
    // The grammar compares names as they are spelt; without escapes that is exact.
    if (text.find("\\") == std::string::npos) {
      ASSERT_EQ(strict, Grammar::Accepts(text)) << text;
    } else if (strict || Grammar::Accepts(text)) {
      ASSERT_TRUE(status.ok()) << text << status.error().message();
    }
    accepted += strict ? 1 : 0;
  }
  EXPECT_GT(accepted, 1000);
}

TEST(Document, SurvivesRandomBytes) {
  const std::uint64_t seed = FreshSeed();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  SeededRandom random(seed);
  Document document;
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random.Below(200), '\0');
    for (char& c : text) c = static_cast<char>(random.Below(256));
    EXPECT_EQ(document.Parse(text).ok(), Grammar::Accepts(text));
  }
}

}  // namespace
}  // namespace millrace::json
