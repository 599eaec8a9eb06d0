// Placement of tiles: what is computed once lies in shared memory from its maker to its last reader; the rest is an
// expression. Places are planned before anything is emitted, first fit over the lives.
#include "codegen/cuda/BlockPlan.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace longc;
using namespace longc::cuda;

namespace {

constexpr int64_t kAlignment = 128;

bool isElementwise(Operation *op) {
  return OpTrait::hasElementwiseMappableTraits(op) && op->getNumResults() == 1 && isTile(op->getResult(0));
}

int64_t elementBytes(Type element) { return std::max<int64_t>(1, element.getIntOrFloatBitWidth() / 8); }

bool isElement(Type element) {
  return element.isF32() || element.isF64() || element.isBF16() || element.isSignlessInteger(32) || element.isSignlessInteger(1);
}

bool isLoopYield(Operation *op) { return isa<scf::YieldOp>(op) && isa<scf::ForOp>(op->getParentOp()); }

} // namespace

int64_t BlockPlan::pitchOf(RankedTensorType type) {
  const int64_t columns = type.getRank() ? type.getShape().back() : 1;
  if (type.getRank() != 2 || columns % 8 != 0)
    return columns;
  return type.getElementType().isBF16() ? columns + 8 : type.getElementType().isF32() && columns >= 32 ? columns + 4 : columns;
}

int64_t BlockPlan::capacityOf(tile::TopkType type) {
  constexpr int64_t lanes = 32; // of a warp, which offers as many at once
  return (type.getK() + std::max(type.getK() / 2, lanes) + lanes - 1) / lanes * lanes;
}

int64_t BlockPlan::bytesOf(Type held) {
  if (auto selection = dyn_cast<tile::TopkType>(held)) // score and index of each entry, how many there are, what the next has to beat
    return selection.getRows() * (capacityOf(selection) + 1) * 8;
  auto type = cast<RankedTensorType>(held);
  const int64_t columns = type.getRank() ? type.getShape().back() : 1;
  return type.getNumElements() / columns * pitchOf(type) * elementBytes(type.getElementType());
}

bool BlockPlan::isExpression(Operation *op) {
  return op && op->getNumResults() == 1 && isTile(op->getResult(0)) &&
         (isa<arith::ConstantOp, tile::SplatOp, tile::IotaOp, tile::ExpandOp, tile::ReshapeOp, tile::SliceOp,
              tile::TransposeOp>(op) ||
          isElementwise(op));
}

bool longc::cuda::isMultipleOf(Value value, int64_t factor) {
  IntegerAttr constant;
  if (matchPattern(value, m_Constant(&constant)))
    return constant.getValue().getSExtValue() % factor == 0;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    return loop && argument == loop.getInductionVar() && isMultipleOf(loop.getLowerBound(), factor) &&
           isMultipleOf(loop.getStep(), factor);
  }
  Operation *op = value.getDefiningOp();
  if (isa<arith::MulIOp>(op))
    return isMultipleOf(op->getOperand(0), factor) || isMultipleOf(op->getOperand(1), factor);
  return isa<arith::AddIOp>(op) && isMultipleOf(op->getOperand(0), factor) && isMultipleOf(op->getOperand(1), factor);
}

bool longc::cuda::hasAlignedRows(tile::LoadOp load) {
  auto type = tileType(load.getTile());
  auto view = load.getView().getType();
  const int64_t rank = view.getRank(), width = rank ? view.getShape().back() : 0;
  const bool isRow = type.getRank() == 1 && rank == 1 && !load.getLo();
  if ((type.getRank() != 2 && !isRow) || rank - int64_t(load.getDropped().size()) != type.getRank() || ShapedType::isDynamic(width) ||
      llvm::is_contained(load.getDropped(), rank - 1) || (load.getLo() && llvm::is_contained(load.getDropped(), 0)))
    return false;
  if (!type.getElementType().isBF16() && !type.getElementType().isF32())
    return false;
  const int64_t columns = type.getShape().back(), chunk = 16 / elementBytes(type.getElementType());
  Value offset = load.getOffsets().back();
  IntegerAttr constant;
  const bool fits = matchPattern(offset, m_Constant(&constant))
                        ? constant.getInt() >= 0 && constant.getInt() + columns <= width
                        : width % columns == 0 && isMultipleOf(offset, columns);
  return fits && columns % chunk == 0 && width % chunk == 0 && isMultipleOf(offset, chunk);
}

