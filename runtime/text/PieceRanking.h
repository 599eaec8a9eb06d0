// The pieces of a text that a question is most likely about, by the tokens that they share: what a memory is compared with.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace longc {

/// Okapi BM25 of each piece for `question` (Robertson & Zaragoza, The Probabilistic Relevance Framework, 2009, eq. 3.15; k1 = 1.2, b = 0.75, every
/// token a term): 0 where they share no token.
std::vector<double> scoresOfPieces(const std::vector<std::span<const int32_t>> &pieces, std::span<const int32_t> question);

/// The tokens of the `count` pieces of `length` tokens (the last may be shorter) that this ranks first, in the order of the text. All of a text that
/// has no more pieces. Equal scores: the earlier piece.
std::vector<int32_t> bestPieces(std::span<const int32_t> text, std::span<const int32_t> question, int64_t count, int64_t length);

} // namespace longc
