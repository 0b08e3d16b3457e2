// The watermark survives a torn write of either slot, and damage is noticed.
#include "store/watermark.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/check.h"
#include "store/durable_file.h"
#include "store/temp_directory.h"

namespace millrace::store {
namespace {

class WatermarkTest : public testing::Test {
 protected:
  Watermark Open() {
    return MUST(Watermark::Open(path_));  // damage is a state, not an error
  }
  std::string Bytes() { return MUST(ReadSmallFile(path_, 64)); }
  void SetBytes(const std::string& bytes) { std::ofstream(path_, std::ios::trunc) << bytes; }

  TempDirectory temp_;
  const std::string path_ = temp_.path() + "/WATERMARK";
};

TEST_F(WatermarkTest, IsAbsentUntilItIsReset) {
  Watermark watermark = Open();
  EXPECT_EQ(watermark.state(), Watermark::State::kAbsent);
  ASSERT_TRUE(watermark.Reset(7).ok());
  EXPECT_EQ(watermark.sequence(), 7u);
  EXPECT_EQ(Bytes().size(), 64u);
  EXPECT_EQ(Open().state(), Watermark::State::kValid);
  EXPECT_EQ(Open().sequence(), 7u);
  ASSERT_TRUE(watermark.Remove().ok());
  EXPECT_EQ(Open().state(), Watermark::State::kAbsent);
  EXPECT_TRUE(watermark.Remove().ok());
}

TEST_F(WatermarkTest, AdvancesThroughReopensAndGoesBackOnReset) {
  ASSERT_TRUE(Open().Reset(0).ok());
  for (std::uint64_t sequence = 1; sequence <= 10; ++sequence) {
    Watermark watermark = Open();
    EXPECT_EQ(watermark.sequence(), sequence - 1);
    ASSERT_TRUE(watermark.Advance(sequence).ok());
    ASSERT_TRUE(watermark.Advance(sequence).ok());  // twice to the same is fine
  }
  Watermark watermark = Open();
  ASSERT_TRUE(watermark.Advance(1u << 31).ok());
  ASSERT_TRUE(watermark.Reset(5).ok());
  EXPECT_EQ(Open().sequence(), 5u);
  ASSERT_TRUE(watermark.Advance(6).ok());
  EXPECT_EQ(Open().sequence(), 6u);
}

TEST_F(WatermarkTest, HasTheBytesOfTheDocument) {
  ASSERT_TRUE(Open().Reset(300).ok());
  std::string hex;
  for (const char byte : Bytes().substr(0, 32)) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  EXPECT_EQ(hex, "4d52574d000000010000000000000002000000000000012c00000000ee5084e7");
  EXPECT_EQ(Bytes().substr(32), std::string(32, '\0'));
}

TEST_F(WatermarkTest, ATornSlotLeavesTheOtherOne) {
  Watermark watermark = Open();
  ASSERT_TRUE(watermark.Reset(1).ok());
  for (std::uint64_t sequence = 2; sequence <= 5; ++sequence) {
    const std::string before = Bytes();
    ASSERT_TRUE(watermark.Advance(sequence).ok());
    const std::string after = Bytes();
    for (std::size_t torn = 0; torn <= 64; ++torn) {  // any prefix of the new bytes got there
      SetBytes(after.substr(0, torn) + before.substr(torn));
      const Watermark read = Open();
      ASSERT_EQ(read.state(), Watermark::State::kValid);
      ASSERT_TRUE(read.sequence() == sequence || read.sequence() == sequence - 1);
    }
  }
}

TEST_F(WatermarkTest, DamageOfBothSlotsOrOfTheSizeIsNoticed) {
  ASSERT_TRUE(Open().Reset(1).ok());
  const std::string bytes = Bytes();
  for (std::size_t bit = 0; bit < 32 * 8; ++bit) {  // the second slot is still empty
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    SetBytes(damaged);
    ASSERT_EQ(Open().state(), Watermark::State::kDamaged) << bit;
  }
  for (const std::string& damaged : {std::string(), bytes.substr(1), bytes + "x", std::string(64, '\0')}) {
    SetBytes(damaged);
    EXPECT_EQ(Open().state(), Watermark::State::kDamaged);
    EXPECT_EQ(Open().sequence(), 0u);
  }
}

}  // namespace
}  // namespace millrace::store
