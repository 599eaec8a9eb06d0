// Which roundings of float32 may be left out: where nobody can tell, or where a coarser one follows.
#include "codegen/cpu/CpuPasses.h"
#include "codegen/cpu/TileFacts.h"

using namespace mlir;

namespace longc {

#define GEN_PASS_DEF_CPURELAXFLOATSPASS
#include "codegen/cpu/CpuPasses.h.inc"

namespace cpu {
namespace {

// Rounded to bf16 by someone, a power needs no more than 1e-4.
bool isRounded(math::Exp2Op power) {
  return getElementTypeOrSelf(power).isF32() && llvm::any_of(power->getUsers(), [](Operation *user) {
           return isa<arith::TruncFOp>(user) && getElementTypeOrSelf(user->getResult(0)).isBF16();
         });
}

struct CpuRelaxFloatsPass : impl::CpuRelaxFloatsPassBase<CpuRelaxFloatsPass> {
  void runOnOperation() override {
    getOperation().walk([&](arith::ArithFastMathInterface op) {
      auto flags = arith::FastMathFlags::none;
      if (auto power = dyn_cast<math::Exp2Op>(op.getOperation()))
        flags = isRounded(power) ? arith::FastMathFlags::afn : flags;
      else if (isa<RankedTensorType>(op->getResult(0).getType()) && op->hasOneUse())
        flags = arith::FastMathFlags::contract; // what several ops read is the same for all, wherever it is evaluated
      if (flags != arith::FastMathFlags::none)
        op->setAttr(op.getFastMathAttrName(), arith::FastMathFlagsAttr::get(&getContext(), flags));
    });
  }
};

} // namespace
} // namespace cpu
} // namespace longc
