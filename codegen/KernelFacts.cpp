// What the program says of kernels: facts read off their bodies.
#include "codegen/KernelFacts.h"

#include "codegen/BuildSteps.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace longc {

SmallVector<OperandFacts> operandFacts(tile::KernelOp kernel) {
  SmallVector<OperandFacts> all;
  for (BlockArgument argument : kernel.getKernelArguments()) {
    bool reads = false, writes = false, picked = !argument.use_empty();
    for (OpOperand &use : argument.getUses()) {
      Operation *user = use.getOwner();
      auto store = dyn_cast<tile::StoreOp>(user);
      const bool isWritten = store || isa<tile::ScatterOp>(user);
      picked &= isa<tile::GatherOp, tile::ScatterOp, tile::DimOp>(user);
      writes |= isWritten;
      reads |= (store && store.getAccumulate()) || (!isWritten && !isa<tile::DimOp>(user));
    }
    all.push_back({!writes ? abi::Operand::READ : reads ? abi::Operand::ACCUMULATE : abi::Operand::WRITE, picked});
  }
  return all;
}

namespace {

class WorkCounter {
public:
  explicit WorkCounter(tile::KernelOp kernel) : kernel_(kernel) {}

  std::optional<abi::Work> count() {
    countIn(kernel_.getBody().front(), 1, /*perKey=*/false);
    if (!isKnown_ || (work_.flops() == 0 && work_.flops_a_key() == 0))
      return std::nullopt;
    for (unsigned dim : splits_)
      work_.add_splits(dim);
    return work_;
  }

private:
  void countIn(Block &block, double times, bool perKey) {
    for (Operation &op : block) {
      if (auto mma = dyn_cast<tile::MmaOp>(op))
        add(mma.getA(), mma.getResult(), times, perKey);
      else if (auto mma = dyn_cast<tile::ScaledMmaOp>(op))
        add(mma.getA(), mma.getResult(), times, perKey);
      else if (auto loop = dyn_cast<scf::ForOp>(op))
        countLoop(loop, times, perKey);
      else
        for (Region &region : op.getRegions())
          for (Block &inner : region)
            countIn(inner, times, perKey);
    }
  }

  // Of a loop over rows, as many as a call tells, what one row costs. One over anything else (a rank, blocks of rows) leaves
  // it unknown how much its products are.
  void countLoop(scf::ForOp loop, double times, bool perKey) {
    auto step = getConstantIntValue(loop.getStep());
    auto first = getConstantIntValue(loop.getLowerBound()), last = getConstantIntValue(loop.getUpperBound());
    if (first && last && step)
      return countIn(*loop.getBody(), times * static_cast<double>(llvm::divideCeil(std::max<int64_t>(*last - *first, 0), *step)), perKey);
    const llvm::SetVector<Value> makers = makersOf({loop.getLowerBound(), loop.getUpperBound()});
    if (!hasProducts(loop))
      return;
    if (!step || *step == 1 || llvm::none_of(makers, isNumberOfRows)) {
      isKnown_ = false;
      return;
    }
    countIn(*loop.getBody(), times / static_cast<double>(*step), /*perKey=*/true);
    for (Value maker : makers)
      if (auto argument = dyn_cast<BlockArgument>(maker); argument && argument.getOwner()->getParentOp() == kernel_ &&
          argument.getArgNumber() < kernel_.getGridRank() && !llvm::is_contained(splits_, argument.getArgNumber()))
        splits_.push_back(argument.getArgNumber());
  }

  static bool hasProducts(scf::ForOp loop) {
    return loop.walk([](Operation *op) { return isa<tile::MmaOp, tile::ScaledMmaOp>(op) ? WalkResult::interrupt() : WalkResult::advance(); }).wasInterrupted();
  }

  /// The rows of a view, or what an item of a list of work says.
  static bool isNumberOfRows(Value value) {
    auto dim = value.getDefiningOp<tile::DimOp>();
    return (dim && dim.getDim() == 0) || value.getDefiningOp<tile::ScalarOp>();
  }

  /// All that these values are computed of, up to what is loaded.
  static llvm::SetVector<Value> makersOf(std::initializer_list<Value> values) {
    llvm::SetVector<Value> makers(values.begin(), values.end());
    for (unsigned i = 0; i < makers.size(); ++i)
      if (Operation *maker = makers[i].getDefiningOp(); maker && maker->getNumRegions() == 0 && !isa<tile::ScalarOp>(maker))
        makers.insert(maker->operand_begin(), maker->operand_end());
    return makers;
  }

  void add(Value a, Value result, double times, bool perKey) {
    auto from = cast<RankedTensorType>(a.getType()), to = cast<RankedTensorType>(result.getType());
    const double flops = 2 * times * static_cast<double>(to.getNumElements()) * static_cast<double>(from.getDimSize(1));
    if (perKey)
      work_.set_flops_a_key(work_.flops_a_key() + flops);
    else
      work_.set_flops(work_.flops() + flops);
    work_.set_rows(std::max(work_.rows(), to.getDimSize(0)));
    work_.set_type(elementType(from.getElementType()).value_or(abi::F32));
  }

  tile::KernelOp kernel_;
  abi::Work work_;
  bool isKnown_ = true;
  SmallVector<unsigned> splits_;
};

} // namespace

std::optional<abi::Work> workOf(tile::KernelOp kernel) { return WorkCounter(kernel).count(); }

} // namespace longc
