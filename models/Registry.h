// The families of models, by name.
#pragma once

#include "models/Blocks.h"

#include "mlir/IR/OwningOpRef.h"

#include <string>
#include <vector>

namespace longc {

struct BuiltModel {
  mlir::OwningOpRef<mlir::ModuleOp> module; // parameters and `@forward`
  ParameterAccount account;
};

// Builds `@forward` of config.family: tokens, positions and boundaries of a ragged batch to logits of every token, [T, V]
// f32, or, of an encoder, tokens, token types, positions and boundaries to hidden states, [T, C]. What serves, trains or remembers is made of it by passes. The module is whole and right only if the account has
// no entry. `family` must be one of modelFamilies().
BuiltModel buildModel(mlir::MLIRContext *context, const DecoderConfig &config, const ParameterTypes &types);

std::vector<std::string> modelFamilies();

// One a file; the blocks know the configuration and take the model.
void buildBert(Blocks &blocks);
void buildGemma3(Blocks &blocks);
void buildLlama(Blocks &blocks);
void buildQwen3(Blocks &blocks);

} // namespace longc
