#include "pattern/event_reader.h"

#include <algorithm>

#include "json/parse.h"
#include "json/unescape.h"
#include "json/utf8.h"

namespace millrace::pattern {
namespace {

// How many blocks are scanned ahead of the cursor when the end may never be read.
constexpr std::size_t kScanAhead = 4;

// What may stand behind a number or a name without quotes. Not a quote: it would be no token there.
constexpr auto kEndsScalar = [] {
  std::array<bool, 256> table{};
  for (const char c : {',', '}', ']', ' ', '\n', '\t', '\r', ':', '{', '['})
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

const char* SkipDigits(const char* at, const char* end) {
  for (; end - at >= 8; at += 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, at, sizeof bytes);
    const std::uint64_t others =
        ((bytes & 0xf0f0f0f0f0f0f0f0) | (((bytes + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4)) ^
        0x3333333333333333;
    if (others != 0) return at + std::countr_zero(others) / 8;
  }
  while (at != end && *at >= '0' && *at <= '9') ++at;
  return at;
}

// Behind the JSON number, or null.
const char* NumberEnd(const char* at, const char* end) {
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

}  // namespace

bool EventReader::Begin(std::string_view text) {
  elements_.Clear();
  if (blocks_.size() > kRetainedBlocks) {
    blocks_.clear();
    blocks_.shrink_to_fit();
    unescaped_.shrink_to_fit();
  }
  if (text.empty() || text.size() > json::kTextBytesMax) return false;
  text_ = text;
  block_count_ = (text.size() + kScanBlockBytes - 1) / kScanBlockBytes;
  if (blocks_.size() < block_count_) blocks_.resize(block_count_);
  scanned_ = 0;
  block_ = 0;
  tokens_ = 0;
  state_ = {};
  return true;
}

void EventReader::ScanUpTo(std::size_t block) {
  const std::size_t full = text_.size() / kScanBlockBytes;
  const std::size_t end = std::max(block + 1, std::min(block + kScanAhead, block_count_));
  if (scanned_ < std::min(end, full)) {
    const std::size_t count = std::min(end, full) - scanned_;
    scan_(text_.data() + scanned_ * kScanBlockBytes, count, state_, &blocks_[scanned_]);
    scanned_ += count;
  }
  if (end > full) {
    std::array<char, kScanBlockBytes> last;
    last.fill(' ');
    std::memcpy(last.data(), text_.data() + full * kScanBlockBytes, text_.size() - full * kScanBlockBytes);
    scan_(last.data(), 1, state_, &blocks_[full]);
    scanned_ = full + 1;
  }
}

bool EventReader::ScannedTextIsValid() {
  if (state_.in_string != 0 || state_.controls != 0) return false;
  if (state_.beyond_ascii != 0 && !json::IsUtf8(text_)) return false;
  // Outside of strings a backslash is an error anyway.
  return state_.backslashes == 0 || Unescaped(text_).data() != nullptr;
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
  if (at >= text_.size()) return 0;
  const std::string_view rest = text_.substr(at);
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

bool EventReader::PassOver(std::size_t at, std::uint32_t depth) {
  // For each open container from the one at `at` on, whether it is an object.
  std::array<std::uint64_t, kEventDepthMax / 64 + 1> objects;
  const std::uint32_t depth_max = kEventDepthMax - depth;
  std::uint32_t open = 0;
  const auto in_object = [&] { return (objects[open / 64] >> open % 64 & 1) != 0; };
  for (;;) {
    // A value begins at `at`.
    const char first = At(at);
    if (first == '{' || first == '[') {
      if (open == depth_max) return false;
      ++open;
      const std::uint64_t bit = std::uint64_t{1} << open % 64;
      objects[open / 64] = first == '{' ? objects[open / 64] | bit : objects[open / 64] & ~bit;
      at = Next();
      if (At(at) == (first == '{' ? '}' : ']')) {
        --open;
      } else {
        if (first == '{') {
          if (At(at) != '"' || At(Next()) != ':') return false;
          at = Next();
        }
        continue;
      }
    } else if (first != '"' && ScalarLength(at) == 0) {
      return false;
    }
    // A value has ended.
    for (;;) {
      if (open == 0) return true;
      const char next = At(Next());
      if (next == ',') {
        at = Next();
        if (in_object()) {
          if (At(at) != '"' || At(Next()) != ':') return false;
          at = Next();
        }
        break;
      }
      if (next != (in_object() ? '}' : ']')) return false;
      --open;
    }
  }
}

bool EventReader::LeaveContainer() {
  std::size_t depth = 1;
  // From the cursor on.
  std::uint64_t mask = tokens_ == 0 ? 0 : ~((tokens_ & -tokens_) - 1);
  for (;;) {
    const ScanBlock& block = blocks_[block_];
    const std::uint64_t open = block.open & mask;
    const std::uint64_t close = block.close & mask;
    const auto closed = static_cast<std::size_t>(std::popcount(close));
    if (closed < depth) {
      depth += static_cast<std::size_t>(std::popcount(open)) - closed;
    } else {
      for (std::uint64_t brackets = open | close; brackets != 0; brackets &= brackets - 1) {
        const std::uint64_t bit = brackets & -brackets;
        if ((close & bit) == 0) {
          ++depth;
        } else if (--depth == 0) {
          tokens_ = block.tokens & ~(bit | (bit - 1));
          return true;
        }
      }
    }
    if (!NextBlock()) return false;
    mask = ~std::uint64_t{0};
  }
}

}  // namespace millrace::pattern
