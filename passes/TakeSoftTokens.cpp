// E2LLM (arXiv 2409.06679), the decoder's half: rows of a call that are no words of the vocabulary.
#include "passes/FunctionInputs.h"
#include "passes/Passes.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_TAKESOFTTOKENSPASS
#include "passes/Passes.h.inc"

namespace {

// What the words of the call are embedded as, scaled where the model scales them.
Value wordsOf(func::FuncOp function) {
  Value words;
  for (auto embedding : function.getOps<lm::EmbeddingOp>()) {
    auto tokens = dyn_cast<BlockArgument>(embedding.getTokens());
    auto role = tokens ? function.getArgAttrOfType<StringAttr>(tokens.getArgNumber(), roleAttribute) : nullptr;
    if (!role || role != "tokens")
      continue;
    if (words)
      return {};
    words = embedding.getResult();
  }
  if (words && words.hasOneUse())
    if (auto scaled = dyn_cast<lm::ScaleOp>(*words.getUsers().begin()))
      return scaled.getResult();
  return words;
}

struct TakeSoftTokensPass : impl::TakeSoftTokensPassBase<TakeSoftTokensPass> {
  using TakeSoftTokensPassBase::TakeSoftTokensPassBase;

  void runOnOperation() override {
    auto decoder = getOperation().lookupSymbol<func::FuncOp>(function);
    Value words = decoder && !decoder.isExternal() ? wordsOf(decoder) : Value();
    auto type = words ? dyn_cast<RankedTensorType>(words.getType()) : nullptr;
    if (!type || type.getRank() != 2) {
      getOperation().emitError("expected a function @") << function << " that embeds its tokens once";
      return signalPassFailure();
    }
    auto compress = from.empty() ? func::FuncOp() : getOperation().lookupSymbol<func::FuncOp>(from);
    if (!from.empty() && (!compress || compress.isExternal())) {
      getOperation().emitError("expected a function @") << from << " that makes soft tokens";
      return signalPassFailure();
    }
    auto list = RankedTensorType::get({ShapedType::kDynamic}, IntegerType::get(&getContext(), 32));
    Value soft;
    if (compress)
      soft = inlined(compress, decoder, appendInput(decoder, list, "soft_chunks"));
    else
      soft = appendInput(decoder, RankedTensorType::get({ShapedType::kDynamic, type.getDimSize(1)}, type.getElementType()), "soft_tokens");
    if (soft.getType() != RankedTensorType::get({ShapedType::kDynamic, type.getDimSize(1)}, type.getElementType())) {
      decoder.emitOpError("has rows of ") << type << ", and soft tokens are " << soft.getType();
      return signalPassFailure();
    }
    Value destinations = appendInput(decoder, list, "destinations");
    OpBuilder builder(words.getContext());
    builder.setInsertionPointAfterValue(words);
    if (Operation *maker = soft.getDefiningOp())
      builder.setInsertionPointAfter(maker);
    auto placed = lm::ScatterRowsOp::create(builder, words.getLoc(), type, words, soft, destinations);
    words.replaceAllUsesExcept(placed, placed);
  }

private:
  // The first result of `compress` as part of the decoder's function, with its arguments; rows of it by `chunks`.
  static Value inlined(func::FuncOp compress, func::FuncOp decoder, Value chunks) {
    Value words = wordsOf(decoder);
    IRMapping mapping;
    for (BlockArgument argument : compress.getArguments()) {
      auto role = compress.getArgAttrOfType<StringAttr>(argument.getArgNumber(), roleAttribute);
      std::string name = "chunk_" + (role ? role.str() : "argument" + std::to_string(argument.getArgNumber()));
      mapping.map(argument, appendInput(decoder, argument.getType(), name));
    }
    OpBuilder builder(words.getContext());
    builder.setInsertionPointAfterValue(words);
    Block &body = compress.getBody().front();
    for (Operation &op : body.without_terminator())
      builder.clone(op, mapping);
    Value soft = mapping.lookup(body.getTerminator()->getOperand(0));
    Value used = lm::GatherRowsOp::create(builder, soft.getLoc(), soft.getType(), soft, chunks);
    compress.erase();
    return used;
  }
};

} // namespace
} // namespace longc
