// A product beside the row work that its next rows need: dots keep the multipliers busy, and exponentials run on what
// they leave.
//
// Rows go block by block, in two stages. While the host, a product, multiplies one block, its guests are evaluated for
// the next one between its steps: what its first operand and the row sums beside it come from, 16 columns of a row at a
// time. What goes before the guests has a loop of its own for each thing that waits for another, so that rows overlap.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace longc::cpu {

// One scalar a row, 16 rows at a time.
void KernelEmitter::emitRowScalars(ArrayRef<Item *> sinks, Value begin, Value end) {
  OpBuilder::InsertionGuard guard(b_);
  scf::ForOp rows = loop(begin, end, lanes);
  b_.setInsertionPointToStart(rows.getBody());
  Column at{rows.getInductionVar(), 0};
  Value mask = firstLanes(sub(end, at.base), lanes);
  memo_.emplace_back();
  for (Item *sink : sinks)
    LLVM::MaskedStoreOp::create(b_, chunk(sink->value, {}, at, lanes),
                                bufferAddress(sink->to[0], sink->value, {}, at), mask, /*alignment=*/4);
  memo_.pop_back();
  for (Item *sink : sinks)
    buffers_[sink->value] = sink->to[0];
}

// What goes before the guests: products, then whole rows, then scalars.
void KernelEmitter::emitApart(ArrayRef<Item *> items, Value begin, Value end) {
  SmallVector<Item *> rows, scalars;
  for (Item *item : items)
    if (item->kind == Item::Product || item->kind == Item::Select)
      emitItems(*item, begin, end);
    else
      (tileType(item->value).getRank() == 1 ? scalars : rows).push_back(item);
  if (!rows.empty())
    emitRowLoop(rows, begin, end);
  for (Item *item : rows)
    if (item->kind == Item::Keep)
      buffers_[item->value] = item->to[0];
  if (!scalars.empty())
    emitRowScalars(scalars, begin, end);
}

