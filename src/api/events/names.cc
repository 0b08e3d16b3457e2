#include "api/events/names.h"

#include "aws/arn.h"

namespace millrace::api::events {

std::string ArnOf(const aws::Home& home, std::string_view resource) {
  return fmt::format("arn:{}:events:{}:{}:{}", aws::PartitionOf(home.region), home.region, home.account, resource);
}
std::string BusArn(const aws::Home& home, std::string_view bus) {
  return ArnOf(home, fmt::format("event-bus/{}", bus));
}
std::string RuleArn(const aws::Home& home, std::string_view bus, std::string_view rule) {
  return ArnOf(home, bus == kDefaultBus ? fmt::format("rule/{}", rule) : fmt::format("rule/{}/{}", bus, rule));
}

std::optional<std::string> NameOfArn(std::string_view text, std::string_view kind) {
  const auto arn = aws::ParseArn(text);
  if (!arn.ok() || arn->service != "events" || arn->ResourcePart(0) != kind || arn->ResourcePart(1).empty())
    return std::nullopt;
  return std::string(arn->ResourcePart(1));
}

Result<std::string> BusNameOf(std::optional<std::string_view> name_or_arn) {
  if (!name_or_arn) return std::string(kDefaultBus);
  if (!name_or_arn->starts_with("arn:")) return std::string(*name_or_arn);
  if (auto name = NameOfArn(*name_or_arn, "event-bus")) return *std::move(name);
  return InvalidArgument("Parameter {} is not valid. Reason: Provided Arn is not in correct format.", *name_or_arn);
}

std::optional<RuleName> RuleNameOf(std::string_view text) {
  const auto arn = aws::ParseArn(text);
  if (!arn.ok() || arn->service != "events" || arn->ResourcePart(0) != "rule" || arn->ResourcePart(1).empty())
    return std::nullopt;
  const std::string first(arn->ResourcePart(1)), second(arn->ResourcePart(2));
  return second.empty() ? RuleName{std::string(kDefaultBus), first} : RuleName{first, second};
}

void CheckName(aws::Constraints& constraints, std::optional<std::string_view> name, std::string_view member,
               std::size_t characters_max) {
  constraints.NotNull(name.has_value(), member);
  constraints.Length(name, member, 1, characters_max);
  constraints.Characters(name, member, ".-_", R"([\.\-_A-Za-z0-9]+)");
}

void CheckBusName(aws::Constraints& constraints, std::optional<std::string_view> name, std::string_view member) {
  constraints.Length(name, member, 1, 1600);
  constraints.Characters(
      name, member, "/.-_:", R"((arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[/\.\-_A-Za-z0-9]+)");
}

}  // namespace millrace::api::events
