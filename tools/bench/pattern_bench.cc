// pattern_bench measures the matcher: how many events per second it parses and matches, on one thread.
//
//   pattern_bench EVENTS RULES
//
// Both files have one JSON text per line. It adds the rules, answers with a line of JSON, and then does what it reads
// on its input, one command and one line of JSON as the answer after the other, so that patterns.py can take turns with
// the other engines:
//
//   pass whole|early         matches all events and makes the list of the names of the rules that match
//   changing whole|early     the same while another thread adds and removes rules
//   allocations whole|early  counts the memory allocations of a pass
//   changes COUNT            adds and removes one rule so often
//   bound read|scan|dom      what a pass costs that only reads the bytes; only finds the structure (simdjson); only
//   parses (simdjson)
#include <fmt/format.h>
#include <malloc.h>
#include <simdjson.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread.h"
#include "pattern/matcher.h"
#include "pattern/pattern.h"

namespace {

thread_local std::uint64_t allocations = 0;  // of this thread, by operator new

void* Allocate(std::size_t size, std::size_t alignment) {
  ++allocations;
  size = std::max<std::size_t>(size, 1);
  void* memory = alignment <= alignof(std::max_align_t)
                     ? std::malloc(size)
                     : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) {
  return Allocate(size, 0);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return Allocate(size, 0);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace millrace {
namespace {

using pattern::Matcher;
using pattern::MatchReader;
using pattern::Pattern;
using pattern::Reading;
using pattern::RuleId;
using Clock = std::chrono::steady_clock;

constexpr int kUsageError = 2;
// What the rules that come and go are about: no event has it.
constexpr RuleId kChangingRules = 64;
constexpr std::string_view kChangingValue = "the rule that comes and goes ";

[[noreturn]] void Die(const std::string& message) {
  std::fprintf(stderr, "pattern_bench: %s\n", message.c_str());
  std::exit(kUsageError);
}

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::size_t BytesInUse() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// A file in memory, one event or rule per line, with room behind it for whoever reads in large steps.
class Lines {
 public:
  explicit Lines(const char* path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) Die(fmt::format("cannot read {}", path));
    text_.assign(std::istreambuf_iterator<char>(file), {});
    bytes_ = text_.size();
    text_.append(simdjson::SIMDJSON_PADDING, ' ');
    for (std::size_t at = 0; at < bytes_;) {
      const std::size_t end = std::min(text_.find('\n', at), bytes_);
      lines_.emplace_back(text_.data() + at, end - at);
      longest_ = std::max(longest_, end - at);
      at = end + 1;
    }
    if (lines_.empty()) Die(fmt::format("{} is empty", path));
  }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  const std::vector<std::string_view>& all() const { return lines_; }
  std::string_view text() const { return {text_.data(), bytes_}; }
  std::size_t longest() const { return longest_; }

 private:
  std::string text_;
  std::size_t bytes_ = 0;
  std::size_t longest_ = 0;
  std::vector<std::string_view> lines_;
};

std::string PatternText(const std::string& value) {
  return fmt::format(R"({{"properties":{{"BLOCK_NUM":["{0}"],"STREET":["{0}"]}}}})", value);
}
std::string EventText(const std::string& value) {
  return fmt::format(R"({{"type":"Feature","properties":{{"BLOCK_NUM":"{0}","STREET":"{0}"}}}})", value);
}

// Microseconds: the middle one and the longest.
struct Times {
  std::vector<double> all;

  void AddSince(Clock::time_point begin) { all.push_back(SecondsSince(begin) * 1e6); }
  std::string Json() {
    std::sort(all.begin(), all.end());
    return fmt::format(R"({{"median_us":{:.3f},"max_us":{:.3f}}})", all[all.size() / 2], all.back());
  }
};

class Bench {
 public:
  explicit Bench(const Lines& events) : events_(events) {}

  // The answer to having been started.
  std::string AddRules(const std::vector<std::string_view>& rules) {
    for (std::size_t i = 0; i < rules.size() + kChangingRules; ++i) names_.push_back(fmt::format("rule-{}", i));
    const std::size_t before = BytesInUse();
    const auto begin = Clock::now();
    for (const std::string_view rule : rules) {
      if (auto added = Add(static_cast<RuleId>(rule_count_), rule); !added.ok()) {
        return fmt::format(R"({{"error":"rule {}: {}"}})", rule_count_, Plain(added.error().message()));
      }
      ++rule_count_;
    }
    const double seconds = SecondsSince(begin);
    // The first event pays for what was put off until then.
    whole_.emplace(matcher_, Reading::kWhole);
    early_.emplace(matcher_, Reading::kEarlyStop);
    if (auto matched = whole_->Match(events_.all().front()); !matched.ok()) Die(matched.error().ToString());
    const std::size_t after = BytesInUse();
    return fmt::format(R"({{"rules":{},"add_seconds":{:.6f},"bytes":{}}})", rule_count_, seconds,
                       static_cast<std::ptrdiff_t>(after) - static_cast<std::ptrdiff_t>(before));
  }

  std::string Do(std::string_view command) {
    const std::size_t space = std::min(command.find(' '), command.size());
    const std::string_view verb = command.substr(0, space);
    const std::string_view object = space < command.size() ? command.substr(space + 1) : std::string_view();
    if (verb == "pass") return TimedPass(ReaderFor(object));
    if (verb == "changing") return PassWhileChanging(ReaderFor(object));
    if (verb == "allocations") return CountAllocations(ReaderFor(object));
    if (verb == "changes") return TimeChanges(object);
    if (verb == "bound") return Bound(object);
    Die(fmt::format("no such command: {}", command));
  }

 private:
  static std::string Plain(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '"' || c == '\\' || (c >= 0 && c < ' '); }, ' ');
    return text;
  }

  Status Add(RuleId id, std::string_view text) {
    ASSIGN_OR_RETURN(const Pattern pattern, Pattern::Parse(text));
    return matcher_.Add(id, pattern);
  }

  MatchReader& ReaderFor(std::string_view reading) {
    if (reading == "whole") return *whole_;
    if (reading == "early") return *early_;
    Die(fmt::format("no such reading: {}", reading));
  }

  // The number of names.
  std::uint64_t Pass(MatchReader& reader) {
    std::uint64_t hits = 0;
    for (const std::string_view event : events_.all()) {
      const auto matched = reader.Match(event);
      if (!matched.ok()) Die(matched.error().ToString());
      list_.clear();
      for (const RuleId id : *matched) list_.push_back(names_[id]);
      hits += list_.size();
    }
    return hits;
  }

  std::string TimedPass(MatchReader& reader) {
    const auto begin = Clock::now();
    const std::uint64_t hits = Pass(reader);
    return fmt::format(R"({{"seconds":{:.9f},"hits":{}}})", SecondsSince(begin), hits);
  }

  std::string PassWhileChanging(MatchReader& reader) {
    std::atomic<bool> stop = false;
    std::uint64_t changes = 0;
    const auto first = static_cast<RuleId>(rule_count_);
    Thread changing(ThreadRole::kBackground, "changes", [&] {
      for (RuleId i = 0; !stop.load(std::memory_order_relaxed); ++i) {
        const RuleId id = first + i % kChangingRules;
        if (i >= kChangingRules) {
          if (!matcher_.Remove(id)) Die("a rule that was added is not there");
          ++changes;
        }
        if (auto added = Add(id, PatternText(fmt::format("{}{}", kChangingValue, i))); !added.ok()) {
          Die(added.error().ToString());
        }
        ++changes;
      }
      for (RuleId id = first; id < first + kChangingRules; ++id) matcher_.Remove(id);
    });
    const auto begin = Clock::now();
    const std::uint64_t hits = Pass(reader);
    const double seconds = SecondsSince(begin);
    stop = true;
    changing.Join();
    return fmt::format(R"({{"seconds":{:.9f},"hits":{},"changes":{}}})", seconds, hits, changes);
  }

  std::string CountAllocations(MatchReader& reader) {
    Pass(reader);
    const std::uint64_t before = allocations;
    Pass(reader);
    return fmt::format(R"({{"allocations":{},"events":{}}})", allocations - before, events_.all().size());
  }

  // An add counts from the pattern's text to Add's return; the rule must be seen by the next event, and no longer after
  // its removal.
  std::string TimeChanges(std::string_view count_text) {
    std::size_t count = 0;
    std::from_chars(count_text.data(), count_text.data() + count_text.size(), count);
    if (count < 1 || count > 1'000'000) Die("changes COUNT: 1 to 1000000");
    Times adds;
    Times removes;
    Times matches;
    const auto id = static_cast<RuleId>(rule_count_);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string value = fmt::format("{}{}", kChangingValue, i);
      const std::string pattern = PatternText(value);
      const std::string event = EventText(value);
      auto begin = Clock::now();
      if (auto added = Add(id, pattern); !added.ok()) Die(added.error().ToString());
      adds.AddSince(begin);
      begin = Clock::now();
      const auto seen = whole_->Match(event);
      matches.AddSince(begin);
      if (!seen.ok() || !std::binary_search(seen->begin(), seen->end(), id)) Die("an added rule does not match");
      begin = Clock::now();
      const bool removed = matcher_.Remove(id);
      removes.AddSince(begin);
      const auto gone = whole_->Match(event);
      if (!removed || !gone.ok() || std::binary_search(gone->begin(), gone->end(), id)) Die("a removed rule matches");
    }
    return fmt::format(R"({{"add":{},"remove":{},"first_match":{}}})", adds.Json(), removes.Json(), matches.Json());
  }

