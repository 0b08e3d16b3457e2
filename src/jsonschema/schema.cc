#include "jsonschema/schema.h"

#include <algorithm>
#include <charconv>
#include <valijson/adapters/std_string_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/internal/adapter.hpp>
#include <valijson/internal/basic_adapter.hpp>
#include <valijson/internal/frozen_value.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "base/check.h"
#include "json/parse.h"
#include "jsonschema/decimal.h"
#include "jsonschema/prepare.h"
#include "jsonschema/rules.h"

namespace millrace::jsonschema {
namespace {

// What one validation may look at. When it is used up, no value seems to have parts, so that the library comes to an
// end; whatever it then says is not used.
struct Budget {
  std::size_t steps = 0;
  const valijson::ValidationResults* found = nullptr;  // one error is enough
  bool Over() const { return steps == 0 || (found != nullptr && found->numErrors() > 0); }
  void Spend(std::size_t cost) { steps -= std::min(steps, cost); }
};

class Adapter;
using Member = std::pair<std::string, Adapter>;

// The library's view of arrays and objects: a range of ours, and iterators over it.
template <class Element, class Shown>
class Range {
 public:
  class const_iterator {
   public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = Shown;
    using difference_type = std::ptrdiff_t;
    using pointer = Shown*;
    using reference = Shown&;

    const_iterator(const Element* at, Budget* budget, std::size_t depth) : at_(at), budget_(budget), depth_(depth) {}
    Shown operator*() const;
    valijson::adapters::DerefProxy<Shown> operator->() const { return valijson::adapters::DerefProxy<Shown>(**this); }
    // What is beyond the budget is the end.
    bool operator==(const const_iterator& other) const {
      return at_ == other.at_ || (budget_ != nullptr && budget_->Over());
    }
    bool operator!=(const const_iterator& other) const { return !(*this == other); }
    const_iterator& operator++() {
      ++at_;
      return *this;
    }
    const_iterator operator++(int) {
      const const_iterator before = *this;
      ++at_;
      return before;
    }
    const_iterator& operator--() {
      --at_;
      return *this;
    }
    void advance(std::ptrdiff_t by) { at_ += by; }

   private:
    const Element* at_;
    Budget* budget_;
    std::size_t depth_;
  };
  using iterator = const_iterator;

  Range() = default;
  // `depth`: of the elements.
  Range(std::span<const Element> elements, Budget* budget, std::size_t depth)
      : elements_(elements), budget_(budget), depth_(depth) {}
  const_iterator begin() const { return {elements_.data(), budget_, depth_}; }
  const_iterator end() const { return {elements_.data() + elements_.size(), budget_, depth_}; }
  const_iterator find(const std::string& name) const {
    for (const Element& element : elements_)
      if (element.name == name) return {&element, budget_, depth_};
    return end();
  }
  std::size_t size() const { return elements_.size(); }

 private:
  std::span<const Element> elements_;
  Budget* budget_ = nullptr;
  std::size_t depth_ = 0;
};

using Array = Range<json::Value, Adapter>;
using Object = Range<json::Member, Member>;

// One value as the library asks about it. Its numbers reach the library only as counts: see Rules.
class View {
 public:
  View() = default;
  View(const json::Value& value, Budget* budget, std::size_t depth) : value_(&value), budget_(budget), depth_(depth) {}

