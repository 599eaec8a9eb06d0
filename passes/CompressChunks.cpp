// E2LLM (arXiv 2409.06679), the encoder's half: each chunk's hidden states are pooled to one row, which an adapter of two
// products brings to the width of a decoder. The pool `pma` is attention of a learned query a head (pooling by multi-head
// attention, arXiv 1810.00825), which begins as the mean: K = H wk with wk = 0, V = H + H wv with wv = 0.
#include "passes/FunctionInputs.h"
#include "passes/Passes.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <cmath>

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_COMPRESSCHUNKSPASS
#include "passes/Passes.h.inc"

namespace {

RankedTensorType f32(Builder &builder, ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, builder.getF32Type()); }

Value boundariesOf(func::FuncOp function) {
  for (BlockArgument argument : function.getArguments())
    if (function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), roleAttribute) == "boundaries")
      return argument;
  return {};
}

struct CompressChunksPass : impl::CompressChunksPassBase<CompressChunksPass> {
  using CompressChunksPassBase::CompressChunksPassBase;

  void runOnOperation() override {
    auto encoder = getOperation().lookupSymbol<func::FuncOp>(function);
    auto kind = lm::symbolizePool(pool);
    if (!kind) {
      getOperation().emitError("expected pool mean, cls, last or pma, got '") << pool << "'";
      return signalPassFailure();
    }
    auto type = encoder && !encoder.isExternal() && encoder.getNumResults() == 1
                    ? dyn_cast<RankedTensorType>(encoder.getResultTypes().front())
                    : nullptr;
    if (!type || type.getRank() != 2 || !boundariesOf(encoder)) {
      getOperation().emitError("expected a function @") << function << " with boundaries that gives hidden states, [tokens, columns]";
      return signalPassFailure();
    }
    const bool attends = *kind == lm::Pool::pma;
    declareAdapter(type.getDimSize(1), attends);
    OpBuilder builder(encoder);
    if (train) {
      auto clone = cast<func::FuncOp>(builder.clone(*encoder));
      finish(clone, "compress_trained", attends ? poolAttended(clone) : poolTrained(clone));
    }
    Value pooled = poolServed(encoder, attends ? lm::Pool::mean : *kind);
    finish(encoder, "compress", attends ? poolAttended(encoder) : pooled, pooled);
    adaptVectors(encoder, type, attends);
  }

private:
  int64_t inner() const { return hidden > 0 ? hidden.getValue() : width.getValue(); }

  // mlp.0 [inner, columns], then mlp.2 [width, inner]: names as of a torch.nn.Sequential with an activation between.
  void declareAdapter(int64_t columns, bool attends) {
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    auto declare = [&](StringRef name, ArrayRef<int64_t> shape, StringRef beginning) {
      std::string full = ("adapter/" + name).str();
      Location location = NameLoc::get(builder.getStringAttr(full));
      auto parameter = lm::ParameterOp::create(builder, location, full, f32(builder, shape), /*trainable=*/true, ArrayAttr());
      if (!stored)
        parameter->setAttr(initializerAttribute, builder.getStringAttr(beginning));
    };
    if (attends) {
      declare("pma.seed", {1, columns}, initializeKaiming);
      declare("pma.key.weight", {columns, columns}, initializeZero);
      declare("pma.value.weight", {columns, columns}, initializeZero);
    }
    declare("mlp.0.weight", {inner(), columns}, initializeKaiming);
    declare("mlp.0.bias", {inner()}, initializeZero);
    declare("mlp.2.weight", {width, inner()}, initializeKaiming);
    declare("mlp.2.bias", {width}, initializeZero);
  }

  static ImplicitLocOpBuilder atEnd(func::FuncOp function) {
    return ImplicitLocOpBuilder(function.getLoc(), function.getBody().front().getTerminator());
  }

  Value poolServed(func::FuncOp encoder, lm::Pool kind) {
    ImplicitLocOpBuilder b = atEnd(encoder);
    Value hiddenStates = b.getInsertionPoint()->getOperand(0);
    int64_t columns = cast<RankedTensorType>(hiddenStates.getType()).getDimSize(1);
    return lm::ChunkPoolOp::create(b, f32(b, {ShapedType::kDynamic, columns}), hiddenStates, boundariesOf(encoder), /*seeds=*/Value(),
                                   /*wk=*/Value(), /*wv=*/Value(), kind);
  }

  // The same as a weighted sum of rows whose weights are an argument, of ops that have gradients: 1/length for the mean.
  Value poolTrained(func::FuncOp encoder) {
    int64_t any = ShapedType::kDynamic;
    OpBuilder types(encoder);
    auto list = RankedTensorType::get({any}, types.getI32Type());
    Value firsts = appendInput(encoder, list, "firsts"), places = appendInput(encoder, list, "places");
    Value weights = appendInput(encoder, f32(types, {any}), "shares");
    ImplicitLocOpBuilder b = atEnd(encoder);
    Value hiddenStates = b.getInsertionPoint()->getOperand(0);
    auto type = cast<RankedTensorType>(hiddenStates.getType());
    Value chunks = lm::GatherRowsOp::create(b, type, hiddenStates, firsts); // of the pool's shape
    Value zeros = lm::FillOp::create(b, type, chunks, 0.0);
    Value shares = lm::ScaleRowsOp::create(b, type, hiddenStates, weights);
    return lm::ScatterAddOp::create(b, type, zeros, shares, places);
  }

