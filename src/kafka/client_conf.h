// ClientConf turns ClientOptions into the library's configuration. Within this module only.
//
// Threads:   externally synchronised until a client takes it; then Events is called by the client's thread, and the
//            library's log lines come from any.
// Ownership: a client that was made of it owns the configuration; Events outlives the client.
// Failure:   InvalidArgument with the library's words: a file that cannot be read, a key that is none. Never a secret.
#pragma once

#include <mutex>
#include <string>

#include "kafka/client_options.h"

struct rd_kafka_conf_s;
struct rd_kafka_s;
struct rd_kafka_op_s;

namespace millrace::kafka {

// What a client tells about itself.
class Events {
 public:
  explicit Events(const ClientOptions& options) : options_(options) {}
  const ClientOptions& options() const { return options_; }

  // True if it was an error, or the wish for a token, which is then answered. REQUIRES: the event is of that client.
  bool Serve(rd_kafka_s* client, rd_kafka_op_s* event);
  // The last one, with what is known to be behind it; empty: there was none since Forget.
  std::string last_error() const;
  void Forget();

 private:
  void OnError(std::string what);
  void GiveToken(rd_kafka_s* client);

  const ClientOptions& options_;
  mutable std::mutex mutex_;
  std::string last_error_;  // guarded by mutex_
};

class ClientConf {
 public:
  ClientConf();
  ~ClientConf();
  ClientConf(const ClientConf&) = delete;
  ClientConf& operator=(const ClientConf&) = delete;

  Status Set(const char* name, const std::string& value);
  // What every client needs. Its events have to be polled from its main queue.
  Status Fill(const ClientOptions& options);
  rd_kafka_conf_s* get() const { return conf_; }
  // The client has it now.
  void Release() { conf_ = nullptr; }

 private:
  rd_kafka_conf_s* conf_;
};

}  // namespace millrace::kafka
