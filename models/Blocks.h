// What models are made of: layers as one call each, parameters by the names of their checkpoint.
//
// A family's file says which blocks follow each other; this file knows how a block is written in the lm dialect, un-fused
// and un-rounded. Parameters are looked up where they are used: their names and shapes stand nowhere else. One that is
// missing or has another shape is remembered and stood in for, so that a model can be built to its end and all faults be
// told at once; so is what no block asked for.
#pragma once

#include "models/DecoderConfig.h"

#include "dialects/lm/LmDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace longc {

// Type of each parameter of a checkpoint by its name: a ranked tensor or `!lm.quantized`.
using ParameterTypes = std::map<std::string, mlir::Type>;

// How the parameters that a model asked for and those of the checkpoint go together.
struct ParameterAccount {
  struct Misshapen {
    std::string name;
    std::vector<int64_t> expected, found;
  };
  std::vector<std::string> missing, surplus; // in the order of the model, of the names
  std::vector<Misshapen> misshapen;
};

// Letters: T tokens, H heads, G key heads, D head size, C channels, N outputs. Every value is f32.
class Blocks {
public:
  // Declares all parameters in the module.
  Blocks(mlir::ModuleOp module, const DecoderConfig &config, const ParameterTypes &types);

  const DecoderConfig &config() const { return config_; }

  // `@forward`: embedding of the tokens, layers, norm, projection to logits. `layer` gets hidden states [T, C], the number
  // of the layer and its name, "model.layers.3".
  using Layer = llvm::function_ref<mlir::Value(mlir::Value x, int64_t index, const std::string &name)>;
  void decoder(Layer layer);
  // The same of an encoder: the sum of a token's word, type and place, normed, then layers, "encoder.layer.3"; the result
  // is hidden states.
  void encoder(Layer layer);

  // Rows of the table `name`, [vocabulary, C], by token: [T, C].
  mlir::Value embedding(mlir::Value tokens, const std::string &name, int64_t vocabulary, int64_t channels);
  // x W^T + b with W = `prefix`.weight and, if `bias`, b = `prefix`.bias: [T, C] -> [T, outputs].
  mlir::Value linear(mlir::Value x, const std::string &prefix, int64_t outputs, bool bias = false);
  // x W^T with a matrix under its full name: the output projection may be the embedding.
  mlir::Value project(mlir::Value x, const std::string &name, int64_t outputs);
  // Root-mean-square norm of rows, or of heads one by one, with the weight `prefix`.weight.
  mlir::Value rmsNorm(mlir::Value x, const std::string &prefix);
  // Rows with mean 0 and variance 1, times `prefix`.weight plus `prefix`.bias.
  mlir::Value layerNorm(mlir::Value x, const std::string &prefix);
  // A product split into heads, [T, C] -> [T, heads, D].
  mlir::Value heads(mlir::Value x, const std::string &prefix, int64_t heads, bool bias = false);
  // Positions, then causal attention of each sequence to itself, both as the layer has them; heads side by side again:
  // q [T, H, D], k and v [T, G, D] -> [T, H*D].
  mlir::Value attention(mlir::Value q, mlir::Value k, mlir::Value v, int64_t layer, const std::string &name);
  // Self-attention with the products `prefix`.{q,k,v,o}_proj; with `headNorms` queries and keys are normed head by head
  // ({q,k}_norm) before they get their positions: [T, C] -> [T, C].
  mlir::Value selfAttention(mlir::Value x, int64_t layer, const std::string &prefix, bool headNorms = false);
  // Attention of each sequence to all of itself with the products `prefix`.self.{query,key,value} and
  // `prefix`.output.dense, all with biases: [T, C] -> [T, C].
  mlir::Value bidirectionalAttention(mlir::Value x, const std::string &prefix);
  // `outer`(activation(`inner`(x))), both with biases: [T, C] -> [T, C].
  mlir::Value mlp(mlir::Value x, const std::string &inner, const std::string &outer);
  // down(activation(gate(x)) * up(x)) with the products of `prefix`: [T, C] -> [T, C].
  mlir::Value gatedMlp(mlir::Value x, const std::string &prefix);
  mlir::Value add(mlir::Value x, mlir::Value y);

  // What was asked for against what there is; of use once the model is built.
  ParameterAccount account() const;

private:
  // An empty `@forward` of lists of numbers with these roles; the values that follow go into it.
  mlir::Block *beginForward(llvm::ArrayRef<llvm::StringRef> roles);
  void endForward(mlir::Value result);
  mlir::Location nameLocation(mlir::StringRef name);
  mlir::RankedTensorType f32(mlir::ArrayRef<int64_t> shape);
  // The parameter of this name and shape, or one of f32 in its place.
  mlir::Value parameter(const std::string &name, mlir::ArrayRef<int64_t> shape);
  // A matrix decoded or widened to f32.
  mlir::Value matrix(const std::string &name, int64_t rows, int64_t columns);

  mlir::Value rope(mlir::Value x, const RopeConfig &config);

  mlir::ModuleOp module_;
  const DecoderConfig &config_;
  const ParameterTypes &types_;
  mlir::ImplicitLocOpBuilder builder_;
  mlir::func::FuncOp forward_;
  mlir::Value positions_, boundaries_; // of @forward
  std::set<std::string> used_;
  ParameterAccount account_;
};

} // namespace longc
