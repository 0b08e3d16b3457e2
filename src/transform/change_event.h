// ChangeEvent is the `crud` format: what an emitter of table changes puts on a bus, one event per change.
//
//   source       the table's name, or as configured
//   detail-type  INSERT, MODIFY or REMOVE
//   detail       {"Values": the new image as plain JSON, {} on REMOVE,
//                 "UpdatedFields": the names of the attributes that differ; all on INSERT, [] on REMOVE,
//                 "Keys": {...}             on REMOVE, where Values has none,
//                 "UpdatedPaths": [...]     if asked for
//                 "OldValues": {...}        on REMOVE, or as configured
//                 "Expired": true}          only if the service removed the item because its time to live ran out
//
// Values differ as DynamoDB compares them: 1 and 1.0 are equal, "1" and 1 are not, sets have no order. Numbers keep all
// their digits; binary values are base64 strings; sets are arrays.
//
// Threads:   a function without state.
// Failure:   FailedPrecondition if the change lacks an image: the stream must keep NEW_AND_OLD_IMAGES.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "model/change.h"

namespace millrace::transform {

enum class FieldCase : std::uint8_t { kPascal, kCamel };  // UpdatedFields, updatedFields
enum class OldValues : std::uint8_t { kNever, kOnRemove, kAlways };
enum class UpdatedPaths : std::uint8_t { kOmit, kInclude };

struct ChangeEventOptions {
  std::string source = {};  // empty: the table's name
  FieldCase field_case = FieldCase::kPascal;
  OldValues old_values = OldValues::kOnRemove;
  // Like UpdatedFields, but down to the innermost value that differs: "address.city", "lines[0].quantity",
  // "labels['a.b']".
  UpdatedPaths updated_paths = UpdatedPaths::kOmit;
};

// An entry of PutEvents.
struct BusEntry {
  std::string source;
  std::string detail_type;
  std::string detail;  // a JSON object
};

Result<BusEntry> MakeChangeEvent(std::string_view table_name, const model::Change& change,
                                 const ChangeEventOptions& options = {});

}  // namespace millrace::transform
