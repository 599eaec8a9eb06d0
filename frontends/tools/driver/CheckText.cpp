// Makes what the program makes of it when it starts.
#include "frontends/tools/driver/CheckText.h"

#include "runtime/serve/ProgramTokenizer.h"
#include "runtime/text/ChatTemplate.h"

namespace longc {
namespace {

Status of(const char *part, const Status &error) {
  return Status::error(error.code(), std::string(part) + ": " + error.message(), error.hint());
}

} // namespace

Status checkText(const TokenizerSource &source, const abi::Tokenizer &tokenizer) {
  if (Result<Tokenizer> made = createTokenizer(tokenizer); !made.ok())
    switch (made.status().code()) {
    case Tokenizer::unknownPreTokenizer:
      return of(source.names.pre, made.status());
    case Tokenizer::badMerge: // of a token that no text is made of
      return of(source.names.merges, made.status());
    default:
      return of(source.names.tokens, made.status());
    }
  if (source.chatTemplate.empty())
    return {};
  Result<ChatTemplate> parsed = ChatTemplate::parse(source.chatTemplate);
  return parsed.ok() ? Status() : of(source.names.chatTemplate, parsed.status());
}

} // namespace longc
