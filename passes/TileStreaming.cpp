// Groups of row-wise ops become kernels whose blocks own some rows each.
//
// Rows are independent, so the grid is plain rows; with an append the grid is a work list, because where a row is
// stored depends on the sequence it belongs to.
#include "passes/AttentionKernel.h"
#include "passes/Passes.h"
#include "passes/RowTiles.h"
#include "passes/TargetFacts.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_TILESTREAMINGPASS
#include "passes/Passes.h.inc"

namespace {

class StreamingTiler {
public:
  StreamingTiler(FusedOps &fused, int64_t streamRows)
      : fused_(fused), rows_(fused.rowSource(fused.results.front())),
        blockRows_(fitTile(streamRows, cast<RankedTensorType>(rows_.getType()).getDimSize(0), 1)),
        segments_(findSegments(fused)), kernel_(fused.root, fused.kernelName(rows_, sizes(fused)), 1) {}

  LogicalResult tile();

private:
  // An append and the tensors it writes.
  struct Append {
    Operation *op;
    StateTensors state;
    Value keys, values, place; // in the kernel
    unsigned firstResult;
  };

  static Value findSegments(FusedOps &fused) {
    for (Operation *op : fused.ops)
      if (isa<lm::CacheAppendOp, lm::MemoryAppendOp>(op))
        return op->getOperand(3);
    return {};
  }

  static std::string sizes(FusedOps &fused) {
    std::string text;
    for (Value result : fused.results)
      if (auto type = dyn_cast<RankedTensorType>(result.getType())) {
        for (int64_t size : type.getShape().drop_front())
          text += (text.empty() ? "" : "x") + std::to_string(size);
        break;
      }
    return text;
  }

  RowWindow window();

  FusedOps &fused_;
  Value rows_;
  int64_t blockRows_;
  Value segments_; // of the appends, null without
  KernelBuilder kernel_;
  Value list_;
  SmallVector<Append> appends_;
};

RowWindow StreamingTiler::window() {
  RowWindow window;
  window.rows = blockRows_;
  if (!segments_) {
    window.row = kernel_.mul(kernel_.gridIndex(0), blockRows_);
    return window;
  }
  ImplicitLocOpBuilder &b = kernel_.body();
  list_ = workList(fused_.root, segments_, {}, blockRows_);
  Value view = kernel_.input(list_);
  auto item = [&](int64_t column) -> Value {
    Value offsets[] = {kernel_.gridIndex(0), kernel_.index(column)};
    return tile::ScalarOp::create(b, b.getIndexType(), view, offsets);
  };
  window.row = window.lo = item(0);
  window.hi = item(1);
  window.diagonal = item(4);
  window.slot = item(7);
  return window;
}

LogicalResult StreamingTiler::tile() {
  ImplicitLocOpBuilder &host = kernel_.host();
  RowTiles tiles(kernel_, window());
  // State that appends write, and what tells them where; inputs come before outputs in the kernel's arguments.
  for (Operation *op : fused_.ops) {
    if (!isa<lm::CacheAppendOp, lm::MemoryAppendOp>(op))
      continue;
    Append append{op, stateTensors(host, op->getOperand(0)), {}, {}, {}, 0};
    bool cache = isa<lm::CacheAppendOp>(op);
    append.place = kernel_.input(cache ? ringRows(host, append.state) : append.state.pageTable);
    appends_.push_back(append);
  }
  for (Operation *op : fused_.ops)
    if (!isa<lm::CacheAppendOp, lm::MemoryAppendOp, lm::ParameterRefOp>(op) && failed(tiles.emit(op)))
      return failure();

  unsigned outputs = 0;
  for (Append &append : appends_) {
    append.keys = kernel_.output(append.state.keys);
    append.values = kernel_.output(append.state.values);
    append.firstResult = outputs;
    outputs += 2;
    if (failed(tiles.emitAppend(append.op, append.keys, append.values, append.place)))
      return failure();
  }
  SmallVector<std::pair<OpResult, unsigned>> stored;
  for (auto [result, inner] : llvm::zip(fused_.root->getResults(), fused_.results)) {
    if (result.use_empty() || !isa<RankedTensorType>(inner.getType()))
      continue;
    tiles.store(inner, kernel_.output(emptyResult(host, inner.getType(), rows_)));
    stored.push_back({result, outputs++});
  }
  Value blocks = list_ ? hostSize(host, list_, 0) : hostBlocks(host, rows_, 0, blockRows_);
  tile::LaunchOp launch = kernel_.finish(blocks);
  for (auto [result, number] : stored)
    result.replaceAllUsesWith(launch.getResult(number));
  for (Append &append : appends_) {
    Value parts[] = {launch.getResult(append.firstResult), launch.getResult(append.firstResult + 1),
                     append.state.pageTable};
    Value inner = append.op->getResult(0);
    Value state = UnrealizedConversionCastOp::create(host, inner.getType(), parts).getResult(0);
    for (auto [result, value] : llvm::zip(fused_.root->getResults(), fused_.results))
      if (value == inner)
        result.replaceAllUsesWith(state);
  }
  fused_.root->erase();
  return success();
}

struct TileStreamingPass : impl::TileStreamingPassBase<TileStreamingPass> {
  void runOnOperation() override {
    FailureOr<tile::TargetAttr> facts = targetFacts(getOperation());
    if (failed(facts))
      return signalPassFailure();
    for (auto function : getOperation().getOps<FunctionOpInterface>())
      for (FusedOps &fused : fusedOps(function, isStreaming))
        if (failed(StreamingTiler(fused, facts->getStreamRows()).tile()))
          return signalPassFailure();
  }

  static bool isStreaming(const FusedOps &fused) {
    return !fused.results.empty() && llvm::any_of(fused.ops, RowTiles::isRowWise) &&
           llvm::all_of(fused.ops,
                        [](Operation *op) { return RowTiles::isRowWise(op) || isa<lm::ParameterRefOp>(op); });
  }
};

} // namespace
} // namespace longc
