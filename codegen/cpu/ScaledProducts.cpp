// Block-scaled products of int8 activations with quantised weights (tile.scaled_mma).
//
// Weights are taken as unsigned bytes u: nibbles as they are, q8_0 with 128 added. A block's value is d*u + m', where
// m' is the format's m, -8 d of q4_0, -128 d of q8_0; the m' part multiplies the activations' sum. With many rows, the
// weights are unpacked once into scratch and serve all rows; with few, each row streams them from memory and unpacks in
// registers.
//
// Full bytes that are unpacked stay signed: there 128 is added to the activations, and integer sums begin at what that brings too much, which is
// the same for all rows. The m' part would cost a multiply-add for each row and block beside its eight dots.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace longc::cpu {

namespace {
struct Weights {
  tile::LoadOp load;
  tile::ViewType type;
  BlockFormat block;
  int64_t blocksOfRow() const { return type.getShape()[1] / blockColumns; }
};
} // namespace

static std::optional<Weights> weightsOf(tile::ScaledMmaOp mma) {
  auto load = mma.getB().getDefiningOp<tile::LoadOp>();
  if (!load)
    return std::nullopt;
  auto type = cast<tile::ViewType>(load.getView().getType());
  auto format = cast<tile::QuantizedType>(type.getElementType()).getFormat();
  return Weights{load, type, blockFormat(format)};
}

void KernelEmitter::emitScaledProduct(Item &item, Value begin, Value end) {
  auto mma = cast<tile::ScaledMmaOp>(item.op);
  std::optional<Weights> weights = weightsOf(mma);
  int64_t columns = tileType(item.value).getShape()[1], depth = tileType(mma.getA()).getShape()[1];
  if (!weights)
    return refuse(mma, "expected weights that are loaded by this kernel");
  if (!rowSource(mma.getA()) || !rowSource(mma.getScales()) || !rowSource(mma.getSums()))
    return refuse(mma, "expected encoded rows in memory");
  int64_t whole = columns / lanes, rest = columns % lanes, blocks = depth / blockColumns; // panels, columns of one more
  auto form = ProductAttr::of(mma);
  if (form.is(Form::wide))
    return emitWideRows(item, begin, end);
  const ProductShape shape{form.getRows(), form.getPanels()};
  Value decoded = scratch(mma, 0);

  Value count = sub(end, begin);
  Value few = arith::CmpIOp::create(b_, arith::CmpIPredicate::slt, count, index(form.getStreams() + 1));
  auto allRows = [&](Value panel, ProductShape block, int64_t width) {
    decodePanels(mma, panel, block.panels, decoded);
    Value blocked = add(begin, mul(divide(count, block.rows), block.rows));
    auto rowsOf = [&](Value from, Value to, int64_t height) {
      forEach(from, to, height, [&](Value row) { emitScaledMicroKernel(item, decoded, row, panel, {height, block.panels}, width); });
    };
    rowsOf(begin, blocked, block.rows);
    rowsOf(blocked, end, 1);
  };
  auto stream = [&] { forEach(begin, end, 1, [&](Value row) { emitStreamingRow(item, row, {}); }); };
  either(few, stream, [&] {
    if (rest)
      allRows(index(whole), {form.getLastRows(), 1}, rest);
    if (whole)
      forEach(index(0), index(whole), shape.panels, [&](Value panel) { allRows(panel, shape, lanes); });
  });
}

// d and m' of the 16 rows of a block.
std::pair<Value, Value> KernelEmitter::unsignedScales(Value from, const BlockFormat &block) {
  Value d = blockScales(from, block.scaleBytes);
  if (block.minimum)
    return {d, blockScales(address(from, block.secondAt()), block.scaleBytes)};
  if (block.halves) // multiplied with their sign
    return {d, constantOf(d.getType(), 0)};
  int64_t shift = block.bytes ? 128 : block.shift;
  return {d, arith::MulFOp::create(b_, d, constantOf(d.getType(), -shift))};
}

