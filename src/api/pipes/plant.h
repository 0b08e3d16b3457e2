// Plant is what the Pipes API drives: the pipes of this node, running, and the rows in which the API keeps what it was
// told.
//
// Threads:   thread-safe. Everything may wait for the disk and for deliveries that are under way.
// Ownership: outlives the Service.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "config/config.h"
#include "records/keeper.h"

namespace millrace::api::pipes {

class Plant : public records::Keeper {
 public:
  // `source_arn` is what the pipe reads; it must be that of the log that `pipe.from` has now.
  virtual Status PutPipe(const config::Pipe& pipe, std::string_view source_arn) = 0;
  // Both survive a restart. Its place is kept.
  virtual Status Pause(const std::string& name) = 0;
  virtual Status Resume(const std::string& name) = 0;
  // Idempotent.
  virtual Status Remove(const std::string& name) = 0;
  // Why it does not go on by itself; nothing: it does.
  virtual std::optional<std::string> WhyFailed(const std::string& name) const = 0;
};

}  // namespace millrace::api::pipes
