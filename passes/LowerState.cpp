// Caches and memories become tensors of rows; the conversions that tiling left at its launches cancel out.
#include "passes/FunctionInputs.h"
#include "passes/Passes.h"
#include "passes/Untiled.h"
#include "runtime/abi/Layout.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_LOWERSTATEPASS
#include "passes/Passes.h.inc"

namespace {

bool isState(Type type) { return isa<lm::CacheType, lm::MemoryType>(type); }

RankedTensorType rowsType(Type state) {
  auto rows = [](auto type) {
    return RankedTensorType::get({ShapedType::kDynamic, type.getHeads(), type.getHeadSize()}, type.getElementType());
  };
  if (auto cache = dyn_cast<lm::CacheType>(state))
    return rows(cache);
  return rows(cast<lm::MemoryType>(state));
}

class StateLowering {
public:
  explicit StateLowering(func::FuncOp function) : function_(function), builder_(function.getContext()) {}

  LogicalResult run() {
    if (function_.isExternal() ||
        !(llvm::any_of(function_.getArgumentTypes(), isState) || llvm::any_of(function_.getResultTypes(), isState)))
      return success();
    lowerResults();
    lowerArguments();
    function_.setType(builder_.getFunctionType(function_.getBody().getArgumentTypes(),
                                               function_.getBody().front().getTerminator()->getOperandTypes()));
    function_.setAllArgAttrs(attributes_);
    return cancelConversions();
  }

private:
  // One page table for all: appended as the last argument.
  RankedTensorType tableType() {
    return RankedTensorType::get({ShapedType::kDynamic, ShapedType::kDynamic}, builder_.getI32Type());
  }

  void lowerResults() {
    Operation *terminator = function_.getBody().front().getTerminator();
    builder_.setInsertionPoint(terminator);
    SmallVector<Value> lowered;
    for (Value value : terminator->getOperands()) {
      if (!isState(value.getType())) {
        lowered.push_back(value);
        continue;
      }
      RankedTensorType rows = rowsType(value.getType());
      auto cast =
          UnrealizedConversionCastOp::create(builder_, value.getLoc(), TypeRange{rows, rows, tableType()}, value);
      lowered.append({cast.getResult(0), cast.getResult(1)});
    }
    terminator->setOperands(lowered);
    function_.removeResAttrsAttr();
  }

  void lowerArguments() {
    Block &body = function_.getBody().front();
    SmallVector<DictionaryAttr> attributes;
    function_.getAllArgAttrs(attributes);
    attributes.resize(body.getNumArguments(), builder_.getDictionaryAttr({}));
    SmallVector<DictionaryAttr> lowered;
    unsigned position = 0;
    for (DictionaryAttr old : attributes) {
      BlockArgument argument = body.getArgument(position);
      if (!isState(argument.getType())) {
        lowered.push_back(old);
        ++position;
        continue;
      }
      const bool cache = isa<lm::CacheType>(argument.getType());
      for (StringRef name : {cache ? StateName::cacheKeys : StateName::memoryKeys, cache ? StateName::cacheValues : StateName::memoryValues}) {
        body.insertArgument(position++, rowsType(argument.getType()), argument.getLoc());
        NamedAttrList roles(old);
        roles.set(roleAttribute, builder_.getStringAttr(name));
        roles.set(stateAttribute, builder_.getStringAttr(cache ? "rings" : "pages"));
        lowered.push_back(roles.getDictionary(builder_.getContext()));
      }
      // The old argument now stands at `position`; it goes once its uses are converted.
      convertUses(argument, body.getArgument(position - 2), body.getArgument(position - 1));
      body.eraseArgument(position);
    }
    Value table = body.addArgument(tableType(), function_.getLoc());
    lowered.push_back(
        builder_.getDictionaryAttr(builder_.getNamedAttr(roleAttribute, builder_.getStringAttr("page_table"))));
    for (UnrealizedConversionCastOp cast : fromTensors_)
      cast->insertOperands(2, table);
    attributes_ = lowered;
  }

  void convertUses(BlockArgument state, Value keys, Value values) {
    builder_.setInsertionPointToStart(&function_.getBody().front());
    auto cast = UnrealizedConversionCastOp::create(builder_, state.getLoc(), state.getType(), ValueRange{keys, values});
    fromTensors_.push_back(cast);
    state.replaceAllUsesWith(cast.getResult(0));
  }

  // Tensors -> state -> tensors is nothing.
  LogicalResult cancelConversions() {
    SmallVector<UnrealizedConversionCastOp> casts;
    function_.walk([&](UnrealizedConversionCastOp cast) { casts.push_back(cast); });
    for (UnrealizedConversionCastOp cast : casts) {
      if (cast.getNumResults() != 3 || !isState(cast.getOperand(0).getType()))
        continue;
      auto source = cast.getOperand(0).getDefiningOp<UnrealizedConversionCastOp>();
      if (!source || source.getNumOperands() != 3)
        return refuse(cast.getOperand(0).getDefiningOp());
      cast.replaceAllUsesWith(source.getOperands());
    }
    for (UnrealizedConversionCastOp cast : llvm::reverse(casts))
      if (cast->use_empty())
        cast.erase();
    Operation *left = nullptr;
    function_.walk([&](Operation *op) {
      if (llvm::any_of(op->getOperandTypes(), isState))
        left = op;
    });
    return left ? refuse(left) : success();
  }

  LogicalResult refuse(Operation *op) {
    if (!op)
      return function_.emitOpError("has a state that no conversion reaches");
    return refuseUntiled(op);
  }

  func::FuncOp function_;
  OpBuilder builder_;
  SmallVector<UnrealizedConversionCastOp> fromTensors_;
  SmallVector<DictionaryAttr> attributes_; // of the new arguments
};

struct LowerStatePass : impl::LowerStatePassBase<LowerStatePass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(StateLowering(function).run()))
        return signalPassFailure();
  }
};

} // namespace
} // namespace longc
