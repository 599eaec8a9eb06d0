// Tiles and panels turned by squares of 16 x 16 words.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace longc::cpu {

// A transposed tile into memory, for a product that broadcasts from its rows.
void KernelEmitter::emitTurn(Item &item) {
  Value source = cast<TurnOp>(item.op).getSource();
  int64_t rows = tileType(source).getShape()[0], columns = tileType(source).getShape()[1];
  VectorType words = vectorOf(lanes, b_.getI32Type());
  bool narrow = elementBytes(tileType(source).getElementType()) == 2;
  inSteps(rows, lanes, [&](Value row, int64_t height) {
    inSteps(columns, lanes, [&](Value column, int64_t width) {
      SmallVector<Value> block;
      memo_.emplace_back();
      for (int64_t i = 0; i < lanes; ++i) {
        if (i >= height) {
          block.push_back(constantOf(words, 0));
          continue;
        }
        Value values = accumulatorChunk(source, add(row, i), {column, 0}, width);
        block.push_back(narrow ? Value(arith::ExtUIOp::create(b_, words, values)) : bitcast(values, words));
      }
      memo_.pop_back();
      transpose16(block);
      for (int64_t i = 0; i < width; ++i) {
        Value values = narrow ? Value(arith::TruncIOp::create(b_, vectorOf(lanes, b_.getI16Type()), block[i])) : block[i];
        storeLanes(item, add(column, i), {row, 0}, values, height);
      }
    });
  });
}

// Panels of 16 rows of a matrix [K, N] as panels of 16 of its columns: what a product with the matrix as it stands reads.
// The tile begins at a whole panel; `stored` is the type of the values in `from`, whose words past `lastWord` do not exist.
PanelSource KernelEmitter::turnedPanels(const PanelSource &from, Type stored, Value lastWord, RankedTensorType tile, Value begin) {
  int64_t depth = tile.getShape()[0], columns = tile.getShape()[1];
  Type element = tile.getElementType();
  int64_t group = stepOf(element), ofWord = stepOf(stored), steps = (depth + group - 1) / group;
  int64_t panelBytes = steps * 64;
  PanelSource result{begin, index(panelBytes), steps, {}};
  VectorType words = vectorOf(lanes, b_.getI32Type());
  // Sixteen columns of a row, out of the words that hold them, in the type of the product.
  auto columnsOf = [&](Value row, int64_t part) {
    Value values = row;
    if (ofWord == 2) {
      Value halves = bitcast(row, vectorOf(2 * lanes, b_.getI16Type()));
      values = shuffle(halves, halves, llvm::to_vector(llvm::seq<int64_t>(part * lanes, part * lanes + lanes)));
    } else {
      values = bitcast(row, vectorOf(lanes, b_.getF32Type()));
    }
    if (element == stored)
      return values;
    return element.isF32() ? fromBf16(values) : toBf16(values);
  };
  inSteps(depth, lanes, [&](Value row, int64_t height) {
    Value panel = divide(row, lanes);
    if (from.lastPanel)
      panel = minimum(panel, from.lastPanel);
    Value source = address(from.base, b_.getI8Type(), mul(panel, from.panelBytes));
    inSteps((columns + ofWord - 1) / ofWord, lanes, [&](Value word, int64_t width) {
      SmallVector<Value> block;
      for (int64_t i = 0; i < lanes; ++i) {
        Value at = add(word, i);
        if (lastWord)
          at = minimum(at, lastWord);
        block.push_back(i < width ? loadAt(address(source, words, at), words, 64) : constantOf(words, 0));
      }
      transpose16(block);
      for (int64_t i = height; i < lanes; ++i)
        block[i] = constantOf(words, 0);
      Value first = mul(divide(word, lanes), ofWord); // panel of the result
      for (int64_t part = 0; part < ofWord; ++part) {
        Value to = address(address(result.base, b_.getI8Type(), mul(add(first, part), panelBytes)), words, divide(row, group));
        for (int64_t i = 0; i < height; i += group) {
          Value values = columnsOf(block[i], part);
          if (group == 2)
            values = interleaved(values, columnsOf(block[i + 1], part));
          storeAt(values, address(to, i / group * 64), 64);
        }
      }
    });
  });
  return result;
}

} // namespace longc::cpu
