// HttpOptionsOf makes the options of an HTTP target out of what the configuration says, with its secrets.
//
// Threads:   pure functions over what Secrets reads.
// Failure:   the error of Secrets, or what CheckHttpTargetOptions refuses; each names the target.
#pragma once

#include <string>

#include "app/secrets.h"
#include "base/error.h"
#include "config/config.h"
#include "targets/http/http_options.h"

namespace millrace::app {

// `name` is what messages call the target: "target/crm".
Result<targets::HttpTargetOptions> HttpOptionsOf(const std::string& name, const config::HttpTarget& http,
                                                 const Secrets& secrets);

}  // namespace millrace::app