LogicalResult BlockPlan::checkOps() {
  WalkResult result = kernel_.walk([&](Operation *op) {
    if (op == kernel_)
      return WalkResult::advance();
    auto refuse = [&](StringRef reason) {
      op->emitOpError("cannot be compiled for CUDA yet") << reason;
      return WalkResult::interrupt();
    };
    for (Type type : op->getResultTypes())
      if (auto tensor = dyn_cast<RankedTensorType>(type); tensor && !isElement(tensor.getElementType()))
        return refuse(": tiles hold f32, f64, bf16, i32 or i1");
    const bool touchesTiles = llvm::any_of(op->getOperands(), isHeld) || llvm::any_of(op->getResults(), isHeld);
    if (!touchesTiles || isExpression(op) || isa<scf::ForOp, scf::IfOp, scf::YieldOp, tile::LoadOp, tile::GatherOp, tile::MmaOp,
                                                 tile::ReduceOp, tile::ScatterOp, tile::StoreOp, tile::TopkInitOp,
                                                 tile::TopkUpdateOp, tile::TopkThresholdOp>(op))
      return WalkResult::advance();
    return refuse("");
  });
  return failure(result.wasInterrupted());
}

void BlockPlan::numberOps() {
  int64_t next = 0;
  kernel_.walk<WalkOrder::PreOrder>([&](Operation *op) { position_[op] = next++; });
  kernel_.walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (Operation *outer = op; outer; outer = outer == kernel_ ? nullptr : outer->getParentOp())
      last_[outer] = std::max(last_[outer], position_[op]);
  });
}

/// A branch whose sides hold nothing but expressions and scalars.
void BlockPlan::findChoices() {
  kernel_.walk([&](scf::IfOp branch) {
    const bool tilesAlone = branch.getNumResults() && llvm::all_of(branch.getResults(), isTile);
    auto simple = [](Operation &op) {
      return isa<scf::YieldOp>(op) || isExpression(&op) ||
             (isPure(&op) && op.getNumRegions() == 0 && llvm::none_of(op.getResults(), isTile) &&
              llvm::none_of(op.getOperands(), isTile));
    };
    if (tilesAlone && llvm::all_of(branch.getThenRegion().getOps(), simple) &&
        llvm::all_of(branch.getElseRegion().getOps(), simple))
      choices_.insert(branch);
  });
}

bool BlockPlan::mayBeDirect(tile::MmaOp op) {
  auto load = op.getB().getDefiningOp<tile::LoadOp>();
  return load && load->hasOneUse() && op.getTransposeB() && tileType(op.getA()).getDimSize(0) <= kFewRows &&
         load->getBlock() == op->getBlock() && hasAlignedRows(load) &&
         llvm::none_of(load.getView().getUsers(), llvm::IsaPred<tile::StoreOp, tile::ScatterOp>);
}

void BlockPlan::findDirectLoads() {
  kernel_.walk([&](tile::MmaOp op) {
    if (mayBeDirect(op))
      direct_.insert(op.getB().getDefiningOp());
  });
}

/// Whether an expression, as far as it is not stored, holds an op that is worth doing once.
bool BlockPlan::isCostly(Value tile) {
  if (stored_.contains(tile))
    return false;
  auto [found, isNew] = costly_.try_emplace(tile, false);
  if (!isNew)
    return found->second;
  Operation *op = tile.getDefiningOp();
  bool costly = false;
  if (isExpression(op)) {
    costly = (isa<math::MathDialect>(op->getDialect()) && !isa<math::AbsFOp, math::FmaOp>(op)) ||
             isa<arith::DivFOp, arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp>(op);
    for (Value operand : op->getOperands())
      costly |= isTile(operand) && isCostly(operand);
  }
  return costly_[tile] = costly;
}

bool BlockPlan::isUsedDeeper(Value tile) {
  return llvm::any_of(tile.getUsers(), [&](Operation *user) {
    return user->getBlock() != tile.getParentBlock() && !choices_.contains(user->getParentOp());
  });
}

/// Whether the elements of an expression are kept: somebody needs them side by side, or they would be computed again
/// and again.
bool BlockPlan::mustStore(Value tile) {
  for (OpOperand &use : tile.getUses()) {
    Operation *user = use.getOwner();
    if ((isa<tile::MmaOp>(user) && use.getOperandNumber() < 2) || isLoopYield(user))
      return true;
    if (isa<tile::ExpandOp>(user) && isElementwise(tile.getDefiningOp()) && tileType(tile).getElementType().isF32())
      return true;
  }
  const bool again = std::next(tile.user_begin()) != tile.user_end() || isUsedDeeper(tile);
  return !tile.use_empty() && again && isElementwise(tile.getDefiningOp()) && isCostly(tile);
}