// The scales of 8 bits of one half of a block's columns as f32.
Value KernelEmitter::halfScales(Value from, const BlockFormat &block, int64_t half) {
  VectorType words = vectorOf(lanes, b_.getI16Type());
  Value pair = loadAt(address(from, block.secondAt()), words);
  if (half == 0)
    pair = arith::ShLIOp::create(b_, pair, constantOf(words, 8));
  Value scale = arith::ShRSIOp::create(b_, pair, constantOf(words, 8));
  return arith::SIToFPOp::create(b_, vectorOf(lanes, b_.getF32Type()), scale);
}

// Sixteen scales of a block as f32.
Value KernelEmitter::blockScales(Value from, int64_t scaleBytes) {
  VectorType floats = vectorOf(lanes, b_.getF32Type());
  if (scaleBytes == 4)
    return loadAt(from, floats);
  return arith::ExtFOp::create(b_, floats, loadAt(from, vectorOf(lanes, b_.getF16Type())));
}

// Unpacks `count` panels: for each block, for each panel, 8 vectors of bytes, d and m'; of full bytes what sums begin at instead of m'.
void KernelEmitter::decodePanels(tile::ScaledMmaOp mma, Value panel, int64_t count, Value to) {
  Weights weights = *weightsOf(mma);
  const Place &place = places_[weights.load];
  int64_t blocks = tileType(mma.getA()).getShape()[1] / blockColumns;
  Value firstPanel = divide(place.panelRow, panelRows), firstBlock = divide(place.panelColumn, blockColumns);
  Value last = index((weights.type.getShape()[0] - 1) / panelRows);
  SmallVector<Value> panelPointers;
  for (int64_t j = 0; j < count; ++j) {
    Value which = minimum(add(firstPanel, add(panel, j)), last);
    Value at = mul(add(mul(which, weights.blocksOfRow()), firstBlock), weights.block.size());
    panelPointers.push_back(address(views_[weights.load.getView()].data, b_.getI8Type(), at));
  }
  VectorType bytes = vectorOf(64, b_.getI8Type()), ints = vectorOf(lanes, b_.getI32Type());
  forEach(index(0), index(blocks), 1, [&](Value block) {
    Value target = address(to, b_.getI8Type(), mul(block, count * decodedBlock));
    for (int64_t j = 0; j < count; ++j) {
      Value from = address(panelPointers[j], b_.getI8Type(), mul(block, weights.block.size()));
      int64_t base = j * decodedBlock;
      Value start = constantOf(ints, 0);
      for (int64_t v = 0; v < weights.block.vectors(); ++v) {
        Value packed = loadAt(address(from, weights.block.header() + v * 64), bytes);
        if (!weights.block.bytes) {
          Value low = arith::AndIOp::create(b_, packed, constantOf(bytes, 15));
          Value high = arith::ShRUIOp::create(b_, packed, constantOf(bytes, 4));
          storeAt(low, address(target, base + v * 128), 64);
          storeAt(high, address(target, base + v * 128 + 64), 64);
        } else {
          storeAt(packed, address(target, base + v * 64), 64);
          start = dotBytes(start, constantOf(bytes, -128), packed, /*nibbles=*/false);
        }
      }
      auto [d, m] = unsignedScales(from, weights.block);
      storeAt(d, address(target, base + 512), 64);
      storeAt(weights.block.bytes ? arith::SubIOp::create(b_, constantOf(ints, 0), start).getResult() : m, address(target, base + 576), 64);
    }
  });
}

