// Compiled for processors with AVX2 (see src/CMakeLists.txt).
#include <immintrin.h>

#include "pattern/scan_loop.h"

namespace millrace::pattern {
namespace {

struct Avx2 {
  struct Half {
    __m256i low;
    __m256i high;
  };
  static std::uint64_t Mask(__m256i low, __m256i high) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
           static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(high))) << 32;
  }
  static std::uint64_t Equal(const Half& bytes, char c) {
    const __m256i wanted = _mm256_set1_epi8(c);
    return Mask(_mm256_cmpeq_epi8(bytes.low, wanted), _mm256_cmpeq_epi8(bytes.high, wanted));
  }
  static Classes Classify(const char* text) {
    const Half bytes = {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(text)),
                        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32))};
    // { and [ differ in one bit, and so do } and ].
    const __m256i bit = _mm256_set1_epi8(0x20);
    const Half folded = {_mm256_or_si256(bytes.low, bit), _mm256_or_si256(bytes.high, bit)};
    // Below 0x20: the larger of the byte and 0x1f is 0x1f.
    const __m256i last = _mm256_set1_epi8(0x1f);
    Classes c;
    c.control = Mask(_mm256_cmpeq_epi8(_mm256_max_epu8(bytes.low, last), last),
                     _mm256_cmpeq_epi8(_mm256_max_epu8(bytes.high, last), last));
    c.quote = Equal(bytes, '"');
    c.backslash = Equal(bytes, '\\');
    c.open = Equal(folded, '{');
    c.close = Equal(folded, '}');
    c.separator = Equal(bytes, ':') | Equal(bytes, ',');
    c.space = Equal(bytes, ' ');
    if (c.control != 0) c.space |= Equal(bytes, '\n') | Equal(bytes, '\t') | Equal(bytes, '\r');
    c.beyond_ascii = Mask(bytes.low, bytes.high);
    return c;
  }
  static std::uint64_t PrefixXor(std::uint64_t bits) {
    const __m128i product =
        _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<long long>(bits)), _mm_set1_epi8('\xff'), 0);
    return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
  }
};

}  // namespace

void ScanAvx2(const char* text, std::size_t count, ScanState& state, ScanBlock* out) {
  ScanLoop<Avx2>(text, count, state, out);
}

std::size_t GatherAvx2(const char* text, const ScanBlock* blocks, std::size_t count, std::uint32_t first,
                       std::uint32_t* places, char* bytes) {
  return GatherLoop(text, blocks, count, first, places, bytes);
}

}  // namespace millrace::pattern
