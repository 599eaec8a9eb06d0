// The order of work: what goes over the same rows runs together, and block of rows by block of rows where one thing makes
// rows for the next, so that they are still in the first-level cache.
#include "codegen/cpu/CpuPasses.h"
#include "codegen/cpu/RowBounds.h"
#include "codegen/cpu/TileFacts.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace longc {

#define GEN_PASS_DEF_CPUORDERROWSPASS
#include "codegen/cpu/CpuPasses.h.inc"

namespace cpu {
namespace {

using Run = ArrayRef<Operation *>;

// What is handed on waits for all other work, and what is made at home for what is not.
int turnOf(Operation *op) {
  auto keep = dyn_cast<KeepOp>(op);
  return keep ? keep.getLate() + 2 * keep.getHome() : 0;
}

// Calls `visit` for all that the op reads, in its regions too.
void forOperands(Operation *op, function_ref<void(Value)> visit) {
  op->walk([&](Operation *inner) { llvm::for_each(inner->getOperands(), visit); });
}

// Whether evaluating the tile reads a result of one of the ops; what lies in memory and is not made by the run is there.
bool reads(Value tile, Run wanted, Run run, DenseSet<Value> &seen) {
  Operation *op = tile.getDefiningOp();
  if (!op || !seen.insert(tile).second)
    return false;
  if (llvm::is_contained(wanted, op))
    return true;
  bool found = false;
  if (llvm::is_contained(run, op) || !isa<RankedTensorType>(tile.getType()) || !liesInMemory(tile))
    forOperands(op, [&](Value operand) { found = found || reads(operand, wanted, run, seen); });
  return found;
}

bool reads(Operation *op, Run wanted, Run run) {
  DenseSet<Value> seen;
  bool found = false;
  forOperands(op, [&](Value operand) { found = found || reads(operand, wanted, run, seen); });
  return found;
}

// How many reductions of the run, one after the other, evaluating the tile waits for.
int levelOf(Value tile, Run run, DenseMap<Value, int> &levels) {
  if (auto found = levels.find(tile); found != levels.end())
    return found->second;
  Operation *op = tile.getDefiningOp();
  int level = 0;
  if (op && (llvm::is_contained(run, op) || !liesInMemory(tile)))
    forOperands(op, [&](Value operand) {
      if (isa<RankedTensorType>(operand.getType()))
        level = std::max(level, levelOf(operand, run, levels));
    });
  return levels[tile] = level;
}

// Whether a product of the run reads rows that an earlier op of it makes.
bool hasChain(Run run) {
  return llvm::any_of(run, [&](Operation *op) {
    auto mma = dyn_cast<tile::MmaOp>(op);
    auto keep = mma ? mma.getA().getDefiningOp<KeepOp>() : KeepOp();
    return keep && llvm::is_contained(run, keep);
  });
}

// Conditions of the branches that evaluating the tile of a run looks at, as long as none is taken.
void collectBranches(Value tile, Run run, DenseSet<Value> &seen, llvm::SetVector<Value> &conditions) {
  Operation *op = tile.getDefiningOp();
  const bool isKept = isa_and_nonnull<KeepOp>(op) && llvm::is_contained(run, op);
  if (!op || !isa<RankedTensorType>(tile.getType()) || (liesInMemory(tile) && !isKept) || !seen.insert(tile).second)
    return;
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    conditions.insert(branch.getCondition());
    return collectBranches(branch.elseYield().getOperand(cast<OpResult>(tile).getResultNumber()), run, seen, conditions);
  }
  for (Value operand : op->getOperands())
    collectBranches(operand, run, seen, conditions);
}

// Whether only ops of the run read the tile, be it through values that are evaluated on the way.
bool staysInside(Value tile, Run run, DenseSet<Value> &seen) {
  if (!seen.insert(tile).second)
    return true;
  return llvm::all_of(tile.getUsers(), [&](Operation *user) {
    if (llvm::is_contained(run, user) && !isa<KeepOp>(user))
      return true;
    Operation *through = isa<scf::YieldOp>(user) ? user->getParentOp() : user;
    if (through->getNumResults() == 0 || (through->getNumRegions() && !isa<scf::IfOp>(through)) ||
        isa<tile::MmaOp, tile::ScaledMmaOp, tile::ReduceOp, tile::EncodeOp, tile::TopkUpdateOp>(through))
      return false;
    return llvm::all_of(through->getResults(), [&](Value result) { return staysInside(result, run, seen); });
  });
}

struct CpuOrderRowsPass : impl::CpuOrderRowsPassBase<CpuOrderRowsPass> {
  void runOnOperation() override {
    FailureOr<const CpuVariant *> variant = variantOf(getOperation());
    if (failed(variant))
      return signalPassFailure();
    runs_.clear();
    blockedRows_ = (*variant)->matrixUnit ? 64 : 24; // a multiple of every register block's rows
    RowBounds bounds(getOperation());
    bounds_ = &bounds;
    visit(getOperation().getBody().front());
    for (Run run : runs_)
      form(run);
  }

