// The second operand of a dense product as panels: weights are stored so, other tiles are packed into scratch.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace longc::cpu {

// What a product by panels reads: weights where they are stored, a packed operand, or rows as they lie.
PanelSource KernelEmitter::panelsFor(tile::MmaOp mma) {
  Value operand = mma.getB();
  const bool packed = operand.getDefiningOp<PackOp>() != nullptr;
  Value key = packed ? operand : mma.getResult();
  if (packed || panels_.count(key))
    return panels_.lookup(key);
  int64_t group = stepOf(tileType(operand).getElementType()), steps = (tileType(mma.getA()).getShape()[1] + group - 1) / group;
  tile::LoadOp load = panelsOf(operand);
  if (!load)
    return panels_[key] = {scratch_, index(0), steps, {}, operand};
  PanelSource panels = storedPanels(load, steps);
  panels.widens = unkept(operand) != load.getTile();
  return panels_[key] = panels;
}

// Panels of weights, of which a product reads `steps` along k.
PanelSource KernelEmitter::storedPanels(tile::LoadOp load, int64_t steps) {
  const Place &place = places_[load];
  int64_t group = stepOf(tileType(load.getTile()).getElementType());
  auto type = cast<tile::ViewType>(load.getView().getType());
  const View &view = views_[load.getView()];
  // Of an open size, as an adapter's rank is.
  auto stepsIn = [&](int64_t dim, int64_t step) {
    return type.isDynamicDim(dim) ? divide(add(view.sizes[dim], index(step - 1)), step) : index((type.getShape()[dim] + step - 1) / step);
  };
  Value panelBytes = mul(stepsIn(1, group), 64), first = divide(place.panelRow, panelRows);
  Value offset = add(mul(first, panelBytes), mul(divide(place.panelColumn, group), 64));
  PanelSource panels{address(view.data, b_.getI8Type(), offset), panelBytes, steps, {}, {}};
  if (!isInside(load.getOffsets()[0], tileType(load.getTile()).getShape()[0], type.getShape()[0]))
    panels.lastPanel = sub(sub(stepsIn(0, panelRows), index(1)), first);
  return panels;
}

PanelSource KernelEmitter::packOperand(PackOp pack) {
  Value source = unkept(pack.getSource());
  RankedTensorType tile = tileType(pack.getSource());
  Value to = scratch(pack);
  const bool transposed = pack.getTransposeB();
  int64_t depth = tile.getShape()[transposed ? 1 : 0], group = stepOf(tile.getElementType());
  int64_t steps = (depth + group - 1) / group;
  if (auto decode = source.getDefiningOp<tile::DecodeOp>(); decode && decode.getSource().getDefiningOp<tile::LoadOp>()) {
    PanelSource panels = packQuantized(decode, scratch(pack, 0));
    return transposed ? panels : turnedPanels(panels, tile.getElementType(), {}, tile, to);
  }
  tile::LoadOp load = panelsOf(source);
  if (!load)
    return transposed ? packTransposed(pack.getSource(), steps, group, to) : packRows(pack.getSource(), steps, group, to);
  PanelSource panels = storedPanels(load, steps);
  if (transposed)
    return narrowedPanels(panels, tile, to);
  Type stored = tileType(load.getTile()).getElementType();
  int64_t all = cast<tile::ViewType>(load.getView().getType()).getShape()[1];
  Value lastWord;
  if (!isInside(load.getOffsets()[1], tileType(load.getTile()).getShape()[1], all)) {
    int64_t words = (all + stepOf(stored) - 1) / stepOf(stored);
    lastWord = sub(index(words - 1), divide(places_[load].panelColumn, stepOf(stored)));
  }
  return turnedPanels(panels, stored, lastWord, tile, to);
}

