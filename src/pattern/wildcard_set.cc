#include "pattern/wildcard_set.h"

#include <algorithm>

#include "base/check.h"

namespace millrace::pattern {
namespace {

constexpr std::size_t kWordBits = 64;

// One more than it has characters.
std::size_t PlacesOf(const Wildcard& wildcard) {
  std::size_t places = 1;
  for (const std::string& literal : wildcard.literals()) places += literal.size();
  return places;
}

// Wildcards do not cross from one word to the next; calls visit(index, first place) for each that gets a place.
template <class Members, class Visit>
std::size_t LayOut(const Members& members, Visit visit) {
  std::size_t place = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::size_t places = PlacesOf(members[i].wildcard);
    if (place % kWordBits + places > kWordBits) place = (place / kWordBits + 1) * kWordBits;
    visit(i, place);
    place += places;
  }
  return (place + kWordBits - 1) / kWordBits;
}

}  // namespace

bool WildcardSet::Fits(const Wildcard& wildcard) {
  return PlacesOf(wildcard) <= kWordBits;
}

std::size_t WildcardSet::Group::WordsFor(const std::vector<Member>& wildcards) {
  return LayOut(wildcards, [](std::size_t, std::size_t) {});
}

WildcardSet::Group::Group(std::vector<Member> wildcards)
    : members(std::move(wildcards)), words(WordsFor(members)), steps(256 * words), tags(words * kWordBits) {
  LayOut(members, [this](std::size_t index, std::size_t place) {
    const auto bit = [&] { return std::uint64_t{1} << place % kWordBits; };
    const std::size_t word = place / kWordBits;
    begin[word] |= bit();
    const std::vector<std::string>& literals = members[index].wildcard.literals();
    for (std::size_t i = 0; i < literals.size(); ++i) {
      if (i > 0) stay[word] |= bit();
      for (const char c : literals[i]) {
        ++place;
        steps[static_cast<unsigned char>(c) * words + word] |= bit();
      }
    }
    ends[word] |= bit();
    tags[place] = members[index].tag;
  });
}

void WildcardSet::Add(const Wildcard& wildcard, Tag tag) {
  CHECK(Fits(wildcard));
  std::vector<Member> members;
  if (!groups_.empty()) {
    members = groups_.back()->members;
    members.push_back({wildcard, tag});
    if (Group::WordsFor(members) <= kWordsMax) {
      groups_.back() = std::make_shared<const Group>(std::move(members));
      return;
    }
    members.clear();
  }
  members.push_back({wildcard, tag});
  groups_.push_back(std::make_shared<const Group>(std::move(members)));
}

void WildcardSet::Remove(const Wildcard& wildcard, Tag tag) {
  for (auto group = groups_.begin(); group != groups_.end(); ++group) {
    std::vector<Member> members = (*group)->members;
    const auto found = std::ranges::find_if(members, [&](const Member& member) {
      return member.tag == tag && member.wildcard.literals() == wildcard.literals();
    });
    if (found == members.end()) continue;
    members.erase(found);
    if (members.empty()) {
      groups_.erase(group);
    } else {
      *group = std::make_shared<const Group>(std::move(members));
    }
    return;
  }
  CHECK(false, "what is removed is there");
}

}  // namespace millrace::pattern
