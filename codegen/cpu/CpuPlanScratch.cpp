// Where tiles lie in the thread's scratch. What is read no more makes room: a tile lives from the work that makes it to the last
// work that reads it, be it through values that are evaluated there.
#include "codegen/cpu/CpuPasses.h"
#include "codegen/cpu/TileFacts.h"
#include "runtime/core/ArenaPlan.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace longc {

#define GEN_PASS_DEF_CPUPLANSCRATCHPASS
#include "codegen/cpu/CpuPasses.h.inc"

namespace cpu {
namespace {

bool isScalar(Type type) { return !isa<RankedTensorType, tile::TopkType>(type); }

// Register blocks at the end of a range of rows, and vectors of scalars of rows, may reach a few rows too far.
int64_t bytesOf(RankedTensorType tile, int64_t rows) {
  const int64_t columns = tile.getRank() > 1 ? paddedColumns(tile) : 1;
  return (rows + 16) * columns * elementBytes(tile.getElementType()) + 128;
}

int64_t bytesOf(RankedTensorType tile) {
  return bytesOf(tile, tile.getNumElements() / (tile.getRank() > 1 ? std::max<int64_t>(tile.getShape().back(), 1) : 1));
}

// As far as rows are written that no view has.
int64_t trashBytes(tile::KernelOp kernel) {
  int64_t most = 0;
  kernel.walk([&](Operation *op) {
    if (isa<tile::StoreOp, tile::ScatterOp>(op))
      if (RankedTensorType tile = tileType(rowsOfWork(op)); tile.getRank())
        most = std::max(most, tile.getShape().back() * elementBytes(tile.getElementType()));
  });
  return most + 64;
}

struct CpuPlanScratchPass : impl::CpuPlanScratchPassBase<CpuPlanScratchPass> {
  void runOnOperation() override {
    steps_.clear(), makers_.clear(), buffers_.clear();
    uint32_t step = 0;
    count(getOperation(), step);
    add(getOperation(), trashBytes(getOperation()), steps_[getOperation()]);
    getOperation().getBody().walk([&](Operation *op) { plan(op); });
    std::optional<ArenaLayout> layout = planArena(buffers_);
    if (!layout) {
      refuse(getOperation()) << "its tiles are too large to count";
      return signalPassFailure();
    }
    llvm::MapVector<Operation *, SmallVector<int64_t>> places;
    for (auto [maker, offset] : llvm::zip_equal(makers_, layout->offsets))
      places[maker].push_back(offset);
    Builder builder(&getContext());
    for (auto &[maker, offsets] : places)
      maker->setAttr(scratchAttribute, builder.getDenseI64ArrayAttr(offsets));
    getOperation()->setAttr(scratchBytesAttribute, builder.getI64IntegerAttr(layout->bytes));
  }

private:
  struct Steps {
    uint32_t first, last;
  };

  // The steps of an op are its own and those of all that stands in it.
  void count(Operation *op, uint32_t &step) {
    const uint32_t first = step++;
    for (Region &region : op->getRegions())
      for (Operation &inner : region.getOps())
        count(&inner, step);
    steps_[op] = {first, step - 1};
  }

  // The work that an op is part of: what stands in `cpu.rows`, and what is packed for the next.
  static Operation *workOf(Operation *op) {
    if (auto rows = dyn_cast<RowsOp>(op->getParentOp()))
      return rows;
    for (Operation *next = isa<PackOp>(op) ? op->getNextNode() : nullptr; next; next = next->getNextNode())
      if (isa<RowsOp>(next))
        return next;
    return op;
  }

