// Running exact selection: each row's k best (score, index) pairs, sorted; what is offered later has higher indices.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

using namespace mlir;

namespace longc::cpu {

static constexpr double lowest = -std::numeric_limits<double>::infinity();

// All places empty: a score of -inf is never selected.
void KernelEmitter::emptySelection(const Selection &selection) {
  forEach(index(0), index(selection.rows * selection.k), 1, [&](Value place) {
    storeAt(constantOf(b_.getF32Type(), lowest), address(selection.scores, b_.getF32Type(), place));
    storeAt(constantOf(b_.getI32Type(), std::numeric_limits<int32_t>::max()), address(selection.indices, b_.getI32Type(), place));
  });
}

void KernelEmitter::emitSelect(Item &item, Value begin, Value end) {
  auto update = cast<tile::TopkUpdateOp>(item.op);
  Selection selection = selections_[update.getState()];
  int64_t columns = cast<RankedTensorType>(update.getScores().getType()).getShape()[1];
  Type f32 = b_.getF32Type(), i32 = b_.getI32Type();
  Value first = mapped(update.getFirst());
  OpBuilder::InsertionGuard guard(b_);
  scf::ForOp rows = loop(begin, end, 1);
  b_.setInsertionPointToStart(rows.getBody());
  Value row = rows.getInductionVar(), at = mul(row, selection.k);
  Value scores = address(selection.scores, f32, at), indices = address(selection.indices, i32, at);
  Value worst = address(scores, (selection.k - 1) * 4);
  memo_.emplace_back();
  for (int64_t column = 0; column < columns; column += lanes) {
    int64_t width = std::min(lanes, columns - column);
    Value offered = chunk(update.getScores(), ValueRange(row), {Value(), column}, width);
    Value bar = broadcast(loadAt(worst, f32), width);
    Value better = arith::CmpFOp::create(b_, arith::CmpFPredicate::OGT, offered, bar);
    Value any = vector::ReductionOp::create(b_, vector::CombiningKind::OR, better);
    OpBuilder::InsertionGuard inner(b_);
    auto branch = scf::IfOp::create(b_, TypeRange(), any, /*withElseRegion=*/false);
    b_.setInsertionPointToStart(branch.thenBlock());
    storeAt(offered, selection.counts);
    scf::ForOp each = loop(index(0), index(width), 1);
    b_.setInsertionPointToStart(each.getBody());
    Value score = loadAt(address(selection.counts, f32, each.getInductionVar()), f32);
    Value enters = arith::CmpFOp::create(b_, arith::CmpFPredicate::OGT, score, loadAt(worst, f32));
    auto insert = scf::IfOp::create(b_, TypeRange(), enters, /*withElseRegion=*/false);
    b_.setInsertionPointToStart(insert.thenBlock());
    // Worse ones move down by one place; an equal score keeps its place, its index is lower.
    Value one = index(1);
    auto shift = scf::WhileOp::create(
        b_, TypeRange(b_.getIndexType()), ValueRange(index(selection.k - 1)),
        [&](OpBuilder &, Location, ValueRange place) {
          Value above = arith::MaxSIOp::create(b_, sub(place[0], one), index(0));
          Value worse =
              arith::CmpFOp::create(b_, arith::CmpFPredicate::OLT, loadAt(address(scores, f32, above), f32), score);
          Value inner = arith::CmpIOp::create(b_, arith::CmpIPredicate::sgt, place[0], index(0));
          scf::ConditionOp::create(b_, arith::AndIOp::create(b_, worse, inner), place);
        },
        [&](OpBuilder &, Location, ValueRange place) {
          Value above = sub(place[0], one);
          storeAt(loadAt(address(scores, f32, above), f32), address(scores, f32, place[0]));
          storeAt(loadAt(address(indices, i32, above), i32), address(indices, i32, place[0]));
          scf::YieldOp::create(b_, ValueRange(above));
        });
    b_.setInsertionPointAfter(shift);
    Value place = shift.getResult(0);
    Value which = add(add(first, column), each.getInductionVar());
    storeAt(score, address(scores, f32, place));
    storeAt(arith::IndexCastOp::create(b_, i32, which), address(indices, i32, place));
  }
  memo_.pop_back();
}

void KernelEmitter::emitThreshold(tile::TopkThresholdOp op) {
  const Selection selection = selections_[op.getState()];
  Buffer scores = bufferOf(op, 0, tileType(op.getScores()));
  Buffer indices = bufferOf(op, 1, tileType(op.getIndices()));
  Type f32 = b_.getF32Type(), i32 = b_.getI32Type();
  forEach(index(0), index(selection.rows), 1, [&](Value row) {
    // An empty last place holds (-inf, the largest index), which selects everything.
    Value last = add(mul(row, selection.k), selection.k - 1);
    storeAt(loadAt(address(selection.scores, f32, last), f32), address(scores.base, f32, row));
    storeAt(loadAt(address(selection.indices, i32, last), i32), address(indices.base, i32, row));
  });
  buffers_[op.getScores()] = scores;
  buffers_[op.getIndices()] = indices;
}

} // namespace longc::cpu
