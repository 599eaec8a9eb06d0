// Which operands of products are packed into panels. Weights are stored so; rows that a few rows of the other operand
// read once lie as they are.
#include "codegen/cpu/CpuPasses.h"
#include "codegen/cpu/TileFacts.h"

using namespace mlir;

namespace longc {

#define GEN_PASS_DEF_CPUPACKOPERANDSPASS
#include "codegen/cpu/CpuPasses.h.inc"

namespace cpu {
namespace {

bool needsPanels(tile::MmaOp mma) {
  auto form = ProductAttr::of(mma);
  if (form.is(Form::lanes) || form.is(Form::joined))
    return false;
  tile::LoadOp stored = panelsOf(mma.getB());
  if (!stored || !mma.getTransposeB())
    return true;
  // As they are, or widened as they are read.
  return unkept(mma.getB()) != stored.getTile() && !tileType(mma.getB()).getElementType().isF32();
}

struct CpuPackOperandsPass : impl::CpuPackOperandsPassBase<CpuPackOperandsPass> {
  void runOnOperation() override {
    getOperation().walk([&](tile::MmaOp mma) {
      if (!needsPanels(mma))
        return;
      RankedTensorType type = tileType(mma.getB());
      OpBuilder builder(mma);
      auto panels = RankedTensorType::get(type.getShape(), type.getElementType(), PanelsAttr::get(&getContext()));
      mma.getBMutable().assign(PackOp::create(builder, mma.getLoc(), panels, mma.getB(), mma.getTransposeB()));
    });
  }
};

} // namespace
} // namespace cpu
} // namespace longc