// Panels of f32 as panels of bf16, pairs of columns joined.
PanelSource KernelEmitter::narrowedPanels(const PanelSource &from, RankedTensorType tile, Value to) {
  int64_t depth = tile.getShape()[1], count = (tile.getShape()[0] + lanes - 1) / lanes, panelBytes = (depth + 1) / 2 * 64;
  PanelSource result{to, index(panelBytes), from.steps, {}};
  VectorType floats = vectorOf(lanes, b_.getF32Type());
  forEach(index(0), index(count), 1, [&](Value panel) {
    Value source = from.lastPanel ? minimum(panel, from.lastPanel) : panel;
    Value read = address(from.base, b_.getI8Type(), mul(source, from.panelBytes));
    Value write = address(result.base, b_.getI8Type(), mul(panel, panelBytes));
    auto join = [&](Value pair, bool whole) {
      Value first = address(read, floats, mul(pair, 2)), low = toBf16(loadAt(first, floats));
      Value high = whole ? toBf16(loadAt(address(first, 64), floats)) : constantOf(low.getType(), 0);
      storeAt(interleaved(low, high), address(write, floats, pair), 64);
    };
    if (depth % 2)
      join(index(depth / 2), false);
    forEach(index(0), index(depth / 2), 1, [&](Value pair) { join(pair, true); });
  });
  return result;
}

// [N, K], a row a column of the product: 16 rows at a time are transposed as 4-byte groups.
PanelSource KernelEmitter::packTransposed(Value tile, int64_t steps, int64_t group, Value to) {
  int64_t rows = tileType(tile).getShape()[0], depth = tileType(tile).getShape()[1], panelBytes = steps * 64;
  PanelSource result{to, index(panelBytes), steps, {}};
  VectorType words = vectorOf(lanes, b_.getI32Type());
  auto pack = [&](Value firstRow, int64_t count, Column column, int64_t width) {
    SmallVector<Value> block;
    memo_.emplace_back();
    for (int64_t i = 0; i < lanes; ++i) {
      if (i >= count) {
        block.push_back(constantOf(words, 0));
        continue;
      }
      readAhead(tile, add(firstRow, i), valueOf(column), width);
      block.push_back(bitcast(padded(chunk(tile, ValueRange(add(firstRow, i)), column, width), lanes * group), words));
    }
    memo_.pop_back();
    transpose16(block);
    Value panel = address(result.base, b_.getI8Type(), mul(divide(firstRow, lanes), panelBytes));
    Value at = divide(valueOf(column), group);
    for (int64_t i = 0; i < (width + group - 1) / group; ++i)
      storeAt(block[i], address(address(panel, words, at), i * 64), 64);
  };
  inSteps(rows, lanes, [&](Value firstRow, int64_t count) {
    const int64_t step = lanes * group, whole = depth / step * step;
    if (whole)
      forEach(index(0), index(whole), step, [&](Value column) { pack(firstRow, count, {column, 0}, step); });
    if (whole < depth)
      pack(firstRow, count, {Value(), whole}, depth - whole);
  });
  return result;
}

// [K, N]: rows of a 4-byte group interleaved.
PanelSource KernelEmitter::packRows(Value tile, int64_t steps, int64_t group, Value to) {
  int64_t columns = tileType(tile).getShape()[1], panels = (columns + lanes - 1) / lanes, panelBytes = steps * 64;
  PanelSource result{to, index(panelBytes), steps, {}};
  auto pack = [&](Value step, int64_t present) {
    for (int64_t i = 0; i < present; ++i)
      readAhead(tile, add(mul(step, group), i), {}, columns);
    memo_.emplace_back();
    for (int64_t j = 0; j < panels; ++j) {
      int64_t width = std::min(lanes, columns - j * lanes);
      Value joined = joinedRows(tile, step, group, present, {Value(), j * lanes}, width);
      storeAt(joined, address(address(result.base, vectorOf(lanes, b_.getF32Type()), step), j * panelBytes), 64);
    }
    memo_.pop_back();
  };
  int64_t whole = tileType(tile).getShape()[0] / group;
  if (whole < steps)
    pack(index(whole), tileType(tile).getShape()[0] % group);
  forEach(index(0), index(whole), 1, [&](Value step) { pack(step, group); });
  return result;
}

