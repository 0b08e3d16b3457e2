// `millrace dlq ls`, `show`, `redrive` and `drop`: the records that a flow gave up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/io.h"

namespace millrace::cli {

struct LettersOptions {
  std::string endpoint;
  std::string flow;  // to list, empty: all flows that have some
  bool json = false;
  std::uint64_t after = 0;
  std::uint64_t limit = 100;
  std::vector<std::string> numbers;  // "3", "4-9"
  bool all = false;
};

// Exit code of all: 4 if no server answers, 1 if it refuses.
int ListLetters(const LettersOptions& options, Io& io);
// The number is the first of `numbers`.
int ShowLetter(const LettersOptions& options, Io& io);
// Exit code also 8 if some of the numbers were not there, 1 if none was.
enum class Removal : std::uint8_t { kRedrive, kDrop };
int RemoveLetters(const LettersOptions& options, Removal removal, Io& io);

}  // namespace millrace::cli
