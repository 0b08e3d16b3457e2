// Schema accepts and rejects what JSON Schema says, keyword by keyword, with exact numbers; refuses schemas that it
// would only half understand; and comes to an end whatever it is given.
#include "jsonschema/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "json/parse.h"

namespace millrace::jsonschema {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const Schema> Compiled(std::string_view text) {
  return MUST(Schema::Compile(text));
}

struct Case {
  std::string_view schema;
  std::vector<std::string_view> valid;
  std::vector<std::string_view> invalid;
};

class Keywords : public ::testing::TestWithParam<Case> {};

TEST_P(Keywords, AcceptsAndRejects) {
  const auto schema = Compiled(GetParam().schema);
  for (const std::string_view text : GetParam().valid)
    EXPECT_EQ(schema->ValidateText(text), std::nullopt) << GetParam().schema << "\n" << text;
  for (const std::string_view text : GetParam().invalid)
    EXPECT_NE(schema->ValidateText(text), std::nullopt) << GetParam().schema << "\n" << text;
}

INSTANTIATE_TEST_SUITE_P(
    Schema, Keywords,
    ::testing::Values(
        Case{"true", {"1", "{}"}, {"{", "NaN"}}, Case{"false", {}, {"1", "null"}}, Case{"{}", {"1", "[]"}, {}},
        Case{R"({"type":"number"})",
             {"1", "1.5", "-0", "1e400", "12345678901234567890123456789012345678901"},
             {"true", "\"1\"", "null", "[]"}},
        Case{R"({"type":"integer"})",
             {"1", "1.0", "1e3", "-7", "12345678901234567890123456789012345678901", "10.50e1"},
             {"1.5", "1e-1", "false", "\"1\""}},
        Case{R"({"type":["object","null"]})", {"null", "{}", "{\"a\":1}"}, {"[]", "0", "false", "\"\""}},
        Case{R"({"type":"boolean"})", {"true", "false"}, {"0", "\"true\"", "null"}},
        Case{R"({"type":"string"})", {"\"\"", "\"x\""}, {"1", "{}", "[]", "null"}},
        Case{R"({"type":"array"})", {"[]", "[1]"}, {"{}", "\"\""}},
        Case{R"({"const":{"a":[1.0,{"b":2}]}})", {R"({"a":[1,{"b":2e0}]})"}, {R"({"a":[1,{"b":3}]})", "1"}},
        Case{R"({"const":false})", {"false"}, {"0", "null", "\"false\""}},
        Case{R"({"enum":["a",1,null,[2]]})", {"\"a\"", "1.00", "null", "[2]"}, {"\"1\"", "true", "[3]", "2"}},
        Case{R"({"minimum":0.1})", {"0.1", "0.10", "1", "\"x\""}, {"0.09999999999999999999999999", "-1", "0"}},
        Case{R"({"maximum":100000000000000000000})",
             {"1e20", "99999999999999999999.9"},
             {"100000000000000000001", "1e21"}},
        Case{R"({"exclusiveMinimum":-1,"exclusiveMaximum":1e0})", {"0", "-0.5", "0.999"}, {"-1", "1", "-1.0"}},
        Case{R"({"multipleOf":0.01})", {"0.07", "19.99", "4.35", "1e300", "0"}, {"0.075", "1e-300", "1.005"}},
        Case{R"({"multipleOf":3})",
             {"9", "-12", "3e50", "111111111111111111111111111111111111111"},
             {"10", "1.5", "1e50"}},
        Case{R"({"minLength":2,"maxLength":3})", {"\"ab\"", "\"äöü\"", "\"😀😀\"", "7"}, {"\"a\"", "\"😀\"", "\"abcd\""}},
        Case{
            R"({"pattern":"^EVENT_[A-Z]+$"})", {"\"EVENT_A\"", "5"}, {"\"EVENT_a\"", "\"xEVENT_A\"", "\"EVENT_A\\n\""}},
        Case{R"({"pattern":"b"})", {"\"abc\""}, {"\"ac\""}},
        Case{R"({"items":{"type":"string"}})", {"[]", "[\"a\"]", "{}"}, {"[1]", "[\"a\",null]"}},
        Case{R"({"items":false})", {"[]"}, {"[1]"}},
        Case{R"({"items":[{"type":"string"},{"type":"number"}],"additionalItems":false})",
             {"[]", "[\"a\"]", "[\"a\",1]"},
             {"[1]", "[\"a\",1,2]"}},
        Case{R"({"prefixItems":[{"type":"string"}],"items":{"type":"number"}})",
             {"[\"a\",1,2]", "[]"},
             {"[1]", "[\"a\",\"b\"]"}},
        Case{R"({"minItems":1,"maxItems":2})", {"[1]", "[1,2]", "{}"}, {"[]", "[1,2,3]"}},
        Case{R"({"uniqueItems":true})",
             {"[]", "[1,2]", "[1,true,\"1\"]", "[{\"a\":1},{\"a\":2}]"},
             {"[1,1.0]", R"([{"a":1,"b":2},{"b":2,"a":1}])"}},
        Case{R"({"contains":{"type":"number"}})", {"[\"a\",1]", "{}"}, {"[]", "[\"a\"]"}},
        Case{R"({"required":["a","b"]})", {R"({"a":1,"b":null})", "[]"}, {R"({"a":1})", "{}"}},
        Case{R"({"properties":{"a":{"type":"number"},"b":false}})",
             {R"({"a":1})", R"({"c":"x"})", "1"},
             {R"({"a":"1"})", R"({"b":1})"}},
        Case{R"({"properties":{"a":true},"additionalProperties":false})",
             {R"({"a":1})", "{}"},
             {R"({"b":1})", R"({"a":1,"b":1})"}},
        Case{R"({"properties":{"a":true},"additionalProperties":{"type":"string"}})",
             {R"({"a":1,"b":"x"})"},
             {R"({"b":1})"}},
        Case{R"({"propertyNames":{"pattern":"^[a-z]+$","maxLength":3}})",
             {R"({"abc":1})", "{}", "3"},
             {R"({"A":1})", R"({"abcd":1})"}},
        Case{R"({"propertyNames":{"enum":["a","b"]}})", {R"({"a":1})"}, {R"({"c":1})"}},
        Case{R"({"minProperties":1,"maxProperties":2})", {R"({"a":1})", "[]"}, {"{}", R"({"a":1,"b":1,"c":1})"}},
        Case{R"({"dependencies":{"a":["b"],"c":{"required":["d"]}}})",
             {"{}", R"({"a":1,"b":1})", R"({"c":1,"d":1})"},
             {R"({"a":1})", R"({"c":1})"}},
        Case{R"({"dependentRequired":{"a":["b"]}})", {R"({"b":1})"}, {R"({"a":1})"}},
        Case{R"({"dependentSchemas":{"a":{"minProperties":2}}})", {R"({"a":1,"b":1})"}, {R"({"a":1})"}},
        Case{R"({"allOf":[{"minimum":1},{"maximum":2}]})", {"1", "2"}, {"0", "3"}},
        Case{R"({"anyOf":[{"type":"string"},{"minimum":10}]})", {"\"a\"", "10"}, {"9"}},
        Case{R"({"oneOf":[{"multipleOf":2},{"multipleOf":3}]})", {"2", "3"}, {"6", "5"}},
        Case{R"({"not":{"type":"string"}})", {"1"}, {"\"a\""}},
        Case{R"({"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}})",
             {R"({"a":1,"b":1})", R"({"c":1})"},
             {R"({"a":1})", "{}"}},
        Case{
            R"({"definitions":{"id":{"type":"string"}},"properties":{"a":{"$ref":"#/definitions/id"},"b":{"$ref":"#/definitions/id"}}})",
            {R"({"a":"x","b":"y"})"},
            {R"({"a":1})", R"({"b":1})"}},
        Case{R"({"$defs":{"a/b~c d":{"type":"string"}},"items":{"$ref":"#/$defs/a~1b~0c%20d"}})", {"[\"x\"]"}, {"[1]"}},
        Case{R"({"properties":{"value":{"type":"number"},"next":{"$ref":"#"}},"additionalProperties":false})",
             {R"({"value":1,"next":{"value":2,"next":{}}})"},
             {R"({"next":{"next":{"value":"x"}}})", R"({"next":{"x":1}})"}},
        // A property whose name looks like a place of another one.
        Case{
            R"({"properties":{"a/not":{"type":"string"},"a":{"not":{"type":"number"}},"c":{"$ref":"#/properties/a/not"}}})",
            {R"({"a/not":"x","a":"y","c":1})"},
            {R"({"a/not":1})", R"({"a":1})", R"({"c":"x"})"}},
        // Words of other drafts, and names of properties, that mean something else here.
        Case{
            R"({"properties":{"id":{"type":"string"},"$ref":{"type":"number"},"required":true,"x-y":{"type":"null"}}})",
            {R"({"id":"a","$ref":1,"x-y":null})"},
            {R"({"id":1})", R"({"$ref":"#"})", R"({"x-y":1})"}},
        Case{
            R"({"x-vendor":{"any":"thing"},"format":"date-time","title":"t","default":1})", {"\"no date\"", "1"}, {}}));

TEST(Schema, SaysWhereAndWhy) {
  const auto schema = Compiled(
      R"({"type":"object","required":["ID"],"properties":{"ID":{"type":"string"},"Data":{"type":"object","properties":{"list":{"items":{"minimum":3}},"odd name.":{"type":"null"}}}}})");
  EXPECT_THAT(schema->ValidateText(R"({"ID":true})").value(), HasSubstr("at $.ID, which is true: "));
  EXPECT_THAT(schema->ValidateText(R"({})").value(),
              HasSubstr("at $, which is an object: Missing required property 'ID'"));
  EXPECT_THAT(schema->ValidateText(R"({"ID":"a","Data":{"list":[3,4,2]}})").value(),
              HasSubstr("at $.Data.list[2], which is 2: it is less than 'minimum' allows"));
  EXPECT_THAT(schema->ValidateText(R"({"ID":"a","Data":{"odd name.":1}})").value(),
              HasSubstr(R"(at $.Data["odd name."], which is 1)"));
  EXPECT_THAT(schema->ValidateText("{\"ID\":}").value(), HasSubstr("it is not JSON"));
  EXPECT_THAT(schema->ValidateText(R"({"ID":"a","ID":"b"})").value(), HasSubstr("it is not JSON"));
  EXPECT_THAT(Compiled("false")->ValidateText("1").value(), HasSubstr("at $, which is 1"));
  // A long value is cut, and never inside a character.
  const auto number = Compiled(R"({"type":"number"})");
  EXPECT_LT(number->ValidateText("\"" + std::string(100'000, 'x') + "\"")->size(), 200u);
  std::string wide;
  for (int i = 0; i < 1000; ++i) wide += "😀";
  EXPECT_THAT(number->ValidateText("\"x" + wide + "\"").value(), HasSubstr("😀…"));
}

TEST(Schema, RefusesWhatItWouldOnlyHalfUnderstand) {
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"", "not JSON"},
           {"[]", "at #: a schema is an object, true or false, not an array"},
           {R"({"type":"strin"})", "at #: there is no type 'strin'"},
           {R"({"type":[]})", "type takes"},
           {R"({"properties":{"a":{"requird":[]}}})",
            "at #/properties/a: 'requird' is no keyword that is understood; did you mean 'required'?"},
           {R"({"patternProperties":{}})", "propertyNames"},
           {R"({"id":"x"})", "write $id"},
           {R"({"unevaluatedProperties":false})", "additionalProperties"},
           {R"({"required":"a"})", "required takes a list of different names, not \"a\""},
           {R"({"required":["a","a"]})", "different names"},
           {R"({"minLength":-1})", "whole number"},
           {R"({"minLength":1e99})", "whole number"},
           {R"({"minimum":"1"})", "minimum takes a number"},
           {R"({"multipleOf":0})", "greater than zero"},
           {R"({"enum":[]})", "at least one value"},
           {R"x({"pattern":"(?=a)"})x", "not a regular expression of RE2"},
           {R"x({"pattern":"("})x", "not a regular expression"},
           {R"({"allOf":[]})", "at least one schema"},
           {R"({"items":5})", "at #/items: a schema is"},
           {R"({"then":true})", "then without if"},
           {R"({"$schema":"http://json-schema.org/draft-04/schema#"})", "draft-07"},
           {R"({"$schema":"https://json-schema.org/draft/2020-12/schema","items":[true]})", "prefixItems"},
           {R"({"$ref":"other.json"})", "leads out of the document"},
           {R"({"$ref":"#/definitions/x"})", "leads to no subschema"},
           {R"({"$ref":"#/title","title":"x"})", "leads to no subschema"},
           {R"({"definitions":{"a":{}},"properties":{"x":{"$ref":"#/definitions/a","type":"string"}}})", "beside $ref"},
           {R"({"$ref":"#"})", "without end"},
           {R"({"allOf":[{"$ref":"#"}]})", "without end"},
           {R"({"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"not":{"$ref":"#/definitions/a"}}}})",
            "without end"},
           {R"({"properties":{"a":{"$id":"x"}}})", "$id"},
           {R"({"dependencies":{},"dependentRequired":{}})", "under one keyword"},
           {R"({"properties":{"a\u0000b":true}})", "U+0000"},
           {std::string(limits::kSchemaBytesMax + 1, ' '), "at most"}}) {
    const auto schema = Schema::Compile(text);
    ASSERT_FALSE(schema.ok()) << text;
    EXPECT_THAT(schema.error().message(), HasSubstr(why)) << text;
  }
}

TEST(Schema, HasLimits) {
  std::string deep = "true";
  for (int i = 0; i < 40; ++i) deep = R"({"not":)" + deep + "}";
  EXPECT_THAT(Schema::Compile(deep).error().message(), HasSubstr("stand in each other"));
  std::string doubling = R"({"definitions":{"d0":true)";
  for (int i = 1; i <= 14; ++i)
    doubling += fmt::format(R"(,"d{0}":{{"anyOf":[{{"$ref":"#/definitions/d{1}"}},{{"$ref":"#/definitions/d{1}"}}]}})",
                            i, i - 1);
  EXPECT_FALSE(Schema::Compile(doubling + "}}").ok());
  std::string many = R"({"properties":{)";
  for (std::size_t i = 0; i <= limits::kSubschemasMax; ++i) many += fmt::format(R"({}"{}":true)", i == 0 ? "" : ",", i);
  EXPECT_THAT(Schema::Compile(many + "}}").error().message(), HasSubstr("subschemas"));
  // A document may nest so deep and no deeper, however recursive the schema.
  const auto tree = Compiled(R"({"type":"array","items":{"$ref":"#"}})");
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_EQ(tree->ValidateText(nested(limits::kDocumentNestingMax)), std::nullopt);
  EXPECT_THAT(tree->ValidateText(nested(limits::kDocumentNestingMax + 1)).value(), HasSubstr("more than 64 levels"));
  EXPECT_THAT(tree->ValidateText(nested(json::kDepthMax + 1)).value(), HasSubstr("not JSON"));
}

TEST(Schema, ComesToAnEnd) {
  // Without a bound each level would be looked at twice as often as the one above.
  const auto schema = Compiled(
      R"({"anyOf":[{"properties":{"a":{"$ref":"#"}},"required":["b"]},{"properties":{"a":{"$ref":"#"}},"required":["c"]}]})");
  std::string nested = "{}";
  for (int i = 0; i < 50; ++i) nested = R"({"a":)" + nested + "}";
  EXPECT_NE(schema->ValidateText(nested), std::nullopt);
  // The library's own regular expressions would need a stack frame per character here, or centuries.
  const auto pattern = Compiled(R"({"pattern":"^(a+)+$","propertyNames":{"pattern":"^(x*)*y$"}})");
  EXPECT_NE(pattern->ValidateText("\"" + std::string(1'000'000, 'a') + "b\""), std::nullopt);
  EXPECT_NE(pattern->ValidateText("{\"" + std::string(1'000'000, 'x') + "\":1}"), std::nullopt);
  // The first of very many errors is enough.
  std::string numbers = "[";
  for (int i = 0; i < 200'000; ++i) numbers += "1,";
  EXPECT_THAT(Compiled(R"({"items":{"type":"string"}})")->ValidateText(numbers + "1]").value(),
              HasSubstr("at $[0], which is 1"));
  EXPECT_EQ(Compiled(R"({"items":{"type":"number","minimum":1}})")->ValidateText(numbers + "1]"), std::nullopt);
}

TEST(Schema, NumbersOfAnyLengthAreExact) {
  const auto schema = Compiled(R"({"minimum":9007199254740993,"maximum":9007199254740993})");
  EXPECT_EQ(schema->ValidateText("9007199254740993.000"), std::nullopt);
  EXPECT_NE(schema->ValidateText("9007199254740992"), std::nullopt);  // the same double
  EXPECT_NE(schema->ValidateText("9007199254740994"), std::nullopt);
  EXPECT_EQ(Compiled(R"({"minimum":0})")->ValidateText("1e-999999999999999999999999"), std::nullopt);
  EXPECT_NE(Compiled(R"({"maximum":1e308})")->ValidateText("1e309"), std::nullopt);
}

}  // namespace
}  // namespace millrace::jsonschema
