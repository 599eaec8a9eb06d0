// What the lowerings of a kernel's tiles have in common, whatever its form: arithmetic, elements of views, scalars, control.
#pragma once

#include "codegen/cuda/CudaDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

namespace longc::cuda {

/// "name<1, 2>"
std::string templated(llvm::StringRef name, llvm::ArrayRef<int64_t> numbers);

class KernelLowering {
public:
  using Value = mlir::Value;
  KernelLowering(mlir::OpBuilder &builder, mlir::Location loc) : b(builder), loc(loc) {}

  mlir::IRMapping scalars; // what is the same for all threads

  // Arithmetic on integers, folded where it is constant.
  Value constant(int64_t value) { return mlir::arith::ConstantIndexOp::create(b, loc, value); }
  Value add(Value x, Value y) { return b.createOrFold<mlir::arith::AddIOp>(loc, x, y); }
  Value sub(Value x, Value y) { return b.createOrFold<mlir::arith::SubIOp>(loc, x, y); }
  Value mul(Value x, Value y) { return b.createOrFold<mlir::arith::MulIOp>(loc, x, y); }
  Value add(Value x, int64_t y) { return y ? add(x, constant(y)) : x; }
  Value mul(Value x, int64_t y) { return y == 1 ? x : mul(x, constant(y)); }
  Value div(Value x, int64_t y) { return y == 1 ? x : b.createOrFold<mlir::arith::DivSIOp>(loc, x, constant(y)); }
  Value rem(Value x, int64_t y) { return y == 1 ? constant(0) : b.createOrFold<mlir::arith::RemSIOp>(loc, x, constant(y)); }
  Value wide(Value x) { return mlir::arith::IndexCastOp::create(b, loc, b.getI64Type(), x); }
  Value compare(mlir::arith::CmpIPredicate predicate, Value x, Value y) { return mlir::arith::CmpIOp::create(b, loc, predicate, x, y); }
  Value both(Value x, Value y) { return x && y ? Value(mlir::arith::AndIOp::create(b, loc, x, y)) : x ? x : y; }

  void call(llvm::StringRef callee, mlir::ValueRange arguments = {}) {
    CallOp::create(b, loc, mlir::TypeRange(), callee, arguments, false);
  }
  Value pureCall(llvm::StringRef callee, mlir::Type type, mlir::ValueRange arguments = {}) {
    return CallOp::create(b, loc, mlir::TypeRange(type), callee, arguments, true).getResult();
  }
  Value impureCall(llvm::StringRef callee, mlir::Type type, mlir::ValueRange arguments = {}) {
    return CallOp::create(b, loc, mlir::TypeRange(type), callee, arguments, false).getResult();
  }

  /// Runs `body` under a condition, or under none.
  void guarded(Value condition, llvm::function_ref<void()> body);
  void unrolled(int64_t count, llvm::function_ref<void(Value)> body);

protected:
  // A thread's registers.
  Value declare(llvm::StringRef name, int64_t count, mlir::Type element) {
    return RegistersOp::create(b, loc, RegistersType::get(b.getContext(), count, element), name);
  }
  Value get(Value registers, Value index) {
    return GetOp::create(b, loc, mlir::cast<RegistersType>(registers.getType()).getElementType(), registers, index);
  }
  void set(Value value, Value registers, Value index) { SetOp::create(b, loc, value, registers, index); }
  void copy(Value from, Value to) {
    unrolled(mlir::cast<RegistersType>(to.getType()).getCount(), [&](Value index) { set(get(from, index), to, index); });
  }

  /// Where an element lies in memory, and whether it is there.
  struct Access {
    Value offset, inRange;
  };
  /// Rows from `lo` to `hi` alone, if those are not null, and where `inRange` holds.
  Access access(Value view, llvm::function_ref<Value(int64_t dim)> position, Value lo, Value hi, Value inRange = {});
  Value sizeOf(Value view, int64_t dim);
  Value stride(Value view, int64_t dim) { return StrideOp::create(b, loc, b.getI64Type(), view, dim); }
  Value pointerIn(Value view, Value offset);
  Value readOrZero(Value view, const Access &place);
  void writeIf(Value view, const Access &place, llvm::function_ref<Value()> value);
  void lower(tile::ScalarOp op);

  /// A loop, or a branch, for all of `op` but tiles, which the caller looks after: `body` lowers what is inside.
  mlir::LogicalResult loopLike(mlir::scf::ForOp op, llvm::function_ref<mlir::LogicalResult()> body);
  mlir::LogicalResult branchLike(mlir::scf::IfOp op, llvm::function_ref<mlir::LogicalResult(mlir::Block &side)> body);

  mlir::OpBuilder &b;
  mlir::Location loc;

private:
  void yieldScalars(mlir::Block &source);
};

} // namespace longc::cuda
