// Compiled for processors with AVX-512 (see src/CMakeLists.txt).
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

}  // namespace millrace::pattern
