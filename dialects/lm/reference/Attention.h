// Plain float64 references of attention: one query row against a list of entries.
#pragma once

#include "dialects/lm/reference/Layers.h"

namespace longc::lm::reference {

// A key and a value of D numbers each.
struct Entry {
  const double *key, *value;
  int64_t index;
};

struct Attended {
  Numbers out;
  double lse;
};

double dot(const double *a, const double *b, int64_t size);
// Of the unit vectors; 0 where one has no length.
double cosine(const double *a, const double *b, int64_t size);

// Softmax of given scores over entries. No entry: zeros and -inf.
Attended attend(const std::vector<Entry> &entries, const Numbers &scores, int64_t D);

// score = scale <q, k>, soft-capped if softCap > 0.
Numbers dotScores(const double *q, const std::vector<Entry> &entries, int64_t D, double scale, double softCap);

// Positions in `scores` of the k best, best first; ties to the earlier. With blockSize > 1: all entries of the k best
// blocks, a block's score being its best; `chosen` are then the first positions of the blocks.
struct Selection {
  std::vector<int64_t> entries, chosen;
};
Selection selectBest(const Numbers &scores, int64_t k, int64_t blockSize);

// One joint softmax out of partial results.
Attended merge(const std::vector<Attended> &parts, int64_t D);

} // namespace longc::lm::reference