// Of the last panel only the first `width` columns exist.
void KernelEmitter::emitScaledMicroKernel(Item &item, Value decoded, Value row, Value panel, ProductShape shape,
                                          int64_t width) {
  auto mma = cast<tile::ScaledMmaOp>(item.op);
  const BlockFormat format = weightsOf(mma)->block;
  int64_t blocks = tileType(mma.getA()).getShape()[1] / blockColumns;
  RowSource values = *rowSource(mma.getA()), scales = *rowSource(mma.getScales()), sums = *rowSource(mma.getSums());
  Column at{mul(panel, lanes), 0};
  SmallVector<Value> accumulators, rowIndices, a, s, m;
  memo_.emplace_back();
  for (int64_t i = 0; i < shape.rows; ++i) {
    Value current = add(row, i);
    rowIndices.push_back(current);
    a.push_back(rowAddress(values, current));
    s.push_back(rowAddress(scales, current));
    m.push_back(rowAddress(sums, current));
    for (int64_t j = 0; j < shape.panels; ++j)
      accumulators.push_back(accumulatorChunk(mma.getAcc(), current, at + j * lanes, width));
  }
  memo_.pop_back();
  const int64_t together = format.bytes && !format.halves ? static_cast<int64_t>(mma.getScaleBlocks()) : 1; // blocks summed as integers
  SmallVector<Value> totals = accumulated(index(0), index(blocks), together, accumulators, [&](Value block, ValueRange before) {
    VectorType ints = vectorOf(lanes, b_.getI32Type()), floats = vectorOf(lanes, b_.getF32Type());
    VectorType bytes = vectorOf(64, b_.getI8Type());
    Value from = address(decoded, b_.getI8Type(), mul(block, shape.panels * decodedBlock));
    Value groups = mul(block, blockColumns / 4);
    SmallVector<Value> next(before);
    SmallVector<Value> starts, dots;
    auto partAt = [&](int64_t part, int64_t j) { return (part * shape.panels + j) * decodedBlock; };
    for (int64_t j = 0; j < shape.panels; ++j) {
      starts.push_back(format.bytes ? loadAt(address(from, j * decodedBlock + 576), ints, 64) : constantOf(ints, 0));
      for (int64_t part = 1; part < together; ++part)
        starts[j] = arith::AddIOp::create(b_, starts[j], loadAt(address(from, partAt(part, j) + 576), ints, 64));
    }
    for (int64_t i = 0; i < shape.rows; ++i)
      dots.append(starts);
    for (int64_t v = 0; v < 8 * together; ++v) {
      SmallVector<Value> operands;
      for (int64_t j = 0; j < shape.panels; ++j)
        operands.push_back(loadAt(address(from, partAt(v / 8, j) + v % 8 * 64), bytes, 64));
      for (int64_t i = 0; i < shape.rows; ++i) {
        Value pointer = address(address(a[i], b_.getI32Type(), groups), v * 4);
        Value group = broadcast(loadAt(pointer, b_.getI32Type()), lanes);
        if (format.bytes) { // behind the broadcast: LLVM would do it before, and broadcast from a register, by a pipe of the dots
          Value fenced = callIntrinsic("llvm.arithmetic.fence", floats, bitcast(group, floats));
          group = arith::XOrIOp::create(b_, bitcast(fenced, bytes), constantOf(bytes, -128));
        }
        for (int64_t j = 0; j < shape.panels; ++j) {
          Value &sum = dots[i * shape.panels + j];
          sum = format.bytes ? dotBytes(sum, group, operands[j], /*nibbles=*/false) : dotBytes(sum, operands[j], group, /*nibbles=*/true);
        }
      }
    }
    for (int64_t j = 0; j < shape.panels; ++j) {
      Value d = loadAt(address(from, j * decodedBlock + 512), floats, 64);
      Value minimums = loadAt(address(from, j * decodedBlock + 576), floats, 64);
      for (int64_t i = 0; i < shape.rows; ++i) {
        Value scale = broadcast(loadAt(address(s[i], b_.getF32Type(), block), b_.getF32Type()), lanes);
        Value sum = broadcast(loadAt(address(m[i], b_.getF32Type(), block), b_.getF32Type()), lanes);
        Value &acc = next[i * shape.panels + j];
        Value product = arith::SIToFPOp::create(b_, floats, dots[i * shape.panels + j]);
        acc = vector::FMAOp::create(b_, arith::MulFOp::create(b_, product, scale), d, acc);
        if (!format.bytes)
          acc = vector::FMAOp::create(b_, minimums, sum, acc);
      }
    }
    return next;
  });
  for (int64_t i = 0; i < shape.rows; ++i)
    for (int64_t j = 0; j < shape.panels; ++j)
      storeLanes(item, rowIndices[i], at + j * lanes, totals[i * shape.panels + j], width);
}

