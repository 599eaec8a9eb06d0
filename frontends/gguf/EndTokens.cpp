// Known texts of end tokens, those of llama.cpp.
#include "frontends/gguf/EndTokens.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace longc {
namespace {

constexpr std::array<std::string_view, 19> knownEnds = {
    "<|eot_id|>",    "<|eom_id|>",      "<|im_end|>", "<|end|>",   "<|return|>",         "<|call|>", "<|calls|>",
    "<|flush|>",     "<|end_of_text|>", "</s>",       "<eos>",     "<end_of_utterance>", "<EOT>",    "_<EOT>",
    "<end_of_turn>", "<|endoftext|>",   "<turn|>",    "[EOT]",     "[EOS]",
};

bool isKnownEnd(std::string_view text) {
  return std::find(knownEnds.begin(), knownEnds.end(), text) != knownEnds.end();
}

} // namespace

std::vector<int32_t> endTokens(const std::vector<std::string> &tokens, const std::vector<TokenType> &types,
                               std::vector<int32_t> named) {
  std::vector<int32_t> ends = std::move(named);
  bool returns = false, calls = false;
  int32_t messageEnd = -1;
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (types[id] != TokenType::Control || !isKnownEnd(tokens[id]))
      continue;
    returns |= tokens[id] == "<|return|>";
    calls |= tokens[id] == "<|call|>" || tokens[id] == "<|calls|>";
    if (tokens[id] == "<|end|>")
      messageEnd = static_cast<int32_t>(id);
    else
      ends.push_back(static_cast<int32_t>(id));
  }
  // Where a turn ends by returning or calling, <|end|> is between the messages of one turn.
  if (messageEnd >= 0 && !(returns && calls))
    ends.push_back(messageEnd);
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  return ends;
}

} // namespace longc
