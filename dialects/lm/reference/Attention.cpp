// Plain float64 references of attention.
#include "dialects/lm/reference/Attention.h"

#include <algorithm>
#include <cmath>

namespace longc::lm::reference {

double dot(const double *a, const double *b, int64_t size) {
  double sum = 0;
  for (int64_t i = 0; i < size; ++i)
    sum += a[i] * b[i];
  return sum;
}

double cosine(const double *a, const double *b, int64_t size) {
  double lengths = std::sqrt(dot(a, a, size)) * std::sqrt(dot(b, b, size));
  return lengths == 0 ? 0 : dot(a, b, size) / lengths;
}

Attended attend(const std::vector<Entry> &entries, const Numbers &scores, int64_t D) {
  Attended result{Numbers(D), -INFINITY};
  if (entries.empty())
    return result;
  double largest = *std::max_element(scores.begin(), scores.end()), sum = 0;
  for (size_t s = 0; s < entries.size(); ++s) {
    double weight = std::exp(scores[s] - largest);
    sum += weight;
    for (int64_t c = 0; c < D; ++c)
      result.out[c] += weight * entries[s].value[c];
  }
  for (double &value : result.out)
    value /= sum;
  result.lse = largest + std::log(sum);
  return result;
}

Numbers dotScores(const double *q, const std::vector<Entry> &entries, int64_t D, double scale, double softCap) {
  Numbers scores;
  for (const Entry &entry : entries) {
    double score = scale * dot(q, entry.key, D);
    scores.push_back(softCap > 0 ? softCap * std::tanh(score / softCap) : score);
  }
  return scores;
}

Selection selectBest(const Numbers &scores, int64_t k, int64_t blockSize) {
  struct Block {
    double score;
    int64_t first;
  };
  std::vector<Block> blocks;
  // A NaN is better than any number: what it belongs to is attended, so that it shows.
  auto worse = [](double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; };
  int64_t count = static_cast<int64_t>(scores.size());
  for (int64_t first = 0; first < count; first += blockSize)
    blocks.push_back(
        {*std::max_element(scores.begin() + first, scores.begin() + std::min(first + blockSize, count), worse), first});
  std::sort(blocks.begin(), blocks.end(), [&](const Block &a, const Block &b) {
    return worse(b.score, a.score) || (!worse(a.score, b.score) && a.first < b.first);
  });
  blocks.resize(std::min<size_t>(blocks.size(), k));
  Selection result;
  for (const Block &block : blocks) {
    result.chosen.push_back(block.first);
    for (int64_t s = block.first; s < std::min(block.first + blockSize, count); ++s)
      result.entries.push_back(s);
  }
  return result;
}

Attended merge(const std::vector<Attended> &parts, int64_t D) {
  Attended result{Numbers(D), -INFINITY};
  double largest = -INFINITY, sum = 0;
  for (const Attended &part : parts)
    largest = std::isnan(part.lse) ? part.lse : std::max(largest, part.lse);
  if (largest == -INFINITY)
    return result;
  for (const Attended &part : parts)
    sum += std::exp(part.lse - largest);
  result.lse = largest + std::log(sum);
  for (const Attended &part : parts)
    for (int64_t c = 0; c < D && part.lse != -INFINITY; ++c)
      result.out[c] += std::exp(part.lse - result.lse) * part.out[c];
  return result;
}

} // namespace longc::lm::reference
