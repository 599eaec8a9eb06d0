// The tokenizer of a checkpoint as the files of a Hugging Face folder. Private to this folder.
#pragma once

#include "frontends/Checkpoint.h"

#include <string>
#include <utility>
#include <vector>

namespace longc {

// Names and contents: tokenizer.json, tokenizer_config.json, generation_config.json and, if there is a template,
// chat_template.jinja. A tokenizer of a kind that is not known here is refused by name.
Result<std::vector<std::pair<std::string, std::string>>> writeTokenizer(const Checkpoint &checkpoint);

} // namespace longc