  std::string Bound(std::string_view what) {
    std::uint64_t sum = 0;
    double seconds = 0;
    if (what == "read") {
      const auto begin = Clock::now();
      sum = SumOfWords(events_.text());
      seconds = SecondsSince(begin);
    } else if (what == "scan") {
      std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
      const simdjson::implementation& implementation = *simdjson::get_active_implementation();
      if (implementation.create_dom_parser_implementation(events_.longest() + 1, 1024, parser) != simdjson::SUCCESS) {
        Die("simdjson does not start");
      }
      const auto begin = Clock::now();
      for (const std::string_view event : events_.all()) {
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(event.data());
        if (parser->stage1(bytes, event.size(), simdjson::stage1_mode::regular) != simdjson::SUCCESS)
          Die("an event is not JSON");
        sum += parser->n_structural_indexes;
      }
      seconds = SecondsSince(begin);
    } else if (what == "dom") {
      simdjson::dom::parser parser;
      if (parser.allocate(events_.longest() + 1) != simdjson::SUCCESS) Die("simdjson does not start");
      const auto begin = Clock::now();
      for (const std::string_view event : events_.all()) {
        simdjson::dom::element root;
        if (parser.parse(event.data(), event.size(), false).get(root) != simdjson::SUCCESS) Die("an event is not JSON");
        sum += root.is_object() ? 1 : 0;
      }
      seconds = SecondsSince(begin);
    } else {
      Die(fmt::format("no such bound: {}", what));
    }
    return fmt::format(R"({{"seconds":{:.9f},"sum":{},"bytes":{}}})", seconds, sum, events_.text().size());
  }

  static std::uint64_t SumOfWords(std::string_view text) {
    constexpr std::size_t kLanes = 32;
    std::uint64_t lanes[kLanes] = {};
    for (; text.size() >= sizeof lanes; text.remove_prefix(sizeof lanes)) {
      std::uint64_t words[kLanes];
      std::memcpy(words, text.data(), sizeof words);
      for (std::size_t i = 0; i < kLanes; ++i) lanes[i] += words[i];
    }
    std::uint64_t sum = 0;
    for (const std::uint64_t lane : lanes) sum += lane;
    return sum;
  }

  const Lines& events_;
  Matcher matcher_;
  std::size_t rule_count_ = 0;
  std::vector<std::string> names_;
  std::vector<std::string_view> list_;  // of one event
  std::optional<MatchReader> whole_;
  std::optional<MatchReader> early_;
};

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  if (argc != 3) millrace::Die("usage: pattern_bench EVENTS RULES");
  const millrace::Lines events(argv[1]);
  const millrace::Lines rules(argv[2]);
  millrace::Bench bench(events);
  std::cout << bench.AddRules(rules.all()) << std::endl;
  for (std::string command; std::getline(std::cin, command);) std::cout << bench.Do(command) << std::endl;
  return 0;
}
