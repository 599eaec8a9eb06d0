// Parameters as bf16 matrices, for targets that hold them so: quantised ones, trained ones that are read rounded, and an adapter's.
#include "passes/Passes.h"
#include "passes/TargetFacts.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

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
    const llvm::StringSet<> rounded = readRounded();
    auto held = [&](Type type, StringRef name) {
      return rounded.contains(name) ? Type(cast<RankedTensorType>(type).clone(BFloat16Type::get(type.getContext())))
                                    : decodedType(type);
    };
    for (auto parameter : getOperation().getOps<lm::ParameterOp>())
      parameter.setType(held(parameter.getType(), parameter.getSymName()));
    SmallVector<lm::DequantizeOp> decoding;
    SmallVector<lm::RoundOp> rounding;
    getOperation().walk([&](Operation *op) {
      if (auto reference = dyn_cast<lm::ParameterRefOp>(op))
        reference.getResult().setType(held(reference.getType(), reference.getName()));
      if (auto dequantize = dyn_cast<lm::DequantizeOp>(op))
        decoding.push_back(dequantize);
      if (auto round = dyn_cast<lm::RoundOp>(op))
        rounding.push_back(round);
    });
    for (lm::DequantizeOp op : decoding)
      replace(op);
    for (lm::RoundOp op : rounding)
      if (op.getX().getType() == op.getType() && op.getX().getDefiningOp<lm::ParameterRefOp>()) {
        op.replaceAllUsesWith(op.getX());
        op.erase();
      }
  }

  // Matrices of float32 that everything reads rounded, trained or not. Reading rows of a trained table is that too; tables that are not trained keep what they are.
  llvm::StringSet<> readRounded() {
    llvm::StringMap<bool> isTrained; // of matrices of float32
    llvm::StringSet<> names, others;
    for (auto parameter : getOperation().getOps<lm::ParameterOp>()) {
      auto type = dyn_cast<RankedTensorType>(parameter.getType());
      if (!type || type.getRank() != 2 || !type.getElementType().isF32())
        continue;
      isTrained[parameter.getSymName()] = parameter.getTrainable();
      if (parameter.getTrainable())
        names.insert(parameter.getSymName());
    }
    getOperation().walk([&](lm::ParameterRefOp reference) {
      auto found = isTrained.find(reference.getName());
      if (found == isTrained.end())
        return;
      auto rounds = [&](Operation *user) {
        auto round = dyn_cast<lm::RoundOp>(user);
        return (found->second && isa<lm::EmbeddingOp>(user)) || (round && cast<RankedTensorType>(round.getType()).getElementType().isBF16());
      };
      (llvm::all_of(reference->getUsers(), rounds) ? names : others).insert(reference.getName());
    });
    for (const auto &other : others)
      names.erase(other.getKey());
    return names;
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
