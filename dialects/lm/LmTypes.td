// Types of the lm dialect: quantised matrices and state.
#ifndef LONGC_LM_TYPES_TD
#define LONGC_LM_TYPES_TD

include "dialects/lm/LmDialect.td"
include "dialects/lm/LmEnums.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/CommonTypeConstraints.td"

class Lm_Type<string typeName, string typeMnemonic> : TypeDef<Lm_Dialect, typeName> {
  let mnemonic = typeMnemonic;
}

def Lm_QuantizedType : Lm_Type<"Quantized", "quantized"> {
  let summary = "block-quantised matrix, as the checkpoint stores it";
  let description = [{
    `!lm.quantized<960x576, q4_1>`: rows, columns, format. Blocks of 32 along a row. Constraints: `quantized_c1` two
    positive sizes; `quantized_c2` columns are a multiple of 32.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "Format":$format);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getRows() const { return getShape()[0]; }
    int64_t getColumns() const { return getShape()[1]; }
  }];
}

class Lm_StateType<string typeName, string typeMnemonic> : Lm_Type<typeName, typeMnemonic> {
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getHeads() const { return getShape()[0]; }
    int64_t getHeadSize() const { return getShape()[1]; }
  }];
}

def Lm_CacheType : Lm_StateType<"Cache", "cache"> {
  let summary = "local window of one layer: rotated keys and values of recent tokens";
  let description = [{
    `!lm.cache<3x64xbf16>`: kv heads, head size, element type (bf16 or f32). A row is addressed by the slot of its
    sequence and its token index. Constraints: `state_c1` two positive sizes; `state_c2` element type bf16 or f32.
  }];
}

def Lm_MemoryType : Lm_StateType<"Memory", "memory"> {
  let summary = "memory of one layer: un-rotated keys and values of every past token";
  let description = [{
    `!lm.memory<3x64xbf16>`: kv heads, head size, element type (bf16 or f32). Stored in pages when it is lowered.
  }];
}

// Constraints on operands that several families share.
def Lm_Real : TypeOrValueSemanticsContainer<AnyTypeOf<[F32, BF16]>, "f32 or bf16">;
def Lm_Elements : TensorOf<[F32, BF16]>;
def Lm_Vector : TensorRankOf<[F32], [1]>;
def Lm_Matrix : TensorRankOf<[F32, BF16], [2]>;
def Lm_Heads : TensorRankOf<[F32, BF16], [3]>;
def Lm_MatrixOrHeads : TensorRankOf<[F32, BF16], [2, 3]>;
def Lm_LogSums : TensorRankOf<[F32], [2]>;
def Lm_Indices : TensorRankOf<[I32], [1]>;
def Lm_Segments : TensorRankOf<[I32], [2]>;
def Lm_Weight : AnyTypeOf<[TensorRankOf<[F32, BF16], [1, 2, 3]>, Lm_QuantizedType], "dense or quantised weight">;

#endif // LONGC_LM_TYPES_TD
