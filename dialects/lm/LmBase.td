// What every op definition of the lm dialect starts from.
#ifndef LONGC_LM_BASE_TD
#define LONGC_LM_BASE_TD

include "dialects/interpreter/InterpretableOpInterface.td"
include "dialects/lm/LmTypes.td"
include "mlir/IR/CommonAttrConstraints.td"
include "mlir/IR/CommonTypeConstraints.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

class Lm_Op<string mnemonic, list<Trait> traits = []>
    : Op<Lm_Dialect, mnemonic, !listconcat(traits, [DeclareOpInterfaceMethods<InterpretableOpInterface>])>;

def Lm_Matrix : AnyTypeOf<[2DTensorOf<[F64, F32, BF16, F16]>, Lm_QuantizedType], "matrix, dense or quantised">;
def Lm_Floats : RankedTensorOf<[F64, F32, BF16, F16]>;
def Lm_Rows : 2DTensorOf<[F64, F32, BF16, F16]>;
def Lm_Heads : 3DTensorOf<[F64, F32, BF16, F16]>;
def Lm_Indices : 1DTensorOf<[I32]>;
def Lm_Segments : 2DTensorOf<[I32]>;

#endif // LONGC_LM_BASE_TD
