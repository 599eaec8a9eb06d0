// Builds the graph of the Llama family with the lm dialect.
#include "models/Llama.h"

#include "dialects/lm/LmDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <cmath>

using namespace mlir;

namespace longc {
namespace {

// The arguments of a function in the order of its signature.
struct CallInputs {
  Value tokens, positions, rows, segments;
  SmallVector<Value> caches;
};

class LlamaBuilder {
public:
  LlamaBuilder(ModuleOp module, const LlamaConfig &config, const ParameterTypes &types)
      : module_(module), config_(config), types_(types),
        builder_(module.getLoc(), OpBuilder::atBlockEnd(module.getBody())) {}

  LogicalResult build() {
    for (const auto &[name, type] : types_)
      lm::ParameterOp::create(builder_, nameLocation(name), name, type);
    if (failed(buildFunction("prefill", ShapedType::kDynamic)) || failed(buildFunction("decode", 1)))
      return failure();
    return success();
  }

private:
  Location nameLocation(StringRef name) { return NameLoc::get(builder_.getStringAttr(name)); }

  FailureOr<Value> parameter(const std::string &name) {
    auto found = types_.find(name);
    if (found == types_.end())
      return module_.emitError("parameter '") << name << "' is needed by the model and missing", failure();
    builder_.setLoc(nameLocation(name));
    return lm::ParameterRefOp::create(builder_, found->second, name).getResult();
  }

  RankedTensorType f32(ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, builder_.getF32Type()); }

  // y = x W^T with the weight of this name, [T, K] -> [T, N].
  FailureOr<Value> linear(Value x, const std::string &name) {
    FailureOr<Value> weight = parameter(name);
    if (failed(weight))
      return failure();
    Value dense = *weight;
    if (auto quantized = dyn_cast<lm::QuantizedType>(dense.getType()))
      dense = lm::DequantizeOp::create(builder_, f32(quantized.getShape()), dense);
    else if (auto type = cast<RankedTensorType>(dense.getType()); !type.getElementType().isF32())
      dense = lm::RoundOp::create(builder_, f32(type.getShape()), dense); // widening; precision is a pass's choice
    int64_t rows = cast<RankedTensorType>(x.getType()).getDimSize(0);
    int64_t outputs = cast<RankedTensorType>(dense.getType()).getDimSize(0);
    return lm::LinearOp::create(builder_, f32({rows, outputs}), x, dense, /*bias=*/Value()).getResult();
  }

  FailureOr<Value> rmsNorm(Value x, const std::string &name) {
    FailureOr<Value> weight = parameter(name);
    if (failed(weight))
      return failure();
    return lm::RmsNormOp::create(builder_, x.getType(), x, *weight, config_.normEpsilon)
        .getResult();
  }

  // Projects x and splits the result into heads, [T, heads, D].
  FailureOr<Value> heads(Value x, const std::string &name, int64_t heads) {
    FailureOr<Value> projected = linear(x, name);
    if (failed(projected))
      return failure();
    int64_t rows = cast<RankedTensorType>(x.getType()).getDimSize(0);
    return lm::SplitHeadsOp::create(builder_, f32({rows, heads, config_.headSize}), *projected).getResult();
  }

  Value rope(Value x, Value positions) {
    return lm::RopeOp::create(builder_, x.getType(), x, positions, config_.ropeTheta, config_.ropeDim,
                              lm::RopeStyle::half, 1.0 / config_.ropeScalingFactor);
  }

  FailureOr<Value> attention(Value x, int64_t layer, const std::string &prefix, CallInputs &inputs) {
    FailureOr<Value> q = heads(x, prefix + "q_proj.weight", config_.heads);
    FailureOr<Value> k = heads(x, prefix + "k_proj.weight", config_.kvHeads);
    FailureOr<Value> v = heads(x, prefix + "v_proj.weight", config_.kvHeads);
    if (failed(q) || failed(k) || failed(v))
      return failure();
    builder_.setLoc(nameLocation(prefix + "attention"));
    Value &cache = inputs.caches[layer];
    cache = lm::CacheAppendOp::create(builder_, cache.getType(), cache, rope(*k, inputs.positions), *v, inputs.segments);
    Value queries = rope(*q, inputs.positions);
    int64_t rows = cast<RankedTensorType>(x.getType()).getDimSize(0);
    auto attended = lm::WindowAttentionOp::create(builder_, queries.getType(), f32({config_.heads, rows}), queries,
                                                  cache, inputs.segments, attentionScale());
    Value merged = lm::MergeHeadsOp::create(builder_, f32({rows, config_.heads * config_.headSize}), attended.getOut());
    return linear(merged, prefix + "o_proj.weight");
  }

  double attentionScale() const { return 1.0 / std::sqrt(static_cast<double>(config_.headSize)); }

  FailureOr<Value> mlp(Value x, const std::string &prefix) {
    FailureOr<Value> gate = linear(x, prefix + "gate_proj.weight");
    FailureOr<Value> up = linear(x, prefix + "up_proj.weight");
    if (failed(gate) || failed(up))
      return failure();
    builder_.setLoc(nameLocation(prefix + "swiglu"));
    Value activated = lm::SwigluOp::create(builder_, gate->getType(), *gate, *up);
    return linear(activated, prefix + "down_proj.weight");
  }

