// What a chat template is given besides the messages.
#pragma once

#include "runtime/text/Tokenizer.h"

#include <map>
#include <string>

namespace longc {

/// bos_token and eos_token as text; empty where the model has none.
inline std::map<std::string, std::string> templateVariables(const Tokenizer &tokenizer) {
  auto text = [&](int32_t id) { return tokenizer.contains(id) ? std::string(tokenizer.bytes(id)) : std::string(); };
  return {{"bos_token", text(tokenizer.bosId())}, {"eos_token", text(tokenizer.eosId())}};
}

} // namespace longc
