// Which roundings of float32 may be left out: where nobody can tell, or where a coarser one follows.
#include "codegen/cpu/CpuPasses.h"
#include "codegen/cpu/TileFacts.h"

using namespace mlir;

namespace longc {

#define GEN_PASS_DEF_CPURELAXFLOATSPASS
#include "codegen/cpu/CpuPasses.h.inc"

namespace cpu {
namespace {

bool isCoarse(Operation *op) {
  if (auto encode = dyn_cast<tile::EncodeOp>(op))
    return getElementTypeOrSelf(encode.getValues()).isInteger(8);
  return isa<arith::TruncFOp>(op) && getElementTypeOrSelf(op->getResult(0)).isBF16();
}

// Rounded to bf16 by someone, a power needs no more than 1e-4.
bool isRounded(math::Exp2Op power) {
  return getElementTypeOrSelf(power).isF32() && llvm::any_of(power->getUsers(), isCoarse);
}

// Nobody reads an error function but to sums and products that are rounded to bf16 or to a byte: those need no more than 1e-4 of it.
bool isRounded(Operation *op) {
  return getElementTypeOrSelf(op->getResult(0)).isF32() && !op->use_empty() && llvm::all_of(op->getUsers(), [](Operation *user) {
           return isCoarse(user) || (isa<arith::AddFOp, arith::MulFOp>(user) && isRounded(user));
         });
}

struct CpuRelaxFloatsPass : impl::CpuRelaxFloatsPassBase<CpuRelaxFloatsPass> {
  void runOnOperation() override {
    getOperation().walk([&](arith::ArithFastMathInterface op) {
      auto flags = arith::FastMathFlags::none;
      if (auto power = dyn_cast<math::Exp2Op>(op.getOperation()))
        flags = isRounded(power) ? arith::FastMathFlags::afn : flags;
      else if (isa<math::ErfOp>(op.getOperation()) && isRounded(op.getOperation()))
        flags = arith::FastMathFlags::afn;
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
