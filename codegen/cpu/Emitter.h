// Lowers one tile.kernel for one CPU variant to scf loops over vectors and plain pointers.
//
// Tiles are values, so most of them never exist in memory: an element-wise op is evaluated chunk by chunk (16 columns
// of one row) where its result is needed. What must exist (operands of products, results of reductions, loop-carried
// tiles) gets a buffer in the thread's scratch. A kernel's block is a list of items: sinks that a row loop evaluates
// (stores, reductions, encodings, kept tiles) and products. Which tiles these are, how products multiply and which items
// go together was decided in passes before (CpuDialect.td); their order in a region of `cpu.rows` is the order of work.
#pragma once

#include "codegen/cpu/TileFacts.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <map>
#include <optional>
#include <vector>

namespace longc::cpu {

// Column `base + offset` of a tile; no base means 0.
struct Column {
  mlir::Value base;
  int64_t offset = 0;
  Column operator+(int64_t more) const { return {base, offset + more}; }
};

// A tile in scratch: rows of `columns` values (padding included), the first of them row `firstRow`.
struct Buffer {
  mlir::Value base;
  mlir::Type element;
  int64_t columns = 0;
  mlir::Value firstRow;
};

// A kernel argument's view.
struct View {
  mlir::Value data;
  llvm::SmallVector<mlir::Value> sizes, strides;
  bool panels = false;
};

// Where a load or store stands in its view. One entry a tile dimension; limits are counted from the tile's first
// element, null where every element is inside.
struct Place {
  mlir::Value base;
  llvm::SmallVector<mlir::Value> strides, limits;
  mlir::Value firstRow; // rows before it are outside; null = none
  bool unitColumns = true;
  mlir::Value panelRow, panelColumn; // position in a view of panels
  mlir::Value nextBase; // of the same load in the next iteration of its loop, to be read ahead; null = none
};

// Rows of 4-byte groups that a product broadcasts.
struct RowSource {
  mlir::Value base, stride, firstRow;
  mlir::Type element;
};

// The other operand of a product: 16 columns side by side, 64 bytes a step along k.
struct PanelSource {
  mlir::Value base;
  mlir::Value panelBytes; // from one panel to the next
  int64_t steps = 0;      // along k
  mlir::Value lastPanel;  // panels past it do not exist; null = all exist
  mlir::Value tile;       // no panels: rows of this tile are joined as they are read
  bool widens = false;    // pairs of bf16 that a product of f32 widens as it reads them
};

// One thing a kernel's block does to memory.
struct Item {
  enum Kind { Store, Scatter, Reduce, Encode, Keep, Turn, Pack, Product, Select } kind;
  mlir::Operation *op = nullptr;
  mlir::Value value;            // the tile evaluated (Product and Select: the result)
  llvm::SmallVector<Buffer> to; // results in memory
};

// What stands in one cpu.rows, after what is packed for it.
struct Run {
  RowsOp rows;
  llvm::SmallVector<Item> items;
  mlir::Value count; // rows that matter; null = all
};

class KernelEmitter {
public:
  KernelEmitter(tile::KernelOp kernel, const CpuVariant &variant, mlir::ModuleOp into);
  mlir::FailureOr<mlir::func::FuncOp> run();

private:
  // LowerKernel.cpp: the function around the blocks, and control flow.
  void bindArguments(mlir::Value views, mlir::Value scalars);
  void lowerBlock(mlir::Block &block);
  void visit(mlir::Operation &op);
  void lowerFor(mlir::scf::ForOp loop);
  void lowerIf(mlir::scf::IfOp branch);
  void cloneScalars(mlir::Block &block);
  bool lowerScalar(mlir::Operation &op);
  Buffer homeOf(mlir::Operation *from, mlir::Value tile);

  // Items.cpp: which tiles exist in memory, and the order of work.
  void addSink(Item::Kind kind, mlir::Operation *op, mlir::Value value);
  void addProduct(mlir::Operation *op);
  void addMade(Item::Kind kind, mlir::Operation *op);
  void flush();
  void emitItems(llvm::MutableArrayRef<Item> items, mlir::Value begin, mlir::Value end);
  void emitRun(Run &run);
  void emitChain(RowsOp rows, llvm::MutableArrayRef<Item> items, mlir::Value all);
  void emitBlocked(RowsOp rows, llvm::MutableArrayRef<Item> items, mlir::Value all);

