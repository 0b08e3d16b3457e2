// Compiled for processors with AVX-512 VBMI2 (see src/CMakeLists.txt).
#include <immintrin.h>

#include "pattern/scan_loop.h"

namespace millrace::pattern {
namespace {

struct Avx512 {
  static Classes Classify(const char* text) {
    const __m512i bytes = _mm512_loadu_si512(text);
    const auto equal = [](__m512i v, char c) { return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c)); };
    // { and [ differ in one bit, and so do } and ].
    const __m512i folded = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
    const std::uint64_t control = _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(0x20));
    Classes c;
    c.quote = equal(bytes, '"');
    c.backslash = equal(bytes, '\\');
    c.open = equal(folded, '{');
    c.close = equal(folded, '}');
    c.separator = equal(bytes, ':') | equal(bytes, ',');
    c.space = equal(bytes, ' ');
    if (control != 0) c.space |= equal(bytes, '\n') | equal(bytes, '\t') | equal(bytes, '\r');
    c.control = control;
    c.beyond_ascii = _mm512_movepi8_mask(bytes);
    return c;
  }
  static std::uint64_t PrefixXor(std::uint64_t bits) {
    const __m128i product =
        _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(bits)), _mm_set1_epi8('\xff'), 0);
    return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
  }
};

}  // namespace

void ScanAvx512(const char* text, std::size_t count, ScanState& state, ScanBlock* out) {
  ScanLoop<Avx512>(text, count, state, out);
}

std::size_t GatherAvx512(const char* text, const ScanBlock* blocks, std::size_t count, std::uint32_t first,
                         std::uint32_t* places, char* bytes) {
  const __m512i each =
      _mm512_set_epi8(63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40,
                      39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16,
                      15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  std::size_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t tokens = blocks[i].tokens;
    const auto found = static_cast<std::size_t>(__builtin_popcountll(tokens));
    _mm512_storeu_si512(bytes + total,
                        _mm512_maskz_compress_epi8(tokens, _mm512_loadu_si512(text + i * kScanBlockBytes)));
    const __m512i within = _mm512_maskz_compress_epi8(tokens, each);
    const __m512i begin = _mm512_set1_epi32(static_cast<int>(first + i * kScanBlockBytes));
    const auto store = [&](std::size_t at, __m128i sixteen) {
      _mm512_storeu_si512(places + total + at, _mm512_add_epi32(_mm512_cvtepu8_epi32(sixteen), begin));
    };
    store(0, _mm512_castsi512_si128(within));
    if (found > 16) {
      store(16, _mm512_extracti32x4_epi32(within, 1));
      if (found > 32) {
        store(32, _mm512_extracti32x4_epi32(within, 2));
        store(48, _mm512_extracti32x4_epi32(within, 3));
      }
    }
    total += found;
  }
  return total;
}

}  // namespace millrace::pattern
