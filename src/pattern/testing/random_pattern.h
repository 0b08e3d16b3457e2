// RandomPatterns draws event patterns and events that have a fair chance to match each other: few names, few values,
// many ways to write the same.
//
// Patterns have every match type, $or, dotted names and fields named twice; events have arrays in arrays, repeated
// names, names that hold dots, numbers and addresses in several spellings, letters in both cases, escapes, white space,
// and long strings full of brackets and quotes.
//
// Threads:   externally synchronised. The same seed gives the same texts in the same order of calls.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "json/write.h"
#include "pattern/pattern.h"

namespace millrace::pattern::testing {

class RandomPatterns {
 public:
  explicit RandomPatterns(std::uint64_t seed, ParseOptions options = {}) : random_(seed), options_(options) {}

  // A pattern that Pattern::Parse accepts with the options.
  std::string Pattern() {
    while (true) {
      ors_left_ = 2;
      all_ofs_left_ = 2;
      std::string text = PatternObject(2);
      if (pattern::Pattern::Parse(text, nullptr, options_).ok()) return text;
      ++refused_;
    }
  }
  // How many drawn patterns were too complex.
  std::uint64_t refused() const { return refused_; }

  enum class Fields : std::uint8_t {
    kAny,
    kOnce,  // no path twice: what is seen first is all there is
  };
  // A JSON object.
  std::string Event(Fields fields = Fields::kAny) {
    fields_ = fields;
    return EventObject(4, 3 + Below(5));
  }

  // The text with a few bytes changed, left out or put in. It may still be good.
  std::string Damaged(std::string text) {
    constexpr std::string_view kPieces[] = {"{", "}",  "[",    "]",     ",",     ":",       "\"",      "\\",
                                            "0", "-1", "nul",  "true",  "1e",    "\x01",    "\xc3",    "\xff",
                                            " ", "\n", "\"\"", "\\u12", "\"a\"", "\\ud83d", "[[[[[[[", ""};
    for (std::uint64_t edits = 1 + Below(2); edits > 0; --edits) {
      const std::size_t at = Below(text.size() + 1);
      if (Chance(10)) {
        text.resize(at);
      } else {
        text.replace(at, Below(3), kPieces[Below(std::size(kPieces))]);
      }
    }
    return text;
  }

  std::uint64_t Below(std::uint64_t bound) { return random_.Below(bound); }
  bool Chance(std::uint64_t one_in) { return Below(one_in) == 0; }

 private:
  template <class T, std::size_t kSize>
  const T& Any(const std::array<T, kSize>& values) {
    return values[Below(kSize)];
  }

  // ---- Values.

  std::string Text() {
    std::string text = NewText();
    wanted_[Below(wanted_.size())] = text;
    return text;
  }
  // What some pattern may ask for, or nearly.
  std::string Wanted() {
    std::string text = wanted_[Below(wanted_.size())];
    if (Chance(4)) text += Chance(2) ? "b" : "é";
    if (Chance(4)) text.insert(0, Chance(2) ? "a" : "B");
    return Quoted(text);
  }

  std::string NewText() {
    static constexpr std::array<std::string_view, 2> kTwo = {"a", "b"};
    static constexpr std::array<std::string_view, 22> kMany = {"a",      "A", "b", "B", "s",  "S", "k", "K",
                                                               "\u212a", "é", "É", "ß", "ſ",  "ς", "Σ", "σ",
                                                               "𐐀",      "𐐨", "😀", "*", "\\", "?"};
    static constexpr std::array<std::string_view, 12> kOdd = {"\"", "\n", "\t", "{", "}",  "[",
                                                              "]",  ",",  ":",  ".", "??", "İ"};
    if (Chance(8)) return std::string(Address());
    if (Chance(12)) return std::string(Spelling());  // "300" is no number
    const std::uint64_t kind = Below(10);
    std::string text;
    for (std::uint64_t i = Below(4); i > 0; --i) text += kind < 6 ? Any(kTwo) : kind < 9 ? Any(kMany) : Any(kOdd);
    return text;
  }

