#include "base/random.h"

#include <sys/random.h>

#include <cstring>

#include "base/check.h"
#include "base/int128.h"

namespace millrace {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): one addition and a finaliser, passes BigCrush, any seed is good.
std::uint64_t SplitMix64(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t Random::Below(std::uint64_t bound) {
  CHECK(bound > 0);
  return static_cast<std::uint64_t>((static_cast<Uint128>(Next()) * bound) >> 64);
}

double Random::Fraction() {
  return static_cast<double>(Next() >> 11) * 0x1.0p-53;
}

std::string Random::Uuid() {
  std::uint64_t words[2] = {Next(), Next()};
  unsigned char bytes[16];
  std::memcpy(bytes, words, sizeof bytes);
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    out.push_back(kHex[bytes[i] >> 4]);
    out.push_back(kHex[bytes[i] & 15]);
  }
  return out;
}

std::string Random::UpperAlphanumeric(std::size_t length) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::string out(length, '\0');
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < length; ++i) {
    if (i % 10 == 0) bits = Next();  // 36^10 < 2^64
    out[i] = kAlphabet[bits % 36];
    bits /= 36;
  }
  return out;
}

std::uint64_t SystemRandom::Next() {
  thread_local std::uint64_t state = [] {
    std::uint64_t seed = 0;
    CHECK(getrandom(&seed, sizeof seed, 0) == sizeof seed, "the kernel has no random bytes");
    return seed;
  }();
  return SplitMix64(state);
}

std::uint64_t SeededRandom::Next() {
  std::lock_guard lock(mutex_);
  return SplitMix64(state_);
}

}  // namespace millrace
