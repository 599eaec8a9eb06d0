// Layout assignment: where each tile of a kernel lives, written as the encoding of its tensor type.
#include "codegen/cuda/CudaDialect.h"
#include "codegen/cuda/CudaPasses.h"
#include "codegen/cuda/FastForm.h"

namespace longc {
#define GEN_PASS_DEF_CUDAASSIGNLAYOUTSPASS
#include "codegen/cuda/CudaPasses.h.inc"
} // namespace longc

using namespace mlir;
using namespace longc;
using cuda::Layout;

namespace {

constexpr int64_t kWarpgroupRows = 64, kMaxConsumers = 3, kBoxRows = 256, kSwizzleElements = 64;

/// Layouts of one kernel's tiles, by table and by propagation over rank-1 tiles.
class KernelLayouts {
public:
  explicit KernelLayouts(tile::KernelOp kernel) : kernel_(kernel) {}

  LogicalResult run() {
    dropUnitColumns();
    if (failed(checkOps()) || failed(assignProducts()) || failed(assignMatrices()) || failed(assignVectors()))
      return failure();
    apply();
    return success();
  }

private:
  /// A column [M, 1] is stored as the row vector [M] it was made of; reshapes to the same shape go.
  void dropUnitColumns() {
    kernel_.walk([&](tile::ReshapeOp reshape) {
      auto from = cast<RankedTensorType>(reshape.getSource().getType());
      auto to = cast<RankedTensorType>(reshape.getType());
      if (from == to)
        reshape.getResult().replaceAllUsesWith(reshape.getSource());
      if (from.getRank() == 1 && to.getRank() == 2 && to.getDimSize(1) == 1)
        for (OpOperand &use : llvm::make_early_inc_range(reshape->getUses()))
          if (auto store = dyn_cast<tile::StoreOp>(use.getOwner()); store && store.getView().getType().getRank() == 2) {
            use.set(reshape.getSource());
            store.setDropped({1});
          }
      if (reshape.use_empty())
        reshape.erase();
    });
  }

  /// A load turned round as the left operand of products: they read it where it lies.
  static bool isTurnedOperand(Operation *op) {
    auto turn = dyn_cast<tile::TransposeOp>(op);
    return turn && turn.getSource().getDefiningOp<tile::LoadOp>() && turn.getSource().hasOneUse() &&
           llvm::all_of(op->getUses(), [&](OpOperand &use) {
             return isa<tile::MmaOp>(use.getOwner()) && use.getOperandNumber() == 0 && use.getOwner()->getBlock() == op->getBlock();
           });
  }

