// Which tiles exist in memory, and the order in which a block's items are emitted.
#include "codegen/cpu/Emitter.h"
#include "codegen/cpu/RowBounds.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace longc::cpu {

void KernelEmitter::addSink(Item::Kind kind, Operation *op, Value value) {
  Item item{kind, op, value, {}};
  if (kind == Item::Reduce || kind == Item::Encode)
    for (OpResult result : op->getResults()) {
      item.to.push_back(bufferOf(op, result.getResultNumber(), tileType(result)));
      buffers_[result] = item.to.back();
    }
  pending_.push_back(item);
}

void KernelEmitter::addProduct(Operation *op) {
  Value result = op->getResult(0);
  Item item{Item::Product, op, result, {}};
  item.to.push_back(op->hasAttr(inPlaceAttribute) ? homeOf(op, result) : bufferOf(op, -1, tileType(result)));
  pending_.push_back(item);
}

void KernelEmitter::addMade(Item::Kind kind, Operation *op) {
  Value result = op->getResult(0);
  auto keep = dyn_cast<KeepOp>(op);
  pending_.push_back({kind, op, result, {keep && keep.getHome() ? homeOf(op, result) : bufferOf(op, -1, tileType(result))}});
}

// Block of rows by block of rows: what one item makes is in the first-level cache when the next reads it.
void KernelEmitter::emitBlocked(RowsOp rows, MutableArrayRef<Item> items, Value all) {
  const auto block = static_cast<int64_t>(*rows.getBlock());
  scf::ForOp blocks = loop(index(0), all, block);
  OpBuilder::InsertionGuard guard(b_);
  b_.setInsertionPointToStart(blocks.getBody());
  Value begin = blocks.getInductionVar();
  for (Item &item : items)
    if (localBlocks(item.op))
      item.to[0].firstRow = begin;
  emitItems(items, begin, minimum(add(begin, block), all));
}

void KernelEmitter::emitItems(MutableArrayRef<Item> items, Value begin, Value end) {
  auto isSink = [](const Item &item) { return item.kind < Item::Turn; };
  while (!items.empty()) {
    if (MutableArrayRef<Item> sinks = items.take_while(isSink); !sinks.empty()) {
      items = items.drop_front(sinks.size());
      emitRowLoop(llvm::map_to_vector(sinks, [](Item &sink) { return &sink; }), begin, end);
      for (Item &sink : sinks)
        if (sink.kind == Item::Keep)
          buffers_[sink.value] = sink.to[0];
      continue;
    }
    Item &item = items.front();
    items = items.drop_front();
    if (item.kind == Item::Pack)
      panels_[item.value] = packOperand(cast<PackOp>(item.op));
    else if (item.kind == Item::Select)
      emitSelect(item, begin, end);
    else if (item.kind == Item::Turn)
      emitTurn(item);
    else if (isa<tile::ScaledMmaOp>(item.op))
      emitScaledProduct(item, begin, end);
    else
      emitProduct(item, begin, end);
    if (!item.to.empty())
      buffers_[item.value] = item.to[0];
  }
}

// Items that make rows for each other. Those with a host run beside it, unless a branch has to be looked at row by row.
void KernelEmitter::emitChain(RowsOp rows, MutableArrayRef<Item> items, Value all) {
  Item *host = nullptr;
  for (Item &item : items)
    if (auto mma = dyn_cast<tile::MmaOp>(item.op)) {
      panelsFor(mma); // the same for all blocks
      host = mma->hasAttr(overlapsRowsAttribute) ? &item : host;
    }
  if (!host)
    return emitBlocked(rows, items, all);
  auto overlapped = [&] { emitOverlapped(rows, items, *host, all); };
  if (rows.getBranches().empty())
    return overlapped();
  Value taken;
  for (Value condition : llvm::map_range(rows.getBranches(), [&](Value branch) { return mapped(branch); }))
    taken = taken ? Value(arith::OrIOp::create(b_, taken, condition)) : condition;
  DenseMap<Value, Buffer> before = buffers_;
  either(taken, [&] { emitBlocked(rows, items, all); }, [&] {
    buffers_ = std::move(before);
    notTaken_.insert_range(rows.getBranches());
    overlapped();
    notTaken_.clear();
  });
}

void KernelEmitter::emitRun(Run &run) {
  MutableArrayRef<Item> items = run.items;
  auto packs = items.take_while([](const Item &item) { return item.kind == Item::Pack; });
  Value all = run.count ? run.count : index(std::max<int64_t>(rowsOf(items[packs.size()].value), 1));
  if (!run.rows.getBlock())
    return emitItems(items, index(0), all);
  emitItems(packs, index(0), all);
  emitChain(run.rows, items.drop_front(packs.size()), all);
}

// Emits the work that has been collected.
void KernelEmitter::flush() {
  if (!pending_.empty())
    return refuse(pending_[0].op, "expected work in cpu.rows: longc-cpu-order-rows comes first");
  for (Run &run : std::exchange(runs_, {}))
    if (!failed_) // else items are missing
      emitRun(run);
}

} // namespace longc::cpu
