// The files that sentence-transformers keeps beside an encoder: what its embeddings are. Private to this folder.
#pragma once

#include "models/DecoderConfig.h"
#include "runtime/core/Status.h"

#include <string>
#include <vector>

namespace longc {

// modules.json, the configuration of the pool that it names, and sentence_bert_config.json. A step that is not one of ours is
// refused by name. Without modules.json nothing changes, which is noted. True: texts are put into lower case before anything
// else (`do_lower_case`).
Result<bool> readPooling(const std::string &folder, EncoderConfig &encoder, std::vector<std::string> &notes);

} // namespace longc
