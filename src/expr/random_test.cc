// Proves with random inputs that no text crashes a parser, that a compiled condition agrees with a naive evaluation of
// the tree it was written from, and that updates of lists agree with a model that does one thing after the other.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "expr/condition.h"
#include "expr/key_condition.h"
#include "expr/placeholders.h"
#include "expr/projection.h"
#include "expr/testing/notation.h"
#include "expr/update.h"

namespace millrace::expr {
namespace {

using model::AttributeValue;
using model::Item;
using testing::Notation;
using testing::ReadValue;

constexpr std::array<std::string_view, 5> kNames = {"a", "b", "c", "d", "e"};
constexpr std::array<std::string_view, 16> kValues = {
    "1",    "2",   "-0.5",   "\"x\"",      "\"xy\"",  "\"\"",      "b\"x\"",    "true",
    "null", "[1]", "[1, 2]", "{\"x\": 1}", "ns<1,2>", "ss<\"x\">", "bs<\"x\">", "[\"x\", [1]]"};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::size_t Below(std::size_t bound) { return static_cast<std::size_t>(random_.Below(bound)); }
  template <class Array>
  std::string Pick(const Array& array) {
    return std::string(array[Below(array.size())]);
  }
  AttributeValue Value() { return ReadValue(Pick(kValues)); }
  Item RandomItem() {
    Item item;
    for (const std::string_view name : kNames) {
      if (Below(3) != 0) item.Set(std::string(name), Value());
    }
    return item;
  }

 private:
  SeededRandom random_;
};

// A condition as a tree, with its text and the obvious way to evaluate it.
struct Node {
  std::string op;  // AND OR NOT = <> < <= > >= BETWEEN IN attribute_exists begins_with contains …
  std::vector<std::unique_ptr<Node>> children;
  std::vector<std::string> operands;  // "a", ":v3", "size(b)"
};

class Trees {
 public:
  explicit Trees(Generator& generator) : generator_(generator) {}

  std::unique_ptr<Node> Make(int depth) {
    auto node = std::make_unique<Node>();
    const std::size_t kind = depth == 0 ? 3 + generator_.Below(6) : generator_.Below(6);
    if (kind < 2) {
      node->op = kind == 0 ? "AND" : "OR";
      node->children.push_back(Make(depth - 1));
      node->children.push_back(Make(depth - 1));
      return node;
    }
    if (kind == 2) {
      node->op = "NOT";
      node->children.push_back(Make(depth - 1));
      return node;
    }
    static constexpr std::array<std::string_view, 12> kTests = {
        "=",           "<>",      "<", "<=", ">", ">=", "BETWEEN", "IN", "attribute_exists", "attribute_not_exists",
        "begins_with", "contains"};
    node->op = generator_.Pick(kTests);
    // The first operand is always the path a, the others never: the same path on both sides is refused.
    node->operands.push_back("a");
    std::size_t others = node->op.starts_with("attribute") ? 0 : node->op == "BETWEEN" ? 2 : 1;
    if (node->op == "IN") others = 1 + generator_.Below(3);
    for (std::size_t i = 0; i < others; ++i) node->operands.push_back(Operand(node->op));
    if (node->op == "<" && generator_.Below(2) == 0) node->operands[0] = "size(e)";
    return node;
  }

  // With no more parentheses than are needed, or some that are not, but never two pairs for one.
  std::string Text(const Node& node, int outer) {
    int precedence = 3;
    std::string text;
    if (node.op == "AND" || node.op == "OR") {
      precedence = node.op == "AND" ? 1 : 0;
      // The right side of a chain binds to the left, so an equal on the right needs its own.
      text = Text(*node.children[0], precedence) + " " + node.op + " " + Text(*node.children[1], precedence + 1);
    } else if (node.op == "NOT") {
      precedence = 2;
      text = "NOT " + Text(*node.children[0], precedence);
    } else {
      text = TestText(node);
    }
    return precedence < outer || generator_.Below(4) == 0 ? "(" + text + ")" : text;
  }

