#include "transform/event_path.h"

#include <optional>

#include "base/check.h"
#include "json/parse.h"
#include "json/write.h"
#include "model/attribute_value.h"
#include "model/number.h"

namespace millrace::transform {
namespace {

const json::Value kNull;

enum class Quotes : bool { kDrop, kKeep };

void AppendString(std::string& out, std::string_view text, Quotes quotes) {
  if (quotes == Quotes::kKeep) {
    json::AppendString(out, text);
  } else {
    json::AppendEscaped(out, text);
  }
}

void AppendNumber(std::string& out, std::string_view text, Quotes quotes) {
  if (json::IsNumber(text)) {
    out.append(text);
  } else if (const auto number = model::Number::Parse(text); number.ok()) {  // "+1", ".5"
    number->AppendTo(out);
  } else {
    AppendString(out, text, quotes);
  }
}

// [a,b] or {a,b}: calls append(element) for each, with commas between.
template <class Range, class Append>
void AppendEach(std::string& out, char open, char close, const Range& range, Append append) {
  out.push_back(open);
  bool first = true;
  for (const auto& element : range) {
    if (!first) out.push_back(',');
    first = false;
    append(element);
  }
  out.push_back(close);
}

// What `name` stands for in a record of a table's stream, if it is a virtual name.
const json::Value* FindVirtual(const json::Value& object, std::string_view name) {
  const std::string_view member = name == "new"    ? "NewImage"
                                  : name == "old"  ? "OldImage"
                                  : name == "keys" ? "Keys"
                                                   : std::string_view();
  if (member.empty()) return nullptr;
  const json::Value* record = object.Find("dynamodb");
  const json::Value* image = record == nullptr ? nullptr : record->Find(member);
  return image != nullptr && image->is_object() ? image : nullptr;
}

}  // namespace

// Goes from one view to those below it. Recursion is bounded by the depth of a parsed document (json/parse.h).
class Reader {
 public:
  using Form = Extract::Form;
  using View = Extract::View;

  // {"S":"x"} and its like. What is not an attribute value is read as it stands.
  static View OfAttribute(const json::Value& attribute) {
    if (!attribute.is_object() || attribute.object().size() != 1) return {&attribute, Form::kPlain};
    const auto& [type_name, value] = attribute.object()[0];
    const auto type = model::ParseAttributeType(type_name);
    if (!type) return {&attribute, Form::kPlain};
    switch (*type) {
      case model::AttributeType::kS:
      case model::AttributeType::kB:
      case model::AttributeType::kBool:
      case model::AttributeType::kSs:
      case model::AttributeType::kBs:
        return {&value, Form::kPlain};
      case model::AttributeType::kNull:
        return {&kNull, Form::kPlain};
      case model::AttributeType::kN:
        return {&value, value.is_string() ? Form::kNumber : Form::kPlain};
      case model::AttributeType::kNs:
        return {&value, value.is_array() ? Form::kNumbers : Form::kPlain};
      case model::AttributeType::kM:
        return {&value, value.is_object() ? Form::kItem : Form::kPlain};
      case model::AttributeType::kL:
        return {&value, value.is_array() ? Form::kAttributes : Form::kPlain};
    }
    CHECK(false, "unknown model::AttributeType");
  }

  static std::optional<View> Child(const View& view, const json::Path::Name& name) {
    if (view.form != Form::kPlain && view.form != Form::kItem) return std::nullopt;
    if (const json::Value* value = view.value->Find(name)) {
      return view.form == Form::kItem ? OfAttribute(*value) : View{value, Form::kPlain};
    }
    if (view.form == Form::kItem) return std::nullopt;
    const json::Value* image = FindVirtual(*view.value, name);
    return image == nullptr ? std::nullopt : std::optional<View>({image, Form::kItem});
  }

  static std::optional<View> Child(const View& view, json::Path::Index index) {
    if (!view.value->is_array() || index >= view.value->array().size()) return std::nullopt;
    return Element(view.form, view.value->array()[index]);
  }

  // Calls visit for every element or member; false if the view is a plain value.
  template <class Visit>
  static bool EachChild(const View& view, Visit visit) {
    if (view.value->is_array()) {
      for (const json::Value& element : view.value->array()) visit(Element(view.form, element));
      return true;
    }
    if (!view.value->is_object()) return false;
    for (const json::Member& member : view.value->object()) {
      visit(view.form == Form::kItem ? OfAttribute(member.value) : View{&member.value, Form::kPlain});
    }
    return true;
  }