// int16 activations as 256 h + l: for each block, 32 bytes h and 32 bytes l.
void KernelEmitter::splitWideRow(tile::ScaledMmaOp mma, Value row, Value to) {
  int64_t blocks = tileType(mma.getA()).getShape()[1] / blockColumns;
  Value from = rowAddress(mma.getA(), row);
  VectorType words = vectorOf(blockColumns, b_.getIntegerType(16)), bytes = vectorOf(blockColumns, b_.getI8Type());
  forEach(index(0), index(blocks), 1, [&](Value block) {
    Value whole = loadAt(address(from, words.getElementType(), mul(block, blockColumns)), words);
    Value high =
        arith::ShRSIOp::create(b_, arith::AddIOp::create(b_, whole, constantOf(words, 128)), constantOf(words, 8));
    Value low = arith::SubIOp::create(b_, whole, arith::ShLIOp::create(b_, high, constantOf(words, 8)));
    Value target = address(to, b_.getI8Type(), mul(block, 2 * blockColumns));
    storeAt(arith::TruncIOp::create(b_, bytes, high), target);
    storeAt(arith::TruncIOp::create(b_, bytes, low), address(target, blockColumns));
  });
}

BlockFormat KernelEmitter::blockOf(tile::ScaledMmaOp mma) { return weightsOf(mma)->block; }

// The first block of a panel of the tile's weights.
Value KernelEmitter::weightStream(tile::ScaledMmaOp mma, Value panel) {
  Weights weights = *weightsOf(mma);
  const Place &place = places_[weights.load];
  Value firstPanel = divide(place.panelRow, panelRows), firstBlock = divide(place.panelColumn, blockColumns);
  Value which = minimum(add(firstPanel, panel), index((weights.type.getShape()[0] - 1) / panelRows));
  return address(views_[weights.load.getView()].data, b_.getI8Type(),
                 mul(add(mul(which, weights.blocksOfRow()), firstBlock), weights.block.size()));
}

// One row: each panel is one stream of memory, unpacked in registers. With `halves` (see splitWideRow) each group of
// weights meets the high and the low bytes of its activations.
void KernelEmitter::emitStreamingRow(Item &item, Value row, Value halves) {
  int64_t columns = tileType(item.value).getShape()[1], whole = columns / lanes;
  if (columns % lanes)
    emitStreamingPanel(item, row, halves, index(whole), columns % lanes);
  forEach(index(0), index(whole), 1, [&](Value panel) { emitStreamingPanel(item, row, halves, panel, lanes); });
}

// An adapter's second product comes on top of this one: its panel is asked for while this one's weights stream.
void KernelEmitter::askForAddedPanel(tile::ScaledMmaOp mma, Value panel) {
  for (Operation *user : mma->getUsers()) {
    auto added = dyn_cast<tile::MmaOp>(user);
    tile::LoadOp load = added && added.getAcc() == mma.getResult() ? panelsOf(added.getB()) : tile::LoadOp();
    if (!load || !places_.count(load))
      continue;
    const int64_t group = stepOf(tileType(load.getTile()).getElementType());
    const PanelSource panels = storedPanels(load, (tileType(added.getA()).getShape()[1] + group - 1) / group);
    Value which = panels.lastPanel ? minimum(panel, panels.lastPanel) : panel;
    Value at = address(panels.base, b_.getI8Type(), mul(which, panels.panelBytes));
    for (int64_t step = 0; step < panels.steps; ++step)
      LLVM::Prefetch::create(b_, address(at, step * 64), /*rw=*/0, /*hint=*/2, /*cache=*/1);
  }
}

