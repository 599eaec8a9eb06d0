// Tokens against the state of a grammar.
#include "runtime/http/JsonConstraint.h"

#include <algorithm>

namespace longc {
namespace {

class GrammarConstraint : public TokenConstraint {
public:
  GrammarConstraint(std::shared_ptr<const JsonGrammar> grammar, const Tokenizer &tokenizer)
      : grammar_(std::move(grammar)), tokenizer_(tokenizer), state_(grammar_->grammar, grammar_->root) {}

  std::unique_ptr<TokenConstraint> clone() const override { return std::make_unique<GrammarConstraint>(*this); }
  bool allows(int32_t token) const override {
    if (isEnd(token))
      return state_.mayEnd();
    return tokenizer_.contains(token) && !tokenizer_.isSpecial(token) && !tokenizer_.bytes(token).empty() &&
           state_.takes(tokenizer_.bytes(token));
  }
  void take(int32_t token) override {
    if (!isEnd(token))
      state_.take(tokenizer_.bytes(token));
  }
  bool isOver() const override { return state_.isOver(); }

private:
  bool isEnd(int32_t token) const {
    const auto &ends = tokenizer_.stopIds();
    return std::binary_search(ends.begin(), ends.end(), token);
  }

  std::shared_ptr<const JsonGrammar> grammar_;
  const Tokenizer &tokenizer_;
  GrammarState state_;
};

} // namespace

std::shared_ptr<const TokenConstraint> jsonConstraint(std::shared_ptr<const JsonGrammar> grammar, const Tokenizer &tokenizer) {
  return std::make_shared<GrammarConstraint>(std::move(grammar), tokenizer);
}

} // namespace longc
