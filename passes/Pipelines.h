// Named pipelines of passes.
#pragma once

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

#include <string>

namespace longc {

// Options of `longc-lower`.
struct LoweringOptions : public mlir::PassPipelineOptions<LoweringOptions> {
  Option<std::string> method{*this, "method", llvm::cl::desc("none, fot or e2llm"), llvm::cl::init("none")};
  Option<std::string> memLayers{*this, "mem-layers", llvm::cl::desc("layers with memory: all, or numbers with commas"),
                                llvm::cl::init("all")};
  Option<int64_t> topk{*this, "topk", llvm::cl::desc("memory entries for each query and head, 0 for all"),
                       llvm::cl::init(0)};
  Option<int64_t> width{*this, "width", llvm::cl::desc("e2llm: columns of a soft token"), llvm::cl::init(0)};
  Option<int64_t> hidden{*this, "hidden", llvm::cl::desc("e2llm: columns between the adapter's products; 0: width"), llvm::cl::init(0)};
  Option<std::string> pool{*this, "pool", llvm::cl::desc("e2llm: mean, cls, last or pma of a chunk"), llvm::cl::init("mean")};
  Option<bool> storedAdapter{*this, "stored-adapter", llvm::cl::desc("e2llm: the adapter's values are in the program"),
                             llvm::cl::init(false)};
  Option<bool> train{*this, "train", llvm::cl::desc("the loss of @forward and its gradients too"), llvm::cl::init(false)};
  Option<int64_t> memoryBudget{*this, "memory-budget", llvm::cl::desc("training: most bytes that a call keeps for gradients, 0: no product is computed again"), llvm::cl::init(0)};
  Option<bool> shareContext{*this, "share-context", llvm::cl::desc("training: rows can go on behind others, so that several share a beginning"), llvm::cl::init(false)};
  Option<bool> detachMemory{*this, "detach-memory", llvm::cl::desc("training: what is read of other rows is a constant to gradients"), llvm::cl::init(false)};
  Option<bool> overlays{*this, "overlays", llvm::cl::desc("functions that take an adapter when they run, too"), llvm::cl::init(false)};
  Option<std::string> precision{*this, "precision", llvm::cl::desc("exact, fast, int8, or written: as the types say"),
                                llvm::cl::init("fast")};
  Option<bool> narrowWeights{*this, "narrow-weights", llvm::cl::desc("fast: round weights stored in float32 too"),
                             llvm::cl::init(false)};
  Option<std::string> target{*this, "target", llvm::cl::desc("whose tile sizes; empty: the module's, else the CPU's"),
                             llvm::cl::init("")};
};

// A model's graph, or functions that someone wrote, to kernels and host functions of launches. The module's #tile.target attribute gives the sizes;
// one that has none gets it first.
void buildLoweringPipeline(mlir::OpPassManager &manager, const LoweringOptions &options);

// Its part that makes kernels of the module's tile sizes.
void buildTilingPipeline(mlir::OpPassManager &manager);

} // namespace longc
