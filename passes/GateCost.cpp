// Gates as one sum over memories, then over heads, then over tokens.
#include "passes/GateCost.h"

#include "dialects/lm/LmDialect.h"
#include "dialects/lm/gradients/PlainOps.h"

using namespace mlir;

namespace longc {
namespace {

// The gate [T, H] of a memory that did not give it.
Value askForGate(lm::GatedMemoryOp op) {
  OpBuilder builder(op);
  auto type = RankedTensorType::get(cast<RankedTensorType>(op.getQuery().getType()).getShape().take_front(2), builder.getF32Type());
  auto asked = lm::GatedMemoryOp::create(builder, op.getLoc(), op.getOut().getType(), TypeRange(type), op.getAttention(), op.getQuery(), op.getMemoryOperands(),
                                         op.getGateOperands(), op.getMask(), ValueRange(), op.getCuSeqlens(), op.getMemory(), op.getGateSelects(),
                                         lm::StateUpdateAttr(), op.getGateScale(), op.getGateShift());
  op.getOut().replaceAllUsesWith(asked.getOut());
  op.erase();
  return asked.getGate();
}

} // namespace

Value addGateCost(func::FuncOp function, Value loss, Value weights, double cost) {
  SmallVector<Value> gates;
  function.walk([&](lm::GatedMemoryOp op) {
    if (!op.getUpdate() && !op.getGate())
      gates.push_back(askForGate(op));
  });
  if (gates.empty())
    return loss;
  ImplicitLocOpBuilder builder(loss.getLoc(), function.getBody().front().getTerminator());
  lm::PlainOps make(builder);
  Value sum = gates.front();
  for (Value gate : llvm::drop_begin(gates))
    sum = make.add(sum, gate);
  const double count = static_cast<double>(gates.size()) * static_cast<double>(lm::PlainOps::shapeOf(sum)[1]);
  Value ofTokens = make.multiply(make.dotRows(sum, make.fill(sum, cost / count)), weights);
  return make.add(loss, make.sumRows(make.reshape(ofTokens, {lm::PlainOps::shapeOf(ofTokens)[0], 1})));
}

} // namespace longc
