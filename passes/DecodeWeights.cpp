// Quantised parameters as bf16 matrices, for targets that hold them so.
#include "passes/Passes.h"
#include "passes/TargetFacts.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_DECODEWEIGHTSPASS
#include "passes/Passes.h.inc"

namespace {

Type decodedType(Type type) {
  auto quantized = dyn_cast<lm::QuantizedType>(type);
  return quantized ? RankedTensorType::get(quantized.getShape(), BFloat16Type::get(type.getContext())) : type;
}

struct DecodeWeightsPass : impl::DecodeWeightsPassBase<DecodeWeightsPass> {
  void runOnOperation() override {
    FailureOr<tile::TargetAttr> facts = targetFacts(getOperation());
    if (failed(facts))
      return signalPassFailure();
    if (!facts->getDecodedWeights())
      return;
    for (auto parameter : getOperation().getOps<lm::ParameterOp>())
      parameter.setType(decodedType(parameter.getType()));
    SmallVector<lm::DequantizeOp> decoding;
    getOperation().walk([&](Operation *op) {
      if (auto reference = dyn_cast<lm::ParameterRefOp>(op))
        reference.getResult().setType(decodedType(reference.getType()));
      if (auto dequantize = dyn_cast<lm::DequantizeOp>(op))
        decoding.push_back(dequantize);
    });
    for (lm::DequantizeOp op : decoding)
      replace(op);
  }

  static void replace(lm::DequantizeOp op) {
    Value weight = op->getOperand(0); // no quantised matrix any more
    if (weight.getType() != op.getType()) {
      OpBuilder builder(op);
      weight = lm::RoundOp::create(builder, op.getLoc(), op.getType(), weight);
    }
    op.replaceAllUsesWith(weight);
    op.erase();
  }
};

} // namespace
} // namespace longc