  void visit(Block &block) {
    SmallVector<Operation *> work;
    auto close = [&] { split(std::exchange(work, {})); };
    for (Operation &op : llvm::make_early_inc_range(block.without_terminator())) {
      auto branch = dyn_cast<scf::IfOp>(op);
      const bool nested = isa<scf::ForOp>(op) || (branch && !isLazy(branch));
      if (nested || isa<tile::TopkThresholdOp>(op) || (!work.empty() && turnOf(&op) > turnOf(work.back())))
        close();
      if (nested)
        for (Region &region : op.getRegions())
          for (Block &inner : region)
            visit(inner);
      else if (rowsOfWork(&op))
        work.push_back(&op);
    }
    close();
  }

  // Sizes of the dimensions that the op's loops over rows have.
  static SmallVector<int64_t> shapeOf(Operation *op) {
    Value rows = rowsOfWork(op);
    if (!isa<RankedTensorType>(rows.getType()))
      return {rowsOf(rows)};
    ArrayRef<int64_t> shape = tileType(rows).getShape();
    return SmallVector<int64_t>(shape.size() == 1 ? shape : shape.drop_back());
  }

  bool joins(Operation *op, Run run) {
    if (bounds_->classOf(rowsOfWork(op)) != bounds_->classOf(rowsOfWork(run[0])) || shapeOf(op) != shapeOf(run[0]))
      return false;
    // A product whose packed operand comes out of this very run must wait for all of its rows.
    auto mma = dyn_cast<tile::MmaOp>(op);
    DenseSet<Value> seen;
    return !mma || !reads(mma.getB(), run, run, seen);
  }

  void split(ArrayRef<Operation *> work) {
    for (Operation *op : work) {
      if (op == work.front() || !joins(op, runs_.back()))
        runs_.emplace_back();
      runs_.back().push_back(op);
    }
  }

  void form(Run run) {
    SmallVector<int64_t> shape = shapeOf(run[0]);
    const bool blocked = shape.size() == 1 && shape[0] > blockedRows_ && hasChain(run);
    Operation *host = nullptr;
    for (Operation *op : run) {
      if (blocked)
        markLocal(op, run);
      auto mma = dyn_cast<tile::MmaOp>(op);
      if (!mma)
        continue;
      if (!host)
        host = blocked && overlaps(mma, run) ? op : nullptr;
      if (op != host)
        op->removeAttr(overlapsRowsAttribute);
      // What is packed for one block of rows serves all of them.
      if (auto pack = mma.getB().getDefiningOp<PackOp>(); pack && blocked)
        moveBefore(pack, run[0]);
    }
    llvm::SetVector<Value> branches;
    if (host) {
      markEarly(host, run);
      DenseSet<Value> seen;
      collectBranches(cast<tile::MmaOp>(host).getA(), run, seen, branches);
    }
    for (Value condition : branches)
      if (Operation *op = condition.getDefiningOp())
        moveBefore(op, run[0]);
    enclose(run.front(), run.back(), blocked, branches.getArrayRef());
  }

  void markLocal(Operation *op, Run run) {
    DenseSet<Value> seen;
    if (isa<KeepOp, tile::MmaOp, tile::ScaledMmaOp>(op) && !op->hasAttr(inPlaceAttribute) &&
        tileType(op->getResult(0)).getRank() == 2 && staysInside(op->getResult(0), run, seen))
      setBlocks(op, 1);
  }