void KernelEmitter::emitOverlapped(RowsOp rows, MutableArrayRef<Item> items, Item &host, Value all) {
  const auto block = static_cast<int64_t>(*rows.getBlock());
  struct {
    SmallVector<Item *> before, guests, after;
  } overlap;
  for (Item &item : items.take_front(&host - items.data())) {
    std::optional<Stage> stage = stageOf(item.op);
    (!stage ? overlap.before : *stage == Stage::beside ? overlap.guests : overlap.after).push_back(&item);
  }
  MutableArrayRef<Item> rest = items.drop_front(&host - items.data() + 1);

  // Tiles that stay inside the run: what guests are made from is read by the first stage only, the rest by the second.
  SmallVector<Item *> single, twice;
  for (Item &item : items)
    if (int64_t blocks = localBlocks(item.op))
      (blocks == 2 ? twice : single).push_back(&item);
  auto placeTwice = [&](Value begin) {
    Value odd = remainder(divide(begin, block), 2);
    for (Item *item : twice)
      item->to[0].firstRow = sub(begin, mul(odd, block));
  };

  // Sums of the guests' rows: partial results in memory, in the order in which a row loop adds them up in registers.
  SmallVector<Value> partial;
  int64_t sums = 0;
  for (Item *guest : overlap.guests)
    partial.push_back(guest->kind == Item::Reduce ? scratch(rows, sums++) : Value());
  auto partialAt = [&](size_t number, Value row, Value begin, int64_t slot) {
    Value first = address(partial[number], b_.getF32Type(), mul(sub(row, begin), partialColumns));
    return address(first, slot * lanes * elementBytes(b_.getF32Type()));
  };
  auto overRows = [&](Value begin, Value end, function_ref<void(Value)> body) {
    forEach(begin, end, 1, [&](Value row) {
      memo_.emplace_back();
      body(row);
      memo_.pop_back();
    });
  };
  // 16 columns of a row of every guest, from where the first stage has them.
  auto visit = [&](ArrayRef<Buffer> to, ArrayRef<Buffer> early, Value begin, Value row, Column column) {
    memo_.emplace_back();
    DenseMap<Value, Buffer> late = buffers_;
    for (auto [item, buffer] : llvm::zip_equal(twice, early))
      buffers_[item->value] = buffer;
    for (Item *guest : overlap.guests)
      buffers_.erase(guest->value);
    for (auto [number, guest] : llvm::enumerate(overlap.guests)) {
      Value value = chunk(guest->value, ValueRange(row), column, lanes);
      if (guest->kind == Item::Reduce) {
        Value at = partialAt(number, row, begin, 0);
        at = address(at, b_.getF32Type(), remainder(valueOf(column), partialColumns));
        Value so = loadAt(at, value.getType());
        storeAt(combine(cast<tile::ReduceOp>(guest->op).getKind(), so, value), at);
      } else {
        storeAt(value, bufferAddress(to[number], guest->value, ValueRange(row), column));
      }
    }
    buffers_ = std::move(late);
    memo_.pop_back();
  };
  auto second = [&](Value begin, Value end, const Guests *guests) {
    placeTwice(begin);
    for (Item *item : twice)
      buffers_[item->value] = item->to[0];
    emitProduct(host, begin, end, guests);
    buffers_[host.value] = host.to[0];
    emitItems(rest, begin, end);
  };

  // One round more than there are blocks: the first has no product yet, the last no guests.
  scf::ForOp rounds = loop(index(0), add(all, block), block);
  OpBuilder::InsertionGuard guard(b_);
  b_.setInsertionPointToStart(rounds.getBody());
  Value begin = rounds.getInductionVar(), end = minimum(add(begin, block), all);
  end = arith::MaxSIOp::create(b_, end, begin);
  Value before = sub(begin, index(block));
  for (Item *item : single)
    item->to[0].firstRow = item < &host ? begin : before;
  placeTwice(begin);
  auto placeOf = [](Item *item) { return item->to[0]; };
  SmallVector<Buffer> to = llvm::map_to_vector(overlap.guests, placeOf), early = llvm::map_to_vector(twice, placeOf);
  emitApart(overlap.before, begin, end);
  overRows(begin, end, [&](Value row) {
    for (auto [number, guest] : llvm::enumerate(overlap.guests))
      for (int64_t slot = 0; guest->kind == Item::Reduce && slot < partialColumns / lanes; ++slot)
        storeAt(firstOf(cast<tile::ReduceOp>(guest->op)), partialAt(number, row, begin, slot));
  });
  auto alone = [&] {
    overRows(begin, end, [&](Value row) {
      for (int64_t column = 0; column < tileType(overlap.guests[0]->value).getShape()[1]; column += lanes)
        visit(to, early, begin, row, {Value(), column});
    });
  };
  auto visitNext = [&](Value row, Column column) { visit(to, early, begin, add(row, block), column); };
  Guests guests{visitNext};
  either(arith::CmpIOp::create(b_, arith::CmpIPredicate::eq, begin, index(0)), alone, [&] {
    either(arith::CmpIOp::create(b_, arith::CmpIPredicate::slt, begin, all), [&] { second(before, begin, &guests); },
           [&] { second(before, all, nullptr); });
  });
  overRows(begin, end, [&](Value row) {
    for (auto [number, guest] : llvm::enumerate(overlap.guests))
      if (guest->kind == Item::Reduce) {
        SmallVector<Value> sums;
        for (int64_t slot = 0; slot < partialColumns / lanes; ++slot)
          sums.push_back(loadAt(partialAt(number, row, begin, slot), vectorOf(lanes, b_.getF32Type())));
        finishReduction(*guest, row, reduced(cast<tile::ReduceOp>(guest->op).getKind(), sums));
      }
  });
  emitApart(overlap.after, begin, end);
}

} // namespace longc::cpu
