// Which tiles exist in memory, and the order in which a block's items are emitted.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace longc::cpu {

static RankedTensorType tileType(Value tile) { return cast<RankedTensorType>(tile.getType()); }

static SmallVector<int64_t> itemShape(const Item &item) {
  if (!isa<RankedTensorType>(item.value.getType()))
    return {rowsOf(item.value)};
  ArrayRef<int64_t> shape = tileType(item.value).getShape();
  bool scalars = shape.size() == 1 && item.kind != Item::Product;
  return SmallVector<int64_t>(scalars ? shape : shape.drop_back());
}

// Whether a product broadcasts from the tile's rows, so that they must lie in memory.
bool KernelEmitter::feedsProduct(Value tile) {
  return llvm::any_of(tile.getUses(), [&](OpOperand &use) {
    if (auto mma = dyn_cast<tile::MmaOp>(use.getOwner()))
      return use.getOperandNumber() == 0 && mma.getA() == tile;
    if (auto mma = dyn_cast<tile::ScaledMmaOp>(use.getOwner()))
      return use.getOperandNumber() < 3;
    return false;
  });
}

void KernelEmitter::addSink(Item::Kind kind, Operation *op, Value value) {
  Item item{kind, op, value, {}};
  if (kind == Item::Reduce || kind == Item::Encode)
    for (Value result : op->getResults()) {
      item.to.push_back(allocate(tileType(result)));
      buffers_[result] = item.to.back();
    }
  pending_.push_back(item);
}

// Evaluates a tile into memory; later uses read it there.
void KernelEmitter::materialize(Value tile) {
  if (buffers_.count(tile) ||
      llvm::any_of(pending_, [&](const Item &item) { return item.kind == Item::Materialize && item.value == tile; }))
    return;
  Item item{Item::Materialize, tile.getDefiningOp(), tile, {allocate(tileType(tile))}};
  pending_.push_back(item);
}

// The loop-carried buffer of an accumulator that nothing else reads, so that the product may write over it.
std::optional<Buffer> KernelEmitter::accumulatorInPlace(Operation *product, Value acc) {
  Value result = product->getResult(0);
  auto loop = dyn_cast<scf::ForOp>(product->getParentOp());
  if (!loop || !result.hasOneUse())
    return std::nullopt;
  OpOperand &use = *result.use_begin();
  if (!isa<scf::YieldOp>(use.getOwner()) || use.getOwner()->getParentOp() != loop)
    return std::nullopt;
  BlockArgument carried = loop.getRegionIterArg(use.getOperandNumber());
  Value value = carried;
  while (value != acc) {
    if (!value.hasOneUse())
      return std::nullopt;
    Operation *user = *value.getUsers().begin();
    if (user->getParentOp() != loop || user->getNumResults() != 1 || !OpTrait::hasElementwiseMappableTraits(user))
      return std::nullopt;
    value = user->getResult(0);
  }
  if (!acc.hasOneUse())
    return std::nullopt;
  return buffers_[carried];
}

// Row scalars that cost something are evaluated once, not by every product that scales its accumulator.
static void collectRowScalars(Value tile, SmallVectorImpl<Value> &found) {
  Operation *op = tile.getDefiningOp();
  if (!op)
    return;
  if (auto expand = dyn_cast<tile::ExpandOp>(op)) {
    if (expand.getDim() + 1 == static_cast<uint64_t>(tileType(tile).getRank()) && expand.getSource().getDefiningOp() &&
        !isa<tile::LoadOp, arith::ConstantOp, tile::SplatOp>(expand.getSource().getDefiningOp()))
      found.push_back(expand.getSource());
    return;
  }
  if (OpTrait::hasElementwiseMappableTraits(op))
    for (Value operand : op->getOperands())
      if (isa<RankedTensorType>(operand.getType()))
        collectRowScalars(operand, found);
}

void KernelEmitter::addProduct(Operation *op, Value acc) {
  SmallVector<Value> scalars;
  collectRowScalars(acc, scalars);
  if (op->hasAttr(overlapsRowsAttribute))
    collectRowScalars(cast<tile::MmaOp>(op).getA(), scalars);
  for (Value scalar : scalars)
    materialize(scalar);
  Value result = op->getResult(0);
  Item item{Item::Product, op, result, {}};
  if (std::optional<Buffer> inPlace = accumulatorInPlace(op, acc)) {
    item.to.push_back(*inPlace);
    inPlace_.insert(op);
  } else {
    item.to.push_back(allocate(tileType(result)));
  }
  pending_.push_back(item);
}

