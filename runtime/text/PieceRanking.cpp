// Term counts of each piece, summed over the question's tokens.
#include "runtime/text/PieceRanking.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace longc {
namespace {

constexpr double k1 = 1.2, b = 0.75;

std::vector<std::span<const int32_t>> piecesOf(std::span<const int32_t> text, size_t length) {
  std::vector<std::span<const int32_t>> pieces;
  for (size_t begin = 0; begin < text.size(); begin += length)
    pieces.push_back(text.subspan(begin, std::min(length, text.size() - begin)));
  return pieces;
}

} // namespace

std::vector<double> scoresOfPieces(const std::vector<std::span<const int32_t>> &pieces, std::span<const int32_t> question) {
  size_t length = 0;
  for (std::span<const int32_t> piece : pieces)
    length += piece.size();
  const double meanLength = static_cast<double>(length) / static_cast<double>(std::max<size_t>(1, pieces.size()));
  std::vector<double> scores(pieces.size());
  for (int32_t term : std::set<int32_t>(question.begin(), question.end())) {
    std::vector<std::pair<size_t, double>> holding; // pieces, and how often they have the term
    for (size_t i = 0; i < pieces.size(); ++i)
      if (auto times = std::ranges::count(pieces[i], term))
        holding.push_back({i, static_cast<double>(times)});
    const double rarity = std::log(1 + (static_cast<double>(pieces.size() - holding.size()) + 0.5) / (static_cast<double>(holding.size()) + 0.5));
    for (auto [i, times] : holding)
      scores[i] += rarity * times * (k1 + 1) / (times + k1 * (1 - b + b * static_cast<double>(pieces[i].size()) / meanLength));
  }
  return scores;
}

std::vector<int32_t> bestPieces(std::span<const int32_t> text, std::span<const int32_t> question, int64_t count, int64_t length) {
  const auto pieces = piecesOf(text, static_cast<size_t>(length));
  const auto kept = std::min(pieces.size(), static_cast<size_t>(count));
  const std::vector<double> scores = scoresOfPieces(pieces, question);
  std::vector<size_t> order(pieces.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](size_t piece) { return std::pair(-scores[piece], piece); });
  order.resize(kept);
  std::ranges::sort(order);
  std::vector<int32_t> tokens;
  for (size_t i : order)
    tokens.insert(tokens.end(), pieces[i].begin(), pieces[i].end());
  return tokens;
}

} // namespace longc
