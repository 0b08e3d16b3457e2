#include "pattern/event_reader.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>

#include "json/parse.h"
#include "json/unescape.h"
#include "json/utf8.h"

namespace millrace::pattern {
namespace {

// How many blocks are scanned at once: few at first, for the end may never be read.
constexpr std::size_t kScanAtOnceMin = 2;
constexpr std::size_t kScanAtOnceMax = 8;

// What may stand behind a number or a name without quotes. Not a quote: it would be no token there.
constexpr auto kEndsScalar = [] {
  std::array<bool, 256> table{};
  for (const char c : {',', '}', ']', ' ', '\n', '\t', '\r', ':', '{', '['})
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

// Bit i: byte i is no digit. At least as many bytes as kDigitMaskBytes can be read.
#ifdef __SSE2__
constexpr std::ptrdiff_t kDigitMaskBytes = 32;
std::uint64_t OtherThanDigits(const char* at) {
  const auto others = [](const char* from) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    // From '0' on, as signed numbers: the digits are the ten lowest.
    const __m128i shifted = _mm_sub_epi8(bytes, _mm_set1_epi8(static_cast<char>('0' + 128)));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpgt_epi8(shifted, _mm_set1_epi8(-128 + 9))));
  };
  return others(at) | std::uint64_t{others(at + 16)} << 16;
}
#else
constexpr std::ptrdiff_t kDigitMaskBytes = 32;
std::uint64_t OtherThanDigits(const char* at) {
  std::uint64_t others = 0;
  for (unsigned i = 0; i < kDigitMaskBytes; ++i) others |= std::uint64_t{at[i] < '0' || at[i] > '9'} << i;
  return others;
}
#endif

const char* SkipDigits(const char* at, const char* end) {
  while (at != end && *at >= '0' && *at <= '9') ++at;
  return at;
}

// Behind the JSON number, or null.
const char* NumberEndSlowly(const char* at, const char* end) {
  const auto digits = [&] {
    const char* const begin = at;
    at = SkipDigits(at, end);
    return at != begin;
  };
  if (*at == '-') ++at;
  if (at != end && *at == '0') {
    ++at;
  } else if (!digits()) {
    return nullptr;
  }
  if (at != end && *at == '.') {
    ++at;
    if (!digits()) return nullptr;
  }
  if (at != end && (*at | 0x20) == 'e') {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    if (!digits()) return nullptr;
  }
  return at;
}

inline const char* NumberEnd(const char* at, const char* end) {
  if (end - at < kDigitMaskBytes) return NumberEndSlowly(at, end);
  // With a bit beyond the bytes, so that there is always one.
  const std::uint64_t others = OtherThanDigits(at) | std::uint64_t{1} << kDigitMaskBytes;
  const unsigned begin = *at == '-' ? 1 : 0;
  unsigned place = static_cast<unsigned>(std::countr_zero(others >> begin)) + begin;
  if (place == begin || (at[begin] == '0' && place > begin + 1)) return nullptr;
  if (place == kDigitMaskBytes) return NumberEndSlowly(at, end);
  if (at[place] == '.') {
    const unsigned fraction = place + 1;
    place = static_cast<unsigned>(std::countr_zero(others >> fraction)) + fraction;
    if (place == kDigitMaskBytes) return NumberEndSlowly(at, end);
    if (place == fraction) return nullptr;
  }
  return (at[place] | 0x20) == 'e' ? NumberEndSlowly(at, end) : at + place;
}

inline std::size_t LengthOfScalar(std::string_view rest) {
  std::size_t length = 0;
  switch (rest[0]) {
    case 't':
      length = rest.starts_with("true") ? 4 : 0;
      break;
    case 'f':
      length = rest.starts_with("false") ? 5 : 0;
      break;
    case 'n':
      length = rest.starts_with("null") ? 4 : 0;
      break;
    default: {
      const char* const end = NumberEnd(rest.data(), rest.data() + rest.size());
      if (end == nullptr) return 0;
      length = static_cast<std::size_t>(end - rest.data());
    }
  }
  return length == rest.size() || kEndsScalar[static_cast<unsigned char>(rest[length])] ? length : 0;
}

}  // namespace

bool EventReader::Begin(std::string_view text) {
  elements_.Clear();
  if (blocks_.size() > kRetainedBlocks) {
    blocks_ = {};
    places_ = {};
    bytes_ = {};
    unescaped_ = {};
  }
  if (text.empty() || text.size() > json::kTextBytesMax) return false;
  text_ = text;
  block_count_ = (text.size() + kScanBlockBytes - 1) / kScanBlockBytes;
  if (blocks_.size() < block_count_) blocks_.resize(block_count_);
  scanned_ = 0;
  cursor_ = {};
  state_ = {};
  return true;
}

void EventReader::ScanUpTo(std::size_t block) {
  const std::size_t full = text_.size() / kScanBlockBytes;
  const std::size_t ahead = std::clamp(scanned_, kScanAtOnceMin, kScanAtOnceMax);
  const std::size_t end = std::max(block + 1, std::min(block + ahead, block_count_));
  if (scanned_ < std::min(end, full)) {
    const std::size_t count = std::min(end, full) - scanned_;
    scan_.blocks(text_.data() + scanned_ * kScanBlockBytes, count, state_, &blocks_[scanned_]);
    scanned_ += count;
  }
  if (end > full) {
    tail_.fill(' ');
    std::memcpy(tail_.data(), text_.data() + full * kScanBlockBytes, text_.size() - full * kScanBlockBytes);
    scan_.blocks(tail_.data(), 1, state_, &blocks_[full]);
    scanned_ = full + 1;
  }
}

