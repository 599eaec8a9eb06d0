// Answers that are JSON, of any object or of a schema: tokens that lead elsewhere are not chosen.
//
// What is written is a part of what a schema allows: members in the schema's order and none that it does not name, no more
// white space than one blank, numbers of at most fifteen digits. Words of a schema that cannot be held to are refused by name.
#pragma once

#include "runtime/core/JsonReader.h"
#include "runtime/http/Grammar.h"
#include "runtime/http/TokenChooser.h"
#include "runtime/text/Tokenizer.h"

#include <memory>
#include <span>
#include <string>

namespace longc {

struct JsonGrammar {
  Grammar grammar;
  int root = 0;
};

/// Any JSON object.
std::shared_ptr<const JsonGrammar> anyObjectGrammar();
/// What a JSON schema allows. The error (LC6301) names the word that is not known, with its place.
Result<std::shared_ptr<const JsonGrammar>> schemaGrammar(const JsonValue &schema);

/// A tool that an answer is to call: its name, and the schema of its arguments (null: any object).
struct CallableTool {
  std::string name;
  const JsonValue *arguments = nullptr;
};
/// A call of one of these tools, as ToolCalls.h finds it. Errors as of schemaGrammar.
Result<std::shared_ptr<const JsonGrammar>> toolCallGrammar(std::span<const CallableTool> tools);

/// `tokenizer` outlives it. Ends with the tokenizer's stop tokens.
std::shared_ptr<const TokenConstraint> jsonConstraint(std::shared_ptr<const JsonGrammar> grammar, const Tokenizer &tokenizer);

} // namespace longc