  // OverlappedRows.cpp
  struct Guests { // what a product does between its steps, for the rows of the next block
    llvm::function_ref<void(mlir::Value row, Column column)> visit;
  };
  void emitOverlapped(RowsOp rows, llvm::MutableArrayRef<Item> items, Item &host, mlir::Value all);
  void emitApart(llvm::ArrayRef<Item *> items, mlir::Value begin, mlir::Value end);
  void emitRowScalars(llvm::ArrayRef<Item *> sinks, mlir::Value begin, mlir::Value end);

  // RowLoops.cpp
  void emitRowLoop(llvm::ArrayRef<Item *> sinks, mlir::Value begin, mlir::Value end);
  void emitRow(llvm::ArrayRef<Item *> sinks, llvm::ArrayRef<mlir::Value> position);
  void emitColumns(llvm::ArrayRef<Item *> sinks, int64_t columns, llvm::ArrayRef<mlir::Value> position);
  void emitChunk(Item &sink, llvm::ArrayRef<mlir::Value> position, Column column, int64_t width);
  void encodeBlocks(Item &sink, llvm::ArrayRef<mlir::Value> position, Column column);
  void finishReduction(Item &sink, llvm::ArrayRef<mlir::Value> position, mlir::Value scalar);
  mlir::Value firstOf(tile::ReduceOp reduce);
  mlir::Value started(tile::Reduction kind, mlir::Value value);
  mlir::Value combine(tile::Reduction kind, mlir::Value a, mlir::Value b);
  mlir::Value reduced(tile::Reduction kind, llvm::SmallVector<mlir::Value> held);
  mlir::Value acrossLanes(tile::Reduction kind, mlir::Value vector);
  int levelOf(mlir::Value tile, llvm::DenseMap<mlir::Value, int> &levels);
  void evaluateRowScalars(mlir::Value tile, llvm::ArrayRef<mlir::Value> position);

  // TileValues.cpp, TileMemory.cpp: elements of tiles. `width` 0 asks for one scalar.
  mlir::Value chunk(mlir::Value tile, mlir::ValueRange lead, Column column, int64_t width);
  mlir::Value computeChunk(mlir::Value tile, mlir::ValueRange lead, Column column, int64_t width);
  mlir::Value loadChunk(tile::LoadOp load, mlir::ValueRange lead, Column column, int64_t width);
  mlir::Value gatherChunk(tile::GatherOp gather, mlir::ValueRange lead, Column column, int64_t width);
  mlir::Value bufferChunk(const Buffer &buffer, mlir::Value tile, mlir::ValueRange lead, Column column, int64_t width);
  llvm::SmallVector<mlir::Value> positionOf(mlir::Value number, llvm::ArrayRef<int64_t> shape);
  mlir::Value reshapeChunk(tile::ReshapeOp reshape, mlir::ValueRange lead, Column column, int64_t width);
  mlir::Value elementwiseChunk(mlir::Operation *op, mlir::ValueRange lead, Column column, int64_t width);
  mlir::Value elementwise(mlir::Operation *op, llvm::SmallVector<mlir::Value> operands, int64_t width);
  void scatterChunk(tile::ScatterOp scatter, mlir::ValueRange lead, Column column, mlir::Value value);
  mlir::Value constantTable(mlir::DenseElementsAttr values);
  mlir::Value panelChunk(const View &view, tile::ViewType type, mlir::Value row, mlir::Value inside, Column column,
                         int64_t width, mlir::Type element);
  mlir::Value lazyIfChunk(mlir::OpResult result, mlir::ValueRange lead, Column column, int64_t width);
  mlir::Value bufferAddress(const Buffer &buffer, mlir::Value tile, mlir::ValueRange lead, Column column);
  mlir::Value rowOf(const Place &place, mlir::Type element, mlir::ValueRange lead);
  mlir::Value rowInside(const Place &place, mlir::ValueRange lead);
  template <typename Op> mlir::Value elementOf(Op op, mlir::Value row, mlir::ValueRange lead, Column column);
  mlir::Value firstLanes(mlir::Value count, int64_t width);
  mlir::Value columnMask(const Place &place, Column column, int64_t width);
  void storeChunk(tile::StoreOp store, mlir::ValueRange lead, Column column, mlir::Value value);
  template <typename Op> Place placeOf(Op op) { // of a load or store
    return makePlace(op.getView(), op.getOffsets(), op.getLo(), op.getHi(), op.getDropped(), tileType(op.getTile()));
  }
  Place makePlace(mlir::Value view, mlir::ValueRange offsets, mlir::Value lo, mlir::Value hi,
                  llvm::ArrayRef<int64_t> dropped, mlir::RankedTensorType tile);

