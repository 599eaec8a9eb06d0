// The gradient function of a function: its results, then the gradients of what is trained.
#include "passes/FunctionInputs.h"
#include "passes/Passes.h"

#include "dialects/lm/DifferentiableOpInterface.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_DIFFERENTIATEPASS
#include "passes/Passes.h.inc"

namespace {

bool isLoss(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getElementType().isF32() && tensor.getShape() == ArrayRef<int64_t>{1};
}

class GradientFunction {
public:
  explicit GradientFunction(func::FuncOp function)
      : function_(function), body_(function.getBody().front()),
        builder_(function.getLoc(), OpBuilder::atBlockBegin(&body_)) {}

  LogicalResult run() {
    findTrained();
    if (trained_.empty())
      return function_.emitOpError("expected trainable parameters, or arguments that are marked ") << trainedAttribute;
    SmallVector<Operation *> forward = llvm::map_to_vector(body_.without_terminator(), [](Operation &op) { return &op; });
    lm::Gradients gradients(builder_, dependents(forward));
    builder_.setInsertionPoint(body_.getTerminator());
    if (!seedResults(gradients))
      return function_.emitOpError("has no result that depends on something trained");
    for (Operation *op : llvm::reverse(forward))
      if (failed(differentiate(op, gradients)))
        return failure();
    returnGradients(gradients);
    return success();
  }

private:
  struct Trained {
    Value value;
    Attribute name; // of a parameter, or the number of an argument
  };

  // Arguments in order, then parameters as they are first used: one value each, so that tied uses share a gradient.
  void findTrained() {
    for (BlockArgument argument : body_.getArguments())
      if (function_.getArgAttr(argument.getArgNumber(), trainedAttribute))
        trained_.push_back({argument, builder_.getI64IntegerAttr(argument.getArgNumber())});
    llvm::StringMap<Value> known;
    for (auto reference : llvm::make_early_inc_range(body_.getOps<lm::ParameterRefOp>())) {
      auto parameter = SymbolTable::lookupNearestSymbolFrom<lm::ParameterOp>(reference, reference.getNameAttr());
      if (!parameter.getTrainable())
        continue;
      Value &first = known[reference.getName()];
      if (first) {
        reference.replaceAllUsesWith(first);
        reference.erase();
        continue;
      }
      first = reference.getResult();
      trained_.push_back({first, builder_.getStringAttr(reference.getName())});
    }
  }

  // The float tensors that something trained goes into.
  DenseSet<Value> dependents(ArrayRef<Operation *> forward) {
    DenseSet<Value> wanted;
    for (const Trained &trained : trained_)
      wanted.insert(trained.value);
    for (Operation *op : forward)
      if (llvm::any_of(op->getOperands(), [&](Value operand) { return wanted.contains(operand); }))
        for (Value result : op->getResults())
          if (isFloat(result))
            wanted.insert(result);
    return wanted;
  }

  static bool isFloat(Value value) {
    auto tensor = dyn_cast<RankedTensorType>(value.getType());
    return tensor && isa<FloatType>(tensor.getElementType());
  }

  // A loss has gradient 1; the gradient of another result is an argument.
  bool seedResults(lm::Gradients &gradients) {
    bool any = false;
    for (Value result : SmallVector<Value>(body_.getTerminator()->getOperands())) {
      if (!gradients.isWanted(result))
        continue;
      any = true;
      if (isLoss(result.getType())) {
        gradients.add(result, lm::FillOp::create(builder_, result.getType(), result, 1.0));
        continue;
      }
      auto type = cast<RankedTensorType>(result.getType()).clone(builder_.getF32Type());
      unsigned last = function_.getNumArguments();
      [[maybe_unused]] LogicalResult added =
          function_.insertArgument(last, type, builder_.getDictionaryAttr({}), function_.getLoc());
      assert(succeeded(added) && "a func.func takes any argument");
      gradients.add(result, body_.getArgument(last));
    }
    return any;
  }

  LogicalResult differentiate(Operation *op, lm::Gradients &gradients) {
    auto reached = [&](Value result) { return gradients.of(result) != Value(); };
    if (isa<lm::ParameterRefOp>(op) || !llvm::any_of(op->getResults(), reached))
      return success();
    auto differentiable = dyn_cast<lm::DifferentiableOpInterface>(op);
    if (!differentiable)
      return op->emitOpError("has no gradient, and something trained goes into it");
    builder_.setLoc(op->getLoc());
    return differentiable.differentiate(gradients);
  }

  void returnGradients(lm::Gradients &gradients) {
    Operation *terminator = body_.getTerminator();
    builder_.setLoc(function_.getLoc());
    unsigned number = terminator->getNumOperands();
    for (const Trained &trained : trained_)
      terminator->insertOperands(terminator->getNumOperands(), gradients.ofOrZeros(trained.value));
    function_.setType(builder_.getFunctionType(body_.getArgumentTypes(), terminator->getOperandTypes()));
    for (const Trained &trained : trained_)
      function_.setResultAttr(number++, gradientAttribute, trained.name);
  }

  func::FuncOp function_;
  Block &body_;
  ImplicitLocOpBuilder builder_;
  SmallVector<Trained> trained_;
};

struct DifferentiatePass : impl::DifferentiatePassBase<DifferentiatePass> {
  using DifferentiatePassBase::DifferentiatePassBase;

  void runOnOperation() override {
    auto original = getOperation().lookupSymbol<func::FuncOp>(function);
    if (!original || original.isExternal() || !llvm::hasSingleElement(original.getBody())) {
      getOperation().emitError("expected a function of one block named @") << function.getValue();
      return signalPassFailure();
    }
    std::string name = function + "_gradient";
    if (getOperation().lookupSymbol(name)) {
      original.emitError("expected the name @") << name << " to be free for its gradients";
      return signalPassFailure();
    }
    OpBuilder builder(original);
    builder.setInsertionPointAfter(original);
    auto clone = cast<func::FuncOp>(builder.clone(*original));
    clone.setName(name);
    if (failed(GradientFunction(clone).run())) {
      clone.erase();
      signalPassFailure();
    }
  }
};

} // namespace
} // namespace longc
