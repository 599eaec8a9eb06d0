// tokenizer.json, tokenizer_config.json and chat_template.jinja of a model folder. Private to this folder.
#pragma once

#include "frontends/Checkpoint.h"

#include <string>
#include <vector>

namespace longc {

// BPE, Unigram or WordPiece as transformers writes it; `vocabulary` is the number of rows of the embedding table, which may be
// more than there are tokens. Truncation and padding that the file asks for are not applied, which is noted.
Result<TokenizerSource> readTokenizerFolder(const std::string &folder, int64_t vocabulary);

// Makes `ids` end a reply too.
void addEndTokens(TokenizerSource &tokenizer, const std::vector<int32_t> &ids);

} // namespace longc
