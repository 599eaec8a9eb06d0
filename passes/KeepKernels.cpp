// What a target's code generator sees: kernels alone. Host functions go another way, into step lists.
#include "passes/Passes.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_KEEPKERNELSPASS
#include "passes/Passes.h.inc"

namespace {

struct KeepKernelsPass : impl::KeepKernelsPassBase<KeepKernelsPass> {
  void runOnOperation() override {
    for (Operation &op : llvm::make_early_inc_range(*getOperation().getBody()))
      if (!isa<tile::KernelOp>(op))
        op.erase();
  }
};

} // namespace
} // namespace longc
