// Translation of host index arithmetic into Program expressions.
#include "codegen/SizeExpressions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace longc {

uint32_t SizeExpressions::symbol(llvm::StringRef name) {
  for (int i = 0; i < function_.symbols_size(); ++i)
    if (function_.symbols(i).name() == name.str())
      return i;
  function_.add_symbols()->set_name(name.str());
  return function_.symbols_size() - 1;
}

abi::Expr SizeExpressions::symbolExpr(llvm::StringRef name) {
  abi::Expr expr;
  expr.set_op(abi::Expr::SYMBOL);
  expr.set_value(symbol(name));
  return expr;
}

abi::Expr SizeExpressions::constant(int64_t value) {
  abi::Expr expr;
  expr.set_op(abi::Expr::CONSTANT);
  expr.set_value(value);
  return expr;
}

abi::Expr SizeExpressions::binary(abi::Expr::Op op, abi::Expr lhs, abi::Expr rhs) {
  abi::Expr expr;
  expr.set_op(op);
  *expr.add_operands() = std::move(lhs);
  *expr.add_operands() = std::move(rhs);
  return expr;
}

void SizeExpressions::bindSizesOf(Value tensor, Value other) {
  SmallVector<abi::Expr> sizes(sizesOf(other));
  sizes_[tensor] = std::move(sizes);
}

void SizeExpressions::bindSizes(Value tensor, ArrayRef<abi::Expr> dynamicSizes) {
  SmallVector<abi::Expr> sizes;
  for (int64_t size : cast<RankedTensorType>(tensor.getType()).getShape()) {
    if (!ShapedType::isDynamic(size)) {
      sizes.push_back(constant(size));
      continue;
    }
    sizes.push_back(dynamicSizes.front());
    dynamicSizes = dynamicSizes.drop_front();
  }
  sizes_[tensor] = std::move(sizes);
}

ArrayRef<abi::Expr> SizeExpressions::sizesOf(Value tensor) const {
  auto found = sizes_.find(tensor);
  return found == sizes_.end() ? ArrayRef<abi::Expr>() : ArrayRef<abi::Expr>(found->second);
}

static std::optional<abi::Expr::Op> binaryOperation(Operation *op) {
  return llvm::TypeSwitch<Operation *, std::optional<abi::Expr::Op>>(op)
      .Case<arith::AddIOp>([](auto) { return abi::Expr::ADD; })
      .Case<arith::SubIOp>([](auto) { return abi::Expr::SUB; })
      .Case<arith::MulIOp>([](auto) { return abi::Expr::MUL; })
      .Case<arith::DivSIOp, arith::DivUIOp, arith::FloorDivSIOp>([](auto) { return abi::Expr::FLOORDIV; })
      .Case<arith::CeilDivSIOp, arith::CeilDivUIOp>([](auto) { return abi::Expr::CEILDIV; })
      .Case<arith::RemSIOp, arith::RemUIOp>([](auto) { return abi::Expr::MOD; })
      .Case<arith::MinSIOp, arith::MinUIOp>([](auto) { return abi::Expr::MIN; })
      .Case<arith::MaxSIOp, arith::MaxUIOp>([](auto) { return abi::Expr::MAX; })
      .Default([](Operation *) { return std::nullopt; });
}

FailureOr<abi::Expr> SizeExpressions::evaluate(Value index) {
  APInt value;
  if (matchPattern(index, m_ConstantInt(&value)))
    return constant(value.getSExtValue());
  Operation *op = index.getDefiningOp();
  if (!op)
    return mlir::emitError(index.getLoc(), "size is not host arithmetic: a function argument of type index"), failure();
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    ArrayRef<abi::Expr> sizes = sizesOf(dim.getSource());
    std::optional<int64_t> which = dim.getConstantIndex();
    if (!which || *which >= static_cast<int64_t>(sizes.size()))
      return op->emitError("size of a tensor that the step list does not know"), failure();
    return sizes[*which];
  }
  std::optional<abi::Expr::Op> operation = binaryOperation(op);
  if (!operation)
    return op->emitError("size is not host arithmetic: ") << op->getName(), failure();
  FailureOr<abi::Expr> lhs = evaluate(op->getOperand(0)), rhs = evaluate(op->getOperand(1));
  if (failed(lhs) || failed(rhs))
    return failure();
  return binary(*operation, *lhs, *rhs);
}

} // namespace longc
