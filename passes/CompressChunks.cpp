// E2LLM (arXiv 2409.06679), the encoder's half: each chunk's hidden states are pooled to one row, which an adapter of two
// products brings to the width of a decoder.
#include "passes/FunctionInputs.h"
#include "passes/Passes.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

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
    if (!kind || *kind == lm::Pool::pma) {
      getOperation().emitError("expected pool mean, cls or last, got '") << pool << "'";
      return signalPassFailure();
    }
    auto type = encoder && !encoder.isExternal() && encoder.getNumResults() == 1
                    ? dyn_cast<RankedTensorType>(encoder.getResultTypes().front())
                    : nullptr;
    if (!type || type.getRank() != 2 || !boundariesOf(encoder)) {
      getOperation().emitError("expected a function @") << function << " with boundaries that gives hidden states, [tokens, columns]";
      return signalPassFailure();
    }
    declareAdapter(type.getDimSize(1));
    OpBuilder builder(encoder);
    if (train) {
      auto clone = cast<func::FuncOp>(builder.clone(*encoder));
      finish(clone, "compress_trained", poolTrained(clone));
    }
    finish(encoder, "compress", poolServed(encoder, *kind));
  }

private:
  int64_t inner() const { return hidden > 0 ? hidden.getValue() : width.getValue(); }

  // mlp.0 [inner, columns], then mlp.2 [width, inner]: names as of a torch.nn.Sequential with an activation between.
  void declareAdapter(int64_t columns) {
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    auto declare = [&](StringRef name, ArrayRef<int64_t> shape) {
      std::string full = ("adapter/" + name).str();
      Location location = NameLoc::get(builder.getStringAttr(full));
      auto parameter = lm::ParameterOp::create(builder, location, full, f32(builder, shape), /*trainable=*/true, ArrayAttr());
      if (!stored)
        parameter->setAttr(initializerAttribute, builder.getStringAttr(shape.size() == 2 ? initializeKaiming : initializeZero));
    };
    declare("mlp.0.weight", {inner(), columns});
    declare("mlp.0.bias", {inner()});
    declare("mlp.2.weight", {width, inner()});
    declare("mlp.2.bias", {width});
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

  // Ends a function in soft tokens and what they are made of.
  void finish(func::FuncOp encoder, StringRef name, Value pooled) {
    ImplicitLocOpBuilder b = atEnd(encoder);
    Operation *terminator = &*b.getInsertionPoint();
    auto product = [&](Value x, StringRef prefix, int64_t outputs) -> Value {
      std::string full = ("adapter/" + prefix).str();
      b.setLoc(NameLoc::get(b.getStringAttr(full)));
      int64_t inputs = cast<RankedTensorType>(x.getType()).getDimSize(1);
      Value weight = lm::ParameterRefOp::create(b, f32(b, {outputs, inputs}), full + ".weight");
      Value bias = lm::ParameterRefOp::create(b, f32(b, {outputs}), full + ".bias");
      return lm::LinearOp::create(b, f32(b, {ShapedType::kDynamic, outputs}), x, weight, bias);
    };
    Value x = product(pooled, "mlp.0", inner());
    x = lm::GeluOp::create(b, x.getType(), x);
    x = product(x, "mlp.2", width);
    terminator->setOperands({x, pooled});
    encoder.setName(name);
    encoder.setType(b.getFunctionType(encoder.getBody().getArgumentTypes(), terminator->getOperandTypes()));
  }
};

} // namespace
} // namespace longc