  valijson::adapters::FrozenValue* freeze() const { CHECK(false, "const and enum are rules"); }
  std::optional<Array> getArrayOptional() const {
    if (!value_->is_array()) return {};
    return Over() ? Array() : Array(value_->array(), budget_, depth_ + 1);
  }
  std::optional<Object> getObjectOptional() const {
    if (!value_->is_object()) return {};
    return Over() ? Object() : Object(value_->object(), budget_, depth_ + 1);
  }
  bool getArraySize(std::size_t& size) const {
    if (value_->is_array()) size = value_->array().size();
    return value_->is_array();
  }
  bool getObjectSize(std::size_t& size) const {
    if (value_->is_object()) size = value_->object().size();
    return value_->is_object();
  }
  bool getBool(bool& value) const {
    if (isBool()) value = value_->boolean();
    return isBool();
  }
  bool getDouble(double&) const { return false; }
  bool getInteger(std::int64_t& value) const {
    if (!isNumber()) return false;
    const std::string_view text = value_->number();
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failed == std::errc() && end == text.data() + text.size();
  }
  bool getString(std::string& text) const {
    if (isString()) text = value_->string();
    return isString();
  }
  static bool hasStrictTypes() { return true; }
  bool isArray() const { return Is(json::Type::kArray); }
  bool isBool() const { return Is(json::Type::kBool); }
  bool isDouble() const { return Is(json::Type::kNumber) && !isInteger(); }
  // By value: 1.0 and 1e3 are whole numbers, and so is one of 41 digits.
  bool isInteger() const { return Is(json::Type::kNumber) && Decimal(value_->number()).is_integer(); }
  bool isNull() const { return Is(json::Type::kNull); }
  bool isNumber() const { return Is(json::Type::kNumber); }
  bool isObject() const { return Is(json::Type::kObject); }
  bool isString() const { return Is(json::Type::kString); }

 private:
  bool Over() const { return budget_ != nullptr && budget_->Over(); }
  bool Is(json::Type type) const {
    if (value_->type() != type) return false;
    if (budget_ == nullptr) return true;
    // The library keeps the path to each value that it looks at, so that looking costs more the deeper it is.
    budget_->Spend(1 + depth_);
    return !Over() || (type != json::Type::kArray && type != json::Type::kObject);
  }

  static const json::Value kNothing;
  const json::Value* value_ = &kNothing;
  Budget* budget_ = nullptr;
  std::size_t depth_ = 0;
};
const json::Value View::kNothing;

class Adapter : public valijson::adapters::BasicAdapter<Adapter, Array, Member, Object, View> {
 public:
  Adapter() = default;
  explicit Adapter(const json::Value& value, Budget* budget = nullptr, std::size_t depth = 0)
      : BasicAdapter(View(value, budget, depth)), value_(&value) {}
  // REQUIRES: it was not made by default.
  const json::Value& value() const { return *value_; }

 private:
  const json::Value* value_ = nullptr;
};

template <class Element, class Shown>
Shown Range<Element, Shown>::const_iterator::operator*() const {
  if constexpr (std::is_same_v<Element, json::Member>) {
    return Shown(std::string(at_->name), Adapter(at_->value, budget_, depth_));
  } else {
    return Adapter(*at_, budget_, depth_);
  }
}

// Rules as a constraint of the library.
class RulesConstraint final : public valijson::constraints::PolyConstraint {
 public:
  explicit RulesConstraint(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

  bool validate(const valijson::adapters::Adapter& target, const std::vector<std::string>& context,
                valijson::ValidationResults* results) const override {
    std::optional<std::string> wrong;
    if (const auto* ours = dynamic_cast<const Adapter*>(&target)) {
      wrong = rules_->Check(ours->value());
    } else {  // the name of a property
      const std::string text = target.asString();
      wrong = rules_->Check(json::Value::String(text));
    }
    if (wrong && results != nullptr) results->pushError(context, *wrong);
    return !wrong;
  }

 private:
  valijson::constraints::Constraint* cloneInto(void* place) const override {
    return new (place) RulesConstraint(*this);
  }
  std::size_t sizeOf() const override { return sizeof(RulesConstraint); }

  std::shared_ptr<const Rules> rules_;
};

class RulesBuilder final : public valijson::ConstraintBuilder {
 public:
  valijson::constraints::Constraint* make(const valijson::adapters::Adapter& node) const override {
    auto rules = Rules::Parse(dynamic_cast<const Adapter&>(node).value());
    CHECK(rules.ok(), "Prepare has parsed them before");
    return new RulesConstraint(*std::move(rules));
  }
};

// "$.Data['x y'][3]" of the library's "<root>", "[Data]", "[x y]", "[3]"; and the value there.
std::string PathOf(const std::vector<std::string>& context, const json::Value*& value) {
  std::string path = "$";
  for (std::size_t i = 1; i < context.size() && value != nullptr; ++i) {
    const std::string_view step = std::string_view(context[i]).substr(1, context[i].size() - 2);
    std::size_t index = 0;
    if (value->is_array()) {
      std::from_chars(step.data(), step.data() + step.size(), index);
      value = index < value->array().size() ? &value->array()[index] : nullptr;
      path += context[i];
      continue;
    }
    value = value->Find(step);
    const bool plain =
        !step.empty() && step.size() <= limits::kShownBytesMax && step.find_first_of(".[]'\"") == step.npos;
    path += plain ? fmt::format(".{}", step) : fmt::format("[{}]", Shown(json::Value::String(step)));
  }
  return path;
}

bool NestsDeeper(const json::Value& value, std::uint32_t levels) {
  if (!value.is_array() && !value.is_object()) return false;
  if (levels == 0) return true;
  const auto deeper = [levels](const json::Value& part) { return NestsDeeper(part, levels - 1); };
  if (value.is_array()) return std::ranges::any_of(value.array(), deeper);
  return std::ranges::any_of(value.object(), deeper, &json::Member::value);
}

std::string Explain(const valijson::ValidationResults::Error& error, const json::Value& root) {
  const json::Value* value = &root;
  const std::string path = PathOf(error.context, value);
  std::string_view why = error.description;
  if (why.ends_with('.')) why.remove_suffix(1);
  if (value == nullptr) return fmt::format("at {}: {}", path, why);
  return fmt::format("at {}, which is {}: {}", path, Shown(*value), why);
}

}  // namespace
}  // namespace millrace::jsonschema

template <>
struct valijson::adapters::AdapterTraits<millrace::jsonschema::Adapter> {
  using DocumentType = millrace::json::Value;
};

namespace millrace::jsonschema {

struct Schema::Compiled {
  valijson::Schema schema;

