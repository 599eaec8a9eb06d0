// Building the trees of merges and judging neighbours by them.
#include "runtime/text/MergeTree.h"

#include "runtime/text/ByteHash.h"

#include <algorithm>
#include <bit>

namespace longc {

BpeWork::BpeWork(size_t textBytes) : judged(std::bit_ceil(std::clamp<size_t>(textBytes / 16, 16, 4096))) {}

void MergeTree::build(size_t tokens, std::span<const int32_t> symbols, const std::vector<Rule> &rules,
                      const Speller &spell) {
  shapes_.assign(tokens, {});
  merges_.reserve(rules.size());
  for (const auto &[left, right, merged, rank] : rules)
    merges_.add(left, right, {rank, merged});
  for (int32_t symbol : symbols)
    shapes_[symbol] = {-1, -1, 0};
  BpeWork work(0);
  std::vector<int32_t> candidates; // made of something that is not there yet
  for (const auto &[left, right, merged, rank] : rules) {
    if (exists(merged) || merges_.find(left, right).rank != rank)
      continue;
    if (!exists(left) || !exists(right))
      candidates.push_back(merged);
    else if (growApart(left, right, false, work))
      shapes_[merged] = {left, right, rank + 1};
  }
  addIrregular(candidates, spell, work);
}

void MergeTree::addIrregular(std::span<const int32_t> candidates, const Speller &spell, BpeWork &work) {
  std::vector<int32_t> symbols, merged;
  for (int32_t token : candidates) {
    symbols.clear();
    if (exists(token) || !spell(token, symbols))
      continue;
    merged = symbols;
    if (work.queue.merge(merges_, merged) == 1 && merged[0] == token) {
      shapes_[token] = {static_cast<int32_t>(irregular_.size()), -1, irregular};
      irregular_.push_back(symbols);
    }
  }
}

// Walks back from the two tokens to their first symbols. Not `asWholes`: the tokens themselves may merge.
bool MergeTree::growApart(int32_t left, int32_t right, bool asWholes, BpeWork &work) const {
  uint32_t leftEnds = MergeTable::noRank, rightEnds = MergeTable::noRank; // ranks of the merges that take them
  for (bool judged = asWholes;; judged = true) {
    if (judged) {
      ++work.lookups;
      uint32_t rank = merges_.find(left, right).rank;
      // Of equal merges the leftmost is applied first: before the seam's, the one that ends the left symbol.
      if (rank < leftEnds && rank <= rightEnds)
        return false;
    }
    // The later of the two symbols gives way to what it was made of, without a branch: nothing foretells which it is.
    const Shape &leftShape = shapes_[left], &rightShape = shapes_[right];
    if ((leftShape.created | rightShape.created) == 0)
      return true;
    bool leftIsLater = leftShape.created > rightShape.created;
    leftEnds = leftIsLater ? leftShape.created - 1 : leftEnds;
    rightEnds = leftIsLater ? rightEnds : rightShape.created - 1;
    left = leftIsLater ? leftShape.right : left;
    right = leftIsLater ? right : rightShape.left;
  }
}

void MergeTree::spell(int32_t token, std::vector<int32_t> &symbols) const {
  std::vector<int32_t> rest{token}; // the next one last
  while (!rest.empty()) {
    const Shape &shape = shapes_[rest.back()];
    int32_t next = rest.back();
    rest.pop_back();
    if (shape.created == irregular)
      symbols.insert(symbols.end(), irregular_[shape.left].begin(), irregular_[shape.left].end());
    else if (shape.created == 0)
      symbols.push_back(next);
    else
      rest.insert(rest.end(), {shape.right, shape.left});
  }
}

bool MergeTree::mergedStandApart(int32_t left, int32_t right, BpeWork &work) const {
  std::vector<int32_t> &symbols = work.symbols;
  symbols.clear();
  spell(left, symbols);
  spell(right, symbols);
  work.lookups += symbols.size();
  size_t count = work.queue.merge(merges_, symbols);
  return count == 2 && symbols[0] == left && symbols[1] == right;
}

bool MergeTree::standApart(int32_t left, int32_t right, BpeWork &work) const {
  uint64_t pair = (static_cast<uint64_t>(left) + 1) << 32 | static_cast<uint64_t>(right) << 1;
  uint64_t &judged = work.judged[mixHash(pair, 0) & (work.judged.size() - 1)];
  ++work.lookups;
  if ((judged & ~uint64_t(1)) != pair) {
    bool apart = isRegular(left) && isRegular(right) ? growApart(left, right, true, work)
                                                     : mergedStandApart(left, right, work);
    judged = pair | apart;
  }
  return (judged & 1) != 0;
}

} // namespace longc