  // Products.cpp, ScaledProducts.cpp, PackOperand.cpp
  struct ProductShape { // of a register block
    int64_t rows, panels;
  };
  std::optional<RowSource> rowSource(mlir::Value tile);
  PanelSource panelsFor(tile::MmaOp mma);
  PanelSource storedPanels(tile::LoadOp load, int64_t steps);
  PanelSource packOperand(PackOp pack);
  PanelSource packTransposed(mlir::Value tile, int64_t steps, int64_t group, mlir::Value to);
  void emitTurn(Item &item);
  PanelSource turnedPanels(const PanelSource &from, mlir::Type stored, mlir::Value lastWord, mlir::RankedTensorType tile,
                           mlir::Value to);
  PanelSource narrowedPanels(const PanelSource &from, mlir::RankedTensorType tile, mlir::Value to);
  PanelSource packRows(mlir::Value tile, int64_t steps, int64_t group, mlir::Value to);
  PanelSource packQuantized(tile::DecodeOp decode, mlir::Value to);
  void emitProduct(Item &item, mlir::Value begin, mlir::Value end, const Guests *guests = nullptr);
  void multiplyPairs(llvm::ArrayRef<mlir::Value> rows, llvm::ArrayRef<mlir::Value> pairs, mlir::Value step,
                     int64_t present, llvm::MutableArrayRef<mlir::Value> sums);
  llvm::SmallVector<mlir::Value> sumsInParts(
      int64_t steps, int64_t most, llvm::ArrayRef<mlir::Value> sums,
      llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::Value, mlir::ValueRange)> sumOf);
  void emitMicroKernel(Item &item, const PanelSource &panels, mlir::Value row, mlir::Value panel, int64_t firstPanel,
                       ProductShape shape, const Guests *guests);
  // FewRowProducts.cpp
  mlir::Value baseOfNext(tile::LoadOp load);
  void readAhead(mlir::Value tile, mlir::Value row, mlir::Value column, int64_t columns);
  mlir::Value joinedRows(mlir::Value tile, mlir::Value step, int64_t group, int64_t present, Column column,
                         int64_t width);
  mlir::Value wideChunk(mlir::Value tile, mlir::Value row, Column column, int64_t width);
  llvm::SmallVector<mlir::Value> laneProducts(tile::MmaOp mma, llvm::ArrayRef<mlir::Value> rows, mlir::Value rowOfB);
  void emitLaneProduct(Item &item, mlir::Value begin, mlir::Value end);
  // TileProducts.cpp: matrix units.
  void tileOp(llvm::StringRef name, llvm::ArrayRef<int64_t> tiles, mlir::ValueRange operands);
  void configureMatrixUnit(mlir::func::FuncOp function);
  void emitTileProduct(Item &item, const PanelSource &panels, mlir::Value begin, mlir::Value end);
  void emitTileBlock(Item &item, const PanelSource &panels, const RowSource &rows, mlir::Value row, mlir::Value panel,
                     int64_t height, int64_t width, bool zero);
  void emitScaledProduct(Item &item, mlir::Value begin, mlir::Value end);
  mlir::Value halfScales(mlir::Value from, const BlockFormat &block, int64_t half);
  mlir::Value blockScales(mlir::Value from, int64_t scaleBytes);
  std::pair<mlir::Value, mlir::Value> unsignedScales(mlir::Value from, const BlockFormat &block);
  void decodePanels(tile::ScaledMmaOp mma, mlir::Value panel, int64_t count, mlir::Value to);
  void emitScaledMicroKernel(Item &item, mlir::Value decoded, mlir::Value row, mlir::Value panel, ProductShape shape,
                             int64_t width);
  void splitWideRow(tile::ScaledMmaOp mma, mlir::Value row, mlir::Value to);
  BlockFormat blockOf(tile::ScaledMmaOp mma);
  mlir::Value weightStream(tile::ScaledMmaOp mma, mlir::Value panel);
  void emitStreamingRow(Item &item, mlir::Value row, mlir::Value halves);
  void askForAddedPanel(tile::ScaledMmaOp mma, mlir::Value panel);
  void emitStreamingPanel(Item &item, mlir::Value row, mlir::Value halves, mlir::Value panel, int64_t width);
  // WideRowProducts.cpp
  mlir::Value rowAddress(const RowSource &source, mlir::Value row);
  mlir::Value rowAddress(mlir::Value tile, mlir::Value row) { return rowAddress(*rowSource(tile), row); }
  void emitWideRows(Item &item, mlir::Value begin, mlir::Value end);
  void emitWideBlock(Item &item, mlir::Value first, mlir::Value end, int64_t count, mlir::Value pairs);
  void pairWideRow(tile::ScaledMmaOp mma, mlir::Value row, mlir::Value to);
  llvm::SmallVector<mlir::Value> unpackWords(const BlockFormat &layout, mlir::Value packed);
  void emitWidePanel(Item &item, llvm::ArrayRef<mlir::Value> rows, llvm::ArrayRef<mlir::Value> pairs, mlir::Value panel,
                     int64_t width);
  int64_t stepOf(mlir::Type element) const;
  mlir::Value accumulatorChunk(mlir::Value acc, mlir::Value row, Column column, int64_t width);
  void storeLanes(const Item &item, mlir::Value row, Column column, mlir::Value result, int64_t width);

