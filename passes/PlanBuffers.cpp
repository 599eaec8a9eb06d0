// Buffer planning: an output takes over the memory of an operand that dies where it is safe, tensors begin to live
// right before their first launch, and each carries the steps of its life.
//
// Where a buffer lies in the arena is the loader's to say (runtime/core/ArenaPlan.h): it depends on a call's sizes.
#include "passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_PLANBUFFERSPASS
#include "passes/Passes.h.inc"

namespace {

// The value whose buffer a tensor lies in: launches update their outputs in place.
Value bufferOf(Value tensor) {
  while (auto launch = tensor.getDefiningOp<tile::LaunchOp>())
    tensor = launch.getOutputs()[cast<OpResult>(tensor).getResultNumber()];
  return tensor;
}

// What a dimension's size comes from: dimensions that come from one place are equally long in every call.
std::pair<Value, int64_t> sizeOrigin(Value tensor, int64_t dim) {
  Value buffer = bufferOf(tensor);
  auto empty = buffer.getDefiningOp<tensor::EmptyOp>();
  if (!empty || !empty.getType().isDynamicDim(dim))
    return {buffer, dim};
  Value size = empty.getDynamicSize(dim);
  auto source = size.getDefiningOp<tensor::DimOp>();
  std::optional<int64_t> which = source ? source.getConstantIndex() : std::nullopt;
  return which ? sizeOrigin(source.getSource(), *which) : std::pair(size, int64_t(-1));
}

bool haveEqualSizes(Value a, Value b) {
  auto type = cast<RankedTensorType>(a.getType());
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (type.isDynamicDim(dim) && sizeOrigin(a, dim) != sizeOrigin(b, dim))
      return false;
  return true;
}

// Whether every element of the tile reaches memory through that element of the store alone.
bool flowsInto(Value tile, tile::StoreOp store) {
  SetVector<Operation *> reached(tile.user_begin(), tile.user_end());
  for (unsigned i = 0; i < reached.size(); ++i) {
    Operation *op = reached[i];
    if (op == store)
      continue;
    if (op->getBlock() != store->getBlock() || !OpTrait::hasElementwiseMappableTraits(op))
      return false;
    reached.insert(op->user_begin(), op->user_end());
  }
  return true;
}

bool isSamePlace(tile::LoadOp load, tile::StoreOp store) {
  return load->getBlock() == store->getBlock() && load.getTile().getType() == store.getTile().getType() &&
         load.getOffsets() == store.getOffsets() && load.getLo() == store.getLo() && load.getHi() == store.getHi() &&
         load.getDropped() == store.getDropped();
}

// Why a kernel may not store an output over an input; empty when each element that it reads there is needed for
// nothing but the element that replaces it. That blocks store different elements is the rule of `tile.store`.
StringRef conflictInKernel(tile::KernelOp kernel, BlockArgument input, BlockArgument output) {
  tile::StoreOp store;
  for (Operation *user : output.getUsers()) {
    if (isa<tile::DimOp>(user))
      continue;
    auto next = dyn_cast<tile::StoreOp>(user);
    if (store || !next || next.getAccumulate() || next->getParentOp() != kernel)
      return "the kernel does more with the output than store it once a block";
    store = next;
  }
  if (!store)
    return "the kernel does not store the output";
  for (Operation *user : input.getUsers()) {
    if (isa<tile::DimOp>(user))
      continue;
    auto load = dyn_cast<tile::LoadOp>(user);
    if (!load || !isSamePlace(load, store))
      return "the kernel reads the operand elsewhere than it stores the output";
    if (!flowsInto(load.getTile(), store))
      return "the kernel needs what it reads for more than the element that replaces it";
  }
  return "";
}

// Why a launch may not write an output into the buffer of an operand.
StringRef conflictOnHost(tile::LaunchOp launch, Value read, Value written) {
  Block *block = launch->getBlock();
  if (!bufferOf(read).getDefiningOp<tensor::EmptyOp>() || read.getParentBlock() != block)
    return "the operand is not the function's to overwrite";
  if (!haveEqualSizes(read, written))
    return "operand and output may differ in size";
  unsigned here = 0;
  for (Operation *user : read.getUsers())
    if (user == launch)
      ++here;
    else if (!isa<tensor::DimOp>(user) && !block->findAncestorOpInBlock(*user)->isBeforeInBlock(launch))
      return "the operand is needed again later";
  return here == 1 ? "" : "the operand is read in other ways too";
}

// One kernel and all of its launches: they change together.
class InPlace {
public:
  InPlace(tile::KernelOp kernel, ArrayRef<tile::LaunchOp> launches) : kernel_(kernel), launches_(launches) {}

  unsigned run() {
    unsigned reused = 0;
    for (unsigned output = 0; output < first().getOutputs().size(); ++output)
      reused += reuseFor(output);
    return reused;
  }

private:
  BlockArgument argument(unsigned position) { return kernel_.getKernelArguments()[position]; }
  tile::LaunchOp first() { return launches_.front(); }
  unsigned inputs() { return first().getInputs().size(); }

