// From message to tokenizer.
#include "runtime/serve/ProgramTokenizer.h"

#include <utility>

namespace longc {

Result<Tokenizer> createTokenizer(const abi::Tokenizer &source) {
  if (source.model() != "gpt2")
    return Status::error(4130, "this program's tokenizer is of model '" + source.model() + "'; expected gpt2",
                         "compile the program again");
  TokenizerModel model;
  model.preTokenizer = source.pre_tokenizer();
  model.tokens.assign(source.tokens().begin(), source.tokens().end());
  model.merges.assign(source.merges().begin(), source.merges().end());
  model.tokenTypes.assign(source.token_types().begin(), source.token_types().end());
  model.bosId = source.bos_id();
  model.eosId = source.eos_id();
  model.unknownId = source.unknown_id();
  model.padId = source.pad_id();
  model.stopIds.assign(source.stop_ids().begin(), source.stop_ids().end());
  model.addBos = source.add_bos();
  model.addEos = source.add_eos();
  return Tokenizer::create(std::move(model));
}

} // namespace longc
