// Scores of an attention are scaled late: the factor leaves the scores, passes the mask and the row maximum, and becomes
// part of the exponent's multiply-add.
//
// For c > 0, max(c x) = c max(x) exactly, since rounding keeps order, and c (-inf) = -inf; only exp2(c x - m) changes, by
// being rounded once instead of twice.
#include "codegen/cuda/CudaDialect.h"
#include "codegen/cuda/CudaPasses.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace longc {
#define GEN_PASS_DEF_CUDADEFERSCALEPASS
#include "codegen/cuda/CudaPasses.h.inc"
} // namespace longc

using namespace mlir;
using namespace longc;

namespace {

FloatAttr splatOf(Value tile) {
  DenseElementsAttr elements;
  return matchPattern(tile, m_Constant(&elements)) && elements.isSplat() && isa<FloatType>(elements.getElementType())
             ? elements.getSplatValue<FloatAttr>()
             : FloatAttr();
}

Value splatTile(OpBuilder &b, Location loc, Type type, FloatAttr value) {
  return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(cast<ShapedType>(type), Attribute(value)));
}

bool isMinusInfinity(Value tile) {
  FloatAttr value = splatOf(tile);
  return value && value.getValue().isInfinity() && value.getValue().isNegative();
}

/// A tile as `tile` times a positive number; no factor when it is not written so.
struct Scaled {
  Value tile;
  FloatAttr factor;
};
Scaled scaledTile(Value value) {
  auto product = value.getDefiningOp<arith::MulFOp>();
  if (!product || !isa<RankedTensorType>(value.getType()) || !getElementTypeOrSelf(value.getType()).isF32())
    return {};
  FloatAttr factor = splatOf(product.getRhs());
  const bool positive = factor && factor.getValue().isFinite() && !factor.getValue().isNegative() && !factor.getValue().isZero();
  return positive ? Scaled{product.getLhs(), factor} : Scaled{};
}

/// if (edge) select(seen, c x, -inf) else c x  ->  c (if (edge) select(seen, x, -inf) else x)
struct BehindMask : OpRewritePattern<scf::IfOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(scf::IfOp op, PatternRewriter &rewriter) const override {
    if (op.getNumResults() != 1 || op.getElseRegion().empty())
      return rewriter.notifyMatchFailure(op, "expected one result from two branches");
    Value unmasked = op.elseYield().getOperand(0);
    auto select = op.thenYield().getOperand(0).getDefiningOp<arith::SelectOp>();
    const Scaled scaled = scaledTile(unmasked);
    if (!scaled.factor || !select || select.getTrueValue() != unmasked || !isMinusInfinity(select.getFalseValue()) ||
        unmasked.getParentBlock() != op->getBlock())
      return rewriter.notifyMatchFailure(op, "expected scaled scores and their masked form");
    rewriter.modifyOpInPlace(select, [&] { select.getTrueValueMutable().assign(scaled.tile); });
    rewriter.modifyOpInPlace(op.elseYield(), [&] { op.elseYield()->setOperand(0, scaled.tile); });
    rewriter.setInsertionPointAfter(op);
    Value result = op.getResult(0), factor = splatTile(rewriter, op.getLoc(), result.getType(), scaled.factor);
    auto product = arith::MulFOp::create(rewriter, op.getLoc(), result, factor);
    rewriter.replaceAllUsesExcept(result, product, product);
    return success();
  }
};

/// max over columns of c x  ->  c (max over columns of x)
struct BehindMaximum : OpRewritePattern<tile::ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tile::ReduceOp op, PatternRewriter &rewriter) const override {
    const Scaled scaled = scaledTile(op.getSource());
    if (op.getKind() != tile::Reduction::max || !scaled.factor)
      return rewriter.notifyMatchFailure(op, "expected the maximum of a scaled tile");
    auto type = cast<RankedTensorType>(op.getType());
    Value maximum = tile::ReduceOp::create(rewriter, op.getLoc(), type, op.getKind(), scaled.tile, op.getDim());
    rewriter.replaceOpWithNewOp<arith::MulFOp>(op, maximum, splatTile(rewriter, op.getLoc(), type, scaled.factor));
    return success();
  }
};

/// c x - m  ->  fma(x, c, -m)
struct IntoDifference : OpRewritePattern<arith::SubFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::SubFOp op, PatternRewriter &rewriter) const override {
    const Scaled scaled = scaledTile(op.getLhs());
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!scaled.factor || type.getRank() != 2)
      return rewriter.notifyMatchFailure(op, "expected a scaled matrix on the left");
    Value negative = arith::NegFOp::create(rewriter, op.getLoc(), op.getRhs());
    rewriter.replaceOpWithNewOp<math::FmaOp>(op, scaled.tile, splatTile(rewriter, op.getLoc(), type, scaled.factor),
                                             negative);
    return success();
  }
};

struct CudaDeferScale : longc::impl::CudaDeferScalePassBase<CudaDeferScale> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<BehindMask, BehindMaximum, IntoDifference>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