  std::string_view Address() {
    static constexpr std::array<std::string_view, 19> kAddresses = {
        "10.0.0.1",    "10.0.0.2",     "010.000.000.001", "10.0.0.3",   "10.0.1.0", "11.0.0.0",    "::1",
        "::2",         "::FFFF:a00:1", "0:0:0:0:0:0:0:1", "a00::5",     "A00:1::",  "2001:db8::1", "2001:DB8:0::1",
        "2001:db9::1", "0.0.0.0",      "255.255.255.255", "10.0.0.256", "1.2.3"};
    return Any(kAddresses);
  }
  std::string_view Cidr() {
    static constexpr std::array<std::string_view, 12> kCidrs = {
        "10.0.0.0/24", "10.0.0.0/31",   "10.0.0.2/31", "10.0.0.77/8", "0.0.0.0/0", "255.0.0.0/8",
        "::/0",        "2001:db8::/32", "::/127",      "a00::/16",    "2001::/8",  "a00::/7"};
    return Any(kCidrs);
  }

  std::string_view Spelling() {
    static const std::array<std::vector<std::string_view>, 15> kNumbers = {{
        {"0", "-0", "0.0", "0e5", "-0.0E-3"},
        {"1", "1.0", "10e-1", "1E0", "0.1e1", "1e+0"},
        {"2", "2.0", "20E-1", "2e+0", "0.2e1"},
        {"3", "3.00", "300e-2"},
        {"-1", "-1.0", "-10e-1"},
        {"0.1", "1e-1", "0.10"},
        {"300", "3e2", "3.0E+2", "30000e-2"},
        {"9007199254740993", "9007199254740993.0"},
        {"9007199254740992", "9007199254740992.0", "9.007199254740992e15"},
        {"1e400", "10e399", "-1e400"},
        {"2e23", "200000000000000000000000"},
        {"5e-324", "1e-400"},
        {"12345678901234567890", "123456789012345678901234567890"},
        {"1.7976931348623157e308", "17976931348623157e292"},
        {"-122.42916360922355", "-122.429163609223550", "0.1234567890123456789"},
    }};
    const std::vector<std::string_view>& spellings = kNumbers[Chance(3) ? Below(kNumbers.size()) : 1 + Below(3)];
    return spellings[Below(spellings.size())];
  }

