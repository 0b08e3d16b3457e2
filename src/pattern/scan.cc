#include "pattern/scan.h"

#include <array>
#include <vector>

#include "pattern/scan_loop.h"

namespace millrace::pattern {

#ifdef __x86_64__
void ScanAvx2(const char* text, std::size_t count, ScanState& state, ScanBlock* out);
void ScanAvx512(const char* text, std::size_t count, ScanState& state, ScanBlock* out);
std::size_t GatherAvx2(const char* text, const ScanBlock* blocks, std::size_t count, std::uint32_t first,
                       std::uint32_t* places, char* bytes);
std::size_t GatherAvx512(const char* text, const ScanBlock* blocks, std::size_t count, std::uint32_t first,
                         std::uint32_t* places, char* bytes);
#endif

namespace {

// One bit of each byte's entry per class.
constexpr auto kClassTable = [] {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] |= 1u << 6;
  for (std::size_t c = 0x80; c < 0x100; ++c) table[c] |= 1u << 7;
  table['"'] |= 1u << 0;
  table['\\'] |= 1u << 1;
  table['{'] |= 1u << 2;
  table['['] |= 1u << 2;
  table['}'] |= 1u << 3;
  table[']'] |= 1u << 3;
  table[':'] |= 1u << 4;
  table[','] |= 1u << 4;
  for (const char c : {' ', '\n', '\t', '\r'}) table[static_cast<unsigned char>(c)] |= 1u << 5;
  return table;
}();

struct Plain {
  static Classes Classify(const char* text) {
    std::array<std::uint64_t, 8> bits{};
    for (std::size_t i = 0; i < kScanBlockBytes; ++i) {
      const std::uint64_t entry = kClassTable[static_cast<unsigned char>(text[i])];
      for (std::size_t k = 0; k < 8; ++k) bits[k] |= (entry >> k & 1) << i;
    }
    return {bits[0], bits[1], bits[2], bits[3], bits[4], bits[5], bits[6], bits[7]};
  }
  static std::uint64_t PrefixXor(std::uint64_t bits) {
    for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
    return bits;
  }
};

void ScanPlain(const char* text, std::size_t count, ScanState& state, ScanBlock* out) {
  ScanLoop<Plain>(text, count, state, out);
}

std::size_t GatherPlain(const char* text, const ScanBlock* blocks, std::size_t count, std::uint32_t first,
                        std::uint32_t* places, char* bytes) {
  return GatherLoop(text, blocks, count, first, places, bytes);
}

std::vector<Scan> FindScans() {
  std::vector<Scan> scans{{ScanPlain, GatherPlain}};
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul")) scans.push_back({ScanAvx2, GatherAvx2});
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("pclmul"))
    scans.push_back({ScanAvx512, GatherAvx512});
#endif
  return scans;
}

}  // namespace

std::span<const Scan> AllScans() {
  static const std::vector<Scan> scans = FindScans();
  return scans;
}

const Scan& ChooseScan() {
  return AllScans().back();
}

}  // namespace millrace::pattern
