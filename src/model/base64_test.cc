// Base64: the test vectors of RFC 4648 section 10, random bytes there and back, and everything that is not base64.
#include "model/base64.h"

#include <gtest/gtest.h>

#include "model/testing/random_value.h"

namespace millrace::model {
namespace {

TEST(Base64, MatchesTheVectorsOfTheRfc) {
  const std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"},
                                                          {"\xfb\xff", "+/8="}};
  for (const auto& [bytes, text] : kVectors) {
    EXPECT_EQ(Base64Encode(bytes), text);
    EXPECT_EQ(Base64Decode(text), bytes);
  }
}

TEST(Base64, RefusesEverythingElse) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg==Zg==", "=Zg=", "====", "Z===", "Zm9 ", "Zm9\n", "Zm9-", "Zm9_",
                           "Zh==", "Zm9=", "+/+=", "=+/=", "Zm=v", "Zm9v\xc3\xa9  "})
    EXPECT_EQ(Base64Decode(text), std::nullopt) << text;
}

// A decoder that accepts only what the encoder writes gives each value one text.
TEST(Base64, IsABijection) {
  SeededRandom random(3);
  RandomValue values(&random);
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string bytes = values.NextBytes(20);
    std::string text = Base64Encode(bytes);
    ASSERT_EQ(Base64Decode(text), bytes);
    if (text.empty()) continue;
    text[random.Below(text.size())] = "ABab09+/=- "[random.Below(11)];
    if (const auto other = Base64Decode(text)) {
      ++accepted;
      ASSERT_EQ(Base64Encode(*other), text);
    }
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace millrace::model
