// Facts that no model knows, for texts to hold and questions to ask: what looking things up is learnt and judged by.
//
// No fact of makeFacts is told or asked for in the words of the pass-key test, so that an adapter that was trained on these can
// be judged by it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct Fact {
  std::string sentence; // "The secret code of Belodri is 48213."
  std::string question; // "What is the secret code of Belodri?"
  std::string answer;   // "48213"
};

/// Facts about `count` different names; the same with the same seed.
std::vector<Fact> makeFacts(int64_t count, uint64_t seed);

/// What a fact without a name is told and asked for by; $ is its number.
struct FactWords {
  std::string sentence, question; // "The pass key is $. Remember it.", "What is the pass key?"
};
Fact makeNamelessFact(const FactWords &words, uint64_t seed);

/// Two facts that only together answer what is asked: who is looked after, and a number of the one who does.
struct FactChain {
  Fact link;  // "Belodri is looked after by Coramir."; what it asks and answers is the first hop
  Fact fact;  // "The secret code of Coramir is 48213."
  Fact asked; // the answer is the fact's; its sentence names the link's name, and stands in no text
};

/// Chains of 2 * `count` different names; at most half of `mostFacts`.
std::vector<FactChain> makeFactChains(int64_t count, uint64_t seed);

/// Most facts there can be.
inline constexpr int64_t mostFacts = 100000;

/// The text with every fact behind the end of a sentence, spread over its length in their order.
std::string plantFacts(std::string_view text, std::span<const Fact> facts, uint64_t seed);

} // namespace longc
