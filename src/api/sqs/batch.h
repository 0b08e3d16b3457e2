// Batch is the common part of the three operations on up to ten entries: ids that are distinct, and an answer that says
// of each entry whether it was done.
//
// Threads: confined to who holds it.
// Failure: errors of the whole request; an entry's own are in its place in the answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/sqs/call.h"
#include "json/write.h"

namespace millrace::api::sqs {

// The entries of a request, checked: 1 to 10, with distinct and valid ids.
Result<std::vector<const json::Value*>> ReadEntries(const json::Value& request, std::string_view entry_name);

class BatchAnswer {
 public:
  explicit BatchAnswer(const std::vector<const json::Value*>& entries);

  std::size_t size() const { return ids_.size(); }
  bool failed(std::size_t index) const { return errors_[index].has_value(); }
  void Fail(std::size_t index, Error error) { errors_[index] = std::move(error); }
  // `write` adds what a successful entry has beside its id.
  template <class Write>
  std::string Render(Write write) const {
    std::string body;
    json::Writer out(&body);
    out.BeginObject();
    BeginList(out, "Successful", false);
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (failed(i)) continue;
      out.BeginObject();
      out.Key("Id");
      out.String(ids_[i]);
      write(out, i);
      out.EndObject();
    }
    EndList(out, false);
    BeginList(out, "Failed", true);
    for (std::size_t i = 0; i < ids_.size(); ++i)
      if (failed(i)) WriteFailure(out, i);
    EndList(out, true);
    out.EndObject();
    return body;
  }

 private:
  bool Any(bool failures) const;
  void BeginList(json::Writer& out, std::string_view name, bool failures) const;
  void EndList(json::Writer& out, bool failures) const;
  void WriteFailure(json::Writer& out, std::size_t index) const;

  std::vector<std::string> ids_;
  std::vector<std::optional<Error>> errors_;
};

}  // namespace millrace::api::sqs
