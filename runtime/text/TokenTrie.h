// The texts of tokens as a tree of bytes: which tokens begin at a place in a text.
//
// Children of a node lie side by side, so a node needs to know but the first, and a step down is a search among the few
// bytes that lead on; the few nodes with many children have a table. Where only one text is left, its rest is compared
// at once. A step reads two or three cache lines.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

class TokenTrie {
public:
  struct Entry {
    std::string_view text; // not empty
    int32_t token;
    int32_t shorter = -1; // the longest other token that the text begins with; build() fills it
  };
  struct Walk {
    uint32_t steps = 0;
    bool open = false; // a longer text would go on
  };

  TokenTrie() { build({}); }

  // Of entries with one text the largest token counts. The tree keeps no view; the entries are put in another order.
  void build(std::vector<Entry> &entries);
  void build(std::vector<Entry> &&entries) { build(entries); }

  // Calls `found(token, length)` for each token that `text` begins with, the shortest first.
  template <typename Found> Walk walk(std::string_view text, Found found) const;

private:
  struct Node {
    uint32_t first = 0; // child; or where the rest of a leaf's text begins in rests_
    uint16_t children = 0;
    uint16_t row = 0; // in rows_; or the length of the rest
    int32_t token = -1;
  };
  struct Range {
    uint32_t begin, end; // of the entries below a node
    int32_t longest;     // token on the way to it
  };
  using Row = std::array<uint8_t, 256>; // by byte: place among the children, plus one
  static constexpr uint32_t root = 0, none = 0; // the root is nobody's child
  static constexpr uint32_t fewChildren = 16, mostChildrenInRow = 255, manyNodes = 1 << 14;

  static size_t pairOf(std::string_view text) {
    return static_cast<size_t>(static_cast<uint8_t>(text[0])) << 8 | static_cast<uint8_t>(text[1]);
  }
  uint32_t child(uint32_t node, uint8_t byte) const;
  bool makeLeaf(Node &node, const Entry &entry, size_t depth);
  void fillRow(Node &node);
  void fillPairs();

  std::vector<Node> nodes_;
  std::vector<uint8_t> bytes_; // by node: the one that leads to it; eight more, so that eight can be read from any
  std::vector<Row> rows_;      // of nodes with more than a few children; the first is nobody's
  std::string rests_;
  std::array<uint32_t, 256> fromRoot_{};
  std::vector<uint32_t> pairs_; // of a large tree: what two bytes lead to
};

inline uint32_t TokenTrie::child(uint32_t node, uint8_t byte) const {
  if (node == root)
    return fromRoot_[byte];
  const Node &parent = nodes_[node];
  if (parent.row != 0) {
    uint8_t place = rows_[parent.row][byte];
    return place == 0 ? none : parent.first + place - 1;
  }
  constexpr uint64_t ones = 0x0101010101010101;
  for (uint32_t place = 0; place < parent.children; place += 8) {
    uint64_t eight;
    std::memcpy(&eight, bytes_.data() + parent.first + place, 8);
    eight ^= ones * byte; // zero where the byte is the one sought
    if (uint64_t zeros = (eight - ones) & ~eight & ones << 7) {
      place += static_cast<uint32_t>(std::countr_zero(zeros)) / 8;
      return place < parent.children ? parent.first + place : none;
    }
  }
  return none;
}

template <typename Found> TokenTrie::Walk TokenTrie::walk(std::string_view text, Found found) const {
  Walk walk;
  uint32_t node = root;
  for (size_t depth = 0; depth < text.size(); ++depth) {
    ++walk.steps;
    node = depth == 1 && !pairs_.empty() ? pairs_[pairOf(text)] : child(node, static_cast<uint8_t>(text[depth]));
    if (node == none)
      return walk;
    const Node &there = nodes_[node];
    if (there.children == 0) {
      std::string_view rest(rests_.data() + there.first, there.row), here = text.substr(depth + 1, there.row);
      if (here == rest)
        found(there.token, depth + 1 + rest.size());
      else
        walk.open = here.size() < rest.size() && rest.starts_with(here);
      return walk;
    }
    if (there.token >= 0)
      found(there.token, depth + 1);
  }
  walk.open = nodes_[node].children != 0;
  return walk;
}

} // namespace longc