  bool Evaluate(const Node& node, const Item& item) const {
    if (node.op == "AND") return Evaluate(*node.children[0], item) && Evaluate(*node.children[1], item);
    if (node.op == "OR") return Evaluate(*node.children[0], item) || Evaluate(*node.children[1], item);
    if (node.op == "NOT") return !Evaluate(*node.children[0], item);
    std::vector<std::optional<AttributeValue>> values;
    for (const std::string& operand : node.operands) values.push_back(ValueOf(operand, item));
    const auto& a = values[0];
    if (node.op == "attribute_exists") return a.has_value();
    if (node.op == "attribute_not_exists") return !a;
    const auto same = [](const auto& x, const auto& y) { return x && y && Notation(*x) == Notation(*y); };
    if (node.op == "=") return same(a, values[1]);
    if (node.op == "<>") return !same(a, values[1]);
    if (node.op == "IN") {
      return std::any_of(values.begin() + 1, values.end(), [&](const auto& value) { return same(a, value); });
    }
    if (node.op == "BETWEEN") return Ordered(values[1], "<=", a) && Ordered(a, "<=", values[2]);
    if (node.op == "begins_with") {
      const auto x = Bytes(a);
      const auto y = Bytes(values[1]);
      return x && y && a->type() == values[1]->type() && x->substr(0, y->size()) == *y;
    }
    if (node.op == "contains") return Contains(a, values[1]);
    return Ordered(a, node.op, values[1]);
  }

  Placeholders::Values values() const { return values_; }

 private:
  std::string Operand(const std::string& op) {
    const std::size_t kind = generator_.Below(4);
    if (kind == 0) return std::string(kNames[1 + generator_.Below(3)]);
    if (kind == 1 && op != "begins_with") return "size(" + std::string(kNames[1 + generator_.Below(3)]) + ")";
    // What the parser refuses by type, and bounds in the wrong order, are other tests' matter.
    AttributeValue value = generator_.Value();
    if (op == "begins_with") value = ReadValue(generator_.Below(2) == 0 ? "\"x\"" : "b\"x\"");
    if (op == "BETWEEN") value = ReadValue("1");
    if (op.front() == '<' || op.front() == '>')
      value = ReadValue(generator_.Pick(std::array{"1", "2", "\"x\"", "b\"x\""}));
    std::string name = ":v" + std::to_string(values_.size());
    values_.Set(name, std::move(value));
    return name;
  }

  static std::string TestText(const Node& node) {
    const auto& o = node.operands;
    if (node.op == "BETWEEN") return o[0] + " BETWEEN " + o[1] + " AND " + o[2];
    const bool is_function = node.op.front() >= 'a';
    if (!is_function && node.op != "IN") return o[0] + " " + node.op + " " + o[1];
    std::string list;
    for (std::size_t i = is_function ? 0 : 1; i < o.size(); ++i) list += (list.empty() ? "" : ", ") + o[i];
    return is_function ? node.op + "(" + list + ")" : o[0] + " IN (" + list + ")";
  }

  std::optional<AttributeValue> ValueOf(const std::string& operand, const Item& item) const {
    if (operand.starts_with("size(")) {
      const auto value = ValueOf(operand.substr(5, 1), item);
      if (!value) return std::nullopt;
      std::size_t size = 0;
      if (const auto bytes = Bytes(value)) {
        size = bytes->size();
      } else if (value->m() != nullptr) {
        size = value->m()->size();
      } else if (value->l() != nullptr) {
        size = value->l()->size();
      } else if (const auto elements = Elements(*value); !elements.empty()) {
        size = elements.size();
      } else {
        return std::nullopt;
      }
      return ReadValue(std::to_string(size));
    }
    const AttributeValue* value = operand.starts_with(':') ? values_.Find(operand) : item.Find(operand);
    return value == nullptr ? std::nullopt : std::optional(*value);
  }

  static std::optional<std::string> Bytes(const std::optional<AttributeValue>& value) {
    if (value && value->s() != nullptr) return *value->s();
    if (value && value->b() != nullptr) return value->b()->bytes;
    return std::nullopt;
  }

