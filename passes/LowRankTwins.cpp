// Finding the products that adapters make anyway.
#include "passes/LowRankTwins.h"

#include "passes/GemmKernel.h"

using namespace mlir;

namespace longc {
namespace {

// The product of a kernel of nothing else, but for rounding its result.
lm::LinearOp loneProduct(const FusedOps &fused) {
  lm::LinearOp product;
  for (Operation *op : fused.ops)
    if (auto linear = dyn_cast<lm::LinearOp>(op); linear && !product)
      product = linear;
    else if (!isa<lm::ParameterRefOp, lm::RoundOp>(op))
      return {};
  return product && fused.results.size() == 1 && !product.getBias() && !product.getLoraA() ? product : lm::LinearOp();
}

bool isBehind(Operation *root, Operation *place) {
  return llvm::all_of(root->getUsers(), [&](Operation *user) {
    Operation *ancestor = place->getBlock()->findAncestorOpInBlock(*user);
    return ancestor && place->isBeforeInBlock(ancestor);
  });
}

} // namespace

LowRankTwins::LowRankTwins(FunctionOpInterface function) {
  SmallVector<std::pair<Operation *, lm::LinearOp>> adapted;
  for (const FusedOps &fused : fusedOps(function, [](const FusedOps &some) { return some.holds<lm::LinearOp>(); })) {
    if (lm::LinearOp product = loneProduct(fused))
      products_.push_back({fused.root, product});
    for (auto linear : fused.all<lm::LinearOp>())
      if (linear.getLoraA())
        adapted.emplace_back(fused.root, linear);
  }
  for (auto [root, linear] : adapted)
    if (Operation *twin = find(root, linear.getX(), linear.getLoraA()))
      taken_.insert(twin);
  llvm::erase_if(products_, [&](const Product &product) { return !isTwin(product.root); }); // others are tiled, and gone
}

void LowRankTwins::dropTwins() const {
  for (Operation *twin : taken_)
    if (twin->use_empty())
      twin->erase();
}

Operation *LowRankTwins::of(Operation *root, Value x, Value a) const {
  Operation *twin = find(root, x, a);
  return twin && isTwin(twin) ? twin : nullptr;
}

Operation *LowRankTwins::find(Operation *root, Value x, Value a) const {
  for (Product product : products_)
    if (product.op.getX() == x && storedWeight(product.op.getW()) == storedWeight(a) && product.root->getBlock() == root->getBlock() && isBehind(product.root, root))
      return product.root;
  return nullptr;
}

} // namespace longc
