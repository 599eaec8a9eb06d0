// Dense bf16 products on a matrix unit: tiles of 16 rows x 64 bytes, four accumulators of 16 x 16 a register block.
//
// Tile registers are named by number and live between the intrinsics of one micro-kernel only: 0 to 3 accumulate,
// 4 and 5 hold rows, 6 and 7 panels. Their shape is set once a call.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace longc::cpu {

void KernelEmitter::tileOp(StringRef name, ArrayRef<int64_t> tiles, ValueRange operands) {
  SmallVector<Value> all;
  for (int64_t number : tiles)
    all.push_back(arith::ConstantOp::create(b_, b_.getI8IntegerAttr(static_cast<int8_t>(number))));
  all.append(operands.begin(), operands.end());
  LLVM::CallIntrinsicOp::create(b_, b_.getStringAttr(name), all);
}

// Sets the shape of all tiles before the blocks of a call and frees the unit after them.
void KernelEmitter::configureMatrixUnit(func::FuncOp function) {
  std::string name = (function.getSymName() + "_tiles").str();
  SmallVector<int8_t> configuration(64, 0);
  configuration[0] = 1; // the one palette there is
  for (int64_t tile = 0; tile < 8; ++tile) {
    configuration[16 + 2 * tile] = 2 * unitDepth; // bytes of a row
    configuration[48 + tile] = unitRows;
  }
  OpBuilder::InsertionGuard guard(b_);
  b_.setInsertionPointToEnd(into_.getBody());
  LLVM::GlobalOp::create(
      b_, LLVM::LLVMArrayType::get(b_.getI8Type(), 64), /*isConstant=*/true, LLVM::Linkage::Internal, name,
      DenseElementsAttr::get(RankedTensorType::get({64}, b_.getI8Type()), ArrayRef<int8_t>(configuration)),
      /*alignment=*/64);
  b_.setInsertionPointToStart(&function.front());
  tileOp("llvm.x86.ldtilecfg", {}, ValueRange(LLVM::AddressOfOp::create(b_, scratch_.getType(), name)));
  b_.setInsertionPoint(function.front().getTerminator());
  tileOp("llvm.x86.tilerelease", {}, {});
}

void KernelEmitter::emitTileProduct(Item &item, const PanelSource &panels, Value begin, Value end) {
  auto mma = cast<tile::MmaOp>(item.op);
  std::optional<RowSource> rows = rowSource(mma.getA());
  if (!rows)
    return refuse(mma, "expected rows of the first operand in memory");
  usesMatrixUnit_ = true;
  int64_t columns = tileType(item.value).getShape()[1], count = columns / lanes;
  bool zero = matchPattern(mma.getAcc(), m_AnyZeroFloat());
  const Buffer &to = item.to[0];
  if (!zero) // the accumulator's start goes where the result will be
    forEach(begin, end, 1, [&](Value row) {
      memo_.emplace_back();
      for (int64_t column = 0; column < columns; column += lanes) {
        Value start = accumulatorChunk(mma.getAcc(), row, {Value(), column}, lanes);
        storeAt(start, bufferAddress(to, item.value, ValueRange(row), {Value(), column}));
      }
      memo_.pop_back();
    });
  Value whole = add(begin, mul(divide(sub(end, begin), 2 * unitRows), 2 * unitRows));
  const int64_t width = ProductAttr::of(mma).getPanels();
  auto rowsOf = [&](Value from, Value to, int64_t height) {
    forEach(from, to, height * unitRows, [&](Value row) {
      forEach(index(0), index(count), width, [&](Value panel) { emitTileBlock(item, panels, *rows, row, panel, height, width, zero); });
    });
  };
  rowsOf(begin, whole, 2);
  rowsOf(whole, end, 1);
}

// height x width tiles of 16 x 16 over the whole of k.
void KernelEmitter::emitTileBlock(Item &item, const PanelSource &panels, const RowSource &rows, Value row, Value panel,
                                  int64_t height, int64_t width, bool zero) {
  const Buffer &to = item.to[0];
  auto bytes = [&](Value elements, int64_t size) -> Value {
    return arith::IndexCastOp::create(b_, b_.getI64Type(), mul(elements, size));
  };
  Value resultStride = bytes(index(to.columns), 4), rowStride = bytes(rows.stride, 2);
  Value panelStride = arith::ConstantOp::create(b_, b_.getI64IntegerAttr(64));
  SmallVector<Value> results, rowPointers, panelPointers;
  for (int64_t i = 0; i < height; ++i) {
    Value current = add(row, i * unitRows);
    rowPointers.push_back(rowAddress(rows, current));
    for (int64_t j = 0; j < width; ++j)
      results.push_back(bufferAddress(to, item.value, ValueRange(current), {mul(panel, lanes), j * lanes}));
  }
  for (int64_t j = 0; j < width; ++j) {
    Value which = add(panel, j);
    if (panels.lastPanel)
      which = minimum(which, panels.lastPanel);
    panelPointers.push_back(address(panels.base, b_.getI8Type(), mul(which, panels.panelBytes)));
  }
  for (auto [tile, pointer] : llvm::enumerate(results))
    if (zero)
      tileOp("llvm.x86.tilezero", {static_cast<int64_t>(tile)}, {});
    else
      tileOp("llvm.x86.tileloadd64", {static_cast<int64_t>(tile)}, {pointer, resultStride});
  {
    OpBuilder::InsertionGuard guard(b_);
    scf::ForOp steps = loop(index(0), index(panels.steps * 2 / unitDepth), 1);
    b_.setInsertionPointToStart(steps.getBody());
    Value k = steps.getInductionVar();
    for (int64_t j = 0; j < width; ++j)
      tileOp("llvm.x86.tileloadd64", {6 + j},
             {address(panelPointers[j], b_.getI8Type(), mul(k, unitDepth / 2 * 64)), panelStride});
    for (int64_t i = 0; i < height; ++i) {
      tileOp("llvm.x86.tileloadd64", {4 + i}, {address(rowPointers[i], rows.element, mul(k, unitDepth)), rowStride});
      for (int64_t j = 0; j < width; ++j)
        tileOp("llvm.x86.tdpbf16ps", {i * width + j, 4 + i, 6 + j}, {});
    }
  }
  for (auto [tile, pointer] : llvm::enumerate(results))
    tileOp("llvm.x86.tilestored64", {static_cast<int64_t>(tile)}, {pointer, resultStride});
}

} // namespace longc::cpu
