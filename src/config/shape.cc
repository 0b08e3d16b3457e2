#include "config/shape.h"

#include <algorithm>

namespace millrace::config {
namespace {

using Fields = std::vector<std::pair<std::string, Shape>>;

// {"S": "x"}, one of the ten types.
Shape ValueShape() {
  Fields types;
  for (const auto* type : {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"})
    types.emplace_back(type, Shape());
  return Shape::Object(std::move(types));
}

std::string_view TypeName(model::AttributeType type) {
  if (type == model::AttributeType::kN) return "N";
  return type == model::AttributeType::kB ? "B" : "S";
}

Shape KeysShape(const model::KeySchema& key) {
  const auto one = [](const model::KeyAttribute& attribute) {
    return std::pair(attribute.name, Shape::Object({{std::string(TypeName(attribute.type)), Shape::Any()}}));
  };
  Fields keys{one(key.partition)};
  if (key.sort) keys.push_back(one(*key.sort));
  return Shape::Object(std::move(keys));
}

std::string ViewName(StreamView view) {
  switch (view) {
    case StreamView::kNewImage:
      return "NEW_IMAGE";
    case StreamView::kOldImage:
      return "OLD_IMAGE";
    case StreamView::kNewAndOldImages:
      return "NEW_AND_OLD_IMAGES";
    case StreamView::kKeysOnly:
    case StreamView::kNone:
      break;
  }
  return "KEYS_ONLY";
}

const std::vector<std::string> kEventNames = {"INSERT", "MODIFY", "REMOVE"};

std::string Joined(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

bool IsExistsFalse(const Node& condition) {
  const Node* exists = condition.is_mapping() ? condition.Find("exists") : nullptr;
  return exists != nullptr && exists->type == NodeType::kBool && (exists->text[0] == 'f' || exists->text[0] == 'F');
}

// A list of conditions, any of which may hold.
bool AllowsAbsent(const Node& conditions) {
  return std::any_of(conditions.items.begin(), conditions.items.end(),
                     [](const NodePtr& item) { return IsExistsFalse(*item); });
}

std::optional<Mismatch> FindIn(const Node& pattern, const Shape& shape, const std::string& path);

// A field of the pattern that the shape lacks. Only when it insists on something there: everything under it may be
// {exists: false}.
bool Insists(const Node& wanted) {
  if (wanted.is_sequence()) return !AllowsAbsent(wanted);
  if (!wanted.is_mapping()) return false;
  return std::any_of(wanted.entries.begin(), wanted.entries.end(),
                     [](const Entry& entry) { return entry.key != "$or" && Insists(*entry.value); });
}

std::optional<Mismatch> FindInTexts(const Node& wanted, const Shape& shape, const std::string& path) {
  if (!wanted.is_sequence() || wanted.items.empty()) return std::nullopt;
  for (const NodePtr& item : wanted.items) {
    if (!item->is_text()) {
      if (item->is_mapping()) return std::nullopt;  // prefix, anything-but and so on: not decided here
      continue;                                     // a number, a boolean or null never equals a text
    }
    if (std::find(shape.texts.begin(), shape.texts.end(), item->text) != shape.texts.end()) return std::nullopt;
  }
  return Mismatch{wanted.items[0]->span, path, Quoted(wanted.items[0]->text), shape.texts};
}

std::optional<Mismatch> FindIn(const Node& pattern, const Shape& shape, const std::string& path) {
  if (!pattern.is_mapping()) return std::nullopt;
  for (const Entry& entry : pattern.entries) {
    // A dotted name may stand for a path, and $or for alternatives: no claim is made about either.
    if (entry.key == "$or" || entry.key.find('.') != std::string::npos) continue;
    const std::string below = Joined(path, entry.key);
    const Shape* field = nullptr;
    if (shape.kind == Shape::Kind::kMap) {
      field = &shape.fields[0].second;
    } else {
      for (const auto& [name, candidate] : shape.fields)
        if (name == entry.key) field = &candidate;
    }
    if (field == nullptr) {
      if (!Insists(*entry.value)) continue;
      Mismatch mismatch{entry.key_span, below, {}, {}};
      for (const auto& [name, candidate] : shape.fields) mismatch.possible.push_back(name);
      return mismatch;
    }
    std::optional<Mismatch> found;
    if (field->kind == Shape::Kind::kTexts) found = FindInTexts(*entry.value, *field, below);
    if (field->kind == Shape::Kind::kObject || field->kind == Shape::Kind::kMap)
      found = FindIn(*entry.value, *field, below);
    if (found) return found;
  }
  return std::nullopt;
}

}  // namespace

Shape RecordShape(const Table& table) {
  const Shape image = Shape::Map(ValueShape());
  Fields change{{"ApproximateCreationDateTime", {}},
                {"Keys", KeysShape(table.key)},
                {"SequenceNumber", {}},
                {"SizeBytes", {}},
                {"StreamViewType", Shape::Texts({ViewName(table.stream)})}};
  if (table.stream == StreamView::kNewImage || table.stream == StreamView::kNewAndOldImages)
    change.emplace_back("NewImage", image);
  if (table.stream == StreamView::kOldImage || table.stream == StreamView::kNewAndOldImages)
    change.emplace_back("OldImage", image);
  return Shape::Object({{"eventID", {}},
                        {"eventName", Shape::Texts(kEventNames)},
                        {"eventVersion", {}},
                        {"eventSource", Shape::Texts({"aws:dynamodb"})},
                        {"eventSourceARN", {}},
                        {"awsRegion", {}},
                        {"userIdentity", {}},
                        {"dynamodb", Shape::Object(std::move(change))}});
}

Shape EventShape(const Pipe& pipe, const Table& table) {
  const bool crud = pipe.format == Format::kCrud;
  Shape source = Shape::Texts({pipe.source.value_or(crud ? table.name : "Pipe " + pipe.name)});
  Shape detail_type, detail;
  if (crud) {
    detail_type = Shape::Texts(kEventNames);
    const bool pascal = pipe.field_case == FieldCase::kPascal;
    Fields fields;
    for (const auto& [upper, lower] :
         {std::pair("Values", "values"), std::pair("UpdatedFields", "updatedFields"), std::pair("Keys", "keys"),
          std::pair("OldValues", "oldValues"), std::pair("Expired", "expired")})
      fields.emplace_back(pascal ? upper : lower, Shape::Any());
    detail = Shape::Object(std::move(fields));
  } else {
    detail_type = Shape::Texts({"Event from aws:dynamodb"});
    detail = RecordShape(table);
  }
  return Shape::Object({{"version", {}},
                        {"id", {}},
                        {"detail-type", std::move(detail_type)},
                        {"source", std::move(source)},
                        {"account", {}},
                        {"time", {}},
                        {"region", {}},
                        {"replay-name", {}},
                        {"resources", {}},
                        {"detail", std::move(detail)}});
}

std::optional<Mismatch> FindMismatch(const Node& pattern, const Shape& shape) {
  return FindIn(pattern, shape, "");
}

}  // namespace millrace::config
