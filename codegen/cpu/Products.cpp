// Dense products: register blocks of rows x panels of 16 columns around one dot a step.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace longc::cpu {

static constexpr int64_t fewColumns = 3 * lanes, aheadSteps = 32; // of 64 bytes that are asked for before they are needed

// Elements of a 4-byte group.
int64_t KernelEmitter::stepOf(Type element) const { return 4 / elementBytes(element); }

// Rows that lie in memory as they are, column after column.
std::optional<RowSource> KernelEmitter::rowSource(Value tile) {
  if (auto found = buffers_.find(tile); found != buffers_.end())
    return RowSource{found->second.base, index(found->second.columns), found->second.firstRow, found->second.element};
  auto load = tile.getDefiningOp<tile::LoadOp>();
  if (!load || tileType(tile).getRank() != 2)
    return std::nullopt;
  auto place = places_.find(load);
  if (place == places_.end() || !place->second.base || !place->second.unitColumns || place->second.limits[1] ||
      place->second.firstRow)
    return std::nullopt;
  return RowSource{place->second.base, place->second.strides[0], {}, tileType(tile).getElementType()};
}

// The address of a row.
Value KernelEmitter::rowAddress(const RowSource &source, Value row) {
  Value inBuffer = source.firstRow ? sub(row, source.firstRow) : row;
  return address(source.base, source.element, mul(inBuffer, source.stride));
}

// Sixteen lanes of the accumulator, whatever the tile's width.
Value KernelEmitter::accumulatorChunk(Value acc, Value row, Column column, int64_t width) {
  return padded(chunk(acc, ValueRange(row), column, width), lanes);
}

// The first `width` of sixteen lanes of a product's result; all of them where its buffer's rows have room.
void KernelEmitter::storeLanes(const Item &item, Value row, Column column, Value result, int64_t width) {
  const Buffer &to = item.to[0];
  if (width < lanes && to.columns % lanes) {
    SmallVector<int64_t> mask = llvm::to_vector(llvm::seq<int64_t>(0, width));
    result = shuffle(result, result, mask);
  }
  storeAt(result, bufferAddress(to, item.value, ValueRange(row), column));
}

void KernelEmitter::emitProduct(Item &item, Value begin, Value end, const Guests *guests) {
  auto mma = cast<tile::MmaOp>(item.op);
  auto form = ProductAttr::of(mma);
  if (form.is(Form::lanes))
    return emitLaneProduct(item, begin, end);
  const PanelSource panels = panelsFor(mma);
  if (form.is(Form::matrix_unit))
    return emitTileProduct(item, panels, begin, end);
  int64_t columns = tileType(item.value).getShape()[1], count = (columns + lanes - 1) / lanes;
  const ProductShape shape{form.getRows(), form.getPanels()};
  auto rows = [&](Value panel, int64_t firstPanel, int64_t panelCount) {
    inBlocks(begin, end, shape.rows, [&](Value row, int64_t height) {
      emitMicroKernel(item, panels, row, panel, firstPanel, {height, panelCount}, nullptr);
    });
  };
  int64_t hosted = guests ? shape.panels : 0; // the first panels have guests; their blocks of rows are whole
  if (guests) {
    Value whole = add(begin, mul(divide(sub(end, begin), shape.rows), shape.rows));
    forEach(begin, whole, shape.rows, [&](Value row) {
      emitMicroKernel(item, panels, row, {}, 0, {shape.rows, std::min(shape.panels, count)}, guests);
    });
  }
  if (columns % lanes == 0 && count > shape.panels)
    return forEach(index(hosted), index(count), shape.panels, [&](Value panel) { rows(panel, 0, shape.panels); });
  for (int64_t first = hosted; first < count; first += shape.panels)
    rows({}, first, std::min(shape.panels, count - first));
}

// Two columns of f32 rows by pairs of bf16, which are the upper and the lower halves of words.
void KernelEmitter::multiplyPairs(ArrayRef<Value> rows, ArrayRef<Value> pairs, Value step, int64_t present,
                                  MutableArrayRef<Value> sums) {
  VectorType words = vectorOf(lanes, b_.getI32Type()), floats = vectorOf(lanes, b_.getF32Type());
  for (int64_t column = 0; column < present; ++column) {
    SmallVector<Value> operands;
    for (Value pair : pairs) {
      Value bits = bitcast(pair, words);
      operands.push_back(bitcast(column ? Value(arith::AndIOp::create(b_, bits, constantOf(words, -65536)))
                                        : Value(arith::ShLIOp::create(b_, bits, constantOf(words, 16))),
                                 floats));
    }
    Value at = add(mul(step, 2), column);
    for (auto [i, row] : llvm::enumerate(rows)) {
      Value a = broadcast(loadAt(address(row, b_.getF32Type(), at), b_.getF32Type()), lanes);
      for (auto [j, operand] : llvm::enumerate(operands)) {
        Value &sum = sums[i * operands.size() + j];
        sum = dot(sum, a, operand, b_.getF32Type());
      }
    }
  }
}

