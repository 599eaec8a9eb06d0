// Chunk by chunk: the logits' gradients, what they add to the gradient by x, the chunk's rows of the gradient by w.
#include "passes/VocabularyChunks.h"

#include "passes/CrossEntropyGradientKernel.h"
#include "passes/FusedOps.h"
#include "passes/GemmKernel.h"

using namespace mlir;

namespace longc {
namespace {

class ChunkTiler {
public:
  ChunkTiler(Operation *anchor, const LossOperands &loss, tile::TargetAttr facts)
      : anchor_(anchor), loss_(loss), depth_(facts.getMmaDepth()), rows_(fitTile(facts.getMmaRows(), loss.xType().getDimSize(0), 1)),
        words_(facts.getMmaCols()), ownedWords_(facts.getMmaRows()),
        columns_(llvm::alignTo(fitTile(facts.getMmaCols(), loss.columns(), copiedStep(facts)), copiedStep(facts))),
        chunk_(std::max<int64_t>(words_, facts.getBusyBlocks() / llvm::divideCeil(loss.columns(), columns_) * ownedWords_ / words_ * words_)) {}

  static int64_t copiedStep(tile::TargetAttr facts) { return std::max<int64_t>(1, facts.getCopiedCols()); }

  void tile(LossGradients gradients) {
    Value byInput, byWeight;
    for (int64_t first = 0; first < loss_.words(); first += chunk_) {
      ImplicitLocOpBuilder host(anchor_->getLoc(), anchor_);
      first_ = arith::ConstantIndexOp::create(host, first);
      count_ = std::min(chunk_, loss_.words() - first);
      Value z = logitGradients();
      if (gradients.byInput)
        byInput = addByInput(z, byInput, gradients.byInput.getResult().getType());
      if (gradients.byWeight)
        byWeight = storeByWeight(z, byWeight, gradients.byWeight.getResult().getType());
    }
    auto replace = [](Operation *op, Value by) {
      if (op)
        op->getResult(0).replaceAllUsesWith(by), op->erase();
    };
    replace(gradients.byInput, byInput), replace(gradients.byWeight, byWeight);
  }

private:
  std::string name(StringRef part) const { return ("logit_gradients_" + loss_.sizes() + part).str(); }
  static Value blocks(KernelBuilder &kernel, int64_t size, int64_t tile) {
    return arith::ConstantIndexOp::create(kernel.host(), llvm::divideCeil(size, tile));
  }

  // z [R, words of a chunk]; zeros behind the last word as far as blocks reach.
  Value logitGradients() {
    KernelBuilder kernel(anchor_, name(""), 2);
    Value word = kernel.mul(kernel.gridIndex(1), words_);
    GemmTile tile{kernel.mul(kernel.gridIndex(0), rows_), kernel.add(kernel.input(first_), word), rows_, words_, depth_};
    Value logits = buildProduct(kernel, tile, kernel.input(loss_.x), kernel.input(storedWeight(loss_.w)));
    LogitGradients gradients(loss_, kernel, /*rowDim=*/0);
    Value z = gradients.gradients(logits, gradients.rows(tile.row, rows_), tile.col);
    auto type = RankedTensorType::get({loss_.xType().getDimSize(0), chunk_}, tileElement(z));
    kernel.store(z, kernel.output(emptyResult(kernel.host(), type, loss_.x)), {tile.row, word});
    return kernel.finish({hostBlocks(kernel.host(), loss_.x, 0, rows_), blocks(kernel, count_, words_)}).getResult(0);
  }

