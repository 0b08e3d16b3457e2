// PipeRecord is a pipe as the API was told it, or as the configuration file declares it.
//
// Threads:   plain value.
// Failure:   Decode: Corruption, or Unimplemented for a version that is newer than this program. Runnable: in the words
//            of the API.
// Format:    docs/design/api-records.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "aws/caller.h"
#include "base/error.h"
#include "config/config.h"
#include "records/row.h"

namespace millrace::api::pipes {

struct PipeRecord {
  static constexpr std::string_view kKind = "ap";
  std::string name;
  std::string description = {};
  std::string source;
  std::string source_parameters = {};  // JSON objects, as given; empty: none
  std::string enrichment = {};
  std::string enrichment_parameters = {};
  std::string target;
  std::string target_parameters = {};
  std::string role = {};
  std::string log_configuration = {};  // stored and echoed
  std::string kms_key = {};            // the same
  records::Pairs tags = {};
  bool running = true;  // what is wanted
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  bool declared = false;

  std::string Key() const { return name; }
  std::string Encode() const;
  static Result<PipeRecord> Decode(std::string_view json);
};

// What a plant runs of it. Everything that it says is checked.
Result<config::Pipe> Runnable(const PipeRecord& record);
// What the file says, as far as the API can.
PipeRecord RecordOf(const aws::Home& home, const config::Pipe& pipe);

}  // namespace millrace::api::pipes
