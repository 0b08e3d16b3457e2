#include "jsonschema/keywords.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/nearest.h"

namespace millrace::jsonschema {
namespace {

using enum KeywordKind;

constexpr auto kKeywords = std::to_array<Keyword>({
    {"$schema", kAnnotation},
    {"$id", kAnnotation},
    {"$comment", kAnnotation},
    {"title", kAnnotation},
    {"description", kAnnotation},
    {"default", kAnnotation},
    {"examples", kAnnotation},
    {"deprecated", kAnnotation},
    {"readOnly", kAnnotation},
    {"writeOnly", kAnnotation},
    {"format", kAnnotation},
    {"contentEncoding", kAnnotation},
    {"contentMediaType", kAnnotation},
    {"definitions", kNamedSchemas},
    {"$defs", kNamedSchemas},
    {"$ref", kReference, true},
    {"type", kTypes},
    {"const", kRule},
    {"enum", kRule},
    {"minimum", kRule},
    {"maximum", kRule},
    {"exclusiveMinimum", kRule},
    {"exclusiveMaximum", kRule},
    {"multipleOf", kRule},
    {"pattern", kRule},
    {"uniqueItems", kRule},
    {"minLength", kCount},
    {"maxLength", kCount},
    {"minItems", kCount},
    {"maxItems", kCount},
    {"minProperties", kCount},
    {"maxProperties", kCount},
    {"required", kNames},
    {"properties", kNamedSchemas},
    {"additionalProperties", kSchema},
    {"propertyNames", kSchema},
    {"items", kItems},
    {"prefixItems", kSchemas},
    {"additionalItems", kSchema},
    {"contains", kSchema},
    {"dependencies", kDependencies, true},
    {"dependentRequired", kDependentNames},
    {"dependentSchemas", kNamedSchemas, true},
    {"allOf", kSchemas, true},
    {"anyOf", kSchemas, true},
    {"oneOf", kSchemas, true},
    {"not", kSchema, true},
    {"if", kSchema, true},
    {"then", kSchema, true},
    {"else", kSchema, true},
});

constexpr auto kTypeNames =
    std::to_array<std::string_view>({"null", "boolean", "integer", "number", "string", "array", "object"});

}  // namespace

const Keyword* FindKeyword(std::string_view name) {
  const auto* const found = std::ranges::find(kKeywords, name, &Keyword::name);
  return found == kKeywords.end() ? nullptr : found;
}

std::string HintFor(std::string_view unknown) {
  if (unknown == "patternProperties") return "say with propertyNames which names are allowed, or list properties";
  if (unknown == "id") return "write $id";
  if (unknown.starts_with("unevaluated")) return "use additionalProperties or additionalItems";
  std::vector<std::string_view> names;
  for (const Keyword& keyword : kKeywords) names.push_back(keyword.name);
  const std::string_view nearest = Nearest(unknown, names);
  return nearest.empty() ? "remove it; names that begin with x- are left alone"
                         : fmt::format("did you mean '{}'?", nearest);
}

bool IsTypeName(std::string_view name) {
  return std::ranges::find(kTypeNames, name) != kTypeNames.end();
}

}  // namespace millrace::jsonschema
