// MessageAttributes are the named values beside the body of an SQS message, and the checksums that clients compare.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
//
// Threads: functions without state.
// Failure: Corruption if stored bytes are not what was encoded.
// Format:  version 1 (1), then for each attribute: flags (1: 1 binary, 2 system attribute), name, type and value, each
//          with its length as a varint. Nothing at all if there is none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace millrace::aws {

struct MessageAttribute {
  std::string name;
  std::string type;  // "String", "Number", "Binary", and these with a suffix: "Number.int"
  std::string value;
  bool binary = false;  // of BinaryValue
  bool system = false;  // AWSTraceHeader
  bool operator==(const MessageAttribute&) const = default;
};

std::string EncodeMessageAttributes(const std::vector<MessageAttribute>& attributes);
Result<std::vector<MessageAttribute>> DecodeMessageAttributes(std::string_view bytes);

// "900150983cd24fb0d6963f7d28e17f72". Of the attributes, or of the system attributes; empty if there are none.
enum class AttributeKind : bool { kUser, kSystem };
std::string Md5OfMessageAttributes(const std::vector<MessageAttribute>& attributes, AttributeKind kind);
std::string Md5OfMessageBody(std::string_view body);

}  // namespace millrace::aws