  static void Append(std::string& out, const View& view, Quotes quotes) {
    const auto child = [&](const View& below) { Append(out, below, quotes); };
    switch (view.form) {
      case Form::kPlain:
        AppendPlain(out, *view.value, quotes);
        return;
      case Form::kNumber:
        AppendNumber(out, view.value->string(), quotes);
        return;
      case Form::kNumbers:
      case Form::kAttributes:
        AppendEach(out, '[', ']', view.value->array(),
                   [&](const json::Value& element) { child(Element(view.form, element)); });
        return;
      case Form::kItem:
        AppendEach(out, '{', '}', view.value->object(), [&](const json::Member& member) {
          AppendString(out, member.name, quotes);
          out.push_back(':');
          child(OfAttribute(member.value));
        });
        return;
    }
  }

 private:
  static View Element(Form form, const json::Value& element) {
    if (form == Form::kAttributes) return OfAttribute(element);
    if (form == Form::kNumbers && element.is_string()) return {&element, Form::kNumber};
    return {&element, Form::kPlain};
  }

  static void AppendPlain(std::string& out, const json::Value& value, Quotes quotes) {
    if (quotes == Quotes::kKeep) {
      json::AppendValue(out, value);
    } else if (value.is_string()) {
      json::AppendEscaped(out, value.string());
    } else if (value.is_array()) {
      AppendEach(out, '[', ']', value.array(), [&](const json::Value& element) { AppendPlain(out, element, quotes); });
    } else if (value.is_object()) {
      AppendEach(out, '{', '}', value.object(), [&](const json::Member& member) {
        json::AppendEscaped(out, member.name);
        out.push_back(':');
        AppendPlain(out, member.value, quotes);
      });
    } else {
      json::AppendValue(out, value);
    }
  }
};

Extract::Extract(const json::Value& value) : state_(State::kOne), one_{&value, Form::kPlain} {}

void Extract::AppendJson(std::string& out) const {
  DCHECK(!missing());
  if (state_ == State::kOne) {
    Reader::Append(out, one_, Quotes::kKeep);
  } else {
    AppendEach(out, '[', ']', many_, [&](const View& view) { Reader::Append(out, view, Quotes::kKeep); });
  }
}

void Extract::AppendUnquoted(std::string& out) const {
  DCHECK(!missing());
  if (state_ == State::kOne) {
    Reader::Append(out, one_, Quotes::kDrop);
  } else {
    AppendEach(out, '[', ']', many_, [&](const View& view) { Reader::Append(out, view, Quotes::kDrop); });
  }
}

void Extract::AppendText(std::string& out) const {
  if (state_ == State::kOne && one_.form == Form::kPlain && one_.value->is_string()) {
    out.append(one_.value->string());
  } else {
    AppendJson(out);
  }
}

Result<EventPath> EventPath::Parse(std::string_view text) {
  EventPath path;
  ASSIGN_OR_RETURN(path.pattern_, json::PathPattern::Parse(text));
  return path;
}

Extract EventPath::Find(const json::Value& event) const {
  Extract found(event);
  std::vector<Extract::View> below;
  for (const json::PathPattern::Step& step : pattern_.steps()) {
    if (std::holds_alternative<json::Wildcard>(step)) {
      below.clear();
      const auto keep = [&](const Extract::View& view) { below.push_back(view); };
      if (found.state_ == Extract::State::kOne) {
        if (!Reader::EachChild(found.one_, keep)) return Extract();
        found.state_ = Extract::State::kMany;
      } else {
        for (const Extract::View& view : found.many_) Reader::EachChild(view, keep);
      }
      found.many_.swap(below);
      continue;
    }
    const auto child = [&](const Extract::View& view) {
      const auto* name = std::get_if<json::Path::Name>(&step);
      return name != nullptr ? Reader::Child(view, *name) : Reader::Child(view, std::get<json::Path::Index>(step));
    };
    if (found.state_ == Extract::State::kOne) {
      const auto next = child(found.one_);
      if (!next) return Extract();
      found.one_ = *next;
    } else {
      below.clear();
      for (const Extract::View& view : found.many_) {
        if (const auto next = child(view)) below.push_back(*next);
      }
      found.many_.swap(below);
    }
  }
  return found;
}

}  // namespace millrace::transform
