// Positions as the encoder counts them.
#include "runtime/serve/EncoderInputs.h"

#include "runtime/core/Format.h"

namespace longc {

Status checkEncoderToken(const abi::Module &module, int32_t token) {
  if (token >= 0 && token < static_cast<int64_t>(module.vocabulary()))
    return {};
  return Status::error(5302, formatText("token id %d is outside the vocabulary of %u", token, module.vocabulary()),
                       "use the tokenizer of this model");
}

Status EncoderInputs::append(const abi::Module &module, std::span<const int32_t> sequence) {
  const abi::Encoder &encoder = module.encoder();
  if (sequence.empty() || sequence.size() > module.context_length())
    return Status::error(5304, "a sequence of " + formatCount(static_cast<long long>(sequence.size())) +
                                   " tokens: this encoder reads from 1 to " + formatCount(static_cast<long long>(module.context_length())),
                         "split it; `embed --long split` does");
  auto position = static_cast<int32_t>(encoder.first_position());
  for (int32_t token : sequence) {
    LONGC_TRY(checkEncoderToken(module, token));
    const bool counted = !encoder.has_uncounted_token() || token != encoder.uncounted_token();
    tokens.push_back(token);
    types.push_back(0);
    positions.push_back(counted ? position++ : static_cast<int32_t>(encoder.first_position()) - 1);
  }
  boundaries.push_back(static_cast<int32_t>(tokens.size()));
  return {};
}

void EncoderInputs::clear() {
  tokens.clear();
  types.clear();
  positions.clear();
  boundaries.assign(1, 0);
}

} // namespace longc
