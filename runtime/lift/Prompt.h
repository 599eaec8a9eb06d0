// How a model is asked about a text that it has absorbed, with as much of the text before the question as its window holds.
//
// OUR CHOICE: where no text stands before it, a question is the bare words "Question:" and "Answer:". The sentence "Please answer
// the question based on TITLE" of the published code would take a third of a row's tokens. No blank stands behind "Answer:",
// which vocabularies of byte pairs put at the beginning of the word that follows.
#pragma once

#include "runtime/text/Tokenizer.h"

#include <string>
#include <string_view>
#include <vector>

namespace longc {

/// "Question: QUESTION\nAnswer:".
std::string questionPrompt(std::string_view question);

/// The name of a text in prompts: its file's, without folder and ending.
std::string titleOf(const std::string &path);

/// What stands before a question: "The article TITLE: \nTEXT\nPlease answer the question based on TITLE.\n", begun as texts of the model begin.
class PromptDocument {
public:
  PromptDocument(const Tokenizer &tokenizer, std::string_view title, std::string_view text);

  /// In at most `room` tokens: where it has more, its first half, "..." and its last half.
  std::vector<int32_t> cutTo(int64_t room) const;

private:
  std::vector<int32_t> ids_, gap_;
};

/// The token ids of a question behind a document (`ids` is not empty) or alone.
std::vector<int32_t> questionTokens(const Tokenizer &tokenizer, std::string_view question, bool isBehindDocument);

/// Whether the answer stands in the first line of a reply: both in lower case, with single blanks, without the marks between
/// words.
bool answersRightly(std::string_view reply, std::string_view answer);

} // namespace longc