// Quantised weights decoded to floats, panel by panel.
PanelSource KernelEmitter::packQuantized(tile::DecodeOp decode, Value begin) {
  auto load = decode.getSource().getDefiningOp<tile::LoadOp>();
  auto type = cast<tile::ViewType>(load.getView().getType());
  auto format = cast<tile::QuantizedType>(type.getElementType()).getFormat();
  RankedTensorType tile = tileType(decode.getValues());
  bool wide = tile.getElementType().isBF16();
  int64_t rows = tile.getShape()[0], depth = tile.getShape()[1], blocks = depth / blockColumns;
  int64_t panels = (rows + lanes - 1) / lanes, group = wide ? 2 : 1, panelBytes = depth / group * 64;
  const BlockFormat layout = blockFormat(format);
  const bool bytes = layout.bytes;
  int64_t blocksOfRow = type.getShape()[1] / blockColumns;
  const Place &place = places_[load];
  PanelSource result{begin, index(panelBytes), depth / group, {}};
  Value firstPanel = divide(place.panelRow, panelRows), firstBlock = divide(place.panelColumn, blockColumns);
  Value last = index((type.getShape()[0] - 1) / panelRows);

  OpBuilder::InsertionGuard guard(b_);
  scf::ForOp panelLoop = loop(index(0), index(panels), 1);
  b_.setInsertionPointToStart(panelLoop.getBody());
  Value panel = minimum(add(firstPanel, panelLoop.getInductionVar()), last);
  scf::ForOp blockLoop = loop(index(0), index(blocks), 1);
  b_.setInsertionPointToStart(blockLoop.getBody());
  Value block = blockLoop.getInductionVar(), stored = add(firstBlock, block);
  if (!isInside(load.getOffsets()[1], depth, type.getShape()[1]))
    stored = minimum(stored, index(blocksOfRow - 1));
  Value at = mul(add(mul(panel, blocksOfRow), stored), layout.size());
  Value from = address(views_[load.getView()].data, b_.getI8Type(), at);
  Value to = address(result.base, b_.getI8Type(),
                     add(mul(panelLoop.getInductionVar(), panelBytes), mul(block, blockColumns / group * 64)));
  VectorType floats = vectorOf(lanes, b_.getF32Type()), words = vectorOf(lanes, b_.getI32Type());
  Value d = blockScales(from, layout.scaleBytes);
  Value m = layout.minimum ? blockScales(address(from, layout.secondAt()), layout.scaleBytes) : Value();
  // One group of four columns: byte j of each row's word, signed for q8_0, already a nibble otherwise.
  auto decodeGroup = [&](Value packed, int64_t column) {
    Value ofHalf = layout.halves ? halfScales(from, layout, column / lanes) : Value();
    Value values[4];
    for (int64_t j = 0; j < 4; ++j) {
      Value q;
      if (bytes) {
        q = arith::ShLIOp::create(b_, packed, constantOf(words, 24 - 8 * j));
        q = arith::ShRSIOp::create(b_, q, constantOf(words, 24));
      } else {
        q = arith::ShRUIOp::create(b_, packed, constantOf(words, 8 * j));
        q = arith::AndIOp::create(b_, q, constantOf(words, 15));
      }
      Value value = arith::SIToFPOp::create(b_, floats, q);
      if (layout.halves)
        value = arith::MulFOp::create(b_, value, ofHalf);
      if (layout.shift)
        value = arith::SubFOp::create(b_, value, constantOf(floats, layout.shift));
      value = layout.minimum ? Value(vector::FMAOp::create(b_, value, d, m)) : Value(arith::MulFOp::create(b_, value, d));
      values[j] = wide ? toBf16(value) : value;
    }
    if (!wide) {
      for (int64_t j = 0; j < 4; ++j)
        storeAt(values[j], address(to, (column + j) * 64), 64);
      return;
    }
    for (int64_t j = 0; j < 4; j += 2)
      storeAt(interleaved(values[j], values[j + 1]), address(to, (column + j) / 2 * 64), 64);
  };
  for (int64_t v = 0; v < (bytes ? 8 : 4); ++v) {
    Value packed = loadAt(address(from, layout.header() + v * 64), words);
    decodeGroup(packed, v * (bytes ? 4 : 8));
    if (!bytes)
      decodeGroup(arith::ShRUIOp::create(b_, packed, constantOf(words, 4)), v * 8 + 4);
  }
  return result;
}

} // namespace longc::cpu