  void setBlocks(Operation *op, int64_t blocks) { op->setAttr(localAttribute, Builder(op).getI64IntegerAttr(blocks)); }

  // What is made a block of rows before its reader has memory for two.
  void markEarly(Operation *host, Run run) {
    Run later = run.drop_until([&](Operation *op) { return op == host; });
    for (Operation *op : run.drop_back(later.size()))
      if (op->hasAttr(localAttribute) && llvm::any_of(later, [&](Operation *reader) { return reads(reader, op, {}); }))
        setBlocks(op, 2);
  }

  // Whether the product runs beside the work that its next rows need, which is marked then. Its blocks of rows are whole
  // register blocks, 16 columns of its operand a number of steps. What goes beside needs a reduction of this run and has the
  // operand's shape: the operand itself and sums of its rows.
  bool overlaps(tile::MmaOp host, Run run) {
    auto form = ProductAttr::of(host);
    ArrayRef<int64_t> shape = tileType(host.getA()).getShape();
    if (!host->hasAttr(overlapsRowsAttribute) || !form.is(Form::panels) || shape[1] % lanes != 0 ||
        blockedRows_ % form.getRows() != 0)
      return false;
    DenseMap<Value, int> levels;
    SmallVector<Operation *> beside, reductions, after;
    for (Operation *op : run.take_while([&](Operation *op) { return op != host; })) {
      auto reduce = dyn_cast<tile::ReduceOp>(op);
      Value rows = rowsOfWork(op);
      const bool fits = (isa<KeepOp>(op) || (reduce && getElementTypeOrSelf(rows).isF32())) && tileType(rows).getShape() == shape;
      const int level = fits ? levelOf(rows, run, levels) : 0;
      if (reduce)
        levels[reduce.getResult()] = level + 1;
      if (reads(op, reductions, run))
        after.push_back(op);
      else if (level > 0)
        beside.push_back(op);
      if (reduce && !beside.empty() && beside.back() == op)
        reductions.push_back(op);
    }
    if (!llvm::is_contained(beside, host.getA().getDefiningOp()))
      return false;
    for (Operation *op : beside)
      op->setAttr(stageAttribute, StageAttr::get(&getContext(), Stage::beside));
    for (Operation *op : after)
      op->setAttr(stageAttribute, StageAttr::get(&getContext(), Stage::after));
    return true;
  }

  // With all that it needs and that does not stand there yet.
  static void moveBefore(Operation *op, Operation *place) {
    if (op->getBlock() != place->getBlock() || op->isBeforeInBlock(place))
      return;
    forOperands(op, [&](Value operand) {
      if (Operation *needed = operand.getDefiningOp(); needed && !op->isAncestor(needed))
        moveBefore(needed, place);
    });
    op->moveBefore(place);
  }

  void enclose(Operation *first, Operation *last, bool blocked, ValueRange branches) {
    SmallVector<Operation *> inside;
    for (Operation *op = first; op != last->getNextNode(); op = op->getNextNode())
      inside.push_back(op);
    auto isOutside = [&](OpOperand &use) {
      Operation *user = first->getBlock()->findAncestorOpInBlock(*use.getOwner());
      return !llvm::is_contained(inside, user);
    };
    SmallVector<Value> used;
    for (Operation *op : inside)
      for (Value result : op->getResults())
        if (llvm::any_of(result.getUses(), isOutside))
          used.push_back(result);
    OpBuilder builder(first);
    auto rows = RowsOp::create(builder, first->getLoc(), TypeRange(ValueRange(used)),
                               /*count=*/Value(), branches, blocked ? builder.getI64IntegerAttr(blockedRows_) : IntegerAttr());
    for (auto [value, result] : llvm::zip_equal(used, rows.getResults()))
      value.replaceUsesWithIf(result, isOutside);
    Block *body = builder.createBlock(&rows.getBody());
    for (Operation *op : inside)
      op->moveBefore(body, body->end());
    builder.setInsertionPointToEnd(body);
    YieldOp::create(builder, rows.getLoc(), used);
  }

  const RowBounds *bounds_ = nullptr;
  int64_t blockedRows_ = 0;
  SmallVector<SmallVector<Operation *>> runs_;
};

} // namespace
} // namespace cpu
} // namespace longc