  // Whether one of the inputs gave its buffer to the output.
  bool reuseFor(unsigned output) {
    auto isOwn = [&](tile::LaunchOp launch) {
      return bool(launch.getOutputs()[output].getDefiningOp<tensor::EmptyOp>());
    };
    if (!llvm::all_of(launches_, isOwn))
      return false; // it updates a tensor in place already
    SmallVector<std::pair<Location, std::string>> reasons;
    for (unsigned input = 0; input < inputs(); ++input) {
      auto sameType = [&](tile::LaunchOp launch) {
        return launch.getInputs()[input].getType() == launch.getOutputs()[output].getType();
      };
      if (!llvm::all_of(launches_, sameType))
        continue;
      auto [location, reason] = conflict(input, output);
      if (reason.empty()) {
        reuse(input, output);
        return true;
      }
      reasons.push_back({location, ("output " + Twine(output) + " of @" + kernel_.getSymName() + " is not input " +
                                    Twine(input) + " in place: " + reason)
                                       .str()});
    }
    for (auto &[location, reason] : reasons)
      remark::missed(location, remark::RemarkOpts::name("longc-plan-buffers").category("longc-buffers")) << reason;
    return false;
  }

  std::pair<Location, StringRef> conflict(unsigned input, unsigned output) {
    StringRef reason = conflictInKernel(kernel_, argument(input), argument(inputs() + output));
    if (!reason.empty())
      return {kernel_.getLoc(), reason};
    for (tile::LaunchOp launch : launches_) {
      reason = conflictOnHost(launch, launch.getInputs()[input], launch.getOutputs()[output]);
      if (!reason.empty())
        return {launch.getLoc(), reason};
    }
    return {kernel_.getLoc(), ""};
  }

  // The kernel reads what it overwrites from the output: the input goes.
  void reuse(unsigned input, unsigned output) {
    argument(input).replaceAllUsesWith(argument(inputs() + output));
    kernel_.getBody().eraseArgument(kernel_.getGridRank() + input);
    for (tile::LaunchOp launch : launches_) {
      auto replaced = launch.getOutputs()[output].getDefiningOp<tensor::EmptyOp>();
      launch.getOutputsMutable()[output].set(launch.getInputs()[input]);
      launch.getInputsMutable().erase(input);
      if (replaced->use_empty())
        replaced.erase();
    }
  }

  tile::KernelOp kernel_;
  ArrayRef<tile::LaunchOp> launches_;
};

void moveToFirstUse(func::FuncOp function) {
  SmallVector<tensor::EmptyOp> empties(function.getOps<tensor::EmptyOp>()); // in order: they move to later places
  for (tensor::EmptyOp empty : empties) {
    Operation *first = nullptr;
    for (Operation *user : empty->getUsers())
      if (Operation *place = empty->getBlock()->findAncestorOpInBlock(*user); !first || place->isBeforeInBlock(first))
        first = place;
    if (first)
      empty->moveBefore(first);
  }
}

// Steps are launches and lists of work, in order; a result lives to the last one.
void recordLives(func::FuncOp function) {
  llvm::MapVector<Operation *, std::pair<int64_t, int64_t>> lives;
  auto touch = [&](ValueRange values, int64_t step) {
    for (Value value : values)
      if (Operation *maker = bufferOf(value).getDefiningOp(); isa_and_nonnull<tensor::EmptyOp, tile::WorkListOp>(maker))
        lives.try_emplace(maker, step, step).first->second.second = step;
  };
  int64_t step = 0;
  for (Operation &op : function.getBody().front()) {
    if (isa<tile::LaunchOp, tile::WorkListOp>(op)) {
      touch(op.getOperands(), step);
      touch(op.getResults(), step);
      ++step;
    } else if (isa<func::ReturnOp>(op)) {
      touch(op.getOperands(), std::max<int64_t>(step - 1, 0));
    }
  }
  for (auto [maker, life] : lives)
    maker->setAttr(tile::TileDialect::lifeAttribute,
                   DenseI64ArrayAttr::get(maker->getContext(), {life.first, life.second}));
}

struct PlanBuffersPass : impl::PlanBuffersPassBase<PlanBuffersPass> {
  void runOnOperation() override {
    llvm::MapVector<Operation *, SmallVector<tile::LaunchOp>> launches;
    SymbolTable symbols(getOperation());
    getOperation().walk([&](tile::LaunchOp launch) { launches[symbols.lookup(launch.getKernel())].push_back(launch); });
    for (auto &[kernel, own] : launches)
      reused += InPlace(cast<tile::KernelOp>(kernel), own).run();
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal()) {
        moveToFirstUse(function);
        recordLives(function);
      }
  }
};

} // namespace
} // namespace longc