bool EventReader::ScanWhole() {
  ScanUpTo(block_count_ - 1);
  if (state_.in_string != 0 || state_.controls != 0) return false;
  if (state_.beyond_ascii != 0 && !json::IsUtf8(text_)) return false;
  // Outside of strings a backslash is an error anyway.
  if (state_.backslashes != 0 && Unescaped(text_).data() == nullptr) return false;

  if (places_.size() < text_.size() + kGatherSlack + 1) {
    places_.resize(text_.size() + kGatherSlack + 1);
    bytes_.resize(places_.size());
  }
  const std::size_t full = text_.size() / kScanBlockBytes;
  std::size_t count = scan_.gather(text_.data(), blocks_.data(), full, 0, places_.data(), bytes_.data());
  if (full < block_count_) {
    count += scan_.gather(tail_.data(), &blocks_[full], 1, static_cast<std::uint32_t>(full * kScanBlockBytes),
                          &places_[count], &bytes_[count]);
  }
  places_[count] = static_cast<std::uint32_t>(text_.size());
  bytes_[count] = '\0';
  return true;
}

std::string_view EventReader::Unescaped(std::string_view inside) {
  if (unescaped_.size() < inside.size()) unescaped_.resize(inside.size());
  const json::Unescaped done = json::Unescape(inside, unescaped_.data());
  return done.error != nullptr ? std::string_view() : std::string_view(unescaped_.data(), done.length);
}

std::size_t EventReader::StringEnd(std::size_t at) {
  std::size_t block = at / kScanBlockBytes;
  // The quotes behind this one.
  std::uint64_t quotes = blocks_[block].quotes & ~std::uint64_t{1} << at % kScanBlockBytes;
  while (quotes == 0) {
    if (++block >= block_count_) return text_.size();
    if (block >= scanned_) ScanUpTo(block);
    quotes = blocks_[block].quotes;
  }
  return block * kScanBlockBytes + static_cast<std::size_t>(std::countr_zero(quotes));
}

std::size_t EventReader::ScalarLength(std::size_t at) const {
  return at < text_.size() ? LengthOfScalar(text_.substr(at)) : 0;
}

bool EventReader::PassOver(std::uint32_t depth) {
  // What changes is local: it stays in registers. Behind the last token there is a 0, which nothing takes.
  const char* const begin = &bytes_[cursor_.next - 1];
  const char* byte = begin;
  const std::uint32_t* const places = &places_[cursor_.next - 1];
  const std::string_view text = text_;
  // For each open container from the first one on, whether it is an object.
  std::array<std::uint64_t, kEventDepthMax / 64 + 1> objects;
  objects[0] = 0;
  const std::uint32_t depth_max = kEventDepthMax - depth;
  std::uint32_t open = 0;
  bool in_object = false;
  for (;;) {
    // A value begins.
    const char c = *byte;
    if (c == '{' || c == '[') {
      if (open == depth_max) return false;
      ++open;
      const std::uint64_t bit = std::uint64_t{1} << open % 64;
      in_object = c == '{';
      objects[open / 64] = in_object ? objects[open / 64] | bit : objects[open / 64] & ~bit;
      if (*++byte != (in_object ? '}' : ']')) {
        if (in_object) {
          if (byte[0] != '"' || byte[1] != ':') return false;
          byte += 2;
        }
        continue;
      }
      --open;
      in_object = (objects[open / 64] >> open % 64 & 1) != 0;
    } else if (c != '"' && (c == '\0' || LengthOfScalar(text.substr(places[byte - begin])) == 0)) {
      return false;
    }
    // A value has ended.
    for (;;) {
      ++byte;
      if (open == 0) {
        cursor_.next += static_cast<std::size_t>(byte - begin) - 1;
        return true;
      }
      const char behind = *byte;
      if (behind == ',') {
        ++byte;
        if (in_object) {
          if (byte[0] != '"' || byte[1] != ':') return false;
          byte += 2;
        }
        break;
      }
      if (behind != (in_object ? '}' : ']')) return false;
      --open;
      in_object = (objects[open / 64] >> open % 64 & 1) != 0;
    }
  }
}

bool EventReader::LeaveContainer() {
  std::size_t depth = 1;
  // From the cursor on.
  std::uint64_t mask = cursor_.tokens == 0 ? 0 : ~((cursor_.tokens & -cursor_.tokens) - 1);
  for (;;) {
    const ScanBlock& block = blocks_[cursor_.block];
    if (mask == ~std::uint64_t{0} && block.closed < depth) {
      depth += static_cast<std::size_t>(block.deeper);
    } else {
      const std::uint64_t open = block.open & mask;
      const std::uint64_t close = block.close & mask;
      for (std::uint64_t brackets = open | close; brackets != 0; brackets &= brackets - 1) {
        const std::uint64_t bit = brackets & -brackets;
        if ((close & bit) == 0) {
          ++depth;
        } else if (--depth == 0) {
          cursor_.tokens = block.tokens & ~(bit | (bit - 1));
          return true;
        }
      }
    }
    if (cursor_.block + 1 >= block_count_) return false;
    if (++cursor_.block >= scanned_) ScanUpTo(cursor_.block);
    mask = ~std::uint64_t{0};
  }
}

}  // namespace millrace::pattern
