// Blocks in the lm dialect.
#include "models/Blocks.h"

#include <cmath>

using namespace mlir;

namespace longc {
namespace {

int64_t dim(Value value, int64_t index) { return cast<RankedTensorType>(value.getType()).getDimSize(index); }

std::vector<int64_t> shapeOf(Type type) {
  if (auto quantized = dyn_cast<lm::QuantizedType>(type))
    return quantized.getShape().vec();
  return cast<RankedTensorType>(type).getShape().vec();
}

} // namespace

Blocks::Blocks(ModuleOp module, const DecoderConfig &config, const ParameterTypes &types)
    : module_(module), config_(config), types_(types), builder_(module.getLoc(), OpBuilder::atBlockEnd(module.getBody())) {
  for (const auto &[name, type] : types_)
    lm::ParameterOp::create(builder_, nameLocation(name), name, type);
}

Location Blocks::nameLocation(StringRef name) { return NameLoc::get(builder_.getStringAttr(name)); }

RankedTensorType Blocks::f32(ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, builder_.getF32Type()); }

Block *Blocks::beginForward(ArrayRef<StringRef> roles) {
  SmallVector<Type> lists(roles.size(), RankedTensorType::get({ShapedType::kDynamic}, builder_.getI32Type()));
  builder_.setLoc(nameLocation("forward"));
  forward_ = func::FuncOp::create(builder_, "forward", builder_.getFunctionType(lists, {}));
  Block *body = forward_.addEntryBlock();
  for (auto [index, role] : llvm::enumerate(roles)) {
    forward_.setArgAttr(index, "lm.input", builder_.getStringAttr(role));
    if (role == "positions")
      positions_ = body->getArgument(index);
    if (role == "boundaries")
      boundaries_ = body->getArgument(index);
  }
  builder_.setInsertionPointToStart(body);
  return body;
}

void Blocks::endForward(Value result) {
  builder_.setLoc(nameLocation("forward"));
  func::ReturnOp::create(builder_, result);
  forward_.setType(builder_.getFunctionType(forward_.getArgumentTypes(), result.getType()));
}

void Blocks::decoder(Layer layer) {
  Block *body = beginForward({"tokens", "positions", "boundaries"});
  const std::string table = "model.embed_tokens.weight";
  Value x = embedding(body->getArgument(0), table, config_.vocabSize, config_.hidden);
  if (config_.embeddingScale != 1.0)
    x = lm::ScaleOp::create(builder_, x.getType(), x, config_.embeddingScale);
  for (int64_t index = 0; index < config_.layers; ++index)
    x = layer(x, index, "model.layers." + std::to_string(index));
  x = rmsNorm(x, "model.norm");
  endForward(project(x, config_.tiedHead ? table : "lm_head.weight", config_.vocabSize));
}

void Blocks::encoder(Layer layer) {
  Block *body = beginForward({"tokens", "token_types", "positions", "boundaries"});
  auto rows = [&](unsigned argument, const std::string &table, int64_t count) {
    return embedding(body->getArgument(argument), "embeddings." + table + ".weight", count, config_.hidden);
  };
  Value words = rows(0, "word_embeddings", config_.vocabSize);
  Value x = add(words, rows(1, "token_type_embeddings", config_.encoder->tokenTypes));
  x = add(x, rows(2, "position_embeddings", config_.encoder->positionRows));
  x = layerNorm(x, "embeddings.LayerNorm");
  for (int64_t index = 0; index < config_.layers; ++index)
    x = layer(x, index, "encoder.layer." + std::to_string(index));
  endForward(x);
}

Value Blocks::parameter(const std::string &name, ArrayRef<int64_t> shape) {
  builder_.setLoc(nameLocation(name));
  auto found = types_.find(name);
  Type type = found == types_.end() ? f32(shape) : found->second;
  bool first = used_.insert(name).second;
  if (found == types_.end()) {
    if (first)
      account_.missing.push_back(name);
  } else if (std::vector<int64_t> has = shapeOf(type); ArrayRef(has) != shape) {
    if (first)
      account_.misshapen.push_back({name, shape.vec(), has});
    type = f32(shape);
  }
  return lm::ParameterRefOp::create(builder_, type, name);
}

Value Blocks::matrix(const std::string &name, int64_t rows, int64_t columns) {
  Value weight = parameter(name, {rows, columns});
  if (isa<lm::QuantizedType>(weight.getType()))
    return lm::DequantizeOp::create(builder_, f32({rows, columns}), weight);
  if (!cast<RankedTensorType>(weight.getType()).getElementType().isF32())
    return lm::RoundOp::create(builder_, f32({rows, columns}), weight); // widening; precision is a pass's choice
  return weight;
}

Value Blocks::embedding(Value tokens, const std::string &name, int64_t vocabulary, int64_t channels) {
  Value table = parameter(name, {vocabulary, channels});
  return lm::EmbeddingOp::create(builder_, f32({dim(tokens, 0), channels}), tokens, table);
}

Value Blocks::project(Value x, const std::string &name, int64_t outputs) {
  Value weight = matrix(name, outputs, dim(x, 1));
  return lm::LinearOp::create(builder_, f32({dim(x, 0), outputs}), x, weight, /*bias=*/Value());
}

Value Blocks::linear(Value x, const std::string &prefix, int64_t outputs, bool bias) {
  Value weight = matrix(prefix + ".weight", outputs, dim(x, 1));
  Value added = bias ? parameter(prefix + ".bias", {outputs}) : Value();
  return lm::LinearOp::create(builder_, f32({dim(x, 0), outputs}), x, weight, added);
}