  static Value product(ImplicitLocOpBuilder &b, Value x, StringRef prefix, int64_t outputs, bool hasBias) {
    std::string full = ("adapter/" + prefix).str();
    b.setLoc(NameLoc::get(b.getStringAttr(full)));
    int64_t inputs = cast<RankedTensorType>(x.getType()).getDimSize(1);
    Value weight = lm::ParameterRefOp::create(b, f32(b, {outputs, inputs}), full + ".weight");
    Value bias = hasBias ? lm::ParameterRefOp::create(b, f32(b, {outputs}), full + ".bias").getResult() : Value();
    return lm::LinearOp::create(b, f32(b, {ShapedType::kDynamic, outputs}), x, weight, bias);
  }

  // One query of as many heads as the encoder has, the same for every chunk: a batch of sequences of one token each.
  Value poolAttended(func::FuncOp encoder) {
    int64_t any = ShapedType::kDynamic;
    OpBuilder types(encoder);
    auto list = RankedTensorType::get({any}, types.getI32Type());
    Value queries = appendInput(encoder, list, "query_boundaries"), seeds = appendInput(encoder, list, "query_tokens");
    ImplicitLocOpBuilder b = atEnd(encoder);
    Value hidden = b.getInsertionPoint()->getOperand(0);
    int64_t columns = cast<RankedTensorType>(hidden.getType()).getDimSize(1);
    auto rows = f32(b, {any, columns});
    Value seed = lm::ParameterRefOp::create(b, f32(b, {1, columns}), "adapter/pma.seed");
    Value keys = product(b, hidden, "pma.key", columns, /*hasBias=*/false);
    Value values = lm::AddOp::create(b, rows, hidden, product(b, hidden, "pma.value", columns, /*hasBias=*/false));
    const int64_t heads = headsOf(encoder), size = columns / heads;
    auto split = [&](Value x) -> Value { return lm::SplitHeadsOp::create(b, f32(b, {any, heads, size}), x); };
    Value q = split(lm::GatherRowsOp::create(b, rows, seed, seeds));
    auto attention = lm::PackedAttentionOp::create(b, q.getType(), f32(b, {heads, any}), q, split(keys), split(values), queries, boundariesOf(encoder),
                                                   /*sources=*/Value(), /*source_keys=*/Value(), /*detached=*/false, /*causal=*/false, 1 / std::sqrt(static_cast<double>(size)));
    return lm::MergeHeadsOp::create(b, rows, attention.getOut());
  }

  static int64_t headsOf(func::FuncOp encoder) {
    auto attentions = encoder.getOps<lm::PackedAttentionOp>();
    return attentions.empty() ? 1 : cast<RankedTensorType>((*attentions.begin()).getQ().getType()).getDimSize(1);
  }

  // Vectors from outside through the same adapter (xRAG, arXiv 2405.13792). One that learned queries attend to is the only hidden state of its chunk.
  void adaptVectors(func::FuncOp encoder, RankedTensorType type, bool attends) {
    ImplicitLocOpBuilder b(encoder.getLoc(), OpBuilder::atBlockEnd(getOperation().getBody()));
    auto adapt = func::FuncOp::create(b, "adapt", b.getFunctionType({type}, {f32(b, {ShapedType::kDynamic, width})}));
    b.setInsertionPointToStart(adapt.addEntryBlock());
    Value pooled = adapt.getArgument(0);
    if (attends)
      pooled = lm::AddOp::create(b, type, pooled, product(b, pooled, "pma.value", type.getDimSize(1), /*hasBias=*/false));
    func::ReturnOp::create(b, softTokens(b, pooled));
  }

  Value softTokens(ImplicitLocOpBuilder &b, Value pooled) {
    Value x = product(b, pooled, "mlp.0", inner(), /*hasBias=*/true);
    x = lm::GeluOp::create(b, x.getType(), x);
    return product(b, x, "mlp.2", width, /*hasBias=*/true);
  }

  // Ends a function in soft tokens and, to compare chunks by, a pool without parameters.
  void finish(func::FuncOp encoder, StringRef name, Value pooled, Value plain = {}) {
    ImplicitLocOpBuilder b = atEnd(encoder);
    Operation *terminator = &*b.getInsertionPoint();
    terminator->setOperands({softTokens(b, pooled), plain ? plain : pooled});
    encoder.setName(name);
    encoder.setType(b.getFunctionType(encoder.getBody().getArgumentTypes(), terminator->getOperandTypes()));
  }
};

} // namespace
} // namespace longc