  // Of a set or list.
  static std::vector<AttributeValue> Elements(const AttributeValue& value) {
    std::vector<AttributeValue> out;
    if (value.l() != nullptr) out = *value.l();
    if (const auto* set = value.As<model::StringSet>()) {
      for (const auto& element : set->values) out.emplace_back(element);
    }
    if (const auto* set = value.As<model::NumberSet>()) {
      for (const auto& element : set->values) out.emplace_back(element);
    }
    if (const auto* set = value.As<model::BinarySet>()) {
      for (const auto& element : set->values) out.emplace_back(model::Binary{element});
    }
    return out;
  }

  static bool Contains(const std::optional<AttributeValue>& value, const std::optional<AttributeValue>& part) {
    if (!value || !part) return false;
    if (const auto text = Bytes(value)) {
      const auto inner = Bytes(part);
      return inner && value->type() == part->type() && text->find(*inner) != std::string::npos;
    }
    const auto elements = Elements(*value);
    return std::any_of(elements.begin(), elements.end(),
                       [&](const AttributeValue& element) { return Notation(element) == Notation(*part); });
  }

  static bool Ordered(const std::optional<AttributeValue>& a, std::string_view op,
                      const std::optional<AttributeValue>& b) {
    if (!a || !b || a->type() != b->type()) return false;
    int order = 0;
    if (const auto x = Bytes(a)) {
      order = x->compare(*Bytes(b));
    } else if (a->n() != nullptr) {
      order = *a->n() < *b->n() ? -1 : *b->n() < *a->n() ? 1 : 0;
    } else {
      return false;
    }
    return op == "<" ? order < 0 : op == "<=" ? order <= 0 : op == ">" ? order > 0 : order >= 0;
  }

  Generator& generator_;
  Placeholders::Values values_;
};

class Seeded : public ::testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, Seeded, ::testing::Range<std::uint64_t>(1, 9));

TEST_P(Seeded, ConditionAgreesWithItsTree) {
  Generator generator(GetParam());
  std::size_t outcomes[2] = {0, 0};
  for (int round = 0; round < 400; ++round) {
    Trees trees(generator);
    const auto tree = trees.Make(static_cast<int>(generator.Below(6)));
    const std::string text = trees.Text(*tree, 0);
    if (text.size() > 4000) continue;
    Placeholders placeholders = MUST(Placeholders::Create({}, trees.values()));  // well formed
    const auto condition = Condition::Parse(text, placeholders);
    ASSERT_TRUE(condition.ok()) << condition.error().message() << "\n" << text;
    EXPECT_TRUE(placeholders.CheckAllUsed().ok());
    for (int i = 0; i < 8; ++i) {
      const Item item = generator.RandomItem();
      const bool expected = trees.Evaluate(*tree, item);
      ++outcomes[expected ? 1 : 0];
      ASSERT_EQ(condition->Evaluate(item), expected) << text << "\n" << Notation(item);
    }
  }
  // A generator that makes only one kind of outcome tests nothing.
  EXPECT_GT(outcomes[0], 500U);
  EXPECT_GT(outcomes[1], 500U);
}

