// Pipes are the pipes that run: each is one subscription, from a source to a destination.
//
// A pipe has an identity of its own: what is changed of its filter, its format or its destination keeps its position.
// Another source, or another order key, needs another pipe.
//
// Threads:   externally synchronised (Flows does it). Every change waits for the engine.
// Ownership: everything it is given outlives it.
// Failure:   InvalidArgument, NotFound, FailedPrecondition; the pipe is then as it was.
#pragma once

#include <map>
#include <string>

#include "app/destinations.h"
#include "app/runner.h"
#include "app/sources.h"
#include "config/config.h"

namespace millrace::app {

class Pipes {
 public:
  Pipes(Site& site, Sources& sources, Destinations& destinations, Runner& runner)
      : site_(site), sources_(sources), destinations_(destinations), runner_(runner) {}

  // "pipe/x", "trigger/function/table".
  static std::string NameOf(const config::Pipe& pipe);

  // Adds the pipe, or changes the one of that name. Triggers are named "function/source" and are pipes, too.
  Status Put(const config::Pipe& pipe);
  // Both survive a restart.
  Status Pause(const std::string& name);
  Status Resume(const std::string& name);
  // Idempotent.
  Status Remove(const std::string& name);
  // Null: there is none.
  std::shared_ptr<flow::Subscription> Find(const std::string& name) const;

 private:
  struct Live {
    config::Pipe pipe;
    std::string source_arn;
  };

  flow::SubscriptionId IdentityOf(const config::Pipe& pipe, std::string source_arn) const;

  Site& site_;
  Sources& sources_;
  Destinations& destinations_;
  Runner& runner_;
  std::map<std::string, Live> pipes_;
};

}  // namespace millrace::app
