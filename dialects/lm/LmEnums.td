// Enumerations of the lm dialect.
#ifndef LONGC_LM_ENUMS_TD
#define LONGC_LM_ENUMS_TD

include "mlir/IR/EnumAttr.td"

class Lm_Enum<string enumName, string text, list<I32EnumAttrCase> cases> : I32EnumAttr<enumName, text, cases> {
  let cppNamespace = "::longc::lm";
}

// Blocks of 32 along the last dimension. q8_0: d * q, q signed 8 bit. q4_0: d * (q - 8). q4_1: d * q + m.
def Lm_Format : Lm_Enum<"Format", "block quantisation format", [
    I32EnumAttrCase<"q8_0", 0>, I32EnumAttrCase<"q4_0", 1>, I32EnumAttrCase<"q4_1", 2>]>;

// half: dimensions i and i + D/2 form a pair (Hugging Face); interleaved: 2i and 2i + 1 (GGUF, Meta).
def Lm_RopeStyle : Lm_Enum<"RopeStyle", "which dimensions form a rotary pair", [
    I32EnumAttrCase<"half", 0>, I32EnumAttrCase<"interleaved", 1>]>;

def Lm_Similarity : Lm_Enum<"Similarity", "similarity of query and memory key", [
    I32EnumAttrCase<"dot", 0>, I32EnumAttrCase<"cosine", 1>]>;

def Lm_PoolKind : Lm_Enum<"PoolKind", "how a chunk becomes one vector", [
    I32EnumAttrCase<"cls", 0>, I32EnumAttrCase<"mean", 1>, I32EnumAttrCase<"last", 2>]>;

#endif // LONGC_LM_ENUMS_TD
