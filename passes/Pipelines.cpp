// The lowering pipeline and the registration of all passes.
#include "passes/Pipelines.h"

#include "passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace longc {

void buildLoweringPipeline(OpPassManager &manager, const LoweringOptions &options) {
  manager.addPass(createSetTargetPass(SetTargetPassOptions{options.target}));
  const bool softTokens = options.method == "e2llm";
  if (softTokens)
    manager.addPass(createCompressChunksPass({.width = options.width, .hidden = options.hidden, .pool = options.pool, .stored = options.storedAdapter, .train = options.train}));
  // These read @forward, which serving takes apart.
  if (options.train) {
    manager.addPass(createMakeLossPass({.ofRows = softTokens}));
    if (softTokens)
      manager.addPass(createTakeSoftTokensPass({.function = "loss", .from = "compress_trained"}));
    if (options.method == "fot")
      manager.addPass(createApplyCrossRowsPass({.function = "loss", .memLayers = options.memLayers, .detach = options.detachMemory}));
    else if (options.shareContext && !softTokens)
      manager.addPass(createApplyCrossRowsPass({.function = "loss", .behind = true}));
    manager.addPass(createDifferentiatePass());
    manager.addPass(createRecomputePass({.memoryBudget = options.memoryBudget}));
  }
  if (options.method == "fot")
    manager.addPass(createMakeIngestPass(MakeIngestPassOptions{options.memLayers}));
  manager.addPass(createMakeServingPass());
  if (options.method == "fot")
    manager.addPass(createApplyFotPass(ApplyFotPassOptions{options.memLayers, options.topk}));
  if (softTokens)
    manager.addPass(createTakeSoftTokensPass());
  // Every rounding is visible from here on; equal ones (of one input to several products) are merged.
  if (options.precision != "written")
    manager.addPass(createChoosePrecisionPass(ChoosePrecisionPassOptions{options.precision, options.narrowWeights}));
  manager.addPass(createCSEPass());
  manager.addPass(createLowerRopePass());
  // Joins products first: their slices are what FuseRope finds connected.
  manager.addPass(createFuseQkvPass());
  // Behind what joins parameters: joined ones are the same for all targets.
  manager.addPass(createDecodeWeightsPass());
  if (options.overlays)
    manager.addPass(createInsertOverlaysPass());
  manager.addPass(createCSEPass());
  manager.addPass(createFuseNormPass());
  // Norms first: the rounding of a norm's result is theirs.
  manager.addPass(createFuseEpiloguePass());
  manager.addPass(createFuseRopePass());
  manager.addPass(createFuseAttentionPass());
  // What is left of element-wise work: the chains between the products of gradients.
  if (options.train)
    manager.addPass(createFuseElementsPass());
  // All parameters are there; tiling gives their layouts to the kernels.
  manager.addPass(createAssignLayoutsPass());
  manager.addPass(createChooseTilesPass());
  buildTilingPipeline(manager);
  // Last: what is added or moved on the host afterwards would not be in the plan. All launches of a kernel are known.
  manager.addPass(createPlanBuffersPass());
}

void buildTilingPipeline(OpPassManager &manager) {
  manager.addPass(createTileLinearPass());
  manager.addPass(createTileAttentionPass());
  manager.addPass(createTileStreamingPass());
  // After the kernels whose results are added to in place.
  manager.addPass(createTileReductionsPass());
  manager.addPass(createLowerStatePass());
  // Equal layers first: thirty need no cleaning up. On the host no CSE: two outputs of one shape must stay two tensors.
  manager.addPass(createDeduplicateKernelsPass());
  manager.addPass(createCanonicalizerPass());
  manager.addNestedPass<tile::KernelOp>(createCSEPass());
  manager.addPass(createDeduplicateKernelsPass());
  // On kernels as they stay: what is folded or shared above would be counted twice.
  manager.addPass(createPipelineLoopsPass());
}

void registerPasses() {
  registerLongcPasses();
  PassPipelineRegistration<LoweringOptions>("longc-lower", "model graph to tile kernels and their launches",
                                            buildLoweringPipeline);
}

} // namespace longc
