// Full fine-tuning: what is stored as floats is trained, in float32.
#include "passes/Passes.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_TRAINPARAMETERSPASS
#include "passes/Passes.h.inc"

namespace {

struct TrainParametersPass : impl::TrainParametersPassBase<TrainParametersPass> {
  void runOnOperation() override {
    llvm::StringMap<RankedTensorType> types;
    for (auto parameter : getOperation().getOps<lm::ParameterOp>()) {
      auto type = dyn_cast<RankedTensorType>(parameter.getType());
      if (!type || parameter.getParts())
        continue;
      type = type.clone(Float32Type::get(&getContext()));
      parameter.setType(type);
      parameter.setTrainable(true);
      types[parameter.getSymName()] = type;
      ++trained;
    }
    if (types.empty()) {
      getOperation().emitError("expected parameters that are stored as floats: quantised ones stay as they are");
      return signalPassFailure();
    }
    SmallVector<Operation *> idle; // widening of what is wide now
    getOperation().walk([&](lm::ParameterRefOp reference) {
      auto found = types.find(reference.getName());
      if (found == types.end())
        return;
      reference.getResult().setType(found->second);
      for (Operation *user : reference->getUsers())
        if (auto round = dyn_cast<lm::RoundOp>(user); round && round.getType() == found->second)
          idle.push_back(round);
    });
    for (Operation *round : idle) {
      round->replaceAllUsesWith(round->getOperands());
      round->erase();
    }
  }
};

} // namespace
} // namespace longc
