// Registry is all that the API knows of: what it was told, which is kept durably, and what the configuration file
// declares.
//
// Threads:   confined to one thread, but for Load, which comes before.
// Ownership: the plant outlives it.
// Format:    docs/design/api-records.md
#pragma once

#include <string>
#include <string_view>

#include "api/events/names.h"
#include "api/events/plant.h"
#include "api/events/records.h"
#include "records/shelf.h"

namespace millrace::api::events {

struct Registry {
  Registry(Plant& plant, const config::Config& declared, aws::Home place);
  Status Load();

  const aws::Home home;
  const config::Config& config;
  records::Shelf<BusRecord> buses;
  records::Shelf<RuleRecord> rules;
  records::Shelf<ArchiveRecord> archives;
  records::Shelf<ConnectionRecord> connections;
  records::Shelf<DestinationRecord> destinations;

  // NotFound in AWS's words.
  Result<const BusRecord*> Bus(std::string_view name) const;
  Result<const RuleRecord*> Rule(std::string_view bus, std::string_view name) const;
};

// For what the file owns.
Error Owned(std::string_view what);

}  // namespace millrace::api::events
