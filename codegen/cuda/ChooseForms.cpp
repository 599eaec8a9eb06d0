// Which form a kernel takes: the fast one where a copy of it goes through its steps, the warp form where it multiplies few
// rows that fit a warp's registers, the block form otherwise.
#include "codegen/cuda/BlockPlan.h"
#include "codegen/cuda/CudaPasses.h"
#include "codegen/cuda/FastForm.h"
#include "codegen/cuda/WarpPlan.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Remarks.h"

#include <numeric>

namespace longc {
#define GEN_PASS_DEF_CUDACHOOSEFORMSPASS
#include "codegen/cuda/CudaPasses.h.inc"
} // namespace longc

using namespace mlir;
using namespace longc;

namespace {

/// Why a kernel cannot take the fast form; empty if it can.
std::string obstacle(tile::KernelOp kernel) {
  std::string reason;
  ScopedDiagnosticHandler handler(kernel.getContext(), [&](Diagnostic &diagnostic) {
    if (reason.empty())
      reason = diagnostic.str();
    return success();
  });
  OwningOpRef<ModuleOp> scratch = ModuleOp::create(kernel.getLoc());
  auto copy = cast<tile::KernelOp>(kernel->clone());
  scratch->push_back(copy);
  if (succeeded(cuda::assignLayouts(copy)))
    (void)cuda::splitRoles(copy, cuda::kSharedBytes);
  return reason;
}

/// Registers of a consumer's accumulators, where most are held at a time; what of them is packed takes their place.
int64_t tileRegisters(Block &block) {
  auto registersOf = [](Type type) -> int64_t {
    auto tile = dyn_cast<RankedTensorType>(type);
    return tile && tile.getRank() == 2 && tile.getElementType().isF32() ? tile.getDimSize(1) / 2 : 0;
  };
  int64_t own = 0, inner = 0;
  for (Operation &op : block) {
    if (isa<tile::MmaOp>(op) && !llvm::is_contained(op.getUsers(), block.getTerminator())) // a carried one counts with its loop
      own += registersOf(op.getResult(0).getType());
    for (Region &region : op.getRegions()) {
      auto carried = llvm::map_range(region.getArgumentTypes(), registersOf);
      inner = std::max(inner, std::accumulate(carried.begin(), carried.end(), tileRegisters(region.front())));
    }
  }
  return own + inner;
}

struct CudaChooseForms : longc::impl::CudaChooseFormsPassBase<CudaChooseForms> {
  using CudaChooseFormsPassBase::CudaChooseFormsPassBase;

  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      const bool isAsked = llvm::is_contained(blockForm, kernel.getSymName());
      const std::string reason = isAsked ? "it was asked for" : obstacle(kernel);
      if (reason.empty())
        continue;
      const bool fitsWarp = !isAsked && cuda::WarpPlan(kernel).run().empty();
      kernel->setAttr(fitsWarp ? cuda::kWarpFormAttribute : cuda::kBlockFormAttribute, UnitAttr::get(&getContext()));
      remark::missed(kernel.getLoc(), remark::RemarkOpts::name("longc-cuda-choose-forms").category("longc-cuda-forms"))
          << ("@" + kernel.getSymName() + " takes the " + (fitsWarp ? "warp" : "block") + " form: " + reason).str();
    }
  }
};

} // namespace

std::string cuda::crowdedKernel(ModuleOp kernels) {
  constexpr int64_t others = 32; // addresses, sums and maxima of rows, counters
  ScopedDiagnosticHandler quiet(kernels.getContext(), [](Diagnostic &) { return success(); });
  for (auto kernel : kernels.getOps<tile::KernelOp>()) {
    OwningOpRef<ModuleOp> scratch = ModuleOp::create(kernel.getLoc());
    auto copy = cast<tile::KernelOp>(kernel->clone());
    scratch->push_back(copy);
    if (obstacle(kernel).empty() && succeeded(assignLayouts(copy))) {
      int64_t rows = 0;
      copy.walk([&](tile::MmaOp op) { rows = cast<RankedTensorType>(op.getType()).getDimSize(0); });
      const int64_t needed = tileRegisters(copy.getBody().front()) + others, available = kBudgets[rows / 64].consumer;
      if (needed > available)
        return ("@" + kernel.getSymName() + " needs some " + Twine(needed) + " registers a thread of " + Twine(available)).str();
      continue;
    }
    if (WarpPlan(kernel).run().empty())
      continue;
    if (BlockPlan plan(kernel); succeeded(plan.run(std::numeric_limits<int64_t>::max())) && plan.bytes() > kSharedBytes)
      return ("@" + kernel.getSymName() + " needs " + Twine(plan.bytes()) + " bytes of shared memory of " + Twine(kSharedBytes)).str();
  }
  return {};
}
