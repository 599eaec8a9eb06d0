// A trainable memory of each query head and its gate, mixed into what attention gives.
#include "passes/FunctionInputs.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include <cmath>

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_INSERTGATEDMEMORYPASS
#include "passes/Passes.h.inc"

namespace {

constexpr double gateScale = 3.0, gateShift = 1.0; // of the published code

// Content, not position: what is turned into the query.
Value unrotated(Value query) {
  auto rope = query.getDefiningOp<lm::RopeOp>();
  return rope ? rope.getX() : query;
}

// "model.layers.3.self_attn" of the product that the query comes from; empty where there is none.
std::string blockOf(Value query) {
  Operation *op = query.getDefiningOp();
  while (op && !isa<lm::LinearOp>(op))
    op = op->getNumOperands() > 0 ? op->getOperand(0).getDefiningOp() : nullptr;
  Operation *weight = op ? op->getOperand(1).getDefiningOp() : nullptr;
  while (weight && !isa<lm::ParameterRefOp>(weight))
    weight = weight->getNumOperands() > 0 ? weight->getOperand(0).getDefiningOp() : nullptr;
  if (!weight)
    return "";
  StringRef name = cast<lm::ParameterRefOp>(weight).getName();
  name.consume_back(".weight");
  return name.rsplit('.').first.str();
}

struct InsertGatedMemoryPass : impl::InsertGatedMemoryPassBase<InsertGatedMemoryPass> {
  using InsertGatedMemoryPassBase::InsertGatedMemoryPassBase;

  void runOnOperation() override {
    SmallVector<lm::PackedAttentionOp> places;
    getOperation().walk([&](lm::PackedAttentionOp op) { places.push_back(op); });
    for (lm::PackedAttentionOp op : places)
      if (failed(insert(op)))
        return signalPassFailure();
  }

private:
  LogicalResult insert(lm::PackedAttentionOp attention) {
    Value query = unrotated(attention.getQ());
    std::string block = blockOf(query);
    if (block.empty())
      return attention.emitOpError("has no query of a product whose parameter gives its memory a name");
    auto type = cast<RankedTensorType>(query.getType());
    const int64_t heads = type.getDimSize(1), size = type.getDimSize(2);
    const int64_t hidden = 2 * size, gate = std::max<int64_t>(1, static_cast<int64_t>(std::sqrt(static_cast<double>(size))));
    OpBuilder builder(attention);
    builder.setInsertionPointAfter(attention);
    Location location = attention.getLoc();
    auto parameter = [&](StringRef name, ArrayRef<int64_t> shape) { return declare(builder, location, block + ".gated_memory." + name.str(), shape); };
    Value w1 = parameter("w1", {heads, size, hidden}), w2 = parameter("w2", {heads, hidden, size});
    Value u1 = parameter("u1", {heads, size, gate}), u2 = parameter("u2", {heads, gate});
    Value out = attention.getOut();
    auto mixed = lm::GatedMemoryOp::create(builder, location, out.getType(), /*further=*/TypeRange(), out, query, ValueRange{w1, w2},
                                           ValueRange{u1, u2}, /*mask=*/Value(), /*written=*/ValueRange(), /*cu_seqlens=*/Value(),
                                           lm::MemoryRead::mlp, lm::GateSelects::memory, /*update=*/lm::StateUpdateAttr(), gateScale, gateShift);
    Value result = mixed.getOut();
    if (identity) { // what the gate takes from attention before anything is learnt is given back
      const double open = 1 / (1 + std::exp(gateScale * gateShift));
      result = lm::ScaleOp::create(builder, location, out.getType(), result, 1 / (1 - open));
    }
    out.replaceUsesWithIf(result, [&](OpOperand &use) { return use.getOwner() != mixed; });
    ++memories;
    return success();
  }

  Value declare(OpBuilder &builder, Location location, const std::string &name, ArrayRef<int64_t> shape) {
    auto type = RankedTensorType::get(shape, builder.getF32Type());
    if (!getOperation().lookupSymbol(name)) {
      OpBuilder top = OpBuilder::atBlockBegin(getOperation().getBody());
      auto parameter = lm::ParameterOp::create(top, location, name, type, /*trainable=*/true, ArrayAttr());
      parameter->setAttr(initializerAttribute, top.getStringAttr(initializeKaiming));
    }
    return lm::ParameterRefOp::create(builder, location, type, name);
  }
};

} // namespace
} // namespace longc
