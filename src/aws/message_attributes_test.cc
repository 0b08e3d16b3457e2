// Attributes come back as they were written, damaged ones are refused, and checksums are AWS's.
#include "aws/message_attributes.h"

#include <gtest/gtest.h>

#include "base/check.h"

namespace millrace::aws {
namespace {

TEST(MessageAttributes, ComeBackAsTheyWereWritten) {
  const std::vector<MessageAttribute> attributes = {{"a", "String", "text", false, false},
                                                    {"b", "Binary.png", std::string("\0\xff", 2), true, false},
                                                    {"AWSTraceHeader", "String", "Root=1", false, true}};
  const std::string bytes = EncodeMessageAttributes(attributes);
  EXPECT_EQ(MUST(DecodeMessageAttributes(bytes)), attributes);
  EXPECT_TRUE(EncodeMessageAttributes({}).empty());
  EXPECT_TRUE(MUST(DecodeMessageAttributes("")).empty());
  for (std::size_t cut = 2; cut < bytes.size(); ++cut) {
    const auto decoded = DecodeMessageAttributes(bytes.substr(0, cut));
    if (decoded.ok()) {
      EXPECT_LT(decoded->size(), attributes.size());
    }
  }
  EXPECT_FALSE(DecodeMessageAttributes("\x02").ok());
}

// The body's from RFC 1321; the attributes' computed by hand from AWS's description of the algorithm.
TEST(MessageAttributes, HaveTheChecksumsThatClientsCompare) {
  EXPECT_EQ(Md5OfMessageBody("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(Md5OfMessageAttributes({}, AttributeKind::kUser), "");
  const std::vector<MessageAttribute> attributes = {{"timestamp", "Number", "1493147359900", false, false}};
  EXPECT_EQ(Md5OfMessageAttributes(attributes, AttributeKind::kUser), "235c5c510d26fb653d073faed50ae77c");
  EXPECT_EQ(Md5OfMessageAttributes(attributes, AttributeKind::kSystem), "");
}

}  // namespace
}  // namespace millrace::aws
