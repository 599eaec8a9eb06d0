// Block-scaled products of int16 activations (tile.scaled_mma): what decoding does, one row a sequence.
//
// One row or two are bound by the weights' bytes and stream them (ScaledProducts). More rows share the work of unpacking: a
// panel's weights become words once and meet pairs of activations of every row in a block of rows. Sums of integers are
// exact and floats are added in the order of the streams, so that a row's result does not hang on how many there are.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace longc::cpu {

static constexpr int64_t pairsOfBlock = blockColumns / 2; // of activations: words of one row's block, two a lane
static constexpr int64_t aheadBlocks = 8;              // of weights that are asked for before they are needed

// Rows [begin, end): whole blocks, then a smaller one that repeats its last row, or streams.
void KernelEmitter::emitWideRows(Item &item, Value begin, Value end) {
  auto mma = cast<tile::ScaledMmaOp>(item.op);
  const int64_t depth = tileType(mma.getA()).getShape()[1], most = ProductAttr::of(mma).getRows();
  Value halves = scratch(mma, 0);
  auto stream = [&](Value from, Value to) {
    forEach(from, to, 1, [&](Value row) {
      splitWideRow(mma, row, halves);
      emitStreamingRow(item, row, halves);
    });
  };
  if (tileType(item.value).getShape()[0] == 1)
    return stream(begin, end);
  Value pairs = scratch(mma, 1);
  const int64_t streams = ProductAttr::of(mma).getStreams();
  forEach(begin, end, most, [&](Value first) {
    Value count = sub(end, first);
    auto atMost = [&](int64_t rows) -> Value { return arith::CmpIOp::create(b_, arith::CmpIPredicate::sle, count, index(rows)); };
    auto block = [&](int64_t rows) { emitWideBlock(item, first, end, rows, pairs); };
    auto blocks = [&] {
      if (most / 2 > streams)
        either(atMost(most / 2), [&] { block(most / 2); }, [&] { block(most); });
      else
        block(most);
    };
    either(atMost(streams), [&] { stream(first, end); }, blocks);
  });
}

// A block of `count` rows; those past the last are the last again.
void KernelEmitter::emitWideBlock(Item &item, Value first, Value end, int64_t count, Value pairs) {
  auto mma = cast<tile::ScaledMmaOp>(item.op);
  const int64_t depth = tileType(mma.getA()).getShape()[1], columns = tileType(item.value).getShape()[1];
  SmallVector<Value> rows, rowPairs;
  for (int64_t i = 0; i < count; ++i) {
    rows.push_back(minimum(add(first, i), sub(end, index(1))));
    rowPairs.push_back(address(pairs, i * 2 * depth));
    pairWideRow(mma, rows[i], rowPairs[i]);
  }
  if (columns % lanes)
    emitWidePanel(item, rows, rowPairs, index(columns / lanes), columns % lanes);
  forEach(index(0), index(columns / lanes), 1, [&](Value panel) { emitWidePanel(item, rows, rowPairs, panel, lanes); });
}

// Activations in the order in which weights unpack: of four columns the even ones, then the odd ones.
void KernelEmitter::pairWideRow(tile::ScaledMmaOp mma, Value row, Value to) {
  Value from = rowAddress(mma.getA(), row);
  Type word = b_.getIntegerType(16);
  SmallVector<int64_t> mask;
  for (int64_t column = 0; column < blockColumns; column += 4)
    mask.append({column, column + 2, column + 1, column + 3});
  forEach(index(0), index(tileType(mma.getA()).getShape()[1] / blockColumns), 1, [&](Value block) {
    Value at = mul(block, blockColumns), whole = loadAt(address(from, word, at), vectorOf(blockColumns, word));
    storeAt(shuffle(whole, whole, mask), address(to, word, at));
  });
}

// A vector of packed weights as vectors of words, each the weights of one pair of columns.
SmallVector<Value> KernelEmitter::unpackWords(const BlockFormat &layout, Value packed) {
  VectorType ints = vectorOf(lanes, b_.getI32Type()), words = vectorOf(2 * lanes, b_.getI16Type());
  auto shifted = [&](int64_t bits) -> Value {
    return bits ? Value(arith::ShRUIOp::create(b_, packed, constantOf(ints, bits))) : packed;
  };
  auto masked = [&](int64_t bits, int64_t mask) {
    return bitcast(arith::AndIOp::create(b_, shifted(bits), constantOf(ints, mask)), words);
  };
  if (!layout.bytes) {
    constexpr int64_t nibbles = 0x000f000f;
    return {masked(0, nibbles), masked(8, nibbles), masked(4, nibbles), masked(12, nibbles)};
  }
  if (layout.halves) { // with their sign
    Value pairs = bitcast(packed, words), eight = constantOf(words, 8);
    return {arith::ShRSIOp::create(b_, arith::ShLIOp::create(b_, pairs, eight), eight), arith::ShRSIOp::create(b_, pairs, eight)};
  }
  constexpr int64_t bytes = 0x00ff00ff;
  VectorType signs = vectorOf(4 * lanes, b_.getI8Type());
  packed = bitcast(arith::XOrIOp::create(b_, bitcast(packed, signs), constantOf(signs, -128)), ints);
  return {masked(0, bytes), masked(8, bytes)};
}

