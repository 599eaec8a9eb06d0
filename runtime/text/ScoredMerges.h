// The merges of a vocabulary that has scores instead, as SentencePiece has it: any two neighbours that make a token may
// merge, those that make the token of the highest score first.
#pragma once

#include "runtime/text/MergeTree.h"
#include "runtime/text/TokenIndex.h"

#include <span>
#include <string>
#include <vector>

namespace longc {

// `types`: as in TokenizerModel; special tokens and bytes are not made by merging.
std::vector<MergeTree::Rule> mergesByScore(std::span<const std::string> tokens, const TokenIndex &index,
                                           std::span<const double> scores, std::span<const int32_t> types);

} // namespace longc
