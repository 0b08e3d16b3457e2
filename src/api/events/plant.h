// Plant is what the EventBridge API drives: the buses, rules, archives and replays of this node, running, and the rows
// in which the API keeps what it was told.
//
// What is acknowledged here holds for the next event: one that is appended after PutRule has returned is matched by it.
//
// Threads:   thread-safe. Append and CheckBus never wait; everything else may wait for the disk and for deliveries that
//            are under way.
// Ownership: outlives the Service.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "config/config.h"
#include "records/keeper.h"

namespace millrace::api::events {

// An event that is complete: its envelope is what targets get.
struct NewEvent {
  std::string bus;
  std::string id;
  std::string envelope;
};

// Archived events of a bus that are to come again, those from one time to before another.
struct ReplayOrder {
  std::string name;
  std::string bus;
  std::string archive;
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::vector<std::string> rules;  // none: all
};

struct ReplayReport {
  enum class State : std::uint8_t { kRunning, kCompleted, kCancelled };
  ReplayOrder order;
  State state = State::kRunning;
  std::int64_t started_ms = 0;
  std::int64_t ended_ms = 0;  // 0: it has not
};

// What an archive holds. Counted up to a limit.
struct ArchiveSize {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
};

// Where an API destination leads, with what its connection adds.
struct HttpDestination {
  struct Basic {
    std::string user;
    Secret password;
  };
  struct ApiKey {
    std::string header;
    Secret value;
  };
  struct OAuth {
    std::string url;
    std::string method;
    std::string client_id;
    Secret client_secret;
    config::HttpTarget::Texts headers;
    config::HttpTarget::Texts query;
    config::HttpTarget::Texts body;
  };
  std::string name;
  std::string closed;  // why nothing is sent; empty: it is open
  std::string url;
  std::string method;
  std::uint32_t requests_per_second = 300;
  config::HttpTarget::Texts headers;
  config::HttpTarget::Texts query;
  std::variant<Basic, ApiKey, OAuth> auth;
};

class Plant : public records::Keeper {
 public:
  // One status for each event, in order. `done` may be called from any thread, also before this returns.
  using AppendDone = std::function<void(std::vector<Status>)>;
  virtual void Append(std::vector<NewEvent> events, AppendDone done) = 0;
  // NotFound names the nearest.
  virtual Status CheckBus(std::string_view name) const = 0;

  virtual Status PutBus(const std::string& name) = 0;
  // With its rules, their targets, and its archives. Idempotent.
  virtual Status RemoveBus(const std::string& name) = 0;
  // Without its targets, which stay as they are.
  virtual Status PutRule(const config::Rule& rule) = 0;
  virtual Status RemoveRule(const std::string& bus, const std::string& rule) = 0;
  virtual Status PutTargets(const std::string& bus, const std::string& rule,
                            const std::vector<config::RuleTarget>& targets) = 0;
  virtual Status RemoveTargets(const std::string& bus, const std::string& rule,
                               const std::vector<std::string>& ids) = 0;
  virtual Status PutArchive(const std::string& bus, const std::string& name, const config::Archive& archive) = 0;
  virtual Status RemoveArchive(const std::string& bus, const std::string& name) = 0;
  virtual ArchiveSize SizeOf(const std::string& bus, const std::string& archive) const = 0;
  // AlreadyExists: the name was used before.
  virtual Status StartReplay(const ReplayOrder& order) = 0;
  // FailedPrecondition: it is over.
  virtual Status CancelReplay(const std::string& name) = 0;
  virtual Result<std::vector<ReplayReport>> Replays() const = 0;
  // Targets that were put before go on as they were until they are put anew.
  virtual Status PutDestination(const HttpDestination& destination) = 0;
  virtual void RemoveDestination(const std::string& name) = 0;
};

}  // namespace millrace::api::events
