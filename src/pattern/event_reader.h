// EventReader walks through the text of one event along the paths of a FieldTree, and hands over each scalar that lies
// on one, with the array element around it.
//
// Reading the whole text checks all of it: it takes exactly what json::Document takes. Stopping early reads no further
// than the named fields: once every name of an object was seen, the rest of the object is passed over unchecked.
//
// Threads:   externally synchronised; keep one per thread and reuse it.
// Ownership: up to kRetainedBlocks of its memory is kept from one event to the next.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pattern/elements.h"
#include "pattern/field_tree.h"
#include "pattern/scan.h"

namespace millrace::pattern {

inline constexpr std::uint32_t kEventDepthMax = 1000;

class EventReader {
 public:
  // Calls leaf(index, kind, text, element) for each. False if the text is not an event; why is for json::Document to
  // tell. `root` may be null.
  template <class Leaf>
  bool ReadWhole(std::string_view text, const FieldTree::Node* root, Leaf leaf);
  template <class Leaf>
  bool ReadEarlyStop(std::string_view text, const FieldTree::Node* root, Leaf leaf);

  // Of the last event.
  const Elements& elements() const { return elements_; }

 private:
  template <bool whole, class Leaf>
  class Walk;

  static constexpr std::size_t kRetainedBlocks = std::size_t{1} << 16;

  // False: too long, or empty.
  bool Begin(std::string_view text);
  // Up to the block of that number.
  void ScanUpTo(std::size_t block);
  bool ScannedTextIsValid();
  // Of the number, true, false or null there; 0: it is none.
  std::size_t ScalarLength(std::size_t at) const;
  // Unescapes the inside of a string; null data if it cannot be.
  std::string_view Unescaped(std::string_view inside);
  // Validates one value and what is in it, whose first token is given. False: it is wrong.
  bool PassOver(std::size_t first, std::uint32_t depth);

  // Where the next token is looked for.
  struct Cursor {
    std::size_t block = 0;
    std::uint64_t tokens = 0;  // of that block, those not yet taken

    std::size_t Take() {
      const std::size_t at = block * kScanBlockBytes + static_cast<std::size_t>(std::countr_zero(tokens));
      tokens &= tokens - 1;
      return at;
    }
  };
  // The next token, or text size if there is none.
  std::size_t Next() {
    while (cursor_.tokens == 0) {
      if (!NextBlock()) return text_.size();
      cursor_.tokens = blocks_[cursor_.block].tokens;
    }
    return cursor_.Take();
  }
  bool NextBlock() {
    if (cursor_.block + 1 >= block_count_) return false;
    if (++cursor_.block >= scanned_) ScanUpTo(cursor_.block);
    return true;
  }
  char At(std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }
  // The closing quote of the string that opens at `at`, or text size.
  std::size_t StringEnd(std::size_t at);
  // Behind the end of the container that is open at the cursor, by brackets alone.
  bool LeaveContainer();

  const ScanFunction scan_ = ChooseScan();
  std::string_view text_;
  std::vector<ScanBlock> blocks_;
  std::size_t block_count_ = 0;
  std::size_t scanned_ = 0;  // blocks
  ScanState state_;
  Cursor cursor_;
  Elements elements_;
  std::string unescaped_;
};

// One way through one event.
template <bool whole, class Leaf>
class EventReader::Walk {
 public:
  Walk(EventReader& reader, Leaf& leaf) : reader_(reader), leaf_(leaf) {}

  bool Event(const FieldTree::Node* root) {
    if (reader_.At(reader_.Next()) != '{') return false;
    depth_ = 1;
    if (!Object(root, kNoElement)) return false;
    return !whole || reader_.Next() == reader_.text_.size();
  }

