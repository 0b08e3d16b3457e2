#include "pattern/parser.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "pattern/comparable_number.h"
#include "pattern/pattern.h"

namespace millrace::pattern {
namespace {

using Token = TokenReader::Token;

// Names that may not be fields inside $or, because they are, or may become, operators.
constexpr std::array<std::string_view, 24> kReservedInOr = {
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
};

constexpr std::string_view kWildcardIgnoreCase = "millrace:wildcard-ignore-case";
constexpr std::string_view kRegex = "millrace:regex";
constexpr std::string_view kAllOf = "millrace:all-of";

bool IsExtension(std::string_view name) {
  return name == kWildcardIgnoreCase || name == kRegex || name == kAllOf;
}

bool IsReservedInOr(std::string_view name) {
  return std::find(kReservedInOr.begin(), kReservedInOr.end(), name) != kReservedInOr.end();
}

bool IsNumber(Token token) {
  return token == Token::kNumber;
}

}  // namespace

Error Parser::Fail(std::string message) {
  failed_at_ = reader_.position();
  place_repeats_ = 1;
  return Error(ErrorCode::kInvalidArgument, {}, std::move(message));
}

Error Parser::FailInList(std::string message) {
  Error error = Fail(std::move(message));
  place_repeats_ = 2;
  return error;
}

Error Parser::FailWithoutPlace(std::string message) {
  return Error(ErrorCode::kInvalidArgument, {}, std::move(message));
}

Status Parser::Expect(Token token, std::string_view otherwise) {
  if (reader_.Next() != token) return Fail(std::string(otherwise));
  return Ok();
}

Status Parser::Parse() {
  TRY(Expect(Token::kBeginObject, "Filter is not an object"));
  TRY(ParseObject("", Inside::kTop));
  for (Condition& condition : conditions_) condition.Seal();
  for (const Combination& combination : combinations_) {
    std::size_t fields = 0;
    for (const auto& [path, conditions] : combination) fields += conditions.size();
    if (fields > options_.fields_max) {
      return FailWithoutPlace(fmt::format("Rule has more than {} fields", options_.fields_max));
    }
  }
  return Ok();
}

Status Parser::ParseObject(const std::string& path, Inside inside) {
  bool empty = true;
  while (reader_.Next() != Token::kEndObject) {
    empty = false;
    const std::string name = reader_.Text();
    if (name == "$or" && or_means_ == OrMeans::kOperator) {
      TRY(ParseOr(path));
      continue;
    }
    if (inside == Inside::kOr && (IsReservedInOr(name) || (options_.extended() && IsExtension(name)))) {
      return Fail(name + " is Ruler reserved fieldName which cannot be used inside $or.");
    }
    const std::string below = path.empty() ? name : path + "." + name;
    switch (reader_.Next()) {
      case Token::kBeginObject:
        TRY(ParseObject(below, inside));
        break;
      case Token::kBeginArray:
        TRY(ParseField(below));
        break;
      default:
        return Fail("\"" + name + "\" must be an object or an array");
    }
  }
  if (empty) return Fail("Empty objects are not allowed");
  return Ok();
}

// Each branch continues every combination found so far.
Status Parser::ParseOr(const std::string& path) {
  const std::vector<Combination> before = std::exchange(combinations_, {});
  std::vector<Combination> after;
  TRY(Expect(Token::kBeginArray, "It must be an Array followed with $or."));
  std::size_t branches = 0;
  for (Token token = reader_.Next(); token != Token::kEndArray; token = reader_.Next(), ++branches) {
    if (token != Token::kBeginObject) return Fail("Only JSON object is allowed in array of $or relationship.");
    combinations_ = before.empty() ? std::vector<Combination>(1) : before;
    TRY(ParseObject(path, Inside::kOr));
    if (after.size() + combinations_.size() > options_.combinations_max) {
      return Fail(fmt::format("Rule has more than {} combinations of $or branches", options_.combinations_max));
    }
    std::move(combinations_.begin(), combinations_.end(), std::back_inserter(after));
  }
  if (branches < 2) return Fail("There must have at least 2 Objects in $or relationship.");
  combinations_ = std::move(after);
  return Ok();
}

Status Parser::ParseField(const std::string& path) {
  if (static_cast<std::size_t>(std::count(path.begin(), path.end(), '.')) >= limits::kPathNamesMax) {
    return Fail(fmt::format("Rule has a field of more than {} names", limits::kPathNamesMax));
  }
  Condition condition;
  condition.path = path;
  const std::size_t begin = reader_.begin();
  std::vector<AllOf> branches;
  std::size_t alternatives = 0;
  for (Token token = reader_.Next(); token != Token::kEndArray; token = reader_.Next(), ++alternatives) {
    if (token == Token::kBeginObject) {
      TRY(ParseMatch(condition, &branches));
    } else {
      TRY(ParseExact(token, condition));
    }
  }
  if (alternatives == 0) return Fail("Empty arrays are not allowed");
  KeepSource(begin, condition);
  if (alternatives > branches.size()) branches.push_back({std::move(condition)});
  return Branch(path, std::move(branches));
}

Status Parser::Branch(const std::string& path, std::vector<AllOf> branches) {
  if (combinations_.empty()) combinations_.emplace_back();
  if (combinations_.size() * branches.size() > options_.combinations_max) {
    return Fail(fmt::format("Rule has more than {} combinations of {}", options_.combinations_max, kAllOf));
  }
  std::vector<Combination> after;
  for (AllOf& branch : branches) {
    std::vector<std::uint32_t> indexes;
    for (Condition& condition : branch) {
      indexes.push_back(static_cast<std::uint32_t>(conditions_.size()));
      conditions_.push_back(std::move(condition));
    }
    std::vector<Combination> combinations = &branch == &branches.back() ? std::move(combinations_) : combinations_;
    // A field that is named again replaces what was said before.
    for (Combination& combination : combinations) {
      combination[path] = indexes;
      after.push_back(std::move(combination));
    }
  }
  combinations_ = std::move(after);
  return Ok();
}

Fold Parser::FoldOf(std::string_view text) const {
  return Fold(text,
              options_.dialect == Dialect::kAws ? Fold::BeyondBmp::kTwoQuestionMarks : Fold::BeyondBmp::kItsCases);
}

void Parser::KeepSource(std::size_t from, Condition& condition) const {
  if (options_.keep_source) condition.source = reader_.Source(from, reader_.end());
}

void Parser::AddRange(const IpRange& range, Condition& condition) const {
  condition.others.emplace_back(range);
  if (options_.dialect != Dialect::kAws) return;
  if (const auto alias = range.AliasInAws()) condition.others.emplace_back(*alias);
}

Status Parser::ParseExact(Token token, Condition& condition) {
  switch (token) {
    case Token::kString: {
      std::string text = reader_.Text();
      if (const auto address = IpAddress::Parse(text)) {
        AddRange(IpRange::Only(*address), condition);
      } else {
        condition.strings.push_back(std::move(text));
      }
      return Ok();
    }
    case Token::kNumber: {
      std::string text = reader_.Text();
      if (const auto number = ComparableNumber(text)) condition.numbers.push_back(*number);
      condition.literals.push_back(std::move(text));
      return Ok();
    }
    case Token::kTrue:
    case Token::kFalse:
    case Token::kNull:
      condition.literals.push_back(reader_.Text());
      return Ok();
    default:
      return Fail("Match value must be String, number, true, false, or null");
  }
}

// {"type": …}, after the brace.
Status Parser::ParseMatch(Condition& condition, std::vector<AllOf>* all_ofs) {
  TRY(Expect(Token::kName, "Match expression name not found"));
  const std::string type = reader_.Text();
  if (type == "numeric") return ParseNumeric(condition);
  if (type == "anything-but") return ParseAnythingBut(condition);
  if (type == "exists") return ParseExists(condition);
  if (type == "exactly" || type == "prefix" || type == "suffix" || type == "equals-ignore-case" || type == "wildcard" ||
      type == "cidr") {
    return ParseText(type, condition);
  }
  if (!options_.extended() || !IsExtension(type)) return Fail("Unrecognized match type " + type);
  if (type != kAllOf) return ParseExtension(type, condition);
  if (all_ofs == nullptr) return Fail(fmt::format("{0} cannot stand inside {0}", kAllOf));
  return ParseAllOf(condition.path, all_ofs->emplace_back());
}

// {"millrace:all-of": [value or match, …]}, after the name.
Status Parser::ParseAllOf(const std::string& path, AllOf& all_of) {
  TRY(Expect(Token::kBeginArray, fmt::format("Value of {} must be an array.", kAllOf)));
  for (Token token = reader_.Next(); token != Token::kEndArray; token = reader_.Next()) {
    Condition& condition = all_of.emplace_back();
    condition.path = path;
    const std::size_t begin = reader_.begin();
    if (token == Token::kBeginObject) {
      TRY(ParseMatch(condition, nullptr));
    } else {
      TRY(ParseExact(token, condition));
    }
    KeepSource(begin, condition);
  }
  if (all_of.empty()) return Fail("Empty arrays are not allowed");
  return EndOfMatch();
}

Status Parser::ParseExtension(std::string_view type, Condition& condition) {
  TRY(Expect(Token::kString, fmt::format("{} match pattern must be a string", type)));
  const std::string text = reader_.Text();
  if (type == kRegex) {
    Result<Regex> regex = Regex::Parse(text);
    if (!regex.ok()) return Fail(regex.error().message());
    condition.others.emplace_back(std::move(*regex));
  } else {
    const Result<Wildcard> wildcard = Wildcard::Parse(text);
    if (!wildcard.ok()) return Fail(wildcard.error().message());
    condition.others.emplace_back(FoldedWildcard(*wildcard));
  }
  return EndOfMatch();
}

// The types that take one string.
Status Parser::ParseText(const std::string& type, Condition& condition) {
  const Token token = reader_.Next();
  if (token == Token::kBeginObject && (type == "prefix" || type == "suffix")) {
    return ParseNestedIgnoreCase(type, condition);
  }
  if (token != Token::kString) {
    const std::string_view called = type == "exactly" ? "exact" : type == "cidr" ? "prefix" : std::string_view(type);
    return Fail(fmt::format("{} match pattern must be a string", called));
  }
  std::string text = reader_.Text();
  if (type == "exactly") {
    condition.strings.push_back(std::move(text));
  } else if (type == "prefix") {
    condition.others.emplace_back(Prefix{std::move(text)});
  } else if (type == "suffix") {
    condition.others.emplace_back(Suffix{std::move(text)});
  } else if (type == "equals-ignore-case") {
    condition.others.emplace_back(EqualsIgnoreCase{FoldOf(text)});
  } else if (type == "wildcard") {
    Result<Wildcard> wildcard = Wildcard::Parse(text);
    if (!wildcard.ok()) return Fail(wildcard.error().message());
    condition.others.emplace_back(std::move(*wildcard));
  } else {
    Result<IpRange> range = IpRange::ParseCidr(text);
    if (!range.ok()) return FailWithoutPlace(range.error().message());
    AddRange(*range, condition);
  }
  return EndOfMatch();
}

// {"prefix": {"equals-ignore-case": …}}, after the second brace.
Status Parser::ParseNestedIgnoreCase(const std::string& type, Condition& condition) {
  const bool prefix = type == "prefix";
  TRY(Expect(Token::kName, prefix ? "Prefix expression name not found" : "Suffix expression name not found"));
  const std::string nested = reader_.Text();
  if (nested != "equals-ignore-case") return Fail(fmt::format("Unsupported {} pattern: {}", type, nested));
  TRY(Expect(Token::kString, "equals-ignore-case match pattern must be a string"));
  Fold fold = FoldOf(reader_.Text());
  if (prefix) {
    condition.others.emplace_back(PrefixIgnoreCase{std::move(fold)});
  } else {
    condition.others.emplace_back(SuffixIgnoreCase{std::move(fold)});
  }
  TRY(EndOfMatch());
  return EndOfMatch();
}

Result<double> Parser::ParseBound(Token token, const std::string& name) {
  if (!IsNumber(token)) return Fail("Value of " + name + " must be numeric");
  const std::string text = reader_.Text();
  const std::optional<double> number = ComparableNumber(text);
  if (!number) return Fail("Cannot compare number : " + text);
  return *number;
}

Status Parser::ParseNumeric(Condition& condition) {
  TRY(Expect(Token::kBeginArray, "Value of numeric must be an array."));
  constexpr std::string_view kTooMany = "Too many elements in numeric expression";
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (reader_.Next() != Token::kString) return Fail("Invalid member in numeric match: " + reader_.Text());
  const std::string comparison = reader_.Text();
  const Token token = reader_.Next();
  if (comparison == "=") {
    ASSIGN_OR_RETURN(const double number, ParseBound(token, "equals"));
    condition.numbers.push_back(number);
    TRY(Expect(Token::kEndArray, kTooMany));
  } else if (comparison == "<" || comparison == "<=") {
    ASSIGN_OR_RETURN(const double high, ParseBound(token, comparison));
    condition.others.emplace_back(NumberRange{-kInfinity, high, false, comparison == "<"});
    TRY(Expect(Token::kEndArray, kTooMany));
  } else if (comparison == ">" || comparison == ">=") {
    ASSIGN_OR_RETURN(const double low, ParseBound(token, comparison));
    NumberRange range{low, kInfinity, comparison == ">", false};
    const Token next = reader_.Next();
    if (next != Token::kEndArray) {
      if (next != Token::kString) return Fail("Bad value in numeric range: " + reader_.Text());
      const std::string upper = reader_.Text();
      if (upper != "<" && upper != "<=") return Fail("Bad numeric range operator: " + upper);
      ASSIGN_OR_RETURN(range.high, ParseBound(reader_.Next(), upper));
      range.high_open = upper == "<";
      TRY(Expect(Token::kEndArray, "Too many terms in numeric range expression"));
      if (range.low >= range.high) return Fail("Bottom must be less than top");
    }
    condition.others.emplace_back(range);
  } else {
    return Fail("Unrecognized numeric range operator: " + comparison);
  }
  return Expect(Token::kEndObject, kTooMany);
}

Status Parser::ParseExists(Condition& condition) {
  const Token token = reader_.Next();
  if (token == Token::kTrue) {
    condition.others.emplace_back(Exists{});
  } else if (token == Token::kFalse) {
    condition.or_absent = true;
  } else {
    return Fail("exists match pattern must be either true or false.");
  }
  return EndOfMatch();
}

Status Parser::ParseAnythingBut(Condition& condition) {
  constexpr std::string_view kTooMany = "Too many elements in numeric expression";  // the service's words here too
  Token token = reader_.Next();
  std::optional<But> nested;
  if (token == Token::kBeginObject) {
    TRY(Expect(Token::kName, "Anything-But expression name not found"));
    const std::string type = reader_.Text();
    if (type == "equals-ignore-case") {
      nested = But::kIgnoreCase;
    } else if (type == "prefix") {
      nested = But::kPrefix;
    } else if (type == "suffix") {
      nested = But::kSuffix;
    } else if (type == "wildcard") {
      nested = But::kWildcard;
    } else {
      return Fail("Unsupported anything-but pattern: " + type);
    }
    token = reader_.Next();
  }
  if (token != Token::kBeginArray && token != Token::kString && token != Token::kNumber) {
    return Fail("Value of anything-but must be an array or single string/number value.");
  }
  if (!nested) {
    TRY(ParseAnythingButExact(token, condition));
    return Expect(Token::kEndObject, kTooMany);
  }
  TRY(ParseAnythingButNested(*nested, token, condition));
  TRY(Expect(Token::kEndObject, kTooMany));
  return Expect(Token::kEndObject, kTooMany);
}

Status Parser::ParseAnythingButExact(Token token, Condition& condition) {
  std::vector<std::string> strings;
  std::vector<double> numbers;
  const bool list = token == Token::kBeginArray;
  for (token = list ? reader_.Next() : token; token != Token::kEndArray; token = reader_.Next()) {
    if (token == Token::kString) {
      strings.push_back(reader_.Text());
    } else if (token == Token::kNumber) {
      const std::string text = reader_.Text();
      const std::optional<double> number = ComparableNumber(text);
      if (!number) {
        std::string message = "Cannot compare number : " + text;
        return list ? Fail(std::move(message)) : FailWithoutPlace(std::move(message));
      }
      numbers.push_back(*number);
    } else {
      return FailInList("Inside anything but list, start|null|boolean is not supported.");
    }
    if (!list) break;
  }
  if (strings.empty() == numbers.empty()) {
    return Fail("Inside anything but list, either all values are number or string, mixed type is not supported");
  }
  std::sort(strings.begin(), strings.end());
  std::sort(numbers.begin(), numbers.end());
  if (numbers.empty()) {
    condition.others.emplace_back(AnythingButStrings{std::move(strings)});
  } else {
    condition.others.emplace_back(AnythingButNumbers{std::move(numbers)});
  }
  return Ok();
}

Status Parser::ParseAnythingButNested(But but, Token token, Condition& condition) {
  const bool list = token == Token::kBeginArray;
  const auto fail = [&](std::string message) {
    return list ? FailInList(std::move(message)) : Fail(std::move(message));
  };
  std::vector<std::string> texts;
  for (token = list ? reader_.Next() : token; token != Token::kEndArray; token = reader_.Next()) {
    if (token != Token::kString) {
      return fail(but == But::kIgnoreCase
                      ? "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
                  : but == But::kWildcard ? "wildcard match pattern must be a string"
                                          : "prefix/suffix match pattern must be a string");
    }
    texts.push_back(reader_.Text());
    if (texts.back().empty() && (but == But::kPrefix || but == But::kSuffix)) {
      return fail("Null prefix/suffix not allowed");
    }
    if (!list) break;
  }
  // The service fails with an internal error here.
  if (texts.empty()) return Fail("Empty arrays are not allowed");

  switch (but) {
    case But::kPrefix:
      condition.others.emplace_back(AnythingButPrefixes{std::move(texts)});
      break;
    case But::kSuffix:
      condition.others.emplace_back(AnythingButSuffixes{std::move(texts)});
      break;
    case But::kIgnoreCase: {
      AnythingButIgnoreCase ignore_case;
      for (const std::string& text : texts) ignore_case.folds.push_back(FoldOf(text));
      condition.others.emplace_back(std::move(ignore_case));
      break;
    }
    case But::kWildcard: {
      AnythingButWildcards wildcards;
      for (const std::string& text : texts) {
        Result<Wildcard> wildcard = Wildcard::Parse(text);
        if (!wildcard.ok()) return Fail(wildcard.error().message());
        wildcards.wildcards.push_back(std::move(*wildcard));
      }
      condition.others.emplace_back(std::move(wildcards));
      break;
    }
  }
  return Ok();
}

}  // namespace millrace::pattern
