// Signer signs requests with HMAC-SHA256, so that an endpoint can tell them from anybody else's.
//
// Standard Webhooks: "webhook-signature: v1,<base64>" over "<id>.<timestamp>.<body>", one for each secret. The time is
// that of the attempt, the id that of the record: both are part of what is signed.
// Body signature: one header over the body alone, as GitHub, Shopify and others send it.
//
// Threads: immutable.
// Failure: Create returns InvalidArgument for a secret that is empty or not what its prefix says, without showing it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "http/headers.h"
#include "targets/http/http_options.h"

namespace millrace::targets {

class Signer {
 public:
  static Result<Signer> Create(const HttpTargetOptions& options);

  // Adds the headers that sign a request with this body.
  void Sign(std::string_view id, WallTime now, std::string_view body, http::Headers& headers) const;

 private:
  std::vector<Secret> webhook_keys_;
  std::optional<BodySignature> body_signature_;
};

}  // namespace millrace::targets