void BlockPlan::chooseStored() {
  kernel_.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      for (auto [argument, result] : llvm::zip(loop.getRegionIterArgs(), loop.getResults()))
        if (isHeld(argument)) {
          stored_.insert(argument);
          stored_.insert(result);
        }
      return;
    }
    if (choices_.contains(op) || direct_.contains(op) || choices_.contains(op->getParentOp()))
      return;
    for (Value result : op->getResults())
      if (isHeld(result) && (!isExpression(op) || mustStore(result)))
        stored_.insert(result);
  });
}

/// Visits the ops that read a stored tile or an expression, each at its place: through expressions and choices.
void BlockPlan::forEachStage(Value tile, function_ref<void(Operation *)> visit) {
  for (OpOperand &use : tile.getUses()) {
    Operation *user = use.getOwner();
    if (isa<scf::YieldOp>(user) && choices_.contains(user->getParentOp()))
      forEachStage(user->getParentOp()->getResult(use.getOperandNumber()), visit);
    else if (isExpression(user) && !stored_.contains(user->getResult(0)))
      forEachStage(user->getResult(0), visit);
    else
      visit(user);
  }
}

/// Up to which op `tile` must stay because of a stage: a loop that the tile comes from outside of reads it in every pass.
int64_t BlockPlan::positionFor(Operation *stage, Value tile) {
  int64_t position = position_[stage];
  for (Operation *outer = stage->getParentOp(); outer != kernel_; outer = outer->getParentOp())
    if (isa<scf::ForOp>(outer) && !outer->isAncestor(tile.getParentBlock()->getParentOp()))
      position = std::max(position, last_[outer]);
  return position;
}

int64_t BlockPlan::endOf(Value tile) {
  int64_t end = position_.lookup(tile.getDefiningOp());
  forEachStage(tile, [&](Operation *stage) { end = std::max(end, positionFor(stage, tile)); });
  return end;
}

void BlockPlan::store(Value tile, int64_t begin, int64_t end) {
  slots_[tile] = slotList_.size();
  slotList_.push_back({begin, end, bytesOf(tile.getType())});
}

/// Whether a stage that makes a tile reads `tile` at the element it writes alone, so that it may write over it.
bool BlockPlan::readsInPlace(Value tile, Operation *stage) {
  for (OpOperand &use : tile.getUses()) {
    Operation *user = use.getOwner();
    if (user == stage) {
      if (!isElementwise(user) && !(isa<tile::MmaOp>(user) && use.getOperandNumber() == 2))
        return false;
      continue;
    }
    if (isa<scf::YieldOp>(user) && choices_.contains(user->getParentOp())) {
      if (!readsInPlace(user->getParentOp()->getResult(use.getOperandNumber()), stage))
        return false;
      continue;
    }
    if (!isExpression(user) || stored_.contains(user->getResult(0)))
      continue; // another stage
    bool leadsThere = false;
    forEachStage(user->getResult(0), [&](Operation *end) { leadsThere |= end == stage; });
    if (leadsThere && (!isElementwise(user) || !readsInPlace(user->getResult(0), stage)))
      return false;
  }
  return true;
}

void BlockPlan::merge(Value tile, Value into) {
  const int64_t from = slots_[tile], to = slots_[into];
  Slot &slot = slotList_[to];
  slot.begin = std::min(slot.begin, slotList_[from].begin);
  slot.end = std::max(slot.end, slotList_[from].end);
  slotList_[from].bytes = 0;
  for (auto &[value, number] : slots_)
    if (number == from)
      number = to;
}

/// What a loop hands to its next pass is made in the place of what it replaces, where nobody reads that any more.
void BlockPlan::shareWithCarried(scf::ForOp loop) {
  for (auto [argument, next] : llvm::zip(loop.getRegionIterArgs(), loop.getBody()->getTerminator()->getOperands())) {
    Operation *maker = next.getDefiningOp();
    if (!isTile(argument) || !maker || maker->getBlock() != loop.getBody() || !slots_.contains(next) ||
        llvm::count(loop.getBody()->getTerminator()->getOperands(), next) != 1)
      continue;
    if (!isElementwise(maker) && !isa<tile::MmaOp>(maker))
      continue;
    bool free = true;
    forEachStage(argument, [&](Operation *stage) {
      free &= stage == maker || positionFor(stage, argument) < position_[maker];
    });
    if (free && readsInPlace(argument, maker))
      merge(next, argument);
  }
}

