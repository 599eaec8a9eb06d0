// `@forward` of a decoder becomes the two functions that serve it: `@prefill` for any number of tokens and `@decode` for
// one of each sequence. Keys and values go to a cache that attention reads; only the rows that are asked for are projected
// to logits. That of an encoder becomes `@encode`, which needs no state: hidden states and what each pool makes of them.
#include "passes/FunctionInputs.h"
#include "passes/Passes.h"
#include "passes/PickRows.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_MAKESERVINGPASS
#include "passes/Passes.h.inc"

namespace {

// A function whose ragged batch is told by boundaries alone has no state yet.
std::optional<unsigned> boundariesOf(func::FuncOp function) {
  for (unsigned index = 0; index < function.getNumArguments(); ++index)
    if (auto role = function.getArgAttrOfType<StringAttr>(index, roleAttribute); role && role == "boundaries")
      return index;
  return std::nullopt;
}

class ServingFunction {
public:
  ServingFunction(func::FuncOp function, unsigned boundaries)
      : function_(function), body_(function.getBody().front()), boundaries_(boundaries), builder_(function.getContext()) {}

  LogicalResult run(bool oneToken) {
    Operation *terminator = body_.getTerminator();
    if (terminator->getNumOperands() != 1)
      return function_.emitOpError("expected the logits as its one result, got ") << terminator->getNumOperands();
    Value rows = appendInput(function_, indices(ShapedType::kDynamic), "rows");
    if (oneToken) // there all rows are wanted, nearly always
      pickRows(terminator->getOpOperand(0), rows);
    else
      pickRowsOfAll(terminator->getOpOperand(0), rows);
    auto eightColumns = RankedTensorType::get({ShapedType::kDynamic, 8}, builder_.getI32Type());
    Value segments = appendInput(function_, eightColumns, "segments");
    SmallVector<lm::PackedAttentionOp> attentions;
    function_.walk([&](lm::PackedAttentionOp op) { attentions.push_back(op); });
    for (lm::PackedAttentionOp attention : attentions)
      if (failed(addCache(attention, segments)))
        return failure();
    if (!body_.getArgument(boundaries_).use_empty())
      return function_.emitOpError("uses its boundaries for more than attention");
    return function_.eraseArgument(boundaries_);
  }

  void finish(StringRef name) {
    function_.setName(name);
    function_.setType(builder_.getFunctionType(body_.getArgumentTypes(), body_.getTerminator()->getOperandTypes()));
  }

private:
  RankedTensorType indices(int64_t size) { return RankedTensorType::get({size}, builder_.getI32Type()); }

  // The attention of the next layer reads what its cache holds: earlier calls' keys and values and this call's.
  LogicalResult addCache(lm::PackedAttentionOp attention, Value segments) {
    Value boundaries = body_.getArgument(boundaries_);
    if (!attention.getCausal() || attention.getSources() || attention.getCuQ() != boundaries ||
        attention.getCuK() != boundaries)
      return attention.emitOpError("expected causal attention of each sequence to itself");
    auto keys = cast<RankedTensorType>(attention.getK().getType());
    auto type = lm::CacheType::get(builder_.getContext(), keys.getShape().drop_front(), builder_.getF32Type());
    Value cache = appendInput(function_, type, "cache", layers_++);
    Location location = attention.getLoc();
    Operation *k = attention.getK().getDefiningOp(), *v = attention.getV().getDefiningOp();
    if (k && v)
      builder_.setInsertionPointAfter(k->isBeforeInBlock(v) ? v : k);
    else
      builder_.setInsertionPoint(attention);
    Value filled = lm::CacheAppendOp::create(builder_, location, type, cache, attention.getK(), attention.getV(), segments);
    builder_.setInsertionPoint(attention);
    auto read = lm::WindowAttentionOp::create(builder_, location, attention.getOut().getType(), attention.getLse().getType(),
                                              attention.getQ(), filled, segments, attention.getScale(),
                                              attention.getWindow(), attention.getSoftCap());
    attention.replaceAllUsesWith(read.getResults());
    attention.erase();
    Operation *terminator = body_.getTerminator();
    terminator->insertOperands(terminator->getNumOperands(), filled);
    return success();
  }

  func::FuncOp function_;
  Block &body_;
  unsigned boundaries_; // place of the argument
  OpBuilder builder_;
  int64_t layers_ = 0;
};

// Whether every attention sees later tokens.
bool isEncoder(func::FuncOp function) {
  auto attentions = function.getOps<lm::PackedAttentionOp>();
  return !attentions.empty() && llvm::none_of(attentions, [](lm::PackedAttentionOp op) { return op.getCausal(); });
}

// Appends the pools of the one result.
LogicalResult makeEncode(func::FuncOp function, unsigned boundaries) {
  Operation *terminator = function.getBody().front().getTerminator();
  auto type = terminator->getNumOperands() == 1 ? dyn_cast<RankedTensorType>(terminator->getOperand(0).getType()) : nullptr;
  if (!type || type.getRank() != 2)
    return function.emitOpError("expected hidden states, [tokens, columns], as its one result");
  Value hidden = terminator->getOperand(0);
  OpBuilder builder(terminator);
  SmallVector<Value> results{hidden};
  for (lm::Pool pool : {lm::Pool::mean, lm::Pool::cls, lm::Pool::last}) {
    auto pooled = type.clone(ArrayRef<int64_t>{ShapedType::kDynamic, type.getDimSize(1)});
    results.push_back(lm::ChunkPoolOp::create(builder, terminator->getLoc(), pooled, hidden, function.getArgument(boundaries),
                                              /*seeds=*/Value(), /*wk=*/Value(), /*wv=*/Value(), pool));
  }
  terminator->setOperands(results);
  function.setName("encode");
  function.setType(builder.getFunctionType(function.getArgumentTypes(), terminator->getOperandTypes()));
  return success();
}

struct MakeServingPass : impl::MakeServingPassBase<MakeServingPass> {
  void runOnOperation() override {
    for (auto forward : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      std::optional<unsigned> boundaries = boundariesOf(forward);
      if (!boundaries || forward.getSymName() != "forward")
        continue;
      if (isEncoder(forward)) {
        if (failed(makeEncode(forward, *boundaries)))
          return signalPassFailure();
        continue;
      }
      OpBuilder builder(forward);
      builder.setInsertionPointAfter(forward);
      auto decode = cast<func::FuncOp>(builder.clone(*forward));
      ServingFunction one(decode, *boundaries), many(forward, *boundaries);
      if (failed(many.run(/*oneToken=*/false)) || failed(one.run(/*oneToken=*/true)))
        return signalPassFailure();
      many.finish("prefill");
      one.finish("decode");
      decode->setAttr(oneTokenAttribute, builder.getUnitAttr());
    }
  }
};

} // namespace
} // namespace longc
