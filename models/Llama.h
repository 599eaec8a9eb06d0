// The Llama family as a graph of lm ops: un-fused, un-rounded, without any long-context method.
#pragma once

#include "models/LlamaConfig.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <map>
#include <string>

namespace longc {

// Type of each checkpoint parameter by its Hugging Face name: a ranked tensor or `!lm.quantized`.
using ParameterTypes = std::map<std::string, mlir::Type>;

// Builds `@prefill` (any number of tokens) and `@decode` (one token). Shapes by letters: T tokens of this call,
// H heads, K key heads, D head size, C channels, F hidden size of the MLP, V vocabulary, R rows of wanted logits.
//
//   tokens [T] i32, positions [T] i32, memory_positions [T] i32, rows [R] i32, segments [N, 8] i32,
//   temperature [1] f32, one cache a layer  ->  logits [R, V] f32, the caches
//
// A parameter that the configuration asks for and `types` lacks is a failed lookup reported on the module's location.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> buildLlama(mlir::MLIRContext *context, const LlamaConfig &config,
                                                              const ParameterTypes &types);

} // namespace longc
