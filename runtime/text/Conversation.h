// A conversation as the model's chat template writes it, and what of it to read when.
//
// All ids that a question's session has read are those of the whole rendered conversation, although much of it was read
// before the question was known: earlier turns, or a document in front of the question. Where a template writes what
// was read before in another way now, that is said, and everything is to be read again.
#pragma once

#include "runtime/text/ChatTemplate.h"
#include "runtime/text/GrowingText.h"

#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace longc {

class Conversation {
public:
  // `tokenizer` must outlive this. `now` is what the template takes for now, in every turn alike.
  Conversation(const Tokenizer &tokenizer, ChatTemplate chatTemplate, std::optional<std::string> system, std::time_t now);

  // Ids of what stands in front of a question about `document`, up to where no question changes them. From now on every
  // question is one of its own about the document.
  Result<std::vector<int32_t>> readDocument(std::string document);
  // As if readDocument(document) had been called before, with `text` in front of the question and `read` bytes of it read;
  // false if the template writes another text there.
  Result<bool> resumeDocument(std::string document, const std::string &text, size_t read);
  bool hasDocument() const { return document_.has_value(); }
  // Whether the template writes the question, or something that depends on it, before the document: then it cannot be read
  // before there is a question.
  bool documentWaits() const { return documentWaits_; }

  struct Reading {
    bool anew = false;           // nothing that was read before is of use
    std::vector<int32_t> keep;   // to be read now and of use for later questions
    std::vector<int32_t> rest;   // to be read after it, for this question alone
  };
  // What to read for a question, and then to generate from: at least one id, or LC5403.
  Result<Reading> ask(const std::string &question);
  // The question asked last and its reply belong to the conversation; what Reading called `keep` was read.
  void answered(std::string reply);

  // What stands in front of every question about the document, and how many bytes of it were read.
  const std::string &beforeQuestion() const { return growing_.known(); }
  size_t read() const { return growing_.taken(); }

private:
  Result<std::string> render(const std::vector<ChatMessage> &messages, bool prompt) const;
  std::vector<ChatMessage> with(const std::string &question) const;
  Result<std::string> beforeQuestion(std::string document);
  Result<std::string> placeDocument(std::string document);
  std::string repeatedLater(std::string prompt) const;

  const Tokenizer &tokenizer_;
  ChatTemplate template_;
  std::map<std::string, std::string> variables_;
  std::vector<ChatMessage> messages_, asked_; // the conversation so far; with the question asked last
  GrowingText growing_, askedText_;
  std::optional<std::string> document_;
  bool documentWaits_ = false;
};

} // namespace longc
