// Call is what an operation works with: the engine, who asks, and the request's JSON. Answer is where its reply goes.
//
// Threads:   a Call is confined to the request thread. An Answer moves to the thread that completes the write.
// Ownership: a Call borrows everything and lives until the operation returns; what a completion needs is copied.
// Failure:   an Answer that is dropped without a reply answers 500.
#pragma once

#include <memory>
#include <string_view>

#include "api/dynamodb/reply.h"
#include "base/error.h"
#include "engine/engine.h"
#include "http/server.h"
#include "json/value.h"

namespace millrace::api::dynamodb {

struct Call {
  engine::Engine& engine;
  const engine::Catalogue& catalogue;  // one snapshot for the whole request
  const engine::Scope& scope;
  std::string_view host;       // of the endpoint the client called
  const json::Value& request;  // an object
};

class Answer {
 public:
  explicit Answer(http::Responder responder) : responder_(std::move(responder)) {}

  // Exactly one of these, once.
  void Send(Reply reply);
  void Fail(const Error& error) { Send(RenderError(error)); }

 private:
  http::Responder responder_;
};

}  // namespace millrace::api::dynamodb
