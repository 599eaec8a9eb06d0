// What the decoder reads around soft tokens: the two prompts of E2LLM (arXiv 2409.06679), as a user's turn of its chat.
#pragma once

#include "runtime/text/ChatTemplate.h"
#include "runtime/text/Tokenizer.h"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

/// An instruction about the chunks, and what is replied.
struct SoftTurn {
  std::string instruction, reply;
};

/// Ids, and 1 for those of replies, with the token that ends each; 0 for the others.
struct SoftConversation {
  std::vector<int32_t> ids;
  std::vector<float> weights;
};

class SoftPrompt {
public:
  /// `tokenizer` is the decoder's, here and below. A template that does not parse, or none, is an error (LC6101, LC8014).
  static Result<SoftPrompt> create(const Tokenizer &tokenizer, const std::string &templateSource);

  /// The question as an instruction behind soft tokens, and the instruction that asks for the text of the chunks.
  static std::string answerInstruction(const std::string &question) { return "Answer the question: " + question; }
  static std::string restateInstruction() { return "Restate the aforementioned context"; }

  /// Ids of a prompt; `contexts` stand for the chunks, as they are: soft tokens (Batch.h) or words.
  Result<std::vector<int32_t>> prompt(const Tokenizer &tokenizer, std::span<const int32_t> contexts, const std::string &instruction) const;
  /// All of a conversation about the chunks, up to and with the token that ends its last reply. At least one turn.
  Result<SoftConversation> conversation(const Tokenizer &tokenizer, std::span<const int32_t> contexts, std::span<const SoftTurn> turns) const;

private:
  SoftPrompt(const Tokenizer &tokenizer, ChatTemplate chatTemplate);

  struct Parts {
    std::string before, after; // the chunks
  };
  Result<Parts> render(std::span<const SoftTurn> turns, bool withLastReply) const;

  ChatTemplate template_;
  std::map<std::string, std::string> variables_;
};

} // namespace longc