  LogicalResult checkOps() {
    WalkResult result = kernel_.walk([&](Operation *op) {
      if (op == kernel_ || isa<tile::LoadOp, tile::StoreOp, tile::MmaOp, tile::ReduceOp, tile::ExpandOp, tile::SplatOp,
                               tile::IotaOp, arith::ConstantOp, scf::ForOp, scf::IfOp, scf::YieldOp>(op))
        return WalkResult::advance();
      auto isTile = [](Type type) { return isa<RankedTensorType>(type); };
      const bool touchesTiles = llvm::any_of(op->getOperandTypes(), isTile) || llvm::any_of(op->getResultTypes(), isTile);
      if (!touchesTiles || isTurnedOperand(op) || (OpTrait::hasElementwiseMappableTraits(op) && op->getNumResults() == 1))
        return WalkResult::advance();
      op->emitOpError("cannot be compiled for CUDA yet");
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }

  /// Products fix the shared operands and the number of rows that all fragments have.
  LogicalResult assignProducts() {
    SmallVector<tile::MmaOp> products;
    kernel_.walk([&](tile::MmaOp op) { products.push_back(op); });
    if (products.empty())
      return kernel_.emitOpError("cannot be compiled for CUDA yet: a kernel without tile.mma has no row owner");
    rows_ = cast<RankedTensorType>(products.front().getType()).getDimSize(0);
    if (rows_ % kWarpgroupRows != 0 || rows_ / kWarpgroupRows > kMaxConsumers)
      return products.front().emitOpError("cannot be compiled for CUDA: expected 64, 128 or 192 rows, got ") << rows_;
    for (tile::MmaOp op : products) {
      auto type = cast<RankedTensorType>(op.getType());
      const int64_t columns = type.getDimSize(1);
      if (type.getDimSize(0) != rows_)
        return op.emitOpError("cannot be compiled for CUDA: expected ") << rows_ << " rows as in the kernel's first "
                                                                        << "product, got " << type.getDimSize(0);
      if (!type.getElementType().isF32() || !cast<RankedTensorType>(op.getB().getType()).getElementType().isBF16())
        return op.emitOpError("cannot be compiled for CUDA yet: expected bf16 operands and an f32 accumulator, got ")
               << op.getB().getType() << " and " << type;
      if (columns % 32 != 0 || columns > 256)
        return op.emitOpError("cannot be compiled for CUDA yet: expected a multiple of 32 columns up to 256, got ")
               << columns;
      if (cast<RankedTensorType>(op.getA().getType()).getDimSize(1) % 16 != 0)
        return op.emitOpError("cannot be compiled for CUDA: expected a depth that is a multiple of 16, got ")
               << cast<RankedTensorType>(op.getA().getType()).getDimSize(1);
      if (!op.getB().getDefiningOp<tile::LoadOp>())
        return op.emitOpError("cannot be compiled for CUDA yet: the right operand must come straight from tile.load");
      for (bool right : {false, true}) { // the first may give the second another load
        Value operand = right ? op.getB() : op.getA();
        if (auto turn = operand.getDefiningOp<tile::TransposeOp>()) {
          layouts_[operand] = Layout::shared;
          operand = turn.getSource();
        }
        if (auto load = operand.getDefiningOp<tile::LoadOp>(); load && failed(assignShared(load)))
          return failure();
      }
    }
    return success();
  }

  LogicalResult assignShared(tile::LoadOp load) {
    // A tile that is also used element by element is loaded twice: once shared, once into the fragments.
    auto inProduct = [](OpOperand &use) { return isa<tile::MmaOp, tile::TransposeOp>(use.getOwner()); };
    if (!llvm::all_of(load->getUses(), inProduct)) {
      OpBuilder builder(load);
      auto shared = cast<tile::LoadOp>(builder.clone(*load));
      load.getTile().replaceUsesWithIf(shared.getTile(), inProduct);
      load.setAsynchronous(false);
      load = shared;
    }
    auto type = cast<RankedTensorType>(load.getTile().getType());
    const int64_t viewRank = load.getView().getType().getRank();
    if (type.getRank() != 2 || viewRank - int64_t(load.getDropped().size()) != 2 ||
        llvm::is_contained(load.getDropped(), viewRank - 1))
      return load.emitOpError("cannot be compiled for CUDA yet: a product's operand needs two dimensions, the view's "
                              "last one among them");
    if (!cuda::hasColumnsOf(load.getView(), 8))
      return load.emitOpError("cannot be compiled for CUDA: the copy engine needs rows of a multiple of 16 bytes");
    if (type.getDimSize(0) > kBoxRows || type.getDimSize(0) % 8 != 0 || type.getDimSize(1) % kSwizzleElements != 0)
      return load.emitOpError("cannot be compiled for CUDA yet: expected at most 256 rows, a multiple of 8, and a "
                              "multiple of 64 columns, got ")
             << type;
    layouts_[load.getTile()] = Layout::shared;
    return success();
  }

  LogicalResult forEachTile(function_ref<LogicalResult(Value)> visit) {
    WalkResult result = kernel_.walk([&](Operation *op) {
      for (Value value : op->getResults())
        if (isa<RankedTensorType>(value.getType()) && failed(visit(value)))
          return WalkResult::interrupt();
      for (Region &region : op->getRegions())
        for (Value value : region.getArguments())
          if (isa<RankedTensorType>(value.getType()) && failed(visit(value)))
            return WalkResult::interrupt();
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  LogicalResult assignMatrices() {
    return forEachTile([&](Value value) -> LogicalResult {
      auto type = cast<RankedTensorType>(value.getType());
      if (type.getRank() == 1 || layouts_.contains(value))
        return success();
      if (type.getRank() != 2 || type.getDimSize(0) != rows_ || type.getDimSize(1) % 8 != 0)
        return emitError(value.getLoc()) << "tile " << type << " cannot be compiled for CUDA yet: expected " << rows_
                                         << " rows and a multiple of 8 columns";
      layouts_[value] = Layout::fragment;
      return success();
    });
  }

  /// Values that must share a layout with `value`: through element-wise ops, loops and conditions.
  static void forEachPeer(Value value, function_ref<void(Value)> visit) {
    auto visitOp = [&](Operation *op) {
      if (!OpTrait::hasElementwiseMappableTraits(op))
        return;
      for (Value other : op->getOperands())
        visit(other);
      for (Value other : op->getResults())
        visit(other);
    };
    if (Operation *op = value.getDefiningOp()) {
      visitOp(op);
      const unsigned number = cast<OpResult>(value).getResultNumber();
      if (auto loop = dyn_cast<scf::ForOp>(op))
        visit(loop.getRegionIterArg(number));
      if (auto branch = dyn_cast<scf::IfOp>(op))
        for (Region &region : branch->getRegions())
          visit(region.front().getTerminator()->getOperand(number));
    } else if (auto loop = dyn_cast<scf::ForOp>(cast<BlockArgument>(value).getOwner()->getParentOp())) {
      const unsigned number = cast<BlockArgument>(value).getArgNumber() - 1;
      visit(loop.getInits()[number]);
      visit(loop.getResult(number));
      visit(loop.getBody()->getTerminator()->getOperand(number));
    }
    for (OpOperand &use : value.getUses()) {
      visitOp(use.getOwner());
      if (auto loop = dyn_cast<scf::ForOp>(use.getOwner()); loop && use.getOperandNumber() >= 3)
        visit(loop.getRegionIterArg(use.getOperandNumber() - 3));
      if (isa<scf::YieldOp>(use.getOwner()))
        visit(use.getOwner()->getParentOp()->getResult(use.getOperandNumber()));
    }
  }

  LogicalResult assignVectors() {
    SmallVector<Value> worklist;
    auto seed = [&](Value value, Layout layout) -> LogicalResult {
      if (!isa<RankedTensorType>(value.getType()) || cast<RankedTensorType>(value.getType()).getRank() != 1)
        return success();
      auto [found, isNew] = layouts_.try_emplace(value, layout);
      if (isNew)
        worklist.push_back(value);
      else if (found->second != layout)
        return emitError(value.getLoc()) << "tile is used by row and by column: cannot be compiled for CUDA yet";
      return success();
    };
    WalkResult result = kernel_.walk([&](Operation *op) {
      LogicalResult ok = success();
      if (auto reduce = dyn_cast<tile::ReduceOp>(op)) {
        if (reduce.getDim() != 1) {
          op->emitOpError("cannot be compiled for CUDA yet: expected a reduction along dimension 1");
          return WalkResult::interrupt();
        }
        ok = seed(reduce.getResult(), Layout::row);
      } else if (auto expand = dyn_cast<tile::ExpandOp>(op)) {
        ok = seed(expand.getSource(), expand.getDim() == 1 ? Layout::row : Layout::column);
      }
      return failed(ok) ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (result.wasInterrupted())
      return failure();
    while (!worklist.empty()) {
      Value value = worklist.pop_back_val();
      LogicalResult ok = success();
      forEachPeer(value, [&](Value peer) {
        if (succeeded(ok))
          ok = seed(peer, layouts_.lookup(value));
      });
      if (failed(ok))
        return failure();
    }
    return forEachTile([&](Value value) -> LogicalResult {
      auto type = cast<RankedTensorType>(value.getType());
      if (!layouts_.contains(value)) // only stored, or dead: it goes by row if it can
        layouts_[value] = type.getDimSize(0) == rows_ ? Layout::row : Layout::column;
      if (layouts_[value] == Layout::row && type.getDimSize(0) != rows_)
        return emitError(value.getLoc()) << "tile " << type << " cannot be compiled for CUDA yet: expected " << rows_
                                         << " rows";
      return success();
    });
  }

  void apply() {
    for (auto [value, layout] : layouts_) {
      auto type = cast<RankedTensorType>(value.getType());
      auto laidOut = RankedTensorType::get(type.getShape(), type.getElementType(),
                                           cuda::LayoutAttr::get(type.getContext(), layout));
      value.setType(laidOut);
      if (auto constant = value.getDefiningOp<arith::ConstantOp>())
        constant.setValueAttr(
            DenseElementsAttr::get(laidOut, cast<DenseElementsAttr>(constant.getValue()).getSplatValue<Attribute>()));
    }
  }

  tile::KernelOp kernel_;
  int64_t rows_ = 0;
  llvm::MapVector<Value, Layout> layouts_;
};

struct CudaAssignLayouts : longc::impl::CudaAssignLayoutsPassBase<CudaAssignLayouts> {
  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      if (cuda::hasFastForm(kernel) && failed(cuda::assignLayouts(kernel)))
        return signalPassFailure();
  }
};

} // namespace

LogicalResult longc::cuda::assignLayouts(tile::KernelOp kernel) { return KernelLayouts(kernel).run(); }