  // The last step in which what lies in the value's memory is read; `block` is where it is made.
  uint32_t lastRead(Value value, Block &block, DenseSet<Value> &seen) {
    uint32_t last = 0;
    if (!seen.insert(value).second)
      return last;
    for (OpOperand &use : value.getUses()) {
      Operation *user = use.getOwner();
      last = std::max(last, steps_[workOf(block.findAncestorOpInBlock(*user))].last);
      ResultRange readers = user->getResults(); // evaluated by others, unless it is made
      if (isa<YieldOp, scf::YieldOp>(user))
        readers = user->getParentOp()->getResults().slice(use.getOperandNumber(), 1);
      else if (auto loop = dyn_cast<scf::ForOp>(user))
        readers = loop.getResults().slice(use.getOperandNumber() - loop.getNumControlOperands(), 1);
      else if (rowsOfWork(user) || isa<PackOp>(user))
        continue;
      for (Value reader : readers)
        last = std::max(last, lastRead(reader, block, seen));
    }
    return last;
  }

  Steps lifeOf(Value made, Operation *work) {
    DenseSet<Value> seen;
    return {steps_[work].first, std::max(steps_[work].last, lastRead(made, *work->getBlock(), seen))};
  }

  void add(Operation *maker, int64_t bytes, Steps life) {
    makers_.push_back(maker);
    buffers_.push_back({bytes, life.first, life.last});
  }

  void plan(Operation *op) {
    Operation *work = workOf(op);
    auto made = [&](Value tile, int64_t rows = 0) {
      add(op, rows ? bytesOf(tileType(tile), rows) : bytesOf(tileType(tile)), lifeOf(tile, work));
    };
    auto needed = [&](int64_t bytes) { add(op, bytes, steps_[work]); };
    auto inRows = [&](Value tile) {
      auto rows = dyn_cast<RowsOp>(op->getParentOp());
      made(tile, rows ? localBlocks(op) * static_cast<int64_t>(rows.getBlock().value_or(0)) : 0);
    };
    llvm::TypeSwitch<Operation *>(op)
        .Case<tile::ReduceOp, tile::EncodeOp, tile::TopkThresholdOp>([&](auto several) {
          for (Value result : several->getResults())
            made(result);
        })
        .Case([&](KeepOp keep) {
          if (!keep.getHome())
            inRows(keep.getTile());
        })
        .Case([&](TurnOp turn) { made(turn.getTile()); })
        .Case([&](PackOp pack) {
          for (int64_t bytes : packedBytes(pack))
            needed(bytes);
          buffers_.back().lastStep = lifeOf(pack.getPanels(), work).last;
        })
        .Case<tile::MmaOp, tile::ScaledMmaOp>([&](auto product) {
          for (int64_t bytes : productBytes(product))
            needed(bytes);
          if (!product->hasAttr(inPlaceAttribute))
            inRows(product.getResult());
        })
        .Case([&](RowsOp rows) {
          // Sums of rows that are made beside a product.
          for (auto reduce : rows.getBody().getOps<tile::ReduceOp>())
            if (stageOf(reduce) == Stage::beside)
              needed(rows.getBlock().value_or(0) * partialColumns * sizeof(float));
        })
        .Case([&](scf::ForOp loop) {
          if (llvm::all_of(loop.getResultTypes(), isScalar))
            return;
          for (auto [init, result] : llvm::zip_equal(loop.getInitArgs(), loop.getResults()))
            if (auto selection = dyn_cast<tile::TopkType>(init.getType()))
              add(op, init.getDefiningOp<tile::TopkInitOp>() ? selectionBytes(selection) : 0, steps_[getOperation()]);
            else if (isScalar(init.getType()) || continues(loop, init))
              needed(0);
            else
              add(op, bytesOf(tileType(init)), {steps_[workOf(init.getDefiningOp())].first, lifeOf(result, work).last});
        })
        .Case([&](scf::IfOp branch) {
          if (isLazy(branch) || llvm::all_of(branch.getResultTypes(), isScalar))
            return;
          for (Value result : branch.getResults())
            if (!isa<RankedTensorType>(result.getType()))
              needed(0);
            else
              made(result);
        });
  }

  DenseMap<Operation *, Steps> steps_;
  SmallVector<Operation *> makers_; // of each buffer
  SmallVector<ArenaBuffer> buffers_;
};

} // namespace
} // namespace cpu
} // namespace longc
