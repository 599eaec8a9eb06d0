// Dense products with few rows: the second operand is read once for all of them, where and as it lies.
//
// Panels pay by being read again for every block of rows. With a handful of rows, as in decoding, packing would cost
// more than the product. A row of B that is a column of the result (q k^T) is multiplied lane by lane and its sums go
// across lanes at the end, 16 columns at a time; rows of B along k (p v) are joined to groups as they are read.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Matchers.h"

#include <utility>

using namespace mlir;

namespace longc::cpu {

static constexpr int64_t unrolledSteps = 8; // of 64 bytes along k

// Where the load stands in the next iteration of its loop; in the last one, where it stands now.
Value KernelEmitter::baseOfNext(tile::LoadOp load) {
  auto loop = load->getParentOfType<scf::ForOp>();
  Value now = mapped(loop.getInductionVar()), end = mapped(loop.getUpperBound());
  Value next = add(now, mapped(loop.getStep()));
  Value more = arith::CmpIOp::create(b_, arith::CmpIPredicate::slt, next, end);
  IRMapping scalars = std::exchange(scalars_, outside_[loop]);
  scalars_.map(loop.getInductionVar(), arith::SelectOp::create(b_, more, next, now));
  Value base = makePlace(load.getView(), load.getOffsets(), {}, {}, load.getDropped(), tileType(load.getTile())).base;
  scalars_ = std::move(scalars);
  return base;
}

// Asks for columns of a row of the next iteration's tile.
void KernelEmitter::readAhead(Value tile, Value row, Value column, int64_t columns) {
  auto load = unkept(tile).getDefiningOp<tile::LoadOp>();
  auto level = load ? load->getAttrOfType<IntegerAttr>(readAheadAttribute) : IntegerAttr();
  if (!level)
    return;
  const Place &place = places_[load];
  Type element = tileType(tile).getElementType();
  Value at = address(place.nextBase, element, add(mul(row, place.strides[0]), column));
  for (int64_t bytes = 0; bytes < columns * elementBytes(element); bytes += 64)
    LLVM::Prefetch::create(b_, address(at, bytes), /*rw=*/0, /*hint=*/4 - level.getInt(), /*cache=*/1);
}

// Sixteen columns of `group` consecutive rows of a tile, row by row within each column. Only the first `present` rows
// exist, the others are zero.
Value KernelEmitter::joinedRows(Value tile, Value step, int64_t group, int64_t present, Column column, int64_t width) {
  SmallVector<Value> rows;
  for (int64_t i = 0; i < present; ++i)
    rows.push_back(accumulatorChunk(tile, add(mul(step, group), i), column, width));
  rows.resize(group, constantOf(rows[0].getType(), 0));
  return group == 1 ? rows[0] : interleaved(rows[0], rows[1]);
}

// 64 bytes of a row, zeros behind its end.
Value KernelEmitter::wideChunk(Value tile, Value row, Column column, int64_t width) {
  return padded(chunk(tile, ValueRange(row), column, width), lanes * stepOf(tileType(tile).getElementType()));
}

// Per row of A, lane sums of its products with one row of B.
SmallVector<Value> KernelEmitter::laneProducts(tile::MmaOp mma, ArrayRef<Value> rows, Value rowOfB) {
  Type element = tileType(mma.getA()).getElementType();
  int64_t depth = tileType(mma.getA()).getShape()[1], step = lanes * stepOf(element), whole = depth / step * step;
  SmallVector<Value> sums(rows.size(), constantOf(vectorOf(lanes, b_.getF32Type()), 0));
  auto multiply = [&](Column column, int64_t width) {
    Value b = wideChunk(mma.getB(), rowOfB, column, width);
    for (auto [sum, row] : llvm::zip(sums, rows))
      sum = dot(sum, wideChunk(mma.getA(), row, column, width), b, element);
  };
  if (whole / step > unrolledSteps) {
    sums = accumulated(index(0), index(whole), step, sums, [&](Value column, ValueRange before) {
      sums.assign(before.begin(), before.end());
      memo_.emplace_back();
      multiply({column, 0}, step);
      memo_.pop_back();
      return sums;
    });
  } else {
    for (int64_t at = 0; at < whole; at += step)
      multiply({Value(), at}, step);
  }
  if (whole < depth)
    multiply({Value(), whole}, depth - whole);
  return sums;
}

// Rows of A by rows of B, `rows` at a time.
void KernelEmitter::emitLaneProduct(Item &item, Value begin, Value end) {
  auto mma = cast<tile::MmaOp>(item.op);
  int64_t columns = tileType(item.value).getShape()[1], most = ProductAttr::of(mma).getRows();
  auto block = [&](ArrayRef<Value> rows, Value firstColumn, int64_t count) {
    std::function<SmallVector<Value>(int64_t, int64_t)> sum = [&](int64_t first, int64_t size) {
      if (first >= count)
        return SmallVector<Value>(rows.size(), constantOf(vectorOf(lanes, b_.getF32Type()), 0));
      if (size == 1)
        return laneProducts(mma, rows, add(firstColumn, first));
      // Halves first: few sums are alive at a time.
      SmallVector<Value> low = sum(first, size / 2), high = sum(first + size / 2, size / 2);
      for (auto [a, c] : llvm::zip(low, high))
        a = addAcross(a, c, size);
      return low;
    };
    for (int64_t i = 0; i < count; ++i)
      readAhead(mma.getB(), add(firstColumn, i), {}, tileType(mma.getB()).getShape()[1]);
    memo_.emplace_back();
    SmallVector<Value> sums = sum(0, lanes);
    bool zero = matchPattern(mma.getAcc(), m_AnyZeroFloat());
    const Buffer &to = item.to[0];
    Column at{firstColumn, 0};
    for (auto [row, result] : llvm::zip(rows, sums)) {
      if (!zero)
        result = arith::AddFOp::create(b_, accumulatorChunk(mma.getAcc(), row, at, count), result);
      if (count < lanes) {
        SmallVector<int64_t> mask = llvm::to_vector(llvm::seq<int64_t>(0, count));
        result = shuffle(result, result, mask);
      }
      storeAt(result, bufferAddress(to, item.value, ValueRange(row), at));
    }
    memo_.pop_back();
  };
  inBlocks(begin, end, most, [&](Value first, int64_t count) {
    SmallVector<Value> rows;
    for (int64_t i = 0; i < count; ++i)
      rows.push_back(add(first, i));
    inSteps(columns, lanes, [&](Value column, int64_t width) { block(rows, column, width); });
  });
}

} // namespace longc::cpu
