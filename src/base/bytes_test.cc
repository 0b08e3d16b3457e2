// Bytes: integers round-trip, big-endian order is numeric order, a short buffer is a failure and never a crash.
#include "base/bytes.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Bytes, VarintsRoundTrip) {
  for (const std::uint64_t value : {0ull, 1ull, 127ull, 128ull, 300ull, 1ull << 32, ~0ull}) {
    std::string out;
    PutVarint(out, value);
    ByteReader reader(out);
    EXPECT_EQ(reader.Varint(), value);
    EXPECT_TRUE(reader.ok() && reader.empty());
  }
}

TEST(Bytes, BigEndianOrderIsNumericOrder) {
  std::string small, large;
  PutBigEndian<std::uint32_t>(small, 255);
  PutBigEndian<std::uint32_t>(large, 256);
  EXPECT_LT(small, large);
}

TEST(Bytes, AShortBufferFailsAndStaysFailed) {
  std::string out;
  PutBytes(out, "hello");
  out.pop_back();
  ByteReader reader(out);
  EXPECT_EQ(reader.Bytes(), "");
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.BigEndian<std::uint64_t>(), 0u);
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace millrace
