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
  static constexpr std::size_t kFetchAheadBytes = 320;

  // False: too long, or empty.
  bool Begin(std::string_view text);
  // Up to the block of that number.
  void ScanUpTo(std::size_t block);
  // All of it, with a list of the tokens. False: the strings are not valid.
  bool ScanWhole();
  // Of the number, true, false or null there; 0: it is none.
  std::size_t ScalarLength(std::size_t at) const;
  // Unescapes the inside of a string; null data if it cannot be.
  std::string_view Unescaped(std::string_view inside);
  // Validates a container, whose opening bracket was taken last, and all that is in it. False: it is wrong.
  bool PassOver(std::uint32_t depth);

  struct Token {
    std::size_t at;
    char byte;  // 0 behind the last token
  };
  // Which token is next. Loops keep it in a variable of their own, in registers, and put it back around calls that move
  // it.
  struct Cursor {
    std::size_t next = 0;      // reading the whole: in the list of tokens
    std::size_t block = 0;     // stopping early: the block of the token,
    std::uint64_t tokens = 0;  // and those of it that were not yet taken
  };
  template <bool whole>
  Token Take(Cursor& cursor) {
    if constexpr (whole) {
      const Token token{places_[cursor.next], bytes_[cursor.next]};
      ++cursor.next;
      return token;
    } else {
      while (cursor.tokens == 0) {
        if (cursor.block + 1 >= block_count_) return {text_.size(), '\0'};
        if (++cursor.block >= scanned_) ScanUpTo(cursor.block);
        cursor.tokens = blocks_[cursor.block].tokens;
      }
      const std::size_t at = cursor.block * kScanBlockBytes + static_cast<std::size_t>(std::countr_zero(cursor.tokens));
      cursor.tokens &= cursor.tokens - 1;
      return {at, text_[at]};
    }
  }
  // The closing quote of the string that opens at `at`, or text size.
  std::size_t StringEnd(std::size_t at);
  // Behind the end of the container that is open at the cursor, by brackets alone.
  bool LeaveContainer();

  const Scan& scan_ = ChooseScan();
  std::string_view text_;
  std::vector<ScanBlock> blocks_;
  std::size_t block_count_ = 0;
  std::size_t scanned_ = 0;  // blocks
  ScanState state_;
  std::array<char, kScanBlockBytes> tail_;  // the last bytes, and spaces
  // Reading the whole: all tokens.
  std::vector<std::uint32_t> places_;
  std::vector<char> bytes_;
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
    if (Take().byte != '{') return false;
    depth_ = 1;
    if (!Object(root, kNoElement)) return false;
    return !whole || Take().byte == '\0';
  }

 private:
  Token Take() { return reader_.template Take<whole>(reader_.cursor_); }

  // The cursor is behind the opening brace, and behind the closing one after success.
  bool Object(const FieldTree::Node* node, ElementId element) {
    // To stop early: the children of the node that were not seen yet, as bits. In an array a name may come again, and
    // beyond 64 names this is not worth the effort.
    std::uint64_t missing = 0;
    if (!whole) {
      if (node == nullptr) {
        ended_ = true;
        return true;
      }
      if (!in_array_ && node->child_count() <= 64) missing = ~std::uint64_t{0} >> (64 - node->child_count());
    }
    Cursor cursor = reader_.cursor_;
    const auto take = [&] { return reader_.template Take<whole>(cursor); };
    // What is in a container is read with the reader's cursor.
    const auto with_cursor = [&](Token token, auto read) {
      if (token.byte != '{' && token.byte != '[') return read();
      reader_.cursor_ = cursor;
      const bool ok = read();
      cursor = reader_.cursor_;
      return ok;
    };
    Token token = take();
    for (bool first = true;; first = false) {
      if (first && token.byte == '}') break;
      if (token.byte != '"') return false;
      std::string_view name;
      if (!String(token.at, name)) return false;
      const FieldTree::Node* next = node == nullptr ? nullptr : node->Follow(name);
      if (take().byte != ':') return false;
      token = take();
      if (next == nullptr) {
        if (!with_cursor(token, [&] { return Pass(token); })) return false;
      } else {
        if constexpr (whole) {
          if (!with_cursor(token, [&] { return Value(token, next, element); })) return false;
        } else {
          const bool was_last = last_;
          const std::uint64_t others = missing & ~node->BitOf(next);
          last_ = was_last && missing != 0 && others == 0;
          if (!with_cursor(token, [&] { return Value(token, next, element); })) return false;
          if (ended_) return true;
          last_ = was_last;
          if (missing != 0 && (missing = others) == 0) {
            reader_.cursor_ = cursor;
            return Leave();
          }
        }
      }
      token = take();
      if (token.byte == '}') break;
      if (token.byte != ',') return false;
      token = take();
    }
    reader_.cursor_ = cursor;
    return true;
  }

  bool Value(Token token, const FieldTree::Node* node, ElementId element) {
    switch (token.byte) {
      case '{': {
        if (!node->has_children()) return Pass(token);
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
        std::string_view text;
        if (!String(token.at, text)) return false;
        if (node->index() != nullptr) leaf_(*node->index(), LeafKind::kString, text, element);
        return true;
      }
      default: {
        const std::size_t length = reader_.ScalarLength(token.at);
        if (length == 0) return false;
        if (node->index() == nullptr) return true;
        const std::string_view text = reader_.text_.substr(token.at, length);
        leaf_(*node->index(), token.byte > '9' ? LeafKind::kOther : LeafKind::kNumber, text, element);
        return true;
      }
    }
  }

  bool Array(const FieldTree::Node* node, ElementId element) {
    const bool was_in_array = std::exchange(in_array_, true);
    last_ = false;
    const ArrayId array = reader_.elements_.BeginArray();
    Token token = Take();
    if (token.byte != ']') {
      for (;;) {
        const bool is_element = token.byte == '{' || token.byte == '[';
        if (!Value(token, node, is_element ? reader_.elements_.Add(element, array) : element)) return false;
        token = Take();
        if (token.byte == ']') break;
        if (token.byte != ',') return false;
        token = Take();
      }
    }
    reader_.elements_.EndArray(array);
    in_array_ = was_in_array;
    return true;
  }

  // The string that opens at that place, unescaped. False: it is wrong.
  bool String(std::size_t at, std::string_view& text) {
    const std::size_t end = reader_.StringEnd(at);
    if (end == reader_.text_.size()) return false;
    text = reader_.text_.substr(at + 1, end - at - 1);
    if (reader_.state_.backslashes == 0 || text.find('\\') == std::string_view::npos) return true;
    text = reader_.Unescaped(text);
    return text.data() != nullptr;
  }

  // Out of the object, whatever else is in it, or to the end if nothing is missing around it.
  bool Leave() {
    ended_ = last_;
    return ended_ || reader_.LeaveContainer();
  }

  bool Pass(Token token) {
    if constexpr (whole) {
      if (token.byte == '"') return true;
      return token.byte == '{' || token.byte == '[' ? reader_.PassOver(depth_) : reader_.ScalarLength(token.at) > 0;
    }
    return token.byte == '{' || token.byte == '[' ? reader_.LeaveContainer() : token.byte != '\0';
  }

  EventReader& reader_;
  Leaf& leaf_;
  std::uint32_t depth_ = 0;
  bool in_array_ = false;
  // Stopping early:
  bool last_ = true;    // the objects around this one miss nothing but what is in it
  bool ended_ = false;  // nothing is missing any more
};

template <class Leaf>
bool EventReader::ReadWhole(std::string_view text, const FieldTree::Node* root, Leaf leaf) {
  return Begin(text) && ScanWhole() && Walk<true, Leaf>(*this, leaf).Event(root);
}

template <class Leaf>
bool EventReader::ReadEarlyStop(std::string_view text, const FieldTree::Node* root, Leaf leaf) {
  if (!Begin(text)) return false;
  // Events in a batch often lie one behind the other, and who stops early soon comes to the next: fetching it begins
  // now.
  for (std::size_t at = 0; at < kFetchAheadBytes; at += kScanBlockBytes)
    __builtin_prefetch(text.data() + text.size() + at);
  ScanUpTo(0);
  cursor_.tokens = blocks_[0].tokens;
  return Walk<false, Leaf>(*this, leaf).Event(root);
}

}  // namespace millrace::pattern
