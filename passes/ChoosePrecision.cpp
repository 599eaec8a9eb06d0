// The one place where precision is decided: everything inexact is an op that this pass inserted.
#include "dialects/lm/ScaleBlocks.h"
#include "passes/FunctionInputs.h"
#include "passes/Passes.h"
#include "passes/TargetFacts.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_CHOOSEPRECISIONPASS
#include "passes/Passes.h.inc"

namespace {

RankedTensorType withElement(Value value, Type element) {
  return cast<RankedTensorType>(value.getType()).clone(element);
}

Value rounded(OpBuilder &builder, Location location, Value value) {
  Type bf16 = builder.getBF16Type();
  if (cast<RankedTensorType>(value.getType()).getElementType() == bf16)
    return value;
  return lm::RoundOp::create(builder, location, withElement(value, bf16), value);
}

void keep(Operation *product, StringRef reason) {
  remark::missed(product->getLoc(), remark::RemarkOpts::name("longc-choose-precision").category("longc-precision"))
      << ("product kept in float32: " + reason).str();
}

// Trained weights are stored in float32 for the sake of their updates alone.
bool isTrained(Value weight) {
  auto reference = weight.getDefiningOp<lm::ParameterRefOp>();
  return reference && SymbolTable::lookupNearestSymbolFrom<lm::ParameterOp>(reference, reference.getNameAttr()).getTrainable();
}

// What is done to weights that are not quantised, and what is known of those that are.
struct Weights {
  bool narrow;   // those of float32 are rounded to bf16
  bool integers; // those whose rows are whole blocks become q8_0
  bool decoded;  // all lie in memory as bf16: there is nothing to save by multiplying quantised ones as they are
};

// A parameter as another one, of the type `type`, whose rows are its rows rounded.
Value heldAs(lm::ParameterRefOp reference, Type type, StringRef suffix) {
  auto parameter = SymbolTable::lookupNearestSymbolFrom<lm::ParameterOp>(reference, reference.getNameAttr());
  auto module = parameter->getParentOfType<ModuleOp>();
  OpBuilder builder(parameter);
  std::string name = (parameter.getSymName() + ":" + suffix).str();
  if (!module.lookupSymbol(name))
    lm::ParameterOp::create(builder, parameter.getLoc(), name, type, /*trainable=*/false,
                            builder.getStrArrayAttr({parameter.getSymName()}));
  builder.setInsertionPointAfter(reference);
  return lm::ParameterRefOp::create(builder, reference.getLoc(), type, name);
}

// A weight that is quantised, stored in bf16 or trained, as bf16; null, with a remark, for another that is not to be rounded.
Value narrowWeight(Operation *product, Value weight, Weights weights) {
  Type bf16 = BFloat16Type::get(weight.getContext());
  if (cast<RankedTensorType>(weight.getType()).getElementType() == bf16)
    return weight;
  if (isTrained(weight)) {
    OpBuilder builder(product);
    return rounded(builder, product->getLoc(), weight);
  }
  if (auto decoded = weight.getDefiningOp<lm::DequantizeOp>()) {
    OpBuilder builder(decoded);
    return lm::DequantizeOp::create(builder, decoded.getLoc(), withElement(weight, bf16), decoded.getSource());
  }
  auto widened = weight.getDefiningOp<lm::RoundOp>();
  if (widened && cast<RankedTensorType>(widened.getX().getType()).getElementType().isBF16())
    return widened.getX();
  if (auto reference = weight.getDefiningOp<lm::ParameterRefOp>(); reference && weights.narrow)
    return heldAs(reference, withElement(weight, bf16), "bf16");
  keep(product, "its weight is stored in float32");
  return {};
}

// Where a function serves, what is trained is as constant as a weight: the matrices of an adapter are held beside it, rounded and in
// panels, and the runtime keeps them up with what is trained. Targets whose weights are all decoded hold trained ones so anyway.
void holdAdapter(lm::LinearOp linear, Weights weights) {
  if (!linear.getLoraA() || weights.decoded || !isTrained(linear.getLoraA()) || !isTrained(linear.getLoraB()) ||
      !llvm::is_contained({"prefill", "decode", "ingest"}, linear->getParentOfType<func::FuncOp>().getSymName()))
    return;
  for (OpOperand *matrix : {&linear.getLoraAMutable()[0], &linear.getLoraBMutable()[0]}) {
    auto reference = matrix->get().getDefiningOp<lm::ParameterRefOp>();
    matrix->set(heldAs(reference, withElement(reference, BFloat16Type::get(linear.getContext())), "bf16"));
    if (reference->use_empty())
      reference.erase();
  }
}

// What multiplies the rows of x takes on their type; an adapter's second product stays in float32 where that costs nothing.
void roundInputs(lm::LinearOp linear, Weights weights) {
  OpBuilder builder(linear);
  linear.getXMutable().assign(rounded(builder, linear.getLoc(), linear.getX()));
  if (linear.getLoraA())
    linear.getLoraAMutable().assign(rounded(builder, linear.getLoc(), linear.getLoraA()));
  if (linear.getLoraB() && weights.decoded)
    linear.getLoraBMutable().assign(rounded(builder, linear.getLoc(), linear.getLoraB()));
}

// Blocks of x that share a scale, up to `most`. Attention rounds what it makes head by head; and what it takes keeps a scale a block, since most of
// the error of shared ones comes by queries and keys (MiniLM: vectors 0.0018 of a cosine off by these products alone, 0.0004 by any others').
int64_t sharedBlocks(lm::LinearOp linear, int64_t most) {
  if (llvm::any_of(linear->getUsers(), llvm::IsaPred<lm::SplitHeadsOp>))
    return 1;
  Value x = linear.getX();
  while (Operation *op = x.getDefiningOp()) {
    if (!isa<lm::MergeHeadsOp, lm::RoundOp>(op))
      break;
    if (auto heads = dyn_cast<lm::MergeHeadsOp>(op)) {
      const int64_t headSize = cast<RankedTensorType>(heads.getX().getType()).getDimSize(2);
      return headSize % (32 * most) == 0 ? most : 1;
    }
    x = op->getOperand(0);
  }
  return most;
}

// Rows of blocks times the quantised parameter `w`, of whose blocks `scaleBlocks` share a scale; x as int8 or int16.
void multiplyBlocks(lm::LinearOp linear, Value w, unsigned bits, int64_t scaleBlocks = 1) {
  OpBuilder builder(linear);
  Location location = linear.getLoc();
  Value x = linear.getX();
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> blocks = {type.getDimSize(0), type.getDimSize(1) / 32};
  auto blockType = RankedTensorType::get(blocks, builder.getF32Type());
  Value wide = type.getElementType().isF32()
                   ? x
                   : lm::RoundOp::create(builder, location, withElement(x, builder.getF32Type()), x);
  Value adapted = linear.getLoraA() ? x : Value(); // as the adapter's first matrix is
  if (adapted && !getElementTypeOrSelf(linear.getLoraA()).isF32())
    adapted = rounded(builder, location, x);
  auto encoded =
      lm::QuantizeOp::create(builder, location, type.clone(builder.getIntegerType(bits)), blockType, blockType, wide, scaleBlocks);
  Value product = lm::QuantizedLinearOp::create(builder, location, linear.getResult().getType(), encoded.getValues(),
                                                encoded.getScales(), encoded.getSums(), w, linear.getBias(),
                                                adapted, linear.getLoraA(), linear.getLoraB(),
                                                linear.getLoraScale(), scaleBlocks);
  linear.replaceAllUsesWith(product);
  linear.erase();
}

// The parameter that a weight is, stored in float32 or bf16; null for another.
lm::ParameterRefOp storedParameter(Value weight) {
  auto widened = weight.getDefiningOp<lm::RoundOp>();
  return (widened ? widened.getX() : weight).getDefiningOp<lm::ParameterRefOp>();
}

// Products of many rows take bf16 operands. Products of few rows are bound by the weights' bytes, so they multiply the
// quantised weights as they are, with int16 activations: int8 ones were measured to miss the fidelity bound
// (KL 3.9e-3 on SmolLM2 against a limit of 1e-3; bf16 has 3.0e-4).
void makeFast(lm::LinearOp linear, Weights weights) {
  auto type = cast<RankedTensorType>(linear.getX().getType());
  auto decoded = linear.getW().getDefiningOp<lm::DequantizeOp>();
  bool manyRows = type.isDynamicDim(0) && !hasOneToken(linear);
  if (decoded && !manyRows && !weights.decoded) {
    holdAdapter(linear, weights);
    multiplyBlocks(linear, decoded.getSource(), 16);
    if (decoded->use_empty())
      decoded.erase();
    return;
  }
  lm::ParameterRefOp parameter = storedParameter(linear.getW());
  if (weights.integers && parameter && type.getDimSize(1) % 32 == 0) {
    auto blocks = lm::QuantizedType::get(linear.getContext(), cast<RankedTensorType>(linear.getW().getType()).getShape(), lm::Format::q8_0);
    return multiplyBlocks(linear, heldAs(parameter, blocks, "q8_0"), 8, sharedBlocks(linear, lm::scaleBlocks(type.getDimSize(1))));
  }
  Operation *stored = linear.getW().getDefiningOp();
  Value weight = narrowWeight(linear, linear.getW(), weights);
  if (!weight)
    return;
  holdAdapter(linear, weights);
  roundInputs(linear, weights);
  linear.getWMutable().assign(weight);
  if (stored && stored->use_empty())
    stored->erase();
}

// The projection before a loss, its gradients and a plain product take bf16 operands as the products of many rows that they are.
template <typename Op> void makeFastProduct(Op op, Weights weights) {
  OpBuilder builder(op);
  Operation *stored = op.getW().getDefiningOp();
  bool computed = !isa_and_nonnull<lm::ParameterRefOp, lm::DequantizeOp, lm::RoundOp>(stored);
  Value weight = computed ? rounded(builder, op.getLoc(), op.getW()) : narrowWeight(op, op.getW(), weights);
  if (!weight)
    return;
  op.getXMutable().assign(rounded(builder, op.getLoc(), op.getX()));
  op.getWMutable().assign(weight);
  if (stored && stored->use_empty())
    stored->erase();
}

// Attention and what it reads from are bf16.
void makeFast(Operation *op, ArrayRef<unsigned> operands) {
  OpBuilder builder(op);
  for (unsigned operand : operands)
    op->setOperand(operand, rounded(builder, op->getLoc(), op->getOperand(operand)));
  auto last = op->getNumOperands() - 1;
  if (isa<lm::PackedAttentionOp, lm::AttentionQueryGradientOp, lm::AttentionKeyGradientOp>(op) &&
      isa<FloatType>(getElementTypeOrSelf(op->getOperand(last)))) // keys as which other sequences are seen
    op->setOperand(last, rounded(builder, op->getLoc(), op->getOperand(last)));
}

// What products hand on to element-wise ops alone, and gradients read again: as bf16 it takes half the room until then.
void narrowKept(func::FuncOp function) {
  function.walk([](lm::LinearOp linear) {
    Value y = linear.getResult();
    if (!y.hasOneUse() && !y.use_empty() && llvm::all_of(y.getUsers(), llvm::IsaPred<lm::ElementwiseOpInterface>))
      y.setType(withElement(y, BFloat16Type::get(y.getContext())));
  });
}

bool hasGradients(func::FuncOp function) {
  for (unsigned index = 0; index < function.getNumResults(); ++index)
    if (function.getResultAttr(index, gradientAttribute))
      return true;
  return false;
}

Type fastState(Type type) {
  Type bf16 = BFloat16Type::get(type.getContext());
  if (auto cache = dyn_cast<lm::CacheType>(type))
    return lm::CacheType::get(type.getContext(), cache.getShape(), bf16);
  if (auto memory = dyn_cast<lm::MemoryType>(type))
    return lm::MemoryType::get(type.getContext(), memory.getShape(), bf16);
  return type;
}

void makeFast(func::FuncOp function, Weights weights) {
  SmallVector<Operation *> ops;
  function.walk([&](Operation *op) { ops.push_back(op); });
  for (Operation *op : ops) {
    for (Value result : op->getResults())
      result.setType(fastState(result.getType()));
    if (auto linear = dyn_cast<lm::LinearOp>(op))
      makeFast(linear, weights);
    else if (auto loss = dyn_cast<lm::CrossEntropyOp>(op))
      makeFastProduct(loss, weights);
    else if (auto gradient = dyn_cast<lm::CrossEntropyInputGradientOp>(op))
      makeFastProduct(gradient, weights);
    else if (auto gradient = dyn_cast<lm::CrossEntropyWeightGradientOp>(op))
      makeFastProduct(gradient, weights);
    else if (auto product = dyn_cast<lm::ProductOp>(op))
      makeFastProduct(product, weights);
    else if (isa<lm::RowProductOp>(op))
      makeFast(op, {0, 1});
    else if (isa<lm::AttentionQueryGradientOp, lm::AttentionKeyGradientOp>(op))
      makeFast(op, {0, 1, 2, 3});
    else if (isa<lm::PackedAttentionOp>(op))
      makeFast(op, {0, 1, 2});
    else if (isa<lm::WindowAttentionOp, lm::KnnAttentionOp>(op))
      makeFast(op, {0});
    else if (isa<lm::CacheAppendOp, lm::MemoryAppendOp>(op))
      makeFast(op, {1, 2});
  }
  if (function.isExternal())
    return;
  if (hasGradients(function))
    narrowKept(function);
  for (BlockArgument argument : function.getArguments())
    argument.setType(fastState(argument.getType()));
  SmallVector<Type> results;
  for (Type type : function.getResultTypes())
    results.push_back(fastState(type));
  function.setType(FunctionType::get(function.getContext(), function.getBody().getArgumentTypes(), results));
}

struct ChoosePrecisionPass : impl::ChoosePrecisionPassBase<ChoosePrecisionPass> {
  using ChoosePrecisionPassBase::ChoosePrecisionPassBase;

  void runOnOperation() override {
    if (precision != "fast" && precision != "exact" && precision != "int8") {
      getOperation().emitError("expected precision exact, fast or int8, got '") << precision << "'";
      return signalPassFailure();
    }
    // Exact: float32 throughout is what the graph already says.
    if (precision == "exact")
      return;
    auto facts = getOperation()->getAttrOfType<tile::TargetAttr>(targetAttributeName);
    for (auto function : getOperation().getOps<func::FuncOp>())
      makeFast(function, {narrowWeights, precision == "int8", facts && facts.getDecodedWeights()});
  }
};

} // namespace
} // namespace longc
