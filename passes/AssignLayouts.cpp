// How parameters lie in memory. Everything that comes later reads it: kernels off their views' types, the loader off the program.
#include "passes/Passes.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_ASSIGNLAYOUTSPASS
#include "passes/Passes.h.inc"

namespace {

bool isMatrix(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return isa<lm::QuantizedType>(type) || (tensor && tensor.getRank() == 2);
}

struct AssignLayoutsPass : impl::AssignLayoutsPassBase<AssignLayoutsPass> {
  void runOnOperation() override {
    for (auto parameter : getOperation().getOps<lm::ParameterOp>()) {
      parameter.setPanels(isMatrix(parameter.getType()) && !parameter.getTrainable());
      panels += parameter.getPanels();
    }
  }
};

} // namespace
} // namespace longc
