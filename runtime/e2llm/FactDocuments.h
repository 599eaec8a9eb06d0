// Documents of invented facts, and questions about them that no model can answer without having read them.
//
// Values come from closed sets of 64, so that guessing has a known rate; people are fresh in every document, and those of texts to be
// judged by are in no text to learn from. Between facts stand sentences that tell nothing. Some questions take two facts: the neighbour of one person, and something of that neighbour.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct FactQuestion {
  std::string question, answer;
};

struct FactDocument {
  std::string text;
  std::vector<FactQuestion> questions; // shuffled; one a fact and some of two facts
};

/// Most facts of a document: there are not many more names.
inline constexpr int64_t mostFactsOfDocument = 1000;

/// Whom documents are about: of the names, which are first and family names put together, some are only judged.
enum class People : uint8_t { learnt, judged };

/// What facts of a document have in common: nothing, or their attribute, so that people alone tell them apart. Of the latter half are asked about, and some
/// questions ask for the person: to learn from.
enum class FactKind : uint8_t { mixed, alike };

/// What stands between facts: around each so many sentences that tell nothing, or behind each one of passages that follow one another.
struct FactFilling {
  size_t sentences = 5;
  std::span<const std::string_view> passages = {};
};

/// Document `number` of a seed, with so many facts; the same whatever others are made.
FactDocument makeFactDocument(uint64_t seed, int64_t number, int64_t facts, People people, const FactFilling &filling = {}, FactKind kind = FactKind::mixed);

/// A real text as passages for facts to stand between.
std::vector<std::string_view> passagesOf(std::string_view text);

/// Whether the first line of a reply has the answer, whatever letters are large, what stands around words, and articles.
bool answersRightly(const std::string &reply, const std::string &answer);

} // namespace longc
