// Which views of a kernel hold parameters, or what a call is given, wherever it is launched: nothing that runs before it writes those.
#include "codegen/cuda/CudaDialect.h"
#include "codegen/cuda/CudaPasses.h"
#include "dialects/lm/LmDialect.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace longc {
#define GEN_PASS_DEF_CUDAMARKPARAMETERSPASS
#include "codegen/cuda/CudaPasses.h.inc"
} // namespace longc

using namespace mlir;
using namespace longc;

namespace {

/// Parameters, lists of work and a function's inputs that no launch writes, as those do of state: they are there before the first launch of a call.
bool isGiven(Value value) {
  if (value.getDefiningOp<lm::ParameterRefOp>() || value.getDefiningOp<tile::WorkListOp>())
    return true;
  auto argument = dyn_cast<BlockArgument>(value);
  auto function = argument ? dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp()) : FunctionOpInterface();
  return function && function.getArgAttr(argument.getArgNumber(), "lm.input") &&
         llvm::none_of(value.getUsers(), [&](Operation *user) {
           auto launch = dyn_cast<tile::LaunchOp>(user);
           return launch && llvm::is_contained(launch.getOutputs(), value);
         });
}

struct CudaMarkParameters : longc::impl::CudaMarkParametersPassBase<CudaMarkParameters> {
  using CudaMarkParametersPassBase::CudaMarkParametersPassBase;

  void runOnOperation() override {
    llvm::DenseMap<StringAttr, SmallVector<bool>> held; // by kernel: of each input, whether all launches give it a parameter
    getOperation().walk([&](tile::LaunchOp launch) {
      auto [found, isNew] = held.try_emplace(launch.getKernelAttr().getAttr(), launch.getInputs().size(), true);
      for (auto [number, input] : llvm::enumerate(launch.getInputs()))
        found->second[number] = found->second[number] && isa<RankedTensorType>(input.getType()) && isGiven(input);
    });
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      SmallVector<int64_t> numbers;
      for (auto [number, is] : llvm::enumerate(held.lookup(kernel.getSymNameAttr())))
        if (is)
          numbers.push_back(int64_t(number));
      if (!numbers.empty())
        kernel->setAttr(cuda::kParametersAttribute, DenseI64ArrayAttr::get(&getContext(), numbers));
    }
  }
};

} // namespace
