// Which form a kernel takes: the fast one where a copy of it goes through its steps, the warp form where it multiplies few
// rows that fit a warp's registers, the block form otherwise.
#include "codegen/cuda/CudaPasses.h"
#include "codegen/cuda/FastForm.h"
#include "codegen/cuda/WarpPlan.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Remarks.h"

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