TEST_P(Seeded, NoTextCrashesAParser) {
  static constexpr std::array<std::string_view, 56> kWords = {"a",
                                                              "b",
                                                              "c.d",
                                                              "e[0]",
                                                              "#n",
                                                              "#x",
                                                              ":v",
                                                              ":l",
                                                              ":s",
                                                              ":q",
                                                              "=",
                                                              "<>",
                                                              "<",
                                                              "<=",
                                                              ">",
                                                              ">=",
                                                              "+",
                                                              "-",
                                                              "(",
                                                              ")",
                                                              "((",
                                                              "))",
                                                              ",",
                                                              ".",
                                                              "[",
                                                              "]",
                                                              "[1]",
                                                              "AND",
                                                              "OR",
                                                              "NOT",
                                                              "IN",
                                                              "IN (",
                                                              "BETWEEN",
                                                              "SET",
                                                              "REMOVE",
                                                              "ADD",
                                                              "DELETE",
                                                              "size(",
                                                              "contains(",
                                                              "begins_with(",
                                                              "attribute_exists(",
                                                              "attribute_type(",
                                                              "if_not_exists(",
                                                              "list_append(",
                                                              "nothing(",
                                                              "name",
                                                              "7",
                                                              "99999999999",
                                                              "_",
                                                              "ü",
                                                              "\"",
                                                              "!",
                                                              "a = :v",
                                                              "a = b AND",
                                                              "SET a = :v,",
                                                              "x"};
  Generator generator(GetParam());
  Placeholders::Values values;
  values.Set(":v", ReadValue("1"));
  values.Set(":l", ReadValue("[1]"));
  values.Set(":s", ReadValue("ss<\"x\">"));
  const model::KeySchema schema{{"a", model::AttributeType::kN}, model::KeyAttribute{"b", model::AttributeType::kS}};
  std::size_t parsed = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    const std::size_t words = 1 + generator.Below(generator.Below(8) == 0 ? 200 : 12);
    for (std::size_t i = 0; i < words; ++i) {
      text += generator.Pick(kWords);
      if (generator.Below(3) != 0) text += " ";
    }
    if (generator.Below(4) == 0) {
      text.insert(generator.Below(text.size() + 1), 1, static_cast<char>(generator.Below(256)));
    }
    Placeholders placeholders = MUST(Placeholders::Create({{"#n", "name"}}, values));  // well formed
    const Item item = generator.RandomItem();
    for (const ExpressionKind kind : {ExpressionKind::kCondition, ExpressionKind::kFilter}) {
      if (const auto condition = Condition::Parse(text, placeholders, kind); condition.ok()) {
        (void)condition->Evaluate(item);
        ++parsed;
      }
    }
    if (const auto key = KeyCondition::Parse(text, placeholders, schema); key.ok()) ++parsed;
    if (const auto projection = Projection::Parse(text, placeholders); projection.ok()) {
      (void)projection->Project(item);
      ++parsed;
    }
    if (const auto update = Update::Parse("SET a = b " + text, placeholders); update.ok()) {
      (void)update->Apply(item);
      (void)update->ProjectTargets(item);
      ++parsed;
    }
    (void)placeholders.CheckAllUsed();
  }
  EXPECT_GT(parsed, 50U);  // the soup has some meat
}

TEST_P(Seeded, ListUpdatesAgreeWithDoingOneAfterTheOther) {
  Generator generator(GetParam());
  for (int round = 0; round < 500; ++round) {
    model::List list;
    for (std::size_t i = generator.Below(12); i > 0; --i) list.push_back(generator.Value());
    std::map<std::size_t, bool> actions;  // index → whether it is SET, else REMOVE
    for (std::size_t i = 1 + generator.Below(8); i > 0; --i) actions[generator.Below(16)] = generator.Below(2) == 0;

    // The model: set or mark in the old list, append the rest in order, then sweep.
    std::vector<std::optional<AttributeValue>> expected(list.begin(), list.end());
    Placeholders::Values values;
    std::string sets;
    std::string removes;
    for (const auto& [index, is_set] : actions) {
      const std::string target = "l[" + std::to_string(index) + "]";
      if (!is_set) {
        // In any order within the clause.
        removes = removes.empty() ? target : target + ", " + removes;
        if (index < list.size()) expected[index].reset();
        continue;
      }
      const std::string name = ":v" + std::to_string(index);
      AttributeValue value = generator.Value();
      sets = target + " = " + name + (sets.empty() ? "" : ", ") + sets;
      if (index < list.size()) {
        expected[index] = value;
      } else {
        expected.emplace_back(value);
      }
      values.Set(name, std::move(value));
    }
    std::string text = sets.empty() ? "" : "SET " + sets;
    if (!removes.empty())
      text = generator.Below(2) == 0 ? text + " REMOVE " + removes : "REMOVE " + removes + " " + text;
    model::List swept;
    for (auto& element : expected) {
      if (element) swept.push_back(*std::move(element));
    }

    Placeholders placeholders = MUST(Placeholders::Create({}, std::move(values)));  // well formed
    const auto update = Update::Parse(text, placeholders);
    ASSERT_TRUE(update.ok()) << update.error().message() << "\n" << text;
    Item item;
    item.Set("l", AttributeValue(list));
    const auto result = update->Apply(item);
    ASSERT_TRUE(result.ok()) << result.error().message() << "\n" << text;
    EXPECT_EQ(Notation(*result->Find("l")), Notation(AttributeValue(std::move(swept)))) << text << "\n"
                                                                                        << Notation(item);
  }
}

}  // namespace
}  // namespace millrace::expr
