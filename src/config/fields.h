// Fields reads one mapping of the file by its specification: it reports keys that are unknown, missing or not supported
// yet, and hands out typed values.
//
// A key that the specification lacks cannot be read, and one that the specification has must be read: both are bugs and
// stop the program. So the parser and the specification agree, and with it the schema and the documents.
//
// Threads:   externally synchronised.
// Ownership: the node and the report outlive it.
// Failure:   a value that is wrong is reported and reads as absent.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/node.h"
#include "config/report.h"
#include "config/spec.h"

namespace millrace::config {

// A pattern, and the mapping that it was read from.
using FoundPattern = std::pair<PatternText, NodePtr>;

class Fields {
 public:
  // `ref` names the resource in diagnostics, such as "table/users" (empty: the file itself); `key` is where something
  // missing is reported; `path` is what stands before the names of the fields, such as "order.".
  Fields(const Node& node, Span key, const Object& object, std::string ref, Report& report, std::string path = {});
  ~Fields();  // checks that every supported field was read
  Fields(const Fields&) = delete;
  Fields& operator=(const Fields&) = delete;

  const std::string& ref() const { return ref_; }
  Report& report() const { return *report_; }

  bool Has(std::string_view name) const { return EntryOf(name) != nullptr; }
  // The place of that key, or of the resource if the key is absent.
  Span Place(std::string_view name) const;
  // "order.by".
  std::string Path(std::string_view name) const { return path_ + std::string(name); }

  void Version(std::string_view name);
  std::optional<std::string> Text(std::string_view name);
  std::optional<std::int64_t> Integer(std::string_view name);
  std::optional<Milliseconds> Duration(std::string_view name);
  // The index into the field's choices; for `false`, their number.
  std::optional<std::size_t> Choice(std::string_view name);
  std::optional<bool> Flag(std::string_view name);
  // Absent: nothing. The word for no limit: an empty optional in it.
  std::optional<std::optional<std::int64_t>> Count(std::string_view name);
  // Any value, as JSON text.
  std::optional<std::string> Json(std::string_view name);
  std::optional<transform::Input> Input(std::string_view name);
  std::optional<model::KeySchema> Key(std::string_view name);
  std::optional<Ref> Reference(std::string_view name);
  std::vector<Ref> References(std::string_view name);
  std::vector<FoundPattern> Patterns(std::string_view name);
  std::optional<FoundPattern> PatternOfText(std::string_view name);
  std::vector<std::pair<std::string, std::string>> Texts(std::string_view name);
  std::vector<std::string> TextList(std::string_view name);
  // Calls `read` with the mapping's own Fields, if it is there.
  void Nested(std::string_view name, const std::function<void(Fields&)>& read);
  // Calls `read` with each mapping of the list.
  void Each(std::string_view name, const std::function<void(Fields&)>& read);
  // Calls `read` once per resource that the section names, with its name and the name's place.
  void Named(std::string_view name, RefKind kind, const std::function<void(const std::string&, Span, Fields&)>& read);

 private:
  // The field, marked as read, and its entry in the file, or null.
  std::pair<const Field*, const Entry*> Take(std::string_view name, std::initializer_list<FieldKind> kinds);
  const Entry* EntryOf(std::string_view name) const;
  void CheckKeys();
  void CheckRequired();
  void Say(std::string_view code, Span span, std::string message, std::string why = {}, std::string fix = {});
  void Wrong(Span span, std::string_view name, std::string_view wants, const Node& got, std::string fix = {});
  // True if the value is an expression, or a function of CloudFormation, which is then reported.
  bool IsExpression(const Node& node);
  std::optional<model::KeyAttribute> KeyAttribute(const Node& node);
  // True if something else stands where a secret is to be named. What it is is not repeated: it may be the secret.
  bool IsWrittenOutSecret(const Field& field, const Node& node);
  std::optional<Ref> ParseReference(const Field& field, const Node& node);
  std::optional<PatternText> ParsePattern(std::string_view name, const Node& node, Span span);

  const Node* node_;
  Span key_;
  const Object* object_;
  std::string ref_;
  Report* report_;
  std::string path_;
  std::vector<std::string_view> read_;
};

}  // namespace millrace::config