  Value add(Value x, Value y) { return lm::AddOp::create(builder_, x.getType(), x, y); }

  FailureOr<Value> layer(Value x, int64_t index, CallInputs &inputs) {
    std::string prefix = "model.layers." + std::to_string(index) + ".";
    FailureOr<Value> normed = rmsNorm(x, prefix + "input_layernorm.weight");
    if (failed(normed))
      return failure();
    FailureOr<Value> attended = attention(*normed, index, prefix + "self_attn.", inputs);
    if (failed(attended))
      return failure();
    x = add(x, *attended);
    normed = rmsNorm(x, prefix + "post_attention_layernorm.weight");
    if (failed(normed))
      return failure();
    FailureOr<Value> expanded = mlp(*normed, prefix + "mlp.");
    if (failed(expanded))
      return failure();
    return add(x, *expanded);
  }

  // Rows of the hidden states whose logits are wanted, normed and projected.
  FailureOr<Value> logits(Value x, Value rows) {
    int64_t wanted = cast<RankedTensorType>(rows.getType()).getDimSize(0);
    Value picked = lm::GatherRowsOp::create(builder_, f32({wanted, config_.hidden}), x, rows);
    FailureOr<Value> normed = rmsNorm(picked, "model.norm.weight");
    if (failed(normed))
      return failure();
    return linear(*normed, config_.tiedHead ? "model.embed_tokens.weight" : "lm_head.weight");
  }

  // The signature shared by @prefill and @decode; roles are told by argument attributes.
  func::FuncOp declareFunction(StringRef name, int64_t tokens) {
    Type i32 = builder_.getI32Type();
    int64_t rows = ShapedType::isDynamic(tokens) ? ShapedType::kDynamic : 1;
    SmallVector<std::pair<StringRef, Type>> inputs = {
        {"tokens", RankedTensorType::get({tokens}, i32)},
        {"positions", RankedTensorType::get({tokens}, i32)},
        {"memory_positions", RankedTensorType::get({tokens}, i32)},
        {"rows", RankedTensorType::get({rows}, i32)},
        {"segments", RankedTensorType::get({ShapedType::kDynamic, 8}, i32)},
        {"temperature", f32({1})}};
    Type cache = lm::CacheType::get(builder_.getContext(), {config_.kvHeads, config_.headSize}, builder_.getF32Type());
    SmallVector<Type> types, results = {f32({rows, config_.vocabSize})};
    for (auto [role, type] : inputs)
      types.push_back(type);
    types.append(config_.layers, cache);
    results.append(config_.layers, cache);
    builder_.setLoc(nameLocation(name));
    auto function = func::FuncOp::create(builder_, name, builder_.getFunctionType(types, results));
    for (auto [index, input] : llvm::enumerate(inputs))
      function.setArgAttr(index, "lm.input", builder_.getStringAttr(input.first));
    for (int64_t layer = 0; layer < config_.layers; ++layer) {
      function.setArgAttr(inputs.size() + layer, "lm.input", builder_.getStringAttr("cache"));
      function.setArgAttr(inputs.size() + layer, "lm.layer", builder_.getI64IntegerAttr(layer));
    }
    return function;
  }

  LogicalResult buildFunction(StringRef name, int64_t tokens) {
    OpBuilder::InsertionGuard guard(builder_);
    func::FuncOp function = declareFunction(name, tokens);
    Block *body = function.addEntryBlock();
    builder_.setInsertionPointToStart(body);
    CallInputs inputs{body->getArgument(0), body->getArgument(1), body->getArgument(3), body->getArgument(4), {}};
    inputs.caches.append(body->args_begin() + 6, body->args_end());
    FailureOr<Value> table = parameter("model.embed_tokens.weight");
    if (failed(table))
      return failure();
    FailureOr<Value> x =
        lm::EmbeddingOp::create(builder_, f32({tokens, config_.hidden}), inputs.tokens, *table).getResult();
    for (int64_t index = 0; index < config_.layers && succeeded(x); ++index)
      x = layer(*x, index, inputs);
    FailureOr<Value> result = succeeded(x) ? logits(*x, inputs.rows) : x;
    if (failed(result))
      return failure();
    SmallVector<Value> results = {*result};
    results.append(inputs.caches);
    builder_.setLoc(nameLocation(name));
    func::ReturnOp::create(builder_, results);
    return success();
  }

  ModuleOp module_;
  const LlamaConfig &config_;
  const ParameterTypes &types_;
  ImplicitLocOpBuilder builder_;
};

} // namespace

FailureOr<OwningOpRef<ModuleOp>> buildLlama(MLIRContext *context, const LlamaConfig &config,
                                            const ParameterTypes &types) {
  context->loadDialect<lm::LmDialect, func::FuncDialect>();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(context));
  if (failed(LlamaBuilder(*module, config, types).build()))
    return failure();
  return module;
}

} // namespace longc
