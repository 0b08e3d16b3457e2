#include "pattern/text_table.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "base/check.h"

namespace millrace::pattern {
namespace {

constexpr std::size_t kLeafMax = 24;
constexpr int kBitsPerLevel = 4;
constexpr int kLevels = 32 / kBitsPerLevel;

std::uint32_t HashOf(std::string_view text) {
  constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;
  std::uint64_t hash = (text.size() + 1) * kMultiplier;
  const auto mix = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * kMultiplier;
    hash ^= hash >> 32;
  };
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    mix(word);
  }
  // The rest with loads that overlap rather than byte by byte.
  if (left > 0) {
    std::uint64_t word = 0;
    if (text.size() >= 8) {
      std::memcpy(&word, at + left - 8, 8);
    } else if (left >= 4) {
      std::uint32_t first, last;
      std::memcpy(&first, at, 4);
      std::memcpy(&last, at + left - 4, 4);
      word = first | static_cast<std::uint64_t>(last) << 32;
    } else {
      const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])); };
      word = byte(0) | byte(left / 2) << 8 | byte(left - 1) << 16;
    }
    mix(word);
  }
  return static_cast<std::uint32_t>(hash * kMultiplier >> 32);
}

std::size_t SlotOf(std::uint32_t hash, int level) {
  return hash >> (32 - kBitsPerLevel * (level + 1)) & ((1u << kBitsPerLevel) - 1);
}

}  // namespace

struct TextTable::Entry {
  std::string text;
  Tag tag;
  std::shared_ptr<const std::vector<Tag>> tags = nullptr;  // all of them, if there are several

  std::span<const Tag> Tags() const { return tags == nullptr ? std::span(&tag, 1) : std::span(*tags); }
};

struct TextTable::Node {
  // A leaf has entries, an inner node children.
  std::vector<std::uint32_t> hashes;
  std::vector<Entry> entries;
  std::unique_ptr<std::array<NodePtr, 1u << kBitsPerLevel>> children;

  std::size_t IndexOf(std::uint32_t hash, std::string_view text) const {
    for (std::size_t i = 0; i < hashes.size(); ++i)
      if (hashes[i] == hash && entries[i].text == text) return i;
    return hashes.size();
  }
};

std::span<const Tag> TextTable::Find(std::string_view text) const {
  const Node* node = root_.get();
  if (node == nullptr) return {};
  const std::uint32_t hash = HashOf(text);
  for (int level = 0; node->children; ++level) {
    node = (*node->children)[SlotOf(hash, level)].get();
    if (node == nullptr) return {};
  }
  const std::size_t i = node->IndexOf(hash, text);
  return i == node->hashes.size() ? std::span<const Tag>() : node->entries[i].Tags();
}

void TextTable::Add(std::string_view text, Tag tag) {
  root_ = With(root_.get(), HashOf(text), 0, text, tag);
}

void TextTable::Remove(std::string_view text, Tag tag) {
  root_ = Without(root_.get(), HashOf(text), 0, text, tag);
}

TextTable::NodePtr TextTable::With(const Node* node, std::uint32_t hash, int level, std::string_view text, Tag tag) {
  auto made = std::make_shared<Node>();
  if (node != nullptr && node->children) {
    made->children = std::make_unique<std::array<NodePtr, 1u << kBitsPerLevel>>(*node->children);
    NodePtr& child = (*made->children)[SlotOf(hash, level)];
    child = With(child.get(), hash, level + 1, text, tag);
    return made;
  }
  if (node != nullptr) {
    const std::size_t found = node->IndexOf(hash, text);
    if (found == node->hashes.size() && found >= kLeafMax && level < kLevels) {
      // Too full: its entries go to children.
      made->children = std::make_unique<std::array<NodePtr, 1u << kBitsPerLevel>>();
      std::array<std::shared_ptr<Node>, 1u << kBitsPerLevel> leaves;
      for (std::size_t i = 0; i < node->hashes.size(); ++i) {
        std::shared_ptr<Node>& leaf = leaves[SlotOf(node->hashes[i], level)];
        if (leaf == nullptr) leaf = std::make_shared<Node>();
        leaf->hashes.push_back(node->hashes[i]);
        leaf->entries.push_back(node->entries[i]);
      }
      for (std::size_t i = 0; i < leaves.size(); ++i) (*made->children)[i] = std::move(leaves[i]);
      NodePtr& child = (*made->children)[SlotOf(hash, level)];
      child = With(child.get(), hash, level + 1, text, tag);
      return made;
    }
    made->hashes = node->hashes;
    made->entries = node->entries;
    if (found < node->hashes.size()) {
      Entry& entry = made->entries[found];
      const std::span<const Tag> before = entry.Tags();
      auto tags = std::make_shared<std::vector<Tag>>();
      tags->reserve(before.size() + 1);
      tags->assign(before.begin(), before.end());
      tags->push_back(tag);
      entry.tags = std::move(tags);
      return made;
    }
  }
  made->hashes.push_back(hash);
  made->entries.push_back({std::string(text), tag});
  return made;
}

TextTable::NodePtr TextTable::Without(const Node* node, std::uint32_t hash, int level, std::string_view text, Tag tag) {
  CHECK(node != nullptr, "what is removed is there");
  auto made = std::make_shared<Node>();
  if (node->children) {
    made->children = std::make_unique<std::array<NodePtr, 1u << kBitsPerLevel>>(*node->children);
    NodePtr& child = (*made->children)[SlotOf(hash, level)];
    child = Without(child.get(), hash, level + 1, text, tag);
    const bool any = std::ranges::any_of(*made->children, [](const NodePtr& each) { return each != nullptr; });
    return any ? made : nullptr;
  }
  const std::size_t found = node->IndexOf(hash, text);
  CHECK(found < node->hashes.size(), "what is removed is there");
  made->hashes = node->hashes;
  made->entries = node->entries;
  Entry& entry = made->entries[found];
  const std::span<const Tag> before = entry.Tags();
  const auto at = std::ranges::find(before, tag);
  CHECK(at != before.end(), "what is removed is there");
  if (before.size() == 1) {
    made->hashes.erase(made->hashes.begin() + static_cast<std::ptrdiff_t>(found));
    made->entries.erase(made->entries.begin() + static_cast<std::ptrdiff_t>(found));
    return made->hashes.empty() ? nullptr : made;
  }
  auto tags = std::make_shared<std::vector<Tag>>();
  tags->reserve(before.size() - 1);
  tags->insert(tags->end(), before.begin(), at);
  tags->insert(tags->end(), at + 1, before.end());
  entry.tag = tags->front();
  entry.tags = tags->size() > 1 ? std::move(tags) : nullptr;
  return made;
}

}  // namespace millrace::pattern