// Rows of a tile that matter, out of `rows` along dimension 0.
Value KernelEmitter::boundOf(Value tile, int64_t rows) {
  auto found = bounded_.find(bounds_.classOf(tile));
  if (found == bounded_.end())
    return index(rows);
  auto [count, of] = found->second;
  if (rows % of == 0)
    return mul(count, rows / of);
  if (of % rows == 0)
    return divide(add(count, of / rows - 1), of / rows);
  return index(rows);
}

// Whether evaluating any of the items reads the tile.
bool KernelEmitter::isRead(Value tile, ArrayRef<Item> items) {
  DenseSet<Value> seen;
  std::function<bool(Value)> reads = [&](Value value) -> bool {
    if (value == tile)
      return true;
    Operation *op = value.getDefiningOp();
    if (!op || buffers_.count(value) || !seen.insert(value).second)
      return false;
    for (Value operand : op->getOperands())
      if (reads(operand))
        return true;
    if (isa<scf::IfOp>(op))
      for (Region &region : op->getRegions())
        for (Value yielded : region.front().getTerminator()->getOperands())
          if (reads(yielded))
            return true;
    return false;
  };
  return llvm::any_of(items, [&](const Item &item) {
    if (item.kind == Item::Product || item.kind == Item::Select || item.kind == Item::Turn)
      return llvm::any_of(item.op->getOperands(), reads);
    return reads(item.value);
  });
}

// Rows of a block: a multiple of every register block's rows.
int64_t KernelEmitter::blockedRows() const { return variant_.matrixUnit ? 64 : 24; }

// Whether a product of the run reads what an earlier item of it makes.
static bool hasChain(ArrayRef<Item> run) {
  for (const Item &item : run)
    if (auto mma = dyn_cast_if_present<tile::MmaOp>(item.op); mma && item.kind == Item::Product)
      for (const Item &other : run)
        if (other.kind == Item::Materialize && other.value == mma.getA())
          return true;
  return false;
}

// Whether only items of the run read the tile, be it through values that are evaluated on the way.
static bool staysInside(Value tile, ArrayRef<Item> run, DenseSet<Value> &seen) {
  if (!seen.insert(tile).second)
    return true;
  for (Operation *user : tile.getUsers()) {
    bool isItem =
        llvm::any_of(run, [&](const Item &item) { return item.op == user && item.kind != Item::Materialize; });
    if (isItem)
      continue;
    if (auto yield = dyn_cast<scf::YieldOp>(user); yield && !isa<scf::IfOp>(user->getParentOp()))
      return false;
    Operation *through = isa<scf::YieldOp>(user) ? user->getParentOp() : user;
    if (through->getNumResults() == 0 || (through->getNumRegions() && !isa<scf::IfOp>(through)) ||
        isa<tile::MmaOp, tile::ScaledMmaOp, tile::ReduceOp, tile::EncodeOp, tile::TopkUpdateOp>(through))
      return false;
    for (Value result : through->getResults())
      if (!staysInside(result, run, seen))
        return false;
  }
  return true;
}

// Whether the tile lives in memory within a block of the run's rows only.
bool KernelEmitter::isLocal(const Item &item, ArrayRef<Item> run) {
  DenseSet<Value> seen;
  bool made = item.kind == Item::Materialize || item.kind == Item::Product;
  return made && tileType(item.value).getRank() == 2 && !inPlace_.count(item.op) && staysInside(item.value, run, seen);
}

// Block of rows by block of rows: what one item makes is in the first-level cache when the next reads it. Tiles that do
// not leave the run need memory for one block only.
void KernelEmitter::emitBlocked(MutableArrayRef<Item> run, Value all) {
  scf::ForOp blocks = loop(index(0), all, blockedRows());
  OpBuilder::InsertionGuard guard(b_);
  b_.setInsertionPointToStart(blocks.getBody());
  Value begin = blocks.getInductionVar();
  for (Item &item : run)
    if (isLocal(item, run)) {
      item.to[0] = allocate(tileType(item.value), blockedRows());
      item.to[0].firstRow = begin;
    }
  emitItems(run, begin, minimum(add(begin, blockedRows()), all));
}

