// Target-free passes from a model's graph to kernels and their launches; declared alphabetically, run in the order of
// Pipelines.cpp.
#ifndef LONGC_PASSES_TD
#define LONGC_PASSES_TD

include "mlir/Pass/PassBase.td"

class Longc_Pass<string flag> : Pass<flag, "::mlir::ModuleOp"> {
  let dependentDialects = ["::longc::lm::LmDialect", "::longc::tile::TileDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def ApplyCrossRowsPass : Longc_Pass<"longc-apply-cross-rows"> {
  let summary = "lets rows of a training batch read other rows in chosen layers, as FoT is trained";
  let description = [{
    In the chosen layers (counted by attention ops) the queries of a row, at their places in the row, also see the un-rotated
    keys and the values of other rows, in one softmax with their own. Which rows read which is an argument: `cross_rows` [n, 2],
    numbers of sequences (reader, source). Gradients reach the rows that are read, unless they are detached. `all` is every layer, or those that see
    everything where there are others.

    With `behind`, in all layers, keys are seen as they are rotated: a row whose positions go on where those of the one that it reads end is what both
    would be as one row, so that several can share what stands before them (LIFT's contextualised rows). A function in which that does not hold, because
    a layer sees the newest tokens alone or more than attention knows where rows begin, stays as it is.
  }];
  let options = [Option<"function", "function", "std::string", "\"forward\"", "whose layers">,
                 Option<"memLayers", "mem-layers", "std::string", "\"all\"", "layers that read: all, or numbers with commas">,
                 Option<"detach", "detach", "bool", "false", "rows that are read are constants to gradients">,
                 Option<"behind", "behind", "bool", "false", "rows go on behind those that they read">];
}

def ApplyFotPass : Longc_Pass<"longc-apply-fot"> {
  let summary = "gives layers of a plain decoder a memory that their attention reads beside its window (FoT)";
  let description = [{
    In the chosen layers, un-rotated keys and values are also appended to an `!lm.memory`, the query rotated by its
    place in the window reads it, and the two results are merged into one softmax (2307.03170, LongLLaMA's form). A layer
    without positions has none in its memory either. `all` is every layer, or those that see everything where there are
    others.
    Functions get the places of their tokens in the window and a factor on memory scores as arguments, and one memory
    argument and one memory result a layer.
  }];
  let options = [
    Option<"memLayers", "mem-layers", "std::string", "\"all\"", "layers with memory: all, or numbers with commas">,
    Option<"topk", "topk", "int64_t", "0", "memory entries that take part for each query and head, 0 for all">];
  let statistics = [Statistic<"layers", "layers-with-memory", "Number of attention ops that got a memory">];
}

def AssignLayoutsPass : Longc_Pass<"longc-assign-layouts"> {
  let summary = "says of each parameter whether it lies row by row or in panels";
  let description = [{
    Matrices lie in panels, which products read as they lie; what is trained changes at run time and lies row by row, as
    do float32 tables of which rows are looked up alone, and anything that is no matrix. Kernels see it in the types of their views, unless the target decodes weights as it loads
    them: those are rows there.
  }];
  let statistics = [Statistic<"panels", "in-panels", "Number of parameters in panels">];
}

def ChoosePrecisionPass : Longc_Pass<"longc-choose-precision"> {
  let summary = "inserts every rounding and every int8 quantisation of activations; no other pass does";
  let description = [{
    `exact`: float32 everywhere, quantised weights decoded. `fast`: products with quantised weights multiply int8
    activations, products with bf16 weights and attention take bf16 operands, caches and memories hold bf16. With `narrow-weights` weights
    stored in float32 are rounded to bf16 when the program is written; without, their products stay in float32.
    `int8`: as `fast`, but weights that are not quantised and whose rows are whole blocks of 32 are held as q8_0 and
    multiply int8 activations; two or three neighbouring blocks share a scale where rows divide so, except in what attention reads.
  }];
  let options = [Option<"precision", "precision", "std::string", "\"fast\"", "exact, fast or int8">,
                 Option<"narrowWeights", "narrow-weights", "bool", "false", "round weights stored in float32 too">];
}

def ChooseTilesPass : Longc_Pass<"longc-choose-tiles"> {
  let summary = "gives a module the largest tile sizes of its target whose kernels there is room for";
  let description = [{
    Of the sizes that the module's target offers (`Target::tilings`), none larger than those the module has: tiles a copy and asks the
    target. A remark says which kernel had no room in larger blocks. Sizes that no target offers stay.
  }];
}

def CompressChunksPass : Longc_Pass<"longc-compress-chunks"> {
  let summary = "an encoder's function gives one soft token a chunk, of a decoder's width (E2LLM)";
  let description = [{
    `@encoder(tokens, ..., boundaries) -> hidden states` becomes `@compress(...) -> soft tokens [chunks, width], pools [chunks, C]`: the
    hidden states of each chunk, pooled, go through the adapter mlp.2(gelu(mlp.0(x))), both with biases. The parameters
    `@"adapter/mlp.0.weight"` and so on are declared as trained ones. With `train`, `@compress_trained` beside it does the same by ops
    that have gradients: row t of the hidden states is added to pool `places[t]` with the factor `shares[t]`; `firsts`
    holds one row of each chunk. The pool `pma` is attention of a learned query a head, in both functions: `query_boundaries`
    count the chunks from 0 and `query_tokens` are a zero a chunk; the second result is the mean. `@adapt(vectors [N, C])` gives the
    soft tokens of pools that come from elsewhere; with `pma` each is the only hidden state of its chunk.
  }];
  let options = [
    Option<"function", "function", "std::string", "\"encoder\"", "name of the encoder's function">,
    Option<"width", "width", "int64_t", "0", "columns of a soft token">,
    Option<"hidden", "hidden", "int64_t", "0", "columns between the adapter's products; 0: width">,
    Option<"pool", "pool", "std::string", "\"mean\"", "mean, cls, last or pma">,
    Option<"stored", "stored", "bool", "false", "the adapter's first values are stored in the program">,
    Option<"train", "train", "bool", "false", "@compress_trained too">];
}

def DecodeWeightsPass : Longc_Pass<"longc-decode-weights"> {
  let summary = "quantised parameters as the bf16 matrices that a target with `decoded_weights` holds";
  let description = [{
    After products are joined, so that the parameters are those that other targets read: who loads the program decodes them
    once. Decoding goes, or becomes a widening where a product is kept in float32.
  }];
}

def DeduplicateKernelsPass : Longc_Pass<"longc-deduplicate-kernels"> {
  let summary = "keeps one of each set of structurally equal kernels, so that equal layers share code";
  let statistics = [Statistic<"dropped", "kernels-dropped", "Number of kernels that another one replaced">];
}

def DifferentiatePass : Longc_Pass<"longc-differentiate"> {
  let summary = "beside a function, the function of its gradients: of trainable parameters and marked arguments alone";
  let description = [{
    `@f` gets a sister `@f_gradient` that returns what `@f` returns and then, in f32, the gradient of each argument with
    `lm.trained` and of each `trainable` parameter that is used. The result of a gradient says which: `lm.gradient` is
    the argument's number or the parameter's name. A result `tensor<1xf32>` is a loss: several are summed. The
    gradient of any other float result that depends on something trained becomes an argument, after those of `@f`. What nothing
    trained goes into costs no gradient. Runs on models as they are built, before precision is chosen.
  }];
  let options = [Option<"function", "function", "std::string", "\"loss\"", "name of the function">];
}

def FuseAttentionPass : Longc_Pass<"longc-fuse-attention"> {
  let summary = "window, memory, merge and what rounds the result into one kernel with one joint softmax";
}

def FuseElementsPass : Longc_Pass<"longc-fuse-elements"> {
  let summary = "element-wise ops, norms' gradients and merged heads that read each other or the same values become one pass over the rows";
  let statistics = [Statistic<"fused", "fused-passes", "Number of groups that were formed">];
}

def FuseEpiloguePass : Longc_Pass<"longc-fuse-epilogue"> {
  let summary = "element-wise ops and what rounds their result into the kernel of the product before them";
  let description = [{
    Whatever has ElementwiseOpInterface: a gated unit with its two products, an activation, the residual sum, one after
    the other as long as each is the only user of what it takes.
  }];
  let statistics = [Statistic<"fused", "epilogues", "Number of kernels of a product and what follows it">];
}

def FuseNormPass : Longc_Pass<"longc-fuse-norm"> {
  let summary = "a norm with the row gather or the sum before it and the rounding or quantisation after it";
}

def FuseQkvPass : Longc_Pass<"longc-fuse-qkv"> {
  let summary = "products of one input with several parameters as one product with their rows joined";
  let description = [{
    The joined parameter names its `parts`; each former result is a slice of columns. Products that an
    element-wise op alone takes stay apart: it becomes their epilogue.
  }];
}

def FuseRopePass : Longc_Pass<"longc-fuse-rope"> {
  let summary = "slices, head splits, norms, rotations, roundings and appends of one layer as one pass over its rows";
}

def InsertGatedMemoryPass : Longc_Pass<"longc-insert-gated-memory"> {
  let summary = "a trainable memory and gate (LIFT, 2502.14644) of each head behind attention";
  let description = [{
    What an attention gives becomes `lm.gated_memory` of it and of its query before it is rotated, with the new parameters
    `w1` `[H, D, 2D]`, `w2` `[H, 2D, D]`, `u1` `[H, D, r]` and `u2` `[H, r]`, r the root of D, named
    `BLOCK.gated_memory.w1`, BLOCK being where the query's product stands. With `identity` the result is divided by what the
    gate of zeros leaves of attention, so that a memory of zeros changes nothing; without, it is the published form.
  }];
  let options = [Option<"identity", "identity", "bool", "true", "a memory of zeros changes nothing">];
  let statistics = [Statistic<"memories", "memories", "Number of attentions that got a memory">];
}

def InsertLoraPass : Longc_Pass<"longc-insert-lora"> {
  let summary = "low-rank adapters (2106.09685) beside the products and embeddings whose names they have";
  let description = [{
    A product with the weight `@m.weight` takes the parameters `@m.lora_A` `[R, K]` and `@m.lora_B` `[N, R]` as its adapter, if
    the module has them; an embedding of `@m.weight` `[V, C]` adds rows of `@m.lora_embedding_A` `[V, R]` times
    `@m.lora_embedding_B` `[C, R]`. A product with an embedding's table is the module `lm_head`. The factor is
    `lm.lora_scale` of A. With a rank, products named by `targets` get new parameters that are trained.
  }];
  let options = [
    Option<"rank", "rank", "int64_t", "0", "rank of new, trainable adapters; 0: none">,
    Option<"alpha", "alpha", "double", "8.0", "factor of new adapters, times their rank">,
    Option<"trained", "targets", "std::string", "\"all-linear\"", "modules with new adapters: last words of their names with commas, or all-linear">,
    Option<"layers", "layers", "std::string", "\"\"", "numbers with commas: new adapters in these layers alone; empty: in all">];
  let statistics = [Statistic<"modules", "modules-with-adapter", "Number of products and embeddings that got an adapter">];
}

def InsertOverlaysPass : Longc_Pass<"longc-insert-overlays"> {
  let summary = "beside the functions that serve, ones that take an adapter of any rank when they run";
  let description = [{
    `@prefill`, `@decode` and `@ingest` get copies `@..._adapted` whose products with parameters take `@m.lora_A` `[?, K]` and `@m.lora_B`
    `[N, ?]`, declared here: whose rank `?` is, the runtime says, 0 where a module has no adapter. A product of
    joined parameters is `@m1+m2...`: its ranks are those of the modules together. Where the program trains a parameter of such a name, these
    have `bound:` before theirs, and the trained ones stay in the copies. Of products whose operands are rounded they are bf16, end in `:bf16`,
    and lie in panels: the runtime rounds and packs them once and fills their rank up with zeros to whole panels of 16. Products of one
    input then share the first one, `@m1+m2....lora_A:bf16`; the second of each, `@m1 of m1+m2....lora_B:bf16`, has zeros in the others' ranks. Runs behind longc-fuse-qkv, so that no weight is
    stored for it.
  }];
  let statistics = [Statistic<"overlays", "products-with-overlay", "Number of products that take an adapter">];
}

def KeepKernelsPass : Longc_Pass<"longc-keep-kernels"> {
  let summary = "drops host functions and parameters, so that a target's passes can go on with the kernels";
}

def LowerRopePass : Longc_Pass<"longc-lower-rope"> {
  let summary = "rotations as angles, computed once a call, and their application";
}

def LowerStatePass : Longc_Pass<"longc-lower-state"> {
  let summary = "caches and memories as tensors of rows, with one page table for all of them";
  let description = [{
    A cache argument becomes its rings of keys and values `[slots * ring, K, D]`, a memory argument its pages
    `[pages * 256, K, D]`; a shared argument `[slots, pages of a slot]` i32 follows. Results likewise. Runs after
    tiling, whose launches already take the tensors.
  }];
}

def MakeIngestPass : Longc_Pass<"longc-make-ingest"> {
  let summary = "beside a decoder's forward function, the one that reads windows into memory";
  let description = [{
    `@ingest(tokens, positions, boundaries, segments, memories) -> memories` is `@forward` whose memory layers keep their keys, before
    their rotation, and their values; logits and all that the memories do not need are gone. Each sequence sees itself alone.
  }];
  let options = [
    Option<"memLayers", "mem-layers", "std::string", "\"all\"", "layers with memory: 'all', or numbers with commas">];
}

def MakeLossPass : Longc_Pass<"longc-make-loss"> {
  let summary = "beside a decoder's forward function, that of its loss";
  let description = [{
    `@loss` has the arguments of `@forward`, then a target and a weight for each token, and returns the weighted sum of
    cross-entropies. The projection to logits goes into `lm.cross_entropy`; logits are never whole. With `of-rows` an argument
    `rows` says which rows have targets (`row_targets`) and weights (`row_weights`); the others, of prompts, are not projected.
  }];
  let options = [Option<"ofRows", "of-rows", "bool", "false", "the loss of listed rows alone">];
}

def MakeServingPass : Longc_Pass<"longc-make-serving"> {
  let summary = "a decoder's forward function as the two that serve it, with caches and wanted rows; an encoder's as one";
  let description = [{
    `@forward(tokens, positions, boundaries) -> logits` becomes `@prefill`, for any number of tokens, and `@decode`, for
    one of each sequence (`lm.one_token`). `boundaries` give way to `segments`; each causal `lm.packed_attention` of a sequence to itself appends to a
    cache of its layer, in the order of the layers, and reads it by `lm.window_attention`; `rows` picks the hidden
    states whose logits are wanted before the ops that work on each row alone; in `@prefill` before all that come behind the last layer's attention. Where all attention sees later tokens, it becomes
    `@encode(...) -> hidden states, their mean, first and last row of each sequence`. Other functions stay as they are.
  }];
}

def PipelineLoopsPass : Longc_Pass<"longc-pipeline-loops"> {
  let summary = "says which loops of a kernel are fed ahead of their use, and how many stages are in flight";
  let description = [{
    A loop whose products read tiles as they lie in memory gets `tile.stages`, as many as the target's
    `staging_bytes` hold and its `stages` allow; those loads become `asynchronous`. With one stage, nothing is in
    flight and the loop stays as it is. What a target makes of it is its own: copies into a ring of buffers, or mere
    prefetches where a cache is the staging memory.
  }];
  let statistics = [Statistic<"pipelined", "loops-pipelined", "Number of loops that are fed ahead">];
}

def PlanBuffersPass : Longc_Pass<"longc-plan-buffers"> {
  let summary = "decides in place or not for every launch, and from which step to which each buffer lives";
  let description = [{
    An output takes the buffer of an operand of its type that dies at the launch if the kernel stores it once a block,
    reads the operand at the very place it stores to, and needs each element it reads for nothing but the element
    that replaces it: the residual sum in a product's epilogue. The kernel then reads from the output and the operand
    goes; all launches of the kernel agree. Each `tensor.empty` moves to its first launch, and it and each
    `tile.work_list` get `tile.live`, the numbers of the first and the last step that use the buffer.
  }];
  let statistics = [Statistic<"reused", "outputs-in-place", "Number of outputs of kernels that took an operand's buffer">];
}

def RecomputePass : Longc_Pass<"longc-recompute"> {
  let summary = "norms, gated units and merged heads that gradients need are computed again, instead of kept until then";
  let description = [{
    In functions with a loss: what stands behind `lm.cross_entropy` reads a second computation (`lm.again`) of these ops, whose
    operands other gradients keep anyway. Each costs a pass over its rows.
    With `memory-budget` (bytes that calls of `tokens` tokens keep for gradients) so many products of `lm.linear` are too that what is kept is within it, those that
    keep most first; a remark says what was chosen, a warning that it is not within it, both at a place named `memory-budget`. Counted are values with rows of tokens,
    those that products alone read as bf16.
  }];
  let options = [
    Option<"memoryBudget", "memory-budget", "int64_t", "0", "most bytes that are kept for gradients; 0: no product is computed again">,
    Option<"tokens", "tokens", "int64_t", "2048", "of a call that the budget is for">];
  let statistics = [Statistic<"values", "recomputed-values", "Number of values that are computed twice">];
}

def SetTargetPass : Longc_Pass<"longc-set-target"> {
  let summary = "gives a module the tile sizes of a target";
  let description = [{
    Sets `tile.target`. Without a name, a module that has one keeps it, and another gets that of the first target the
    tool knows: the CPU.
  }];
  let options = [Option<"target", "target", "std::string", "\"\"", "cpu, or another target that the tool knows">];
}

def TakeSoftTokensPass : Longc_Pass<"longc-take-soft-tokens"> {
  let summary = "rows of a decoder's call may be soft tokens instead of words (E2LLM)";
  let description = [{
    The function gets the arguments `soft_tokens` [S, C] and `destinations` [S]: these rows stand in the place of what the
    tokens there are embedded as. With `from`, soft tokens are the first result of that function, which becomes part of
    this one: its arguments follow with `chunk_` before their roles, and `soft_chunks` [S] says which of its rows stands
    at each destination.
  }];
  let options = [
    Option<"function", "function", "std::string", "\"prefill\"", "name of the decoder's function">,
    Option<"from", "from", "std::string", "\"\"", "function that makes the soft tokens; empty: they are arguments">];
}

def TileAttentionPass : Longc_Pass<"longc-tile-attention"> {
  let summary = "groups with attention as kernels of the attention-like skeleton";
}

def TileLinearPass : Longc_Pass<"longc-tile-linear"> {
  let summary = "groups with products as kernels of the GEMM-like skeleton";
}

def TileReductionsPass : Longc_Pass<"longc-tile-reductions"> {
  let summary = "sums over rows, rows added by index and transposes become kernels whose blocks own columns";
}

def TileStreamingPass : Longc_Pass<"longc-tile-streaming"> {
  let summary = "groups of row-wise ops as kernels that own some rows each";
}

def TrainParametersPass : Longc_Pass<"longc-train-parameters"> {
  let summary = "declares every parameter that is stored as floats trained, in float32";
  let description = [{
    What full fine-tuning trains. Quantised parameters, and those that are joined of others, stay as they are.
  }];
  let statistics = [Statistic<"trained", "trained-parameters", "Number of parameters that are trained">];
}

#endif // LONGC_PASSES_TD
