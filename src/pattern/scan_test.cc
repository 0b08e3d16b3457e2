// Scan: every kind of vectors finds the tokens that a plain reading of the grammar finds, whatever the bytes.
#include "pattern/scan.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <vector>

#include "base/random.h"

namespace millrace::pattern {
namespace {

// The same by reading one byte after the other.
std::vector<ScanBlock> ReadPlainly(const std::string& text, ScanState& state) {
  std::vector<ScanBlock> blocks(text.size() / kScanBlockBytes);
  bool in_string = false, escaped = false, in_run = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    ScanBlock& block = blocks[i / kScanBlockBytes];
    const std::uint64_t bit = std::uint64_t{1} << i % kScanBlockBytes;
    const char c = text[i];
    const bool is_escaped = std::exchange(escaped, false);
    if (static_cast<unsigned char>(c) >= 0x80) state.beyond_ascii = 1;
    if (c == '\\') {
      state.backslashes = 1;
      escaped = !is_escaped;
    }
    const bool quote = c == '"' && !is_escaped;
    if (quote) block.quotes |= bit;
    if (in_string) {
      in_string = !quote;
      in_run = !quote;
      if (static_cast<unsigned char>(c) < 0x20) state.controls = 1;
      continue;
    }
    const bool open = c == '{' || c == '[', close = c == '}' || c == ']';
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (open) block.open |= bit;
    if (close) block.close |= bit;
    if (quote) in_string = true;
    const bool alone = open || close || c == ',' || c == ':';
    if (alone || (!space && !in_run)) block.tokens |= bit;
    // What follows a quote begins a run of its own.
    in_run = !alone && !space && !quote;
  }
  state.in_string = in_string;
  return blocks;
}

TEST(Scan, EveryKindFindsTheSameTokens) {
  const std::uint64_t seed = SystemRandom().Next();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  SeededRandom random(seed);
  constexpr std::string_view kPieces[] = {"{",    "}",    "[",    "]", ":",        ",",   "\"",
                                          "\\",   "\\\\", "\\\"", " ", "\n",       "\t",  "\r",
                                          "\x01", "a",    "0",    "-", "\xc3\xa9", "abc", "\\\\\\\\\\"};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const std::size_t blocks = 1 + random.Below(6);
    const std::size_t kinds = 1 + random.Below(std::size(kPieces));
    while (text.size() < blocks * kScanBlockBytes) text += kPieces[random.Below(kinds)];
    text.resize(blocks * kScanBlockBytes);
    ScanState plain;
    const std::vector<ScanBlock> expected = ReadPlainly(text, plain);
    int checked = 0;
    for (const Scan& scan : AllScans()) {
      ScanState state;
      std::vector<ScanBlock> found(blocks);
      // In two parts: what is carried over is part of it.
      const std::size_t first = random.Below(blocks + 1);
      scan.blocks(text.data(), first, state, found.data());
      scan.blocks(text.data() + first * kScanBlockBytes, blocks - first, state, found.data() + first);
      for (std::size_t i = 0; i < blocks; ++i) {
        ASSERT_EQ(found[i].tokens, expected[i].tokens) << text << " kind " << checked << " block " << i;
        ASSERT_EQ(found[i].quotes, expected[i].quotes) << text << " kind " << checked << " block " << i;
        ASSERT_EQ(found[i].open, expected[i].open) << text << " kind " << checked << " block " << i;
        ASSERT_EQ(found[i].close, expected[i].close) << text << " kind " << checked << " block " << i;
        ASSERT_EQ(found[i].closed, static_cast<std::uint32_t>(std::popcount(expected[i].close)));
        ASSERT_EQ(found[i].deeper, std::popcount(expected[i].open) - std::popcount(expected[i].close));
      }
      std::vector<std::uint32_t> places(text.size() + kGatherSlack);
      std::string bytes(text.size() + kGatherSlack, '\0');
      const std::size_t count = scan.gather(text.data(), found.data(), blocks, 1000, places.data(), bytes.data());
      std::size_t next = 0;
      for (std::size_t i = 0; i < text.size(); ++i) {
        if ((expected[i / kScanBlockBytes].tokens >> i % kScanBlockBytes & 1) == 0) continue;
        ASSERT_LT(next, count);
        ASSERT_EQ(places[next], 1000 + i) << text << " kind " << checked;
        ASSERT_EQ(bytes[next++], text[i]) << text << " kind " << checked;
      }
      ASSERT_EQ(next, count);
      ++checked;
      ASSERT_EQ(state.in_string != 0, plain.in_string != 0) << text;
      ASSERT_EQ(state.backslashes != 0, plain.backslashes != 0) << text;
      ASSERT_EQ(state.controls != 0, plain.controls != 0) << text;
      ASSERT_EQ(state.beyond_ascii != 0, plain.beyond_ascii != 0) << text;
    }
    ASSERT_GE(checked, 1);
  }
}

}  // namespace
}  // namespace millrace::pattern