  bool Validate(const json::Value& value, Budget& budget, valijson::ValidationResults* results) const {
    valijson::Validator validator;
    return validator.validate(schema, Adapter(value, &budget), results);
  }
};

Schema::Schema(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Schema::~Schema() = default;

Result<std::shared_ptr<const Schema>> Schema::Compile(std::string_view text) {
  if (text.size() > limits::kSchemaBytesMax)
    return InvalidArgument("it has {} bytes; a schema has at most {}", text.size(), limits::kSchemaBytesMax);
  json::Document document;
  if (const Status parsed = document.Parse(text, {.depth_max = limits::kSchemaNestingMax}); !parsed.ok())
    return InvalidArgument("it is not JSON: {}", parsed.error().message());
  ASSIGN_OR_RETURN(const std::string prepared, Prepare(document.root()));
  const Status read = document.Parse(prepared);
  CHECK(read.ok(), "Prepare writes JSON");
  auto compiled = std::make_unique<Compiled>();
  try {
    valijson::SchemaParser parser;  // draft-07; it owns its builders
    parser.addConstraintBuilder(std::string(kRulesKeyword), new RulesBuilder);
    parser.populateSchema(Adapter(document.root()), compiled->schema);
  } catch (const std::exception& error) {
    return InvalidArgument("it is not a JSON Schema of draft-07: {}", error.what());
  }
  return std::shared_ptr<const Schema>(new Schema(std::move(compiled)));
}

std::optional<std::string> Schema::Validate(const json::Value& value) const {
  if (NestsDeeper(value, limits::kDocumentNestingMax))
    return fmt::format("it has more than {} levels", limits::kDocumentNestingMax);
  try {
    Budget budget{.steps = limits::kStepsMax, .found = nullptr};
    const bool valid = compiled_->Validate(value, budget, nullptr);
    if (budget.Over()) return fmt::format("checking it takes more than {} steps", limits::kStepsMax);
    if (valid) return std::nullopt;
    // Once more, to find the place. It ends with the first error.
    valijson::ValidationResults results;
    Budget search{.steps = limits::kStepsToFindMax, .found = &results};
    compiled_->Validate(value, search, &results);
    valijson::ValidationResults::Error error;
    if (results.popError(error)) return Explain(error, value);
  } catch (const std::exception& error) {
    return fmt::format("the validator failed on it: {}", error.what());
  }
  return "at $: the schema does not allow it";
}

std::optional<std::string> Schema::ValidateText(std::string_view text) const {
  json::Document document;
  if (const Status parsed = document.Parse(text); !parsed.ok())
    return fmt::format("it is not JSON: {}", parsed.error().message());
  return Validate(document.root());
}

}  // namespace millrace::jsonschema
