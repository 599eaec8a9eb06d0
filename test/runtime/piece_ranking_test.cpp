// Pieces by BM25: figures worked out by hand from the formula, order, and texts that are short.
#include "runtime/text/PieceRanking.h"

#include <gtest/gtest.h>

namespace longc {
namespace {

using Tokens = std::vector<int32_t>;

// Pieces of 2: {1 2} {3 4} {1 1} {5 6}. Term 1 is in two of four, term 4 in one: ln(1 + 3.5 / 1.5) = 1.204 of it beats ln(1 + 2.5 / 2.5) = 0.693 of term 1,
// whose piece with two of it gets 0.693 * 2 * 2.2 / 3.2 = 0.953.
const Tokens text = {1, 2, 3, 4, 1, 1, 5, 6};

TEST(PieceRanking, RareTermsAndMoreOfThemComeFirst) {
  EXPECT_EQ(bestPieces(text, Tokens{1, 4}, 1, 2), (Tokens{3, 4}));
  EXPECT_EQ(bestPieces(text, Tokens{1}, 1, 2), (Tokens{1, 1}));
}

// Terms in more than half of the pieces weigh little, never less than nothing: {1 2} {3 4} {1 5} asked for 1 (ln(1 + 1.5 / 2.5) = 0.47), not the piece without it.
TEST(PieceRanking, TermsOfMostPiecesStillCount) { EXPECT_EQ(bestPieces(Tokens{3, 4, 1, 2, 1, 5}, Tokens{1}, 2, 2), (Tokens{1, 2, 1, 5})); }

TEST(PieceRanking, PiecesStandInTheOrderOfTheText) {
  EXPECT_EQ(bestPieces(text, Tokens{1, 4}, 2, 2), (Tokens{3, 4, 1, 1}));
  EXPECT_EQ(bestPieces(text, Tokens{1, 6}, 2, 2), (Tokens{1, 1, 5, 6}));
}

TEST(PieceRanking, EqualPiecesTheEarlierOneFirst) { EXPECT_EQ(bestPieces(text, Tokens{9}, 2, 2), (Tokens{1, 2, 3, 4})); }

TEST(PieceRanking, TextsOfFewPiecesStayWhole) {
  EXPECT_EQ(bestPieces(text, Tokens{1}, 9, 3), text);
  EXPECT_EQ(bestPieces(Tokens{}, Tokens{1}, 3, 128), Tokens{});
}

// The last piece is shorter: with one term 7 each, {7} of length 1 gets 0.134 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 1 / 1.667)), more than {7 8}.
TEST(PieceRanking, ShortPiecesAreDenser) { EXPECT_EQ(bestPieces(Tokens{7, 8, 7, 8, 7}, Tokens{7}, 1, 2), (Tokens{7})); }

} // namespace
} // namespace longc
