// EventPath finds values in an event: a JSON path with wildcards ("$.detail.items[*].id", json/path.h) that also knows
// the virtual members of table changes.
//
// In any object that has an object member "dynamodb" (a stream record, or the detail that holds one) the names `new`,
// `old` and `keys`, unless the object itself has such a member, stand for the images and keys as plain JSON:
// "$.new.email", "$.detail.old.address.city", "$.keys.id". Numbers keep all their digits, sets are arrays, binary
// values are base64 strings. An image that the record lacks is like a path that leads nowhere.
//
// A path with a wildcard names an array of all that it finds, in the order of the event. It is missing only if what
// stands before the first wildcard is missing or is a plain value.
//
// Threads:   immutable after Parse.
// Ownership: an Extract is valid while the event is.
// Failure:   InvalidArgument that shows the path and says where it is wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "json/path.h"
#include "json/value.h"

namespace millrace::transform {

// A value of an event, or several, and how they are to be read.
class Extract {
 public:
  Extract() = default;
  explicit Extract(const json::Value& value);

  bool missing() const { return state_ == State::kMissing; }
  // A string, number, boolean or null: neither an array nor an object.
  bool is_plain() const { return state_ == State::kOne && !one_.value->is_array() && !one_.value->is_object(); }
  // As a JSON value. REQUIRES: not missing, for each.
  void AppendJson(std::string& out) const;
  // For a place inside a JSON string: a string without its quotes, escaped; arrays and objects as JSON from which all
  // quotes are left out, the way EventBridge prints them: "[a,b]", "{id:7,tags:[x]}".
  void AppendUnquoted(std::string& out) const;
  // For plain text: a string as it is, anything else as JSON.
  void AppendText(std::string& out) const;

 private:
  friend class EventPath;
  friend class Reader;

  enum class State : std::uint8_t { kMissing, kOne, kMany };
  // What kind of text stands for the value.
  enum class Form : std::uint8_t {
    kPlain,       // itself
    kItem,        // an object of attribute values: {"id":{"S":"7"}}
    kAttributes,  // an array of attribute values
    kNumber,      // a string that holds a number
    kNumbers,     // an array of such strings
  };
  struct View {
    const json::Value* value = nullptr;
    Form form = Form::kPlain;
  };

  State state_ = State::kMissing;
  View one_;
  std::vector<View> many_;
};

class EventPath {
 public:
  static Result<EventPath> Parse(std::string_view text);

  const std::string& text() const { return pattern_.text(); }
  Extract Find(const json::Value& event) const;

 private:
  json::PathPattern pattern_;
};

}  // namespace millrace::transform
