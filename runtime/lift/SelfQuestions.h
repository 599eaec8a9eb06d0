// Questions that the model itself writes: it is shown sentences with their questions, then one without.
//
// What it is to ask for is chosen first (a number or a name of the sentence), so an answer always stands in the text. Questions
// that give the answer away, or name nothing of the sentence, are dropped.
#pragma once

#include "runtime/lift/Questions.h"
#include "runtime/serve/Engine.h"
#include "runtime/text/Tokenizer.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace longc {

/// Done, of all; false cancels.
using QuestionProgress = std::function<bool(int64_t done, int64_t total)>;

/// Greedy questions about those of the sentences that hold a number or a name, in their order.
Result<std::vector<LiftQuestion>> askYourself(Engine &engine, const Tokenizer &tokenizer, std::span<const std::string> sentences,
                                              const QuestionProgress &progress);

/// What a sentence could be asked for: its last number, else its last name that does not begin it; empty where there is none.
std::string answerOf(std::string_view sentence);

/// The question in a reply to the prompt; none where it is no good one.
std::optional<std::string> usableQuestion(std::string_view reply, std::string_view sentence, std::string_view answer);

} // namespace longc