  // z times the chunk's rows of w, on top of `sum` where there is one.
  Value addByInput(Value z, Value sum, Type type) {
    KernelBuilder kernel(anchor_, name(sum ? "_input_add" : "_input"), 2);
    Value row = kernel.mul(kernel.gridIndex(0), rows_), column = kernel.mul(kernel.gridIndex(1), columns_);
    Value left = kernel.input(z), right = kernel.input(storedWeight(loss_.w)), first = kernel.input(first_);
    Value count = kernel.input(arith::ConstantIndexOp::create(kernel.host(), count_));
    Value result = kernel.accumulate(kernel.index(0), count, depth_, kernel.constantTile({rows_, columns_}, 0.0), [&](Value at, Value before) {
      Value some = kernel.load(left, {rows_, depth_}, {row, at});
      Value words = loadAs(kernel, right, {depth_, columns_}, {kernel.add(first, at), column}, tileElement(some));
      return addProduct(kernel, before, some, words);
    });
    Value out = kernel.output(sum ? sum : emptyResult(kernel.host(), type, loss_.x));
    if (sum)
      result = arith::AddFOp::create(kernel.body(), kernel.load(out, {rows_, columns_}, {row, column}), result);
    kernel.store(result, out, {row, column});
    return kernel.finish({hostBlocks(kernel.host(), loss_.x, 0, rows_), blocks(kernel, loss_.columns(), columns_)}).getResult(0);
  }

  // z^T x is the chunk's rows of `result`.
  Value storeByWeight(Value z, Value result, Type type) {
    KernelBuilder kernel(anchor_, name("_weight"), 2);
    Value word = kernel.mul(kernel.gridIndex(0), ownedWords_), column = kernel.mul(kernel.gridIndex(1), columns_);
    Value left = kernel.input(z), right = kernel.input(loss_.x), end = kernel.size(right, 0);
    const GemmTile tile{word, column, ownedWords_, columns_, depth_};
    Value sum = buildRowProduct(kernel, tile, left, right, kernel.index(0), end);
    Value out = kernel.output(result ? result : emptyResult(kernel.host(), type, {}));
    kernel.store(sum, out, {kernel.add(kernel.input(first_), word), column});
    return kernel.finish({blocks(kernel, count_, ownedWords_), blocks(kernel, loss_.columns(), columns_)}).getResult(0);
  }

  Operation *anchor_;
  const LossOperands loss_;
  const int64_t depth_, rows_, words_, ownedWords_, columns_; // of a block
  // Words of a chunk: the blocks of its gradient by w keep the target busy. Of 576 columns 16,384 rows of bf16 take 0.18 GB then.
  const int64_t chunk_;
  Value first_; // of the chunk
  int64_t count_ = 0;
};

} // namespace

SmallVector<LossGradients> gradientsInChunks(Operation *function, tile::TargetAttr facts) {
  SmallVector<std::pair<LossOperands, LossGradients>> found;
  auto add = [&](auto op, auto LossGradients::*slot) {
    const LossOperands loss = LossOperands::of(op);
    if (!loss.wType().hasStaticShape() || !exceedBlock(facts, loss.columns()))
      return;
    auto *same = llvm::find_if(found, [&](auto &other) { return other.first == loss && !(other.second.*slot); });
    (same != found.end() ? same->second : found.emplace_back(loss, LossGradients()).second).*slot = op;
  };
  function->walk([&](Operation *op) {
    if (auto byInput = dyn_cast<lm::CrossEntropyInputGradientOp>(op))
      add(byInput, &LossGradients::byInput);
    else if (auto byWeight = dyn_cast<lm::CrossEntropyWeightGradientOp>(op))
      add(byWeight, &LossGradients::byWeight);
  });
  return llvm::map_to_vector(found, [](auto &each) { return each.second; });
}

void tileInChunks(LossGradients gradients, tile::TargetAttr facts) {
  Operation *byInput = gradients.byInput, *byWeight = gradients.byWeight;
  Operation *anchor = byInput && (!byWeight || byInput->isBeforeInBlock(byWeight)) ? byInput : byWeight;
  const LossOperands loss = byInput ? LossOperands::of(gradients.byInput) : LossOperands::of(gradients.byWeight);
  ChunkTiler(anchor, loss, facts).tile(gradients);
}

} // namespace longc