  // A JSON string, each character as itself or escaped.
  std::string Quoted(std::string_view text) {
    std::string plain;
    json::AppendString(plain, text);
    if (!Chance(6)) return plain;
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
      const auto lead = static_cast<unsigned char>(text[at]);
      const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      std::uint32_t code = length == 1 ? lead : lead & (0x7fu >> length);
      for (std::size_t i = 1; i < length; ++i) code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3f);
      if (code < 0x20 || code == '"' || code == '\\' || Chance(2)) {
        if (code >= 0x10000) {
          out += fmt::format("\\u{:04x}\\u{:04X}", 0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 0x3ff));
        } else {
          out += fmt::format("\\u{:04x}", code);
        }
      } else {
        out += text.substr(at, length);
      }
      at += length;
    }
    return out + "\"";
  }

  std::string Scalar() {
    switch (Below(10)) {
      case 0:
        return "null";
      case 1:
        return Chance(2) ? "true" : "false";
      case 2:
      case 3:
      case 4:
        return std::string(Spelling());
      default:
        return Quoted(Text());
    }
  }

  std::string Name() {
    static constexpr std::array<std::string_view, 3> kPlain = {"a", "b", "c"};
    static constexpr std::array<std::string_view, 8> kOdd = {"a.b", "b.c", "a.b.c", "d", "é", "", "a.", "longer-name"};
    return std::string(Chance(4) ? Any(kOdd) : Any(kPlain));
  }

  // ---- Patterns.

  std::string PatternObject(int depth) {
    std::string out = "{";
    for (std::uint64_t i = 1 + Below(8) / 4 + Below(8) / 7; i > 0; --i) {
      if (out.size() > 1) out += ",";
      if (ors_left_ > 0 && Chance(7)) {
        --ors_left_;
        out += "\"$or\":[" + PatternObject(depth - 1);
        for (std::uint64_t more = 1 + Below(2); more > 0; --more) out += "," + PatternObject(depth - 1);
        out += "]";
        continue;
      }
      out += Quoted(Name()) + ":";
      out += depth > 0 && Chance(3) ? PatternObject(depth - 1) : PatternField();
    }
    return out + "}";
  }

  std::string PatternField() {
    wildcard_left_ = true;
    std::string out = "[" + Alternative();
    while (Chance(3)) out += "," + Alternative();
    return out + "]";
  }

  std::string Alternative() {
    if (Chance(3)) return Scalar();
    if (options_.extended() && all_ofs_left_ > 0 && Chance(12)) {
      --all_ofs_left_;
      std::string out = "{\"millrace:all-of\":[";
      for (std::uint64_t i = 1 + Below(3); i > 0; --i) out += (Chance(2) ? Scalar() : Match()) + (i > 1 ? "," : "");
      return out + "]}";
    }
    return Match();
  }

  std::string Match() { return "{" + (Chance(3) ? AnythingBut() : Type()) + "}"; }

  std::string Type() {
    switch (Below(options_.extended() ? 14 : 12)) {
      case 0:
        return "\"exactly\":" + Quoted(Text());
      case 1:
        return "\"prefix\":" + Quoted(Text());
      case 2:
        return "\"suffix\":" + Quoted(Text());
      case 3:
        return "\"equals-ignore-case\":" + Quoted(Text());
      case 4:
        return "\"prefix\":{\"equals-ignore-case\":" + Quoted(Text()) + "}";
      case 5:
        return "\"suffix\":{\"equals-ignore-case\":" + Quoted(Text()) + "}";
      case 6:
      case 7:
        return Numeric();
      case 8:
        return "\"cidr\":" + Quoted(Cidr());
      case 9:
        return "\"exists\":true";
      case 10:
        return "\"exists\":false";
      case 11:
        return OneWildcard() ? "\"wildcard\":" + Quoted(WildcardText(3)) : "\"exists\":false";
      case 12:
        return OneWildcard() ? "\"millrace:wildcard-ignore-case\":" + Quoted(WildcardText(3)) : "\"exists\":true";
      default: {
        static constexpr std::array<std::string_view, 9> kRegexes = {
            "a.*", "[ab]+", "a|b|ab", "(?i)ab", ".*é.*", "", "a{2,3}b?", "\\d+(\\.\\d+)*", "(a|b)*ab"};
        return "\"millrace:regex\":" + Quoted(Any(kRegexes));
      }
    }
  }

  std::string Numeric() {
    static constexpr std::array<std::string_view, 14> kBounds = {"-1e308", "-122.42916360922355",
                                                                 "-1",     "0",
                                                                 "5e-324", "0.1",
                                                                 "1.0",    "1.5",
                                                                 "2",      "3",
                                                                 "300",    "9007199254740992",
                                                                 "2e23",   "1.7976931348623157e308"};
    const std::size_t low = Below(kBounds.size());
    const std::size_t high = low + 1 < kBounds.size() ? low + 1 + Below(kBounds.size() - low - 1) : low;
    switch (Below(6)) {
      case 0:
        return fmt::format("\"numeric\":[\"=\",{}]", kBounds[low]);
      case 1:
        return fmt::format("\"numeric\":[\"{}\",{}]", Chance(2) ? "<" : "<=", kBounds[low]);
      case 2:
        return fmt::format("\"numeric\":[\"{}\",{}]", Chance(2) ? ">" : ">=", kBounds[low]);
      default:
        if (low == high) return "\"numeric\":[\">\",0]";
        return fmt::format("\"numeric\":[\"{}\",{},\"{}\",{}]", Chance(2) ? ">" : ">=", kBounds[low],
                           Chance(2) ? "<" : "<=", kBounds[high]);
    }
  }

  std::string AnythingBut() {
    const std::string out = "\"anything-but\":";
    switch (Below(6)) {
      case 0:
        return out + OneOrMany([this] { return Quoted(Text()); });
      case 1:
        return out + OneOrMany([this] {
                 static constexpr std::array<std::string_view, 6> kComparable = {"0", "1.0", "2", "3e0", "0.1", "300"};
                 return std::string(Any(kComparable));
               });
      case 2:
        return out + "{\"prefix\":" + OneOrMany([this] { return Quoted("a" + Text()); }) + "}";
      case 3:
        return out + "{\"suffix\":" + OneOrMany([this] { return Quoted(Text() + "b"); }) + "}";
      case 4:
        return out + "{\"equals-ignore-case\":" + OneOrMany([this] { return Quoted(Text()); }) + "}";
      default:
        if (!OneWildcard()) return out + "\"a\"";
        return out + "{\"wildcard\":" + OneOrMany([this] { return Quoted(WildcardText(2)); }) + "}";
    }
  }

  template <class Draw>
  std::string OneOrMany(Draw draw) {
    if (Chance(2)) return draw();
    std::string out = "[" + draw();
    while (Chance(2)) out += "," + draw();
    return out + "]";
  }

  // Several on one field soon are too complex for AWS's limit.
  bool OneWildcard() { return std::exchange(wildcard_left_, false); }

  std::string WildcardText(std::uint64_t runs_max) {
    static constexpr std::array<std::string_view, 9> kLetters = {"a", "b", "a", "b", "A", "é", "ß", "\\*", "\\\\"};
    std::string text = Chance(2) ? "*" : "";
    for (std::uint64_t runs = Below(runs_max + 1); runs > 0; --runs) {
      for (std::uint64_t length = 1 + Below(2); length > 0; --length) text += Any(kLetters);
      if (runs > 1 || Chance(2)) text += "*";
    }
    return text;
  }

  // ---- Events.

  std::string Space() {
    static constexpr std::array<std::string_view, 5> kSpaces = {" ", "\n", "\t", "\r\n", "   "};
    return Chance(12) ? std::string(Any(kSpaces)) : std::string();
  }

  std::string EventValue(int depth) {
    if (depth == 0 || Chance(2)) return Chance(25) ? Long() : Chance(2) ? Wanted() : Scalar();
    return Chance(2) ? EventObject(depth - 1, Below(5)) : EventArray(depth - 1);
  }

  // What must be skipped, and looks like structure.
  std::string Long() {
    static constexpr std::array<std::string_view, 8> kPieces = {"{\"a\":[", "]}", "\\", "\"", "aaaaaaaaaaaaaaaaaaaaaaa",
                                                                "\\\"",     "é",  ","};
    std::string text;
    for (std::uint64_t pieces = Below(40); pieces > 0; --pieces) text += Any(kPieces);
    return Quoted(text);
  }

  std::string EventObject(int depth, std::uint64_t members) {
    std::string out = "{" + Space();
    std::set<std::string> names;
    bool first = true;
    for (; members > 0; --members) {
      std::string name = Chance(8) ? "x" + std::to_string(Below(1000)) : Name();
      if (fields_ == Fields::kOnce && (name.find('.') != std::string::npos || !names.insert(name).second)) continue;
      if (!std::exchange(first, false)) out += "," + Space();
      out += Quoted(name) + Space() + ":" + Space() + EventValue(depth) + Space();
    }
    return out + "}";
  }

  std::string EventArray(int depth) {
    std::string out = "[" + Space();
    for (std::uint64_t i = Below(4), n = i; i > 0; --i) {
      if (i < n) out += "," + Space();
      out += EventValue(depth) + Space();
    }
    return out + "]";
  }

  SeededRandom random_;
  ParseOptions options_;
  std::uint64_t refused_ = 0;
  Fields fields_ = Fields::kAny;
  int ors_left_ = 0;
  int all_ofs_left_ = 0;
  bool wildcard_left_ = true;
  std::array<std::string, 16> wanted_;  // drawn lately
};

}  // namespace millrace::pattern::testing
