// Values that gradients need are computed again where they are needed, instead of kept until then: those that cost little, and of products
// as many as a budget of memory asks for.
#include "passes/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_RECOMPUTEPASS
#include "passes/Passes.h.inc"

namespace {

using Ops = DenseSet<Operation *>;

// Costs a pass over its rows, and what it is computed from is kept for other gradients anyway.
bool isCheap(Operation *op) {
  return isa<lm::GegluOp, lm::LayerNormOp, lm::MergeHeadsOp, lm::RmsNormOp, lm::SwigluOp>(op);
}

// Takes its rows as bf16 in the fast mode.
bool readsRounded(Operation *op) {
  return isa<lm::AttentionKeyGradientOp, lm::AttentionQueryGradientOp, lm::LinearOp, lm::ProductOp, lm::RowProductOp>(op);
}

// What lies in memory from the forward part of a function until its gradients have read it, for calls of so many tokens.
class Kept {
public:
  Kept(lm::CrossEntropyOp loss, int64_t tokens) : loss_(loss), tokens_(tokens) {
    for (Operation *op = loss->getNextNode(); op; op = op->getNextNode())
      for (Value operand : op->getOperands())
        if (isForward(operand.getDefiningOp()))
          wanted_.push_back({operand, op});
  }

  // When these ops are computed again. `each`: bytes of each op whose results are kept.
  int64_t bytes(const Ops &again, llvm::MapVector<Operation *, int64_t> *each = nullptr) const {
    llvm::MapVector<Value, int64_t> widths; // of an element
    Ops done;
    for (auto [value, reader] : wanted_)
      need(value, reader, again, widths, done);
    int64_t sum = 0;
    for (auto [value, width] : widths) {
      sum += width * elements(value);
      if (each)
        (*each)[value.getDefiningOp()] += width * elements(value);
    }
    return sum;
  }

private:
  bool isForward(Operation *op) const { return op && op->getBlock() == loss_->getBlock() && op->isBeforeInBlock(loss_); }

  // Of a value with rows of tokens; weights are there anyway.
  int64_t elements(Value value) const {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || type.hasStaticShape())
      return 0;
    int64_t count = 1;
    for (int64_t size : type.getShape())
      count *= ShapedType::isDynamic(size) ? tokens_ : size;
    return count;
  }

  void need(Value value, Operation *reader, const Ops &again, llvm::MapVector<Value, int64_t> &widths, Ops &done) const {
    Operation *made = value.getDefiningOp();
    if (!isForward(made))
      return;
    if (!again.contains(made)) {
      int64_t &width = widths[value];
      width = std::max<int64_t>(width, readsRounded(reader) ? 2 : 4);
    } else if (done.insert(made).second) {
      for (Value operand : made->getOperands())
        need(operand, made, again, widths, done);
    }
  }

  lm::CrossEntropyOp loss_;
  int64_t tokens_;
  SmallVector<std::pair<Value, Operation *>> wanted_; // and what reads it behind the loss
};

std::string megabytes(int64_t bytes) { return llvm::formatv("{0:F3} MB", static_cast<double>(bytes) / 1e6); }

struct RecomputePass : impl::RecomputePassBase<RecomputePass> {
  using RecomputePassBase::RecomputePassBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<FunctionOpInterface>())
      if (!function.isExternal())
        for (auto loss : llvm::to_vector(function.getFunctionBody().front().getOps<lm::CrossEntropyOp>()))
          recompute(loss, choose(loss));
  }

private:
  // What can be computed again; of products those that keep most come first.
  static SmallVector<Operation *> candidates(lm::CrossEntropyOp loss, const llvm::MapVector<Operation *, int64_t> &kept) {
    SmallVector<Operation *> all;
    for (auto [op, bytes] : kept)
      if ((isCheap(op) || isa<lm::LinearOp>(op)) && !llvm::is_contained(op->getUsers(), loss))
        all.push_back(op);
    llvm::sort(all, [&](Operation *one, Operation *other) {
      const int64_t its = kept.lookup(one), others = kept.lookup(other);
      return its != others ? its > others : one->isBeforeInBlock(other);
    });
    return all;
  }

  Ops choose(lm::CrossEntropyOp loss) {
    const Kept kept(loss, tokens);
    llvm::MapVector<Operation *, int64_t> each;
    (void)kept.bytes({}, &each);
    Ops again;
    SmallVector<Operation *> products;
    for (Operation *op : candidates(loss, each))
      if (isCheap(op))
        again.insert(op);
      else
        products.push_back(op);
    if (memoryBudget == 0 || each.empty())
      return again;
    const int64_t all = kept.bytes(again);
    int64_t now = all, count = 0;
    for (Operation *op : products) {
      if (now <= memoryBudget)
        break;
      again.insert(op);
      if (const int64_t then = kept.bytes(again); then < now)
        now = then, ++count;
      else
        again.erase(op);
    }
    say(loss, all, now, llvm::formatv("computing {0} of {1} products again", count, products.size()));
    return again;
  }

  // The place is named, for the driver to know what the budget says.
  void say(lm::CrossEntropyOp loss, int64_t all, int64_t now, const std::string &choice) {
    std::string text = llvm::formatv("gradients of {0} tokens keep {1} of values, the budget is {2}: ", tokens.getValue(), megabytes(all), megabytes(memoryBudget));
    text += now == all ? "no product is computed again" : choice + " leaves " + megabytes(now);
    Location place = NameLoc::get(StringAttr::get(&getContext(), "memory-budget"), loss->getParentOfType<FunctionOpInterface>().getLoc());
    if (now > memoryBudget)
      mlir::emitWarning(place, text + ", and none of these choices leaves less: give fewer tokens a call, or more memory");
    else
      mlir::emitRemark(place, text);
  }

  // Uses behind the loss are of gradients; the last layer's come first.
  void recompute(lm::CrossEntropyOp loss, const Ops &again) {
    DenseMap<Operation *, Operation *> clones;
    for (Operation *op = loss->getNextNode(); op; op = op->getNextNode())
      for (OpOperand &operand : op->getOpOperands())
        operand.set(repeated(operand.get(), op, again, clones));
  }

  Value repeated(Value value, Operation *reader, const Ops &again, DenseMap<Operation *, Operation *> &clones) {
    Operation *made = value.getDefiningOp();
    if (!made || !again.contains(made))
      return value;
    if (!clones.contains(made)) {
      IRMapping mapping;
      for (Value operand : made->getOperands())
        mapping.map(operand, repeated(operand, reader, again, clones));
      Operation *clone = OpBuilder(reader).clone(*made, mapping);
      clone->setAttr("lm.again", UnitAttr::get(&getContext())); // two computations on purpose: not to be merged
      clones[made] = clone;
      ++values;
    }
    return clones[made]->getResult(cast<OpResult>(value).getResultNumber());
  }
};

} // namespace
} // namespace longc
