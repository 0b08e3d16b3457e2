// ParseYaml reads one YAML 1.2 document into a tree of nodes with their places.
//
// Refused, each with its place: text that is not UTF-8 or holds control characters, a repeated key, a key that is a
// list or a mapping, more than one document, tags other than !!str, !!map and !!seq, merge keys, aliases to themselves,
// and more nesting, nodes or text (aliases expanded) than the limits allow.
//
// Threads:   pure function.
// Failure:   null; the report says why.
#pragma once

#include <string_view>

#include "config/node.h"
#include "config/report.h"

namespace millrace::config {

NodePtr ParseYaml(std::string_view text, Report& report);

}  // namespace millrace::config
