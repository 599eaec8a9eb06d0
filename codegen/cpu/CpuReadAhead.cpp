// Which tiles are asked for an iteration before they are needed, and in which cache they shall be.
#include "codegen/cpu/CpuPasses.h"
#include "codegen/cpu/TileFacts.h"

using namespace mlir;

namespace longc {

#define GEN_PASS_DEF_CPUREADAHEADPASS
#include "codegen/cpu/CpuPasses.h.inc"

namespace cpu {
namespace {

// 1 where a product reads the tile's rows as they lie, 2 where it packs them and the first level holds the panels that it
// reads meanwhile, 0 where no product does: rows of one head among many are too far apart for the processor to foresee.
int64_t levelOf(tile::LoadOp load) {
  int64_t level = 0;
  for (Operation *user : load->getUsers())
    if (auto mma = dyn_cast<tile::MmaOp>(user); mma && mma.getB() == load.getTile() && level != 1) {
      auto form = ProductAttr::of(mma);
      level = form.is(Form::lanes) || form.is(Form::joined) ? 1 : 2;
    }
  return level;
}

struct CpuReadAheadPass : impl::CpuReadAheadPassBase<CpuReadAheadPass> {
  void runOnOperation() override {
    Builder builder(&getContext());
    getOperation().walk([&](tile::LoadOp load) {
      if (!load.getAsynchronous() || !isa<scf::ForOp>(load->getParentOp()) || isInPanels(load.getView()))
        return;
      if (int64_t level = levelOf(load))
        load->setAttr(readAheadAttribute, builder.getI64IntegerAttr(level));
    });
  }
};

} // namespace
} // namespace cpu
} // namespace longc