 private:
  // The cursor is behind the opening brace, and behind the closing one after success.
  bool Object(const FieldTree::Node* node, ElementId element) {
    // To stop early: the children of the node that were not seen yet, as bits. In an array a name may come again, and
    // beyond 64 names this is not worth the effort.
    std::uint64_t missing = 0;
    if (!whole) {
      if (node == nullptr) return Leave();
      if (!in_array_ && node->child_count() <= 64) missing = ~std::uint64_t{0} >> (64 - node->child_count());
    }
    std::size_t at = reader_.Next();
    if (reader_.At(at) == '}') return true;
    for (;;) {
      if (reader_.At(at) != '"') return false;
      const std::size_t end = reader_.StringEnd(at);
      std::string_view name = reader_.text_.substr(at + 1, end - at - 1);
      if (reader_.state_.backslashes != 0 && name.find('\\') != std::string_view::npos) {
        name = reader_.Unescaped(name);
        if (name.data() == nullptr) return false;
      }
      const FieldTree::Node* next = node == nullptr ? nullptr : node->Follow(name);
      if (reader_.At(reader_.Next()) != ':') return false;
      at = reader_.Next();
      if (next == nullptr) {
        if (!Pass(at)) return false;
      } else {
        if (!Value(at, next, element)) return false;
        if (!whole && missing != 0 && (missing &= ~node->BitOf(next)) == 0) return Leave();
      }
      at = reader_.Next();
      const char c = reader_.At(at);
      if (c == '}') return true;
      if (c != ',') return false;
      at = reader_.Next();
    }
  }

  bool Value(std::size_t at, const FieldTree::Node* node, ElementId element) {
    switch (reader_.At(at)) {
      case '{': {
        if (!node->has_children()) return Pass(at);
        if (++depth_ > kEventDepthMax) return false;
        const bool ok = Object(node, element);
        --depth_;
        return ok;
      }
      case '[': {
        if (++depth_ > kEventDepthMax) return false;
        const bool ok = Array(node, element);
        --depth_;
        return ok;
      }
      case '"': {
        const std::size_t end = reader_.StringEnd(at);
        if (end == reader_.text_.size()) return false;
        if (node->index() == nullptr) return true;
        std::string_view inside = reader_.text_.substr(at + 1, end - at - 1);
        if (reader_.state_.backslashes != 0 && inside.find('\\') != std::string_view::npos) {
          inside = reader_.Unescaped(inside);
          if (inside.data() == nullptr) return false;
        }
        leaf_(*node->index(), LeafKind::kString, inside, element);
        return true;
      }
      default:
        return Scalar(at, node, element);
    }
  }

  bool Array(const FieldTree::Node* node, ElementId element) {
    const bool was_in_array = std::exchange(in_array_, true);
    const ArrayId array = reader_.elements_.BeginArray();
    std::size_t at = reader_.Next();
    if (reader_.At(at) != ']') {
      for (;;) {
        const char first = reader_.At(at);
        const ElementId around = first == '{' || first == '[' ? reader_.elements_.Add(element, array) : element;
        if (!Value(at, node, around)) return false;
        const char c = reader_.At(reader_.Next());
        if (c == ']') break;
        if (c != ',') return false;
        at = reader_.Next();
      }
    }
    reader_.elements_.EndArray(array);
    in_array_ = was_in_array;
    return true;
  }

  bool Scalar(std::size_t at, const FieldTree::Node* node, ElementId element) {
    const std::size_t length = reader_.ScalarLength(at);
    if (length == 0) return false;
    if (node->index() == nullptr) return true;
    const std::string_view text = reader_.text_.substr(at, length);
    leaf_(*node->index(), text[0] > '9' ? LeafKind::kOther : LeafKind::kNumber, text, element);
    return true;
  }

  // Out of the object, whatever else is in it. What follows the event's own is of no interest.
  bool Leave() { return depth_ == 1 || reader_.LeaveContainer(); }

  bool Pass(std::size_t at) {
    if (whole) return reader_.PassOver(at, depth_);
    const char c = reader_.At(at);
    return c == '{' || c == '[' ? reader_.LeaveContainer() : at < reader_.text_.size();
  }

  EventReader& reader_;
  Leaf& leaf_;
  std::uint32_t depth_ = 0;
  bool in_array_ = false;
};

template <class Leaf>
bool EventReader::ReadWhole(std::string_view text, const FieldTree::Node* root, Leaf leaf) {
  if (!Begin(text)) return false;
  ScanUpTo(block_count_ - 1);
  if (!ScannedTextIsValid()) return false;
  cursor_.tokens = blocks_[0].tokens;
  return Walk<true, Leaf>(*this, leaf).Event(root);
}

template <class Leaf>
bool EventReader::ReadEarlyStop(std::string_view text, const FieldTree::Node* root, Leaf leaf) {
  if (!Begin(text)) return false;
  ScanUpTo(0);
  cursor_.tokens = blocks_[0].tokens;
  return Walk<false, Leaf>(*this, leaf).Event(root);
}

}  // namespace millrace::pattern