void KernelEmitter::emitItems(MutableArrayRef<Item> items, Value begin, Value end) {
  for (size_t first = 0; first < items.size();) {
    Item &item = items[first];
    if (item.kind == Item::Product) {
      if (isa<tile::ScaledMmaOp>(item.op))
        emitScaledProduct(item, begin, end);
      else
        emitProduct(item, begin, end);
      buffers_[item.value] = item.to[0];
      ++first;
      continue;
    }
    if (item.kind == Item::Select) {
      emitSelect(item, begin, end);
      ++first;
      continue;
    }
    if (item.kind == Item::Turn) {
      emitTurn(item);
      buffers_[item.value] = item.to[0];
      ++first;
      continue;
    }
    auto isSink = [](const Item &item) {
      return item.kind != Item::Product && item.kind != Item::Select && item.kind != Item::Turn;
    };
    SmallVector<Item *> sinks;
    while (first < items.size() && isSink(items[first]))
      sinks.push_back(&items[first++]);
    emitRowLoop(sinks, begin, end);
    for (Item *sink : sinks)
      if (sink->kind == Item::Materialize)
        buffers_[sink->value] = sink->to[0];
  }
}

// Items that make rows for each other. Those with a host run beside it, unless a branch has to be looked at row by row.
void KernelEmitter::emitChain(MutableArrayRef<Item> run, Value all) {
  for (Item &item : run)
    if (auto mma = dyn_cast_if_present<tile::MmaOp>(item.op); mma && item.kind == Item::Product)
      packed_[mma] = packOperand(mma);
  Item *host = hostOf(run);
  if (!host)
    return emitBlocked(run, all);
  SmallVector<scf::IfOp> branches;
  branchesOf(cast<tile::MmaOp>(host->op).getA(), branches);
  OpBuilder::InsertionGuard guard(b_);
  if (!branches.empty()) {
    Value taken;
    for (scf::IfOp branch : branches) {
      Value condition = mapped(branch.getCondition());
      taken = taken ? Value(arith::OrIOp::create(b_, taken, condition)) : condition;
    }
    auto either = scf::IfOp::create(b_, taken, /*withElseRegion=*/true);
    b_.setInsertionPointToStart(either.thenBlock());
    DenseMap<Value, Buffer> before = buffers_;
    emitBlocked(run, all);
    buffers_ = std::move(before);
    b_.setInsertionPointToStart(either.elseBlock());
    notTaken_.insert_range(branches);
  }
  emitOverlapped(run, *host, all);
  notTaken_.clear();
}

// Emits all pending work. Runs of items over the same rows that hold a product and depend on each other go block of
// rows by block of rows.
void KernelEmitter::flush() {
  SmallVector<Item> items = std::move(pending_);
  pending_.clear();
  size_t first = 0;
  while (first < items.size()) {
    const void *rows = bounds_.classOf(items[first].value);
    SmallVector<int64_t> shape = itemShape(items[first]);
    size_t end = first + 1;
    while (end < items.size() && bounds_.classOf(items[end].value) == rows && itemShape(items[end]) == shape) {
      // A product whose packed operand comes out of this very run must wait for all of its rows.
      if (auto mma = dyn_cast_if_present<tile::MmaOp>(items[end].op); mma && items[end].kind == Item::Product) {
        Item packed{Item::Materialize, nullptr, mma.getB(), {}};
        bool early = false;
        for (size_t i = first; i < end; ++i)
          if (items[i].kind != Item::Store &&
              isRead(items[i].kind == Item::Materialize ? items[i].value : items[i].op->getResult(0), packed))
            early = true;
        if (early)
          break;
      }
      ++end;
    }
    MutableArrayRef<Item> run = MutableArrayRef<Item>(items).slice(first, end - first);
    if (shape.size() == 1 && shape[0] > blockedRows() && hasChain(run))
      emitChain(run, boundOf(run[0].value, shape[0]));
    else
      emitItems(run, index(0), shape.empty() ? index(1) : boundOf(run[0].value, shape[0]));
    first = end;
  }
}

} // namespace longc::cpu
