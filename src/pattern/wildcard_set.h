// WildcardSet matches one text against many wildcards at once: every place in every wildcard is one bit, and each byte
// of the text moves all bits with a few operations on 64 of them. Time is the text's length times the number of words;
// there is no automaton that could explode.
//
// The method is Shift-And of Baeza-Yates and Gonnet, "A New Approach to Text Searching" (CACM 35, 1992), with places
// that hold themselves for the stars.
//
// Threads:   immutable; changing a copy leaves the original as it is.
// Ownership: plain value; a copy shares.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "pattern/text_table.h"
#include "pattern/wildcard.h"

namespace millrace::pattern {

class WildcardSet {
 public:
  // Whether it can be a member: longer ones are not.
  static bool Fits(const Wildcard& wildcard);

  bool empty() const { return groups_.empty(); }
  void Add(const Wildcard& wildcard, Tag tag);
  // REQUIRES: it is there.
  void Remove(const Wildcard& wildcard, Tag tag);

  // Calls visit(tag) for each that matches.
  template <class Visit>
  void Match(std::string_view text, Visit visit) const {
    for (const auto& group : groups_) group->Match(text, visit);
  }

 private:
  static constexpr std::size_t kWordsMax = 8;  // of a group: what a change has to build again

  struct Member {
    Wildcard wildcard;
    Tag tag;
  };

  struct Group {
    explicit Group(std::vector<Member> wildcards);
    static std::size_t WordsFor(const std::vector<Member>& wildcards);

    template <class Visit>
    void Match(std::string_view text, Visit visit) const {
      if (words == 1) return MatchOne(text, visit);
      std::array<std::uint64_t, kWordsMax> places = begin;
      for (const char c : text) {
        const std::uint64_t* next = &steps[static_cast<unsigned char>(c) * words];
        for (std::size_t w = 0; w < words; ++w) places[w] = ((places[w] << 1) & next[w]) | (places[w] & stay[w]);
      }
      for (std::size_t w = 0; w < words; ++w) Report(w, places[w], visit);
    }
    template <class Visit>
    void MatchOne(std::string_view text, Visit visit) const {
      std::uint64_t places = begin[0];
      for (const char c : text) {
        places = ((places << 1) & steps[static_cast<unsigned char>(c)]) | (places & stay[0]);
        if (places == 0) return;
      }
      Report(0, places, visit);
    }
    template <class Visit>
    void Report(std::size_t word, std::uint64_t places, Visit visit) const {
      for (std::uint64_t ended = places & ends[word]; ended != 0; ended &= ended - 1)
        visit(tags[word * 64 + static_cast<std::size_t>(__builtin_ctzll(ended))]);
    }

    std::vector<Member> members;
    std::size_t words;
    std::array<std::uint64_t, kWordsMax> begin{};  // the places before the first character
    std::array<std::uint64_t, kWordsMax> stay{};   // places at a star
    std::array<std::uint64_t, kWordsMax> ends{};   // places behind the last character
    std::vector<std::uint64_t> steps;              // by byte and word: the places that this byte leads to
    std::vector<Tag> tags;                         // by place, where one ends
  };

  std::vector<std::shared_ptr<const Group>> groups_;
};

}  // namespace millrace::pattern
