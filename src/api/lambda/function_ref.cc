#include "api/lambda/function_ref.h"

#include <algorithm>
#include <charconv>

#include "api/lambda/errors.h"

namespace millrace::api::lambda {
namespace {

constexpr std::string_view kPattern =
    R"(Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?)";
constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kTextBytesMax = 170;

bool IsWord(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}
bool IsAccount(std::string_view text) {
  return text.size() == 12 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Removes and returns what stands before the first ':'.
std::string_view Cut(std::string_view& text) {
  const std::string_view part = text.substr(0, text.find(':'));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

}  // namespace

std::string FunctionRef::Arn() const {
  std::string arn = fmt::format("arn:aws:lambda:{}:{}:function:{}", region, account, name);
  if (!qualifier.empty()) arn.append(":").append(qualifier);
  return arn;
}

Result<FunctionRef> ParseFunctionRef(std::string_view text, std::optional<std::string_view> qualifier,
                                     const aws::RequestContext& context) {
  const Error wrong = ValidationError(text, "functionName", kPattern);
  if (text.empty() || text.size() > kTextBytesMax) return wrong;
  FunctionRef ref{.account = context.account, .region = context.region, .name = {}, .qualifier = {}};
  std::string_view rest = text;
  if (rest.starts_with("arn:")) {
    Cut(rest);
    if (!Cut(rest).starts_with("aws") || Cut(rest) != "lambda") return wrong;
    ref.region = Cut(rest);
    ref.account = Cut(rest);
    if (!IsAccount(ref.account) || Cut(rest) != "function") return wrong;
  } else {
    if (IsAccount(rest.substr(0, rest.find(':'))) && rest.find(':') != std::string_view::npos) ref.account = Cut(rest);
    if (rest.starts_with("function:")) Cut(rest);
  }
  ref.name = Cut(rest);
  ref.qualifier = rest;
  if (!IsWord(ref.name, kNameBytesMax) ||
      (!ref.qualifier.empty() && ref.qualifier != kLatest && !IsWord(ref.qualifier, 128)))
    return wrong;
  if (qualifier && !qualifier->empty()) {
    if (!ref.qualifier.empty() && ref.qualifier != *qualifier)
      return InvalidArgument("The derived qualifier from the function name does not match the specified qualifier.");
    if (*qualifier != kLatest && !IsWord(*qualifier, 128))
      return ValidationError(*qualifier, "qualifier",
                             R"(Member must satisfy regular expression pattern: (|[a-zA-Z0-9$_-]+))");
    ref.qualifier = *qualifier;
  }
  return ref;
}

const Configuration* VersionOf(const Definition& definition, std::string_view qualifier, double draw) {
  if (const Configuration* version = definition.FindVersion(qualifier)) return version;
  const Alias* alias = definition.FindAlias(qualifier);
  if (alias == nullptr) return nullptr;
  for (const auto& [version, text] : alias->weights) {
    double weight = 0;
    std::from_chars(text.data(), text.data() + text.size(), weight);
    if (draw < weight) return definition.FindVersion(version);
    draw -= weight;
  }
  return definition.FindVersion(alias->version);
}

Result<Found> FindFunction(const Catalogue& catalogue, FunctionRef ref) {
  Found found{std::move(ref), nullptr, nullptr};
  found.definition = catalogue.Find(found.ref.account, found.ref.region, found.ref.name);
  if (found.definition == nullptr) return FunctionNotFound(found.ref.Arn());
  found.version = VersionOf(*found.definition, found.ref.qualifier, 1);
  if (found.version == nullptr) return FunctionNotFound(found.ref.Arn());
  return found;
}

}  // namespace millrace::api::lambda
