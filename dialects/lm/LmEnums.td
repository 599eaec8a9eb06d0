// Enumerations of the lm dialect.
#ifndef LONGC_LM_ENUMS_TD
#define LONGC_LM_ENUMS_TD

include "mlir/IR/EnumAttr.td"

class Lm_Enum<string name, string summary, list<I32EnumAttrCase> cases> : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::longc::lm";
}

// q8_0: d * q, q signed 8 bit. q4_0: d * (q - 8). q4_1: d * q + m; q4_1f: the same with d and m
// of f32, not f16. q6_2: d * q, q a product of 6 bits and of a scale of 8 that 16 columns share. Blocks of 32 along the last dimension.
def Lm_FormatAttr : Lm_Enum<"Format", "block quantisation format", [
    I32EnumAttrCase<"q8_0", 0>, I32EnumAttrCase<"q4_0", 1>, I32EnumAttrCase<"q4_1", 2>,
    I32EnumAttrCase<"q4_1f", 3>, I32EnumAttrCase<"q6_2", 4>]>;

// half: column c turns with column c + dim/2. interleaved: column 2c turns with column 2c + 1.
def Lm_RopeStyleAttr : Lm_Enum<"RopeStyle", "which columns of a head turn together", [
    I32EnumAttrCase<"half", 0>, I32EnumAttrCase<"interleaved", 1>]>;

def Lm_SimilarityAttr : Lm_Enum<"Similarity", "score of a query and a memory key", [
    I32EnumAttrCase<"dot", 0>, I32EnumAttrCase<"cosine", 1>]>;

// token: entries are chosen one by one. block: whole blocks of consecutive entries, by the best score in the block.
def Lm_GranularityAttr : Lm_Enum<"Granularity", "what a memory selection chooses", [
    I32EnumAttrCase<"token", 0>, I32EnumAttrCase<"block", 1>]>;

// raw: memory keys are un-rotated, so they stand in the window's first slot. none: the layer has no positions.
def Lm_PositionPolicyAttr : Lm_Enum<"PositionPolicy", "where memory keys stand for the query", [
    I32EnumAttrCase<"raw", 0>, I32EnumAttrCase<"none", 1>]>;

def Lm_PoolAttr : Lm_Enum<"Pool", "how the tokens of a chunk become soft tokens", [
    I32EnumAttrCase<"cls", 0>, I32EnumAttrCase<"mean", 1>, I32EnumAttrCase<"last", 2>, I32EnumAttrCase<"pma", 3>]>;

def Lm_MemoryReadAttr : Lm_Enum<"MemoryRead", "what a gated memory reads", [
    I32EnumAttrCase<"mlp", 0>, I32EnumAttrCase<"linear_state", 1>, I32EnumAttrCase<"external", 2>]>;

// add: the state gains s(k)^T v. delta: s(k)^T (v - what the state already gives for k).
def Lm_StateUpdateAttr : Lm_Enum<"StateUpdate", "how a linear state takes on keys and values", [
    I32EnumAttrCase<"add", 0>, I32EnumAttrCase<"delta", 1>]>;

// memory: the gate weighs the memory (LIFT). local: it weighs the local attention (Infini-attention).
def Lm_GateSelectsAttr : Lm_Enum<"GateSelects", "what the gate weighs", [
    I32EnumAttrCase<"memory", 0>, I32EnumAttrCase<"local", 1>]>;

#endif // LONGC_LM_ENUMS_TD