// Sixteen columns of some rows. The parts of d and of m' are summed apart, as in the streams.
void KernelEmitter::emitWidePanel(Item &item, ArrayRef<Value> rows, ArrayRef<Value> pairs, Value panel, int64_t width) {
  auto mma = cast<tile::ScaledMmaOp>(item.op);
  const BlockFormat layout = blockOf(mma);
  const int64_t blocks = tileType(mma.getA()).getShape()[1] / blockColumns, count = rows.size();
  Value stream = weightStream(mma, panel);
  SmallVector<Value> scales, sums, carried;
  Column at{mul(panel, lanes), 0};
  VectorType ints = vectorOf(lanes, b_.getI32Type()), floats = vectorOf(lanes, b_.getF32Type());
  memo_.emplace_back();
  for (Value row : rows) {
    scales.push_back(rowAddress(mma.getScales(), row));
    sums.push_back(rowAddress(mma.getSums(), row));
    carried.push_back(accumulatorChunk(mma.getAcc(), row, at, width));
  }
  memo_.pop_back();
  const bool hasMinimums = !layout.halves;
  if (hasMinimums)
    carried.append(count, constantOf(floats, 0));
  SmallVector<Value> totals = accumulated(index(0), index(blocks), 1, carried, [&](Value block, ValueRange before) {
    Value from = address(stream, b_.getI8Type(), mul(block, layout.size()));
    for (int64_t at = 0; at < layout.size(); at += 64) // processors do not look ahead past a page
      LLVM::Prefetch::create(b_, address(from, aheadBlocks * layout.size() + at), /*rw=*/0, /*hint=*/2, /*cache=*/1);
    SmallVector<Value> groups, products(count);
    for (Value row : pairs)
      groups.push_back(address(row, b_.getI32Type(), mul(block, pairsOfBlock)));
    const int64_t vectors = layout.vectors(), parts = layout.halves ? 2 : 1;
    for (int64_t part = 0; part < parts; ++part) {
      SmallVector<Value> dots(count, constantOf(ints, 0));
      for (int64_t v = part * vectors / parts; v < (part + 1) * vectors / parts; ++v) {
        Value packed = loadAt(address(from, layout.header() + v * 64), ints);
        SmallVector<Value> words = unpackWords(layout, packed);
        for (auto [number, word] : llvm::enumerate(words))
          for (int64_t i = 0; i < count; ++i) {
            Value pair = address(groups[i], (v * words.size() + number) * 4);
            dots[i] = dotWords(dots[i], word, broadcast(loadAt(pair, b_.getI32Type()), lanes));
          }
      }
      Value scale = layout.halves ? halfScales(from, layout, part) : Value();
      for (int64_t i = 0; i < count; ++i) {
        Value dot = arith::SIToFPOp::create(b_, floats, dots[i]);
        if (!layout.halves)
          products[i] = dot;
        else
          products[i] = part ? Value(vector::FMAOp::create(b_, dot, scale, products[i])) : Value(arith::MulFOp::create(b_, dot, scale));
      }
    }
    auto [d, minimums] = unsignedScales(from, layout);
    auto ofRow = [&](Value base) { return broadcast(loadAt(address(base, b_.getF32Type(), block), b_.getF32Type()), lanes); };
    SmallVector<Value> next(before);
    for (int64_t i = 0; i < count; ++i) {
      next[i] = vector::FMAOp::create(b_, arith::MulFOp::create(b_, products[i], ofRow(scales[i])), d, next[i]);
      if (hasMinimums)
        next[count + i] = vector::FMAOp::create(b_, minimums, ofRow(sums[i]), next[count + i]);
    }
    return next;
  });
  for (int64_t i = 0; i < count; ++i) {
    Value rest = hasMinimums ? totals[count + i] : constantOf(floats, 0);
    storeLanes(item, rows[i], at, arith::AddFOp::create(b_, totals[i], rest), width);
  }
}

} // namespace longc::cpu