  // Selection.cpp
  struct Selection {
    mlir::Value scores, indices, counts;
    int64_t rows, k;
  };
  void emptySelection(const Selection &selection);
  void emitSelect(Item &item, mlir::Value begin, mlir::Value end);
  void emitThreshold(tile::TopkThresholdOp op);

  // VectorOps.cpp: what processors can do.
  mlir::Value dot(mlir::Value acc, mlir::Value a, mlir::Value b, mlir::Type element);
  mlir::Value dotWords(mlir::Value acc, mlir::Value weights, mlir::Value activations);
  mlir::Value dotBytes(mlir::Value acc, mlir::Value weights, mlir::Value activations, bool nibbles);
  mlir::Value exp2(mlir::Value x, bool forBf16, mlir::Value lowPart = {});
  mlir::Value exp2BySixteenths(mlir::Value x);
  mlir::Value exponential(mlir::Value x);
  mlir::Value errorFunction(mlir::Value x); // ErrorFunction.cpp
  mlir::Value coarseErrorFunction(mlir::Value x);
  mlir::Value polynomial(mlir::Value at, llvm::ArrayRef<double> highestFirst);
  mlir::Value toBf16(mlir::Value x);
  mlir::Value fromBf16(mlir::Value x);
  mlir::Value widened(mlir::Value x, mlir::Type element);
  void transpose16(llvm::SmallVectorImpl<mlir::Value> &rows);
  mlir::Value addAcross(mlir::Value a, mlir::Value b, int64_t results);
  mlir::Value callIntrinsic(llvm::StringRef name, mlir::Type result, mlir::ValueRange operands);