void KernelEmitter::emitStreamingPanel(Item &item, Value row, Value halves, Value panel, int64_t width) {
  auto mma = cast<tile::ScaledMmaOp>(item.op);
  askForAddedPanel(mma, panel);
  const BlockFormat layout = blockOf(mma);
  int64_t blocks = tileType(mma.getA()).getShape()[1] / blockColumns;
  Value a = halves ? halves : rowAddress(mma.getA(), row);
  Value s = rowAddress(mma.getScales(), row), m = rowAddress(mma.getSums(), row);
  int64_t groupsOfBlock = (halves ? 2 : 1) * blockColumns / 4;
  Value stream = weightStream(mma, panel);
  Column at{mul(panel, lanes), 0};
  VectorType ints = vectorOf(lanes, b_.getI32Type()), floats = vectorOf(lanes, b_.getF32Type());
  VectorType bytes = vectorOf(64, b_.getI8Type());
  memo_.emplace_back();
  // The parts of d and of m' are summed apart: two shorter chains.
  Value first = accumulatorChunk(mma.getAcc(), row, at, width);
  memo_.pop_back();
  SmallVector<Value> carried{first, constantOf(floats, 0)};
  SmallVector<Value> totals = accumulated(index(0), index(blocks), 1, carried, [&](Value block, ValueRange before) {
    Value from = address(stream, b_.getI8Type(), mul(block, layout.size()));
    Value group = address(a, b_.getI32Type(), mul(block, groupsOfBlock));
    auto activations = [&](int64_t v) { return broadcast(loadAt(address(group, v * 4), b_.getI32Type()), lanes); };
    constexpr int64_t centre = 32; // added to six bits with a sign
    // Groups of four columns from `first`, as a number of whole products of 16 bits or 8.
    auto multiply = [&](int64_t first, int64_t count, auto operand, bool small) {
      // Sums of even and odd groups apart, and of high and low bytes: short chains.
      Value sums[2][2];
      for (auto &pair : sums)
        pair[0] = pair[1] = constantOf(ints, 0);
      for (int64_t v = first; v < first + count; ++v) {
        Value weight = operand(v);
        sums[v % 2][0] = dotBytes(sums[v % 2][0], weight, activations(v), small);
        if (halves)
          sums[v % 2][1] = dotBytes(sums[v % 2][1], weight, activations(v + blockColumns / 4), small);
      }
      Value total = arith::AddIOp::create(b_, sums[0][0], sums[1][0]);
      if (halves)
        total = arith::AddIOp::create(b_, arith::ShLIOp::create(b_, total, constantOf(ints, 8)),
                                      arith::AddIOp::create(b_, sums[0][1], sums[1][1]));
      return total;
    };
    Value packed;
    auto unsignedWeights = [&](int64_t v) -> Value {
      if (!layout.bytes) { // two groups a vector
        if (v % 2 == 0)
          packed = loadAt(address(from, layout.header() + v / 2 * 64), bytes);
        return v % 2 ? Value(arith::ShRUIOp::create(b_, packed, constantOf(bytes, 4)))
                     : Value(arith::AndIOp::create(b_, packed, constantOf(bytes, 15)));
      }
      Value stored = loadAt(address(from, layout.header() + v * 64), bytes);
      if (layout.halves)
        return arith::AddIOp::create(b_, stored, constantOf(bytes, centre));
      return arith::XOrIOp::create(b_, stored, constantOf(bytes, -128));
    };
    Value product;
    for (int64_t half = 0; half < (layout.halves ? 2 : 1); ++half) {
      const int64_t count = layout.halves ? 4 : 8;
      Value total = multiply(half * 4, count, unsignedWeights, !layout.bytes || layout.halves);
      if (!layout.halves) {
        product = arith::SIToFPOp::create(b_, floats, total);
        break;
      }
      Value added = multiply(half * 4, count, [&](int64_t) { return constantOf(bytes, centre); }, true);
      Value part = arith::SIToFPOp::create(b_, floats, arith::SubIOp::create(b_, total, added));
      Value scale = halfScales(from, layout, half);
      product = product ? Value(vector::FMAOp::create(b_, part, scale, product)) : Value(arith::MulFOp::create(b_, part, scale));
    }
    auto [d, minimums] = unsignedScales(from, layout);
    Value scale = broadcast(loadAt(address(s, b_.getF32Type(), block), b_.getF32Type()), lanes);
    Value sum = broadcast(loadAt(address(m, b_.getF32Type(), block), b_.getF32Type()), lanes);
    return SmallVector<Value>{vector::FMAOp::create(b_, arith::MulFOp::create(b_, product, scale), d, before[0]),
                              vector::FMAOp::create(b_, minimums, sum, before[1])};
  });
  storeLanes(item, row, at, arith::AddFOp::create(b_, totals[0], totals[1]), width);
}

} // namespace longc::cpu