/// An expression that is kept takes over the place of a tile that ends with it.
void BlockPlan::shareInPlace(Value tile) {
  Operation *maker = tile.getDefiningOp();
  if (!maker || !isElementwise(maker))
    return;
  SmallVector<Value> leaves;
  for (Value operand : maker->getOperands())
    if (isTile(operand))
      leavesOf(operand, leaves);
  for (Value leaf : leaves) {
    auto type = tileType(leaf);
    if (type.getShape() != tileType(tile).getShape() || bytesOf(type) != bytesOf(tileType(tile)) || sharePlace(leaf, tile) ||
        slotList_[slots_[leaf]].end != position_[maker] || slotList_[slots_[tile]].begin != position_[maker] ||
        type.getElementTypeBitWidth() != tileType(tile).getElementTypeBitWidth() || !readsInPlace(leaf, maker))
      continue;
    merge(tile, leaf);
    return;
  }
}

/// A selection is one piece of memory from its beginning to its threshold: each state has one reader, which goes on with it.
LogicalResult BlockPlan::joinSelections() {
  auto follow = [&](Operation *op, Value state, Value next) -> LogicalResult {
    if (!state.hasOneUse())
      return op->emitOpError("reads a selection that something else reads too: cannot be compiled for CUDA yet");
    if (!sharePlace(next, state))
      merge(next, state);
    return success();
  };
  WalkResult result = kernel_.walk([&](Operation *op) {
    if (auto update = dyn_cast<tile::TopkUpdateOp>(op))
      return WalkResult(follow(op, update.getState(), update.getResult()));
    if (auto loop = dyn_cast<scf::ForOp>(op))
      for (auto [init, argument] : llvm::zip(loop.getInits(), loop.getRegionIterArgs()))
        if (isa<tile::TopkType>(init.getType()) && failed(follow(op, init, argument)))
          return WalkResult::interrupt();
    if (auto branch = dyn_cast<scf::IfOp>(op); branch && llvm::any_of(branch.getResultTypes(), llvm::IsaPred<tile::TopkType>))
      return op->emitOpError("chooses between selections: cannot be compiled for CUDA yet"), WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

void BlockPlan::leavesOf(Value tile, SmallVectorImpl<Value> &leaves) const {
  if (stored_.contains(tile)) {
    if (!llvm::is_contained(leaves, tile))
      leaves.push_back(tile);
    return;
  }
  Operation *op = tile.getDefiningOp();
  if (choices_.contains(op)) {
    const unsigned number = cast<OpResult>(tile).getResultNumber();
    for (Region &region : op->getRegions())
      leavesOf(region.front().getTerminator()->getOperand(number), leaves);
    return;
  }
  for (Value operand : op->getOperands())
    if (isTile(operand))
      leavesOf(operand, leaves);
}

void BlockPlan::makeSlots() {
  for (Value tile : stored_)
    if (auto argument = dyn_cast<BlockArgument>(tile)) {
      auto loop = cast<scf::ForOp>(argument.getOwner()->getParentOp());
      Value result = loop.getTiedLoopResult(argument);
      store(tile, position_[loop], std::max(last_[loop], endOf(result)));
      const int64_t number = slots_.lookup(tile);
      slots_[result] = number;
    }
  for (Value tile : stored_)
    if (!slots_.contains(tile))
      store(tile, position_[tile.getDefiningOp()], endOf(tile));
  kernel_.walk([&](scf::ForOp loop) { shareWithCarried(loop); });
  for (Value tile : stored_)
    shareInPlace(tile);
}

LogicalResult BlockPlan::allocate(int64_t sharedBytes) {
  std::vector<Slot *> placed;
  for (Slot &slot : slotList_) {
    if (slot.bytes == 0)
      continue;
    auto meets = [&](Slot *other) {
      return slot.begin <= other->end && other->begin <= slot.end && slot.offset < other->offset + other->bytes &&
             other->offset < slot.offset + slot.bytes;
    };
    for (auto hit = llvm::find_if(placed, meets); hit != placed.end(); hit = llvm::find_if(placed, meets))
      slot.offset = ((*hit)->offset + (*hit)->bytes + kAlignment - 1) / kAlignment * kAlignment;
    placed.push_back(&slot);
    bytes_ = std::max(bytes_, slot.offset + slot.bytes);
  }
  if (bytes_ > sharedBytes)
    return kernel_.emitOpError("@") << kernel_.getSymName() << " needs " << bytes_ << " bytes of shared memory, the target has " << sharedBytes;
  return success();
}

LogicalResult BlockPlan::run(int64_t sharedBytes) {
  if (failed(checkOps()))
    return failure();
  numberOps();
  findChoices();
  findDirectLoads();
  kernel_.walk([&](tile::LoadOp load) { hasCopies_ |= hasAlignedRows(load) && !isDirect(load); });
  chooseStored();
  makeSlots();
  if (failed(joinSelections()))
    return failure();
  return allocate(sharedBytes);
}
