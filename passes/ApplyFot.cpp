// Focused Transformer (2307.03170): chosen layers read a memory of past keys and values beside their window, in one
// softmax. LongLLaMA's form: the memory holds un-rotated keys, and the query that reads it is rotated by its place in
// the window, so that a memory key behaves as if it sat in the window's first slot.
#include "passes/FunctionInputs.h"
#include "passes/MemoryLayers.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_APPLYFOTPASS
#include "passes/Passes.h.inc"

namespace {

struct ApplyFotPass : impl::ApplyFotPassBase<ApplyFotPass> {
  using ApplyFotPassBase::ApplyFotPassBase;

  void runOnOperation() override {
    if (failed(parseLayers()))
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(apply(function)))
        return signalPassFailure();
    for (int64_t layer : wanted_->listed())
      if (!found_.contains(layer)) {
        getOperation().emitError("memory layer ")
            << layer << " does not exist: no cache argument has lm.layer = " << layer;
        return signalPassFailure();
      }
    if (found_.empty()) {
      getOperation().emitError("expected attention to a cache somewhere, to which a memory could be added");
      return signalPassFailure();
    }
  }

private:
  LogicalResult parseLayers() {
    FailureOr<MemoryLayers> layers = MemoryLayers::parse(getOperation(), memLayers);
    if (failed(layers))
      return failure();
    wanted_ = *layers;
    if (topk < 0)
      return getOperation().emitError("expected topk of 0 (all entries) or more, got ") << topk.getValue();
    return success();
  }

  // The layer of the cache that an attention reads.
  static std::optional<int64_t> layerOf(lm::WindowAttentionOp attention, func::FuncOp function) {
    auto append = attention.getCache().getDefiningOp<lm::CacheAppendOp>();
    auto argument = dyn_cast<BlockArgument>(append ? append.getState() : attention.getCache());
    if (!argument)
      return std::nullopt;
    auto layer = function.getArgAttrOfType<IntegerAttr>(argument.getArgNumber(), layerAttribute);
    return layer ? std::optional(layer.getInt()) : std::nullopt;
  }

  LogicalResult apply(func::FuncOp function) {
    SmallVector<std::pair<int64_t, lm::WindowAttentionOp>> chosen;
    SmallVector<MemoryLayers::Layer> layersHere;
    function.walk([&](lm::WindowAttentionOp attention) {
      if (std::optional<int64_t> layer = layerOf(attention, function)) {
        chosen.push_back({*layer, attention});
        layersHere.push_back({*layer, attention.getWindow() == 0});
      }
    });
    auto wanted = wanted_->choose(layersHere);
    llvm::erase_if(chosen, [&](auto &entry) { return !wanted.contains(entry.first); });
    if (chosen.empty())
      return success();
    addInputs(function, cast<RankedTensorType>(chosen.front().second.getQ().getType()).getDimSize(0));
    SmallVector<Value> results;
    for (auto [layer, attention] : chosen) {
      FailureOr<Value> memory = addMemory(function, layer, attention);
      if (failed(memory))
        return failure();
      results.push_back(*memory);
      found_.insert(layer);
      ++layers;
    }
    Operation *terminator = function.getBody().front().getTerminator();
    terminator->insertOperands(terminator->getNumOperands(), results);
    function.setType(
        FunctionType::get(&getContext(), function.getBody().getArgumentTypes(), terminator->getOperandTypes()));
    return success();
  }

  // What a memory needs to know of each call: the place of each token in the window, and a factor on its memory scores.
  void addInputs(func::FuncOp function, int64_t tokens) {
    Builder builder(&getContext());
    places_ = appendInput(function, RankedTensorType::get({tokens}, builder.getI32Type()), "memory_positions");
    temperature_ = appendInput(function, RankedTensorType::get({tokens}, builder.getF32Type()), "temperature");
  }

  FailureOr<Value> addMemory(func::FuncOp function, int64_t layer, lm::WindowAttentionOp attention) {
    auto append = attention.getCache().getDefiningOp<lm::CacheAppendOp>();
    auto rotatedKeys = append ? append.getK().getDefiningOp<lm::RopeOp>() : lm::RopeOp();
    auto rotatedQuery = attention.getQ().getDefiningOp<lm::RopeOp>();
    if (!append || !rotatedKeys != !rotatedQuery)
      return attention.emitOpError("expected keys that are appended, and keys and queries both rotated (lm.rope) or both "
                                   "not, to find what they were before"),
             failure();

    OpBuilder builder(attention);
    Location location = attention.getLoc();
    auto cacheType = attention.getCache().getType();
    auto type = lm::MemoryType::get(&getContext(), cacheType.getShape(), cacheType.getElementType());
    Value memory = appendInput(function, type, "memory", layer);
    Value keys = rotatedKeys ? rotatedKeys.getX() : append.getK(); // of a layer without positions, as they are
    memory = lm::MemoryAppendOp::create(builder, location, type, memory, keys, append.getV(), attention.getSegments());
    Value query = attention.getQ();
    if (rotatedQuery)
      query = lm::RopeOp::create(builder, location, rotatedQuery.getResult().getType(), rotatedQuery.getX(), places_,
                                 rotatedQuery.getTheta(), rotatedQuery.getDim(), rotatedQuery.getStyle(),
                                 rotatedQuery.getScale(), rotatedQuery.getFactors());
    Type out = attention.getOut().getType(), lse = attention.getLse().getType();
    auto read = lm::KnnAttentionOp::create(builder, location, out, lse, /*indices=*/Type(), query, memory,
                                           attention.getSegments(), temperature_, attention.getScale(),
                                           static_cast<uint64_t>(topk));
    builder.setInsertionPointAfter(attention);
    read->moveBefore(&*builder.getInsertionPoint());
    auto merged =
        lm::MergeAttentionOp::create(builder, location, out, lse, ValueRange{attention.getOut(), read.getOut()},
                                     ValueRange{attention.getLse(), read.getLse()});
    attention.getOut().replaceAllUsesExcept(merged.getOut(), merged);
    attention.getLse().replaceAllUsesExcept(merged.getLse(), merged);
    return memory;
  }

  std::optional<MemoryLayers> wanted_;
  llvm::SmallSet<int64_t, 8> found_;
  Value places_, temperature_; // of the function at hand
};

} // namespace
} // namespace longc
