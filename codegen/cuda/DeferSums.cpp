// Row sums that a loop carries are added up within a thread; the four threads that share a row meet once, after the loop.
//
// A sum s' = s * a + (sum of this tile's row) is linear in s, and a is the same for the four: their parts may be scaled and
// added apart.
#include "codegen/cuda/CudaDialect.h"
#include "codegen/cuda/CudaPasses.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace longc {
#define GEN_PASS_DEF_CUDADEFERSUMSPASS
#include "codegen/cuda/CudaPasses.h.inc"
} // namespace longc

using namespace mlir;
using namespace longc;

namespace {

/// The row sum that a loop adds to the value it carries at `number`; null when it does anything else with it.
tile::ReduceOp carriedRowSum(scf::ForOp loop, unsigned number) {
  BlockArgument carried = loop.getRegionIterArg(number);
  auto next = loop.getBody()->getTerminator()->getOperand(number).getDefiningOp<arith::AddFOp>();
  if (!next || !next->hasOneUse() || !carried.hasOneUse())
    return {};
  auto scaled = next.getLhs().getDefiningOp<arith::MulFOp>();
  auto sum = next.getRhs().getDefiningOp<tile::ReduceOp>();
  const bool isSum = sum && sum.getKind() == tile::Reduction::add && sum.getDim() == 1 && sum->hasOneUse();
  return isSum && scaled && scaled->hasOneUse() && scaled.getLhs() == carried ? sum : tile::ReduceOp();
}

class SumDeferrer {
public:
  explicit SumDeferrer(tile::KernelOp kernel) : kernel_(kernel) {}

  void run() {
    kernel_.walk<WalkOrder::PreOrder>([&](scf::ForOp loop) {
      for (unsigned i = 0; i < loop.getNumRegionIterArgs(); ++i)
        if (tile::ReduceOp sum = carriedRowSum(loop, i); sum && isPart(loop.getInits()[i])) {
          sum->setAttr(cuda::kPartialAttribute, UnitAttr::get(loop.getContext()));
          parts_.push_back(loop.getResult(i));
        }
    });
    for (Value part : parts_)
      complete(part);
  }

private:
  /// Nothing yet, or what another loop has of it.
  bool isPart(Value init) const { return matchPattern(init, m_AnyZeroFloat()) || llvm::is_contained(parts_, init); }

  /// Everybody but a loop that goes on adding wants the whole sum.
  void complete(Value part) {
    auto goesOn = [&](OpOperand &use) {
      auto loop = dyn_cast<scf::ForOp>(use.getOwner());
      return loop && use.getOperandNumber() >= loop.getNumControlOperands() &&
             llvm::is_contained(parts_, loop.getTiedLoopResult(&use));
    };
    OpBuilder builder(part.getContext());
    builder.setInsertionPointAfterValue(part);
    Value whole = cuda::QuadSumOp::create(builder, part.getLoc(), part.getType(), part);
    part.replaceUsesWithIf(whole, [&](OpOperand &use) { return use.getOwner() != whole.getDefiningOp() && !goesOn(use); });
    if (whole.use_empty())
      whole.getDefiningOp()->erase();
  }

  tile::KernelOp kernel_;
  SmallVector<Value> parts_;
};

struct CudaDeferSums : longc::impl::CudaDeferSumsPassBase<CudaDeferSums> {
  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      if (cuda::hasFastForm(kernel))
        SumDeferrer(kernel).run();
  }
};

} // namespace
