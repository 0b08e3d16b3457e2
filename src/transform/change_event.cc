#include "transform/change_event.h"

#include "json/write.h"
#include "model/dynamodb_json.h"
#include "transform/differences.h"

namespace millrace::transform {
namespace {

struct FieldNames {
  std::string_view values;
  std::string_view updated_fields;
  std::string_view keys;
  std::string_view updated_paths;
  std::string_view old_values;
  std::string_view expired;
};
constexpr FieldNames kPascalNames{"Values", "UpdatedFields", "Keys", "UpdatedPaths", "OldValues", "Expired"};
constexpr FieldNames kCamelNames{"values", "updatedFields", "keys", "updatedPaths", "oldValues", "expired"};

template <class Names>
void WriteNames(json::Writer& writer, std::string_view key, const Names& names) {
  writer.Key(key);
  writer.BeginArray();
  for (const auto& name : names) writer.String(name);
  writer.EndArray();
}

void WriteImage(json::Writer& writer, std::string_view key, const model::Item& image) {
  writer.Key(key);
  model::AppendPlainJson(writer.RawValue(), image);
}

Error MissingImage(std::string_view table_name, std::string_view which) {
  return Err(ErrorCode::kFailedPrecondition, {},
             "a change of table '{}' came without its {} image; the crud format needs a stream with the view type "
             "NEW_AND_OLD_IMAGES",
             table_name, which);
}

}  // namespace

Result<BusEntry> MakeChangeEvent(std::string_view table_name, const model::Change& change,
                                 const ChangeEventOptions& options) {
  const bool removed = change.kind == model::ChangeKind::kRemove;
  const bool inserted = change.kind == model::ChangeKind::kInsert;
  if (!removed && !change.new_image) return MissingImage(table_name, "new");
  if (!inserted && !change.old_image) return MissingImage(table_name, "old");

  const model::Item nothing;
  const model::Item& values = removed ? nothing : *change.new_image;
  const model::Item& old_values = inserted ? nothing : *change.old_image;
  const FieldNames& names = options.field_case == FieldCase::kPascal ? kPascalNames : kCamelNames;

  BusEntry entry;
  entry.source = options.source.empty() ? table_name : std::string_view(options.source);
  entry.detail_type = model::ChangeKindName(change.kind);
  json::Writer writer(&entry.detail);
  writer.BeginObject();
  WriteImage(writer, names.values, values);
  WriteNames(writer, names.updated_fields,
             removed ? std::vector<std::string_view>() : DifferingNames(old_values, values));
  if (removed) WriteImage(writer, names.keys, change.keys);
  if (options.updated_paths == UpdatedPaths::kInclude) {
    WriteNames(writer, names.updated_paths, removed ? std::vector<std::string>() : DifferingPaths(old_values, values));
  }
  if (options.old_values == OldValues::kAlways || (options.old_values == OldValues::kOnRemove && removed)) {
    WriteImage(writer, names.old_values, old_values);
  }
  if (change.expired) {
    writer.Key(names.expired);
    writer.Bool(true);
  }
  writer.EndObject();
  return entry;
}

}  // namespace millrace::transform
