// Building the tree of token texts, level by level.
#include "runtime/text/TokenTrie.h"

#include <algorithm>
#include <span>

namespace longc {

namespace {

using Entries = std::span<TokenTrie::Entry>;

uint8_t byteAt(const TokenTrie::Entry &entry, size_t depth) { return static_cast<uint8_t>(entry.text[depth]); }

// Sorts texts, all longer than `depth`, by their byte there.
void sortByByte(Entries entries, size_t depth, std::vector<TokenTrie::Entry> &scratch) {
  constexpr size_t few = 24;
  if (entries.size() <= few) {
    for (size_t i = 1; i < entries.size(); ++i) {
      TokenTrie::Entry entry = entries[i];
      size_t place = i;
      for (; place > 0 && byteAt(entries[place - 1], depth) > byteAt(entry, depth); --place)
        entries[place] = entries[place - 1];
      entries[place] = entry;
    }
    return;
  }
  std::array<uint32_t, 257> begins{};
  for (const TokenTrie::Entry &entry : entries)
    ++begins[byteAt(entry, depth) + 1];
  for (size_t byte = 0; byte < 256; ++byte)
    begins[byte + 1] += begins[byte];
  scratch.assign(entries.begin(), entries.end());
  for (const TokenTrie::Entry &entry : scratch)
    entries[begins[byteAt(entry, depth)]++] = entry;
}

} // namespace

void TokenTrie::fillRow(Node &node) {
  if (node.children <= fewChildren || node.children > mostChildrenInRow || rows_.size() > UINT16_MAX)
    return;
  node.row = static_cast<uint16_t>(rows_.size());
  Row &row = rows_.emplace_back();
  for (uint32_t i = 0; i < node.children; ++i)
    row[bytes_[node.first + i]] = static_cast<uint8_t>(i + 1);
}

// False if the rest of the text is too long for that.
bool TokenTrie::makeLeaf(Node &node, const Entry &entry, size_t depth) {
  std::string_view rest = entry.text.substr(depth);
  if (rest.size() > UINT16_MAX)
    return false;
  node = {static_cast<uint32_t>(rests_.size()), 0, static_cast<uint16_t>(rest.size()), entry.token};
  rests_ += rest;
  return true;
}

void TokenTrie::fillPairs() {
  pairs_.assign(nodes_.size() < manyNodes ? 0 : 1 << 16, none);
  if (pairs_.empty())
    return;
  for (uint32_t first = 0; first < fromRoot_.size(); ++first)
    if (const Node &node = nodes_[fromRoot_[first]]; fromRoot_[first] != none)
      for (uint32_t i = 0; i < node.children; ++i)
        pairs_[first << 8 | bytes_[node.first + i]] = node.first + i;
}

void TokenTrie::build(std::vector<Entry> &entries) {
  const size_t likelyNodes = entries.size() * 3 / 2 + 16;
  nodes_.reserve(likelyNodes);
  bytes_.reserve(likelyNodes);
  nodes_.assign(1, {});
  bytes_.assign(1, 0);
  rows_.assign(1, {});
  rests_.clear();
  std::vector<Range> ranges; // by node
  ranges.reserve(likelyNodes);
  ranges.push_back({0, static_cast<uint32_t>(entries.size()), -1});
  std::vector<Entry> scratch;
  size_t depth = 0, levelEnd = 1;
  for (uint32_t node = 0; node < nodes_.size(); ++node) {
    if (node == levelEnd)
      ++depth, levelEnd = nodes_.size();
    auto [begin, end, longest] = ranges[node];
    if (node != root && end - begin == 1 && makeLeaf(nodes_[node], entries[begin], depth)) {
      entries[begin].shorter = longest;
      continue;
    }
    for (uint32_t i = begin; i < end; ++i)
      if (entries[i].text.size() == depth) {
        nodes_[node].token = std::max(nodes_[node].token, entries[i].token);
        entries[i].shorter = longest;
        std::swap(entries[i], entries[begin++]);
      }
    longest = nodes_[node].token >= 0 ? nodes_[node].token : longest;
    nodes_[node].first = begin < end ? static_cast<uint32_t>(nodes_.size()) : static_cast<uint32_t>(rests_.size());
    sortByByte(Entries(entries).subspan(begin, end - begin), depth, scratch);
    while (begin < end) {
      uint32_t next = begin + 1;
      uint8_t byte = byteAt(entries[begin], depth);
      while (next < end && byteAt(entries[next], depth) == byte)
        ++next;
      bytes_.push_back(byte);
      nodes_.emplace_back();
      ranges.push_back({begin, next, longest});
      begin = next;
      ++nodes_[node].children;
    }
  }
  bytes_.resize(nodes_.size() + 8);
  for (Node &node : nodes_)
    fillRow(node);
  fromRoot_.fill(none);
  for (uint32_t i = 0; i < nodes_[root].children; ++i)
    fromRoot_[bytes_[nodes_[root].first + i]] = nodes_[root].first + i;
  fillPairs();
}

} // namespace longc
