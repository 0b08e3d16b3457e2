// What is made from the specification agrees with what is committed: the JSON Schema for editors and the tables of the
// reference page. UPDATE_GOLDEN=1 writes them.
#include "config/schema.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "json/parse.h"

namespace millrace::config {
namespace {

const std::string kReference = MILLRACE_SOURCE_DIR "/docs/reference/";

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// Compares, or writes if asked to.
void ExpectCommitted(const std::string& path, const std::string& text) {
  const char* update = std::getenv("UPDATE_GOLDEN");
  if (update != nullptr && std::string_view(update) == "1") std::ofstream(path, std::ios::binary) << text;
  EXPECT_EQ(ReadFile(path), text) << path << " is not what the specification says; run again with UPDATE_GOLDEN=1";
}

TEST(Schema, TheCommittedJsonSchemaIsTheSpecification) {
  ExpectCommitted(kReference + "millrace.schema.json", JsonSchema());
}

TEST(Schema, EveryTableOfTheReferencePagesIsTheSpecification) {
  std::vector<const Object*> objects = AllObjects();
  for (const char* name : {"configuration.md", "targets.md", "kafka.md", "cloudformation.md"}) {
    const std::string path = kReference + name;
    std::string page = ReadFile(path);
    std::erase_if(objects, [&](const Object* object) {
      const std::string begin = fmt::format("<!-- keys of {}: made from the specification -->\n", object->name);
      const std::size_t at = page.find(begin);
      if (at == std::string::npos) return object->fields.empty();
      const std::size_t from = at + begin.size();
      const std::size_t to = page.find("<!-- end -->", from);
      EXPECT_NE(to, std::string::npos) << object->name;
      if (to != std::string::npos) page.replace(from, to - from, MarkdownTable(*object));
      return true;
    });
    ExpectCommitted(path, page);
  }
  for (const Object* object : objects) ADD_FAILURE() << "no page has a place for the keys of " << object->name;
}

TEST(Schema, NamesEverySupportedKeyAndNoOther) {
  json::Document document;
  ASSERT_TRUE(document.Parse(JsonSchema()).ok());
  const std::function<void(const Object&, const json::Value&)> compare = [&](const Object& object,
                                                                             const json::Value& schema) {
    const json::Value* properties = schema.Find("properties");
    ASSERT_NE(properties, nullptr) << object.name;
    ASSERT_FALSE(schema.Find("additionalProperties")->boolean()) << object.name;
    std::set<std::string_view> in_schema, in_code;
    for (const json::Member& member : properties->object()) in_schema.insert(member.name);
    for (const Field& field : object.fields) {
      if (field.kind == FieldKind::kUnsupported) continue;
      in_code.insert(field.name);
      const json::Value* value = properties->Find(field.name);
      ASSERT_NE(value, nullptr) << field.name;
      if (field.kind == FieldKind::kObject) compare(*field.object, *value);
      if (field.kind == FieldKind::kObjects) compare(*field.object, *value->Find("items"));
      if (field.kind == FieldKind::kNamed) compare(*field.object, value->Find("patternProperties")->object()[1].value);
    }
    EXPECT_EQ(in_schema, in_code) << object.name;
  };
  compare(Specification(), document.root());
}

TEST(Schema, EverySpecifiedKeyIsExplained) {
  for (const Object* object : AllObjects()) {
    for (const Field& field : object->fields) {
      if (field.kind == FieldKind::kUnsupported) continue;
      EXPECT_FALSE(field.summary.empty()) << object->name << " " << field.name;
      EXPECT_TRUE(field.required || !field.otherwise.empty() || field.kind == FieldKind::kObject ||
                  field.kind == FieldKind::kNamed || object->exactly_one)
          << object->name << " " << field.name << " has no default in words";
      if (field.kind == FieldKind::kText) {
        EXPECT_NE(field.accepts, nullptr) << field.name;
        EXPECT_FALSE(field.pattern.empty() || field.wants.empty()) << field.name;
      }
    }
  }
}

}  // namespace
}  // namespace millrace::config