  // Builders of scalars, pointers and vectors.
  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value a, mlir::Value b); // null = 0
  mlir::Value add(mlir::Value a, int64_t b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, int64_t b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value divide(mlir::Value a, int64_t b);
  mlir::Value remainder(mlir::Value a, int64_t b);
  mlir::Value minimum(mlir::Value a, mlir::Value b);
  mlir::Value valueOf(Column column);
  mlir::Value address(mlir::Value base, mlir::Type element, mlir::Value at);
  mlir::Value address(mlir::Value base, int64_t bytes);
  mlir::Value loadAt(mlir::Value pointer, mlir::Type type, unsigned alignment = 1);
  void storeAt(mlir::Value value, mlir::Value pointer, unsigned alignment = 1);
  mlir::Value broadcast(mlir::Value scalar, int64_t width);
  mlir::Value constantOf(mlir::Type type, double value);
  mlir::Value constantOf(mlir::TypedAttr value, int64_t width);
  mlir::Value shuffle(mlir::Value a, mlir::Value b, llvm::ArrayRef<int64_t> mask);
  mlir::Value padded(mlir::Value values, int64_t width);
  mlir::Value interleaved(mlir::Value a, mlir::Value b);
  mlir::Value fma(mlir::Value a, mlir::Value b, mlir::Value c);
  mlir::Value bitcast(mlir::Value value, mlir::Type type);
  mlir::VectorType vectorOf(int64_t width, mlir::Type element) { return mlir::VectorType::get({width}, element); }
  // bf16 values are held as the integers that they are in memory: moving them about must not convert them, which is
  // what LLVM does, in part by calls to a library, where a processor has no bf16.
  mlir::Type held(mlir::Type element) { return element.isBF16() ? b_.getI16Type() : element; }
  mlir::Type typeOf(mlir::Type element, int64_t width) {
    return width ? mlir::Type(vectorOf(width, held(element))) : held(element);
  }
  mlir::Value scratch(mlir::Operation *maker, int64_t number = -1);
  Buffer bufferOf(mlir::Operation *maker, int64_t number, mlir::RankedTensorType tile);
  mlir::Value zeroRow(int64_t bytes);
  mlir::scf::ForOp loop(mlir::Value begin, mlir::Value end, int64_t step, mlir::ValueRange carried = {});
  llvm::SmallVector<mlir::Value>
  accumulated(mlir::Value begin, mlir::Value end, int64_t step, mlir::ValueRange first,
              llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)> next);
  void either(mlir::Value condition, llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise);
  void forEach(mlir::Value begin, mlir::Value end, int64_t step, llvm::function_ref<void(mlir::Value)> body);
  using Range = llvm::function_ref<void(mlir::Value first, int64_t count)>;
  void inSteps(int64_t size, int64_t step, Range body);
  void inBlocks(mlir::Value begin, mlir::Value end, int64_t most, Range body);
  mlir::Value mapped(mlir::Value value);
  void refuse(mlir::Operation *op, const llvm::Twine &why); // once

  tile::KernelOp kernel_;
  const CpuVariant &variant_;
  mlir::ModuleOp into_;
  mlir::ImplicitLocOpBuilder b_;
  mlir::IRMapping scalars_;
  llvm::DenseMap<mlir::Operation *, mlir::IRMapping> outside_; // scalars as they are before a loop's body
  llvm::DenseMap<mlir::Value, View> views_;
  llvm::DenseMap<mlir::Operation *, Place> places_;
  llvm::DenseMap<mlir::Value, Buffer> buffers_;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<Buffer>> homes_; // of what a loop carries or a branch yields
  llvm::DenseMap<mlir::Value, Selection> selections_;
  llvm::SmallVector<Item> pending_; // of the run that is being collected
  llvm::SmallVector<Run> runs_;
  llvm::DenseMap<mlir::Value, PanelSource> panels_; // packed operands; by a product's result, weights that it reads as stored
  llvm::DenseSet<mlir::Value> notTaken_;                  // conditions of branches known not to be taken here
  using Memo = std::map<std::vector<intptr_t>, mlir::Value>;
  static std::vector<intptr_t> memoKey(mlir::Value tile, mlir::ValueRange lead, Column column, int64_t width);
  std::vector<Memo> memo_;
  mlir::Value scratch_, zeroRow_, trashRow_;
  int64_t zeroBytes_ = 64;
  llvm::DenseMap<mlir::Attribute, mlir::Value> tables_; // constants with more than one value
  bool failed_ = false, usesMatrixUnit_ = false;
};

} // namespace longc::cpu
