// What a tokenizer does to text before it is encoded and after it is decoded, as tokenizer.json has it. Private to this folder.
#pragma once

#include "frontends/TokenizerSource.h"
#include "runtime/core/JsonReader.h"
#include "runtime/core/Status.h"

namespace longc {

// 'normalizer', null where nothing changes.
Result<JsonValue> normalizerOf(const TokenizerSource &source);
// 'pre_tokenizer', null where a text is one word.
Result<JsonValue> preTokenizerOf(const TokenizerSource &source);
// 'decoder'.
JsonValue decoderOf(const TokenizerSource &source);

} // namespace longc
