// Keys of a tokenizer in a GGUF file, each checked. Private to this folder.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/io/Gguf.h"

#include <cstdint>
#include <optional>

namespace longc {

// An absent key keeps what the variable has.
Status readFlag(const GgufFile &file, const char *key, bool &flag);
Status readTokenId(const GgufFile &file, const char *key, size_t tokens, std::optional<int32_t> &id);

} // namespace longc