Value Blocks::rmsNorm(Value x, const std::string &prefix) {
  Value weight = parameter(prefix + ".weight", {cast<RankedTensorType>(x.getType()).getShape().back()});
  return lm::RmsNormOp::create(builder_, x.getType(), x, weight, config_.normEpsilon);
}

Value Blocks::layerNorm(Value x, const std::string &prefix) {
  Value weight = parameter(prefix + ".weight", {dim(x, 1)}), bias = parameter(prefix + ".bias", {dim(x, 1)});
  return lm::LayerNormOp::create(builder_, x.getType(), x, weight, bias, config_.normEpsilon);
}

Value Blocks::heads(Value x, const std::string &prefix, int64_t heads, bool bias) {
  Value product = linear(x, prefix, heads * config_.headSize, bias);
  return lm::SplitHeadsOp::create(builder_, f32({dim(x, 0), heads, config_.headSize}), product);
}

Value Blocks::rope(Value x, const RopeConfig &config) {
  double scale = config.scaling == RopeScaling::Linear ? 1.0 / config.factor : 1.0;
  return lm::RopeOp::create(builder_, x.getType(), x, positions_, config.theta, config_.ropeDim, lm::RopeStyle::half,
                            scale, ropeFactors(config, config_.ropeDim));
}

Value Blocks::attention(Value q, Value k, Value v, int64_t layer, const std::string &name) {
  const RopeConfig &positions = config_.slides(layer) ? config_.slidingRope : config_.rope;
  double scale = config_.attentionScale > 0 ? config_.attentionScale : 1.0 / std::sqrt(static_cast<double>(config_.headSize));
  if (config_.rotates(layer)) {
    k = rope(k, positions);
    q = rope(q, positions);
    scale *= positions.magnitude * positions.magnitude; // one of the query's, one of the key's
  }
  builder_.setLoc(nameLocation(name));
  int64_t window = config_.slides(layer) ? config_.slidingWindow : 0;
  auto attended = lm::PackedAttentionOp::create(builder_, q.getType(), f32({dim(q, 1), dim(q, 0)}), q, k, v, boundaries_,
                                                boundaries_, /*sources=*/Value(), /*source_keys=*/Value(), /*detached=*/false, /*causal=*/true, scale, window);
  return lm::MergeHeadsOp::create(builder_, f32({dim(q, 0), dim(q, 1) * dim(q, 2)}), attended.getOut());
}

Value Blocks::selfAttention(Value x, int64_t layer, const std::string &prefix, bool headNorms) {
  Value q = heads(x, prefix + ".q_proj", config_.heads, config_.queryBias);
  Value k = heads(x, prefix + ".k_proj", config_.kvHeads, config_.queryBias);
  Value v = heads(x, prefix + ".v_proj", config_.kvHeads, config_.queryBias);
  if (headNorms) {
    q = rmsNorm(q, prefix + ".q_norm");
    k = rmsNorm(k, prefix + ".k_norm");
  }
  return linear(attention(q, k, v, layer, prefix + ".attention"), prefix + ".o_proj", config_.hidden, config_.outputBias);
}

Value Blocks::bidirectionalAttention(Value x, const std::string &prefix) {
  Value q = heads(x, prefix + ".self.query", config_.heads, /*bias=*/true);
  Value k = heads(x, prefix + ".self.key", config_.heads, /*bias=*/true);
  Value v = heads(x, prefix + ".self.value", config_.heads, /*bias=*/true);
  builder_.setLoc(nameLocation(prefix + ".self"));
  auto attended = lm::PackedAttentionOp::create(builder_, q.getType(), f32({dim(q, 1), dim(q, 0)}), q, k, v, boundaries_,
                                                boundaries_, /*sources=*/Value(), /*source_keys=*/Value(), /*detached=*/false, /*causal=*/false,
                                                1.0 / std::sqrt(static_cast<double>(config_.headSize)), /*window=*/0);
  Value merged = lm::MergeHeadsOp::create(builder_, f32({dim(q, 0), dim(q, 1) * dim(q, 2)}), attended.getOut());
  return linear(merged, prefix + ".output.dense", config_.hidden, /*bias=*/true);
}

Value Blocks::mlp(Value x, const std::string &inner, const std::string &outer) {
  Value up = linear(x, inner, config_.feedForward, /*bias=*/true);
  builder_.setLoc(nameLocation(inner + ".activation"));
  Value activated = lm::GeluOp::create(builder_, up.getType(), up, config_.activation == Activation::GeluTanh);
  return linear(activated, outer, dim(x, 1), /*bias=*/true);
}

Value Blocks::gatedMlp(Value x, const std::string &prefix) {
  Value gate = linear(x, prefix + ".gate_proj", config_.feedForward, config_.mlpBias);
  Value up = linear(x, prefix + ".up_proj", config_.feedForward, config_.mlpBias);
  builder_.setLoc(nameLocation(prefix + ".activation"));
  Value activated = config_.activation == Activation::Silu
                        ? Value(lm::SwigluOp::create(builder_, gate.getType(), gate, up))
                        : Value(lm::GegluOp::create(builder_, gate.getType(), gate, up));
  return linear(activated, prefix + ".down_proj", dim(x, 1), config_.mlpBias);
}

Value Blocks::add(Value x, Value y) { return lm::AddOp::create(builder_, x.getType(), x, y); }

ParameterAccount Blocks::account() const {
  ParameterAccount account = account_;
  for (const auto &[name, type] : types_)
    if (!used_.count(name))
      account.surplus.push_back(name);
  return account;
}

} // namespace longc