// Sums over steps [0, steps) on top of `sums`: parts of `most` steps each begin at zero.
SmallVector<Value> KernelEmitter::sumsInParts(int64_t steps, int64_t most, ArrayRef<Value> sums,
                                              llvm::function_ref<SmallVector<Value>(Value, Value, ValueRange)> sumOf) {
  if (steps <= most)
    return sumOf(index(0), index(steps), sums);
  auto added = [&](Value begin, Value end, ValueRange before) {
    SmallVector<Value> zeros(before.size(), constantOf(before[0].getType(), 0)), part = sumOf(begin, end, zeros);
    for (auto [sum, total] : llvm::zip(part, before))
      sum = arith::AddFOp::create(b_, total, sum);
    return part;
  };
  const int64_t whole = steps / most * most;
  SmallVector<Value> parts = accumulated(index(0), index(whole), most, sums, [&](Value begin, ValueRange before) {
    return added(begin, add(begin, most), before);
  });
  return steps == whole ? parts : added(index(whole), index(steps), parts);
}

// Rows row ... row + shape.rows - 1 by `shape.panels` panels, over the whole of k.
void KernelEmitter::emitMicroKernel(Item &item, const PanelSource &panels, Value row, Value panel, int64_t firstPanel,
                                    ProductShape shape, const Guests *guests) {
  auto mma = cast<tile::MmaOp>(item.op);
  std::optional<RowSource> rows = rowSource(mma.getA());
  if (!rows)
    return refuse(mma, "expected rows of the first operand in memory");
  int64_t columns = tileType(item.value).getShape()[1];
  Column at{panel ? mul(panel, lanes) : Value(), firstPanel * lanes};
  auto widthOf = [&](int64_t j) { return panel ? lanes : std::min(lanes, columns - (firstPanel + j) * lanes); };
  memo_.emplace_back();
  SmallVector<Value> accumulators, rowPointers, panelPointers, rowIndices;
  for (int64_t i = 0; i < shape.rows; ++i) {
    Value current = add(row, i);
    rowIndices.push_back(current);
    rowPointers.push_back(rowAddress(*rows, current));
    for (int64_t j = 0; j < shape.panels; ++j)
      accumulators.push_back(accumulatorChunk(mma.getAcc(), current, at + j * lanes, widthOf(j)));
  }
  memo_.pop_back();
  for (int64_t j = 0; j < shape.panels; ++j) {
    if (panels.tile)
      break;
    Value which = add(panel, index(firstPanel + j));
    if (panels.lastPanel)
      which = minimum(which, panels.lastPanel);
    panelPointers.push_back(address(panels.base, b_.getI8Type(), mul(which, panels.panelBytes)));
  }
  // One row by few panels of weights, such as an adapter's first product: bound by how soon memory gives them.
  const bool streams = shape.rows == 1 && columns <= fewColumns && panelsOf(mma.getB());
  // One step along k: groups of `group` values of a row, of which the last one may have fewer.
  const int64_t depth = tileType(mma.getA()).getShape()[1], group = panels.widens ? 2 : stepOf(rows->element);
  auto multiply = [&](Value k, int64_t present, MutableArrayRef<Value> sums) {
    SmallVector<Value> operands;
    VectorType vector = vectorOf(lanes, b_.getF32Type());
    for (Value pointer : panelPointers) {
      operands.push_back(loadAt(address(pointer, vector, k), vector));
      if (streams) // processors do not look ahead past a page
        LLVM::Prefetch::create(b_, address(address(pointer, vector, k), aheadSteps * 64), /*rw=*/0, /*hint=*/2, /*cache=*/1);
    }
    for (int64_t i = 0; panels.tile && i < present; ++i)
      readAhead(panels.tile, add(mul(k, group), i), valueOf(at), shape.panels * lanes);
    memo_.emplace_back();
    for (int64_t j = 0; panels.tile && j < shape.panels; ++j)
      operands.push_back(joinedRows(panels.tile, k, group, present, at + j * lanes, widthOf(j)));
    memo_.pop_back();
    if (panels.widens)
      return multiplyPairs(rowPointers, operands, k, present, sums);
    // Each broadcast stands beside its dots: all of them first would spill (half the speed).
    for (int64_t i = 0; i < shape.rows; ++i) {
      Value from = address(rowPointers[i], b_.getF32Type(), k);
      Value a = present == group
                    ? loadAt(from, b_.getF32Type())
                    : arith::ExtUIOp::create(b_, b_.getI32Type(), loadAt(from, b_.getI16Type())).getResult();
      a = broadcast(a, lanes);
      for (int64_t j = 0; j < shape.panels; ++j) {
        Value &acc = sums[i * shape.panels + j];
        acc = dot(acc, a, operands[j], rows->element);
      }
    }
  };
  // Guests are spread over the steps of as many columns as they take at a time.
  const int64_t together = guests ? lanes / group : 1;
  auto sumOf = [&](Value begin, Value end, ValueRange before) {
    return accumulated(begin, end, together, before, [&](Value first, ValueRange sums) {
      SmallVector<Value> next(sums);
      for (int64_t step = 0; step < together; ++step) {
        multiply(add(first, step), group, next);
        for (int64_t i = 0; guests && i < shape.rows; ++i)
          if (i * together / shape.rows == step)
            guests->visit(rowIndices[i], {mul(first, group), 0});
      }
      return next;
    });
  };
  const int64_t alone = ProductAttr::of(mma).getSums();
  SmallVector<Value> sums = sumsInParts(depth / group, alone ? alone / group : depth, accumulators, sumOf);
  if (depth % group)
    multiply(index(depth / group), depth % group, sums);
  for (int64_t i = 0; i < shape.rows; ++i)
    for (int64_t j = 0; j < shape.panels; ++j)
      storeLanes(item, rowIndices[i], at + j * lanes, sums[i * shape.panels + j], widthOf(j));
}

} // namespace longc::cpu
