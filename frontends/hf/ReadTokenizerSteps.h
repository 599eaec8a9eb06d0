// How tokenizer.json changes text before it is encoded, cuts it into words and puts it together again. Private to this
// folder.
#pragma once

#include "frontends/TokenizerSource.h"
#include "runtime/core/JsonReader.h"
#include "runtime/core/Status.h"

#include <string>
#include <vector>

namespace longc {

// Reads 'normalizer', 'pre_tokenizer' and 'decoder'; `out.model` says of what kind, or is empty for BPE. Steps that are not known are refused
// by name.
Status readTokenizerSteps(const JsonValue &json, TokenizerSource &out);

// The steps under a key, those of a sequence one by one.
std::vector<const JsonValue *> tokenizerSteps(const JsonValue &json, const char *key, const char *listKey);

// What stands under a key; "" and `otherwise` where it is missing or of another kind.
std::string textAt(const JsonValue &object, std::string_view key);
bool flagAt(const JsonValue &object, std::string_view key, bool otherwise);

// The splitting rules that our tokenizer knows by name, as patterns of tokenizer.json. None: nullptr.
const char *patternOfRule(const std::string &name);

} // namespace longc
