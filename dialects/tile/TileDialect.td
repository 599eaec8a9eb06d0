// The tile dialect: one block's program over whole tiles. No thread, lane or target word appears in it.
#ifndef LONGC_TILE_DIALECT_TD
#define LONGC_TILE_DIALECT_TD

include "mlir/IR/OpBase.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::longc::tile";
  let summary = "kernels as programs of one block over whole tiles";
  let description = [{
    A kernel is one block's program over immutable tiles. A tile is a builtin `tensor` of static shape, so
    element-wise work is `arith` and `math` as they are; control flow is `scf` on block-uniform conditions.
    Memory is a `!tile.view`, touched only by `tile.load`, `tile.gather`, `tile.scalar` and `tile.store`.
    What is out of range reads as padding and is dropped by stores: that one rule makes ragged batches right.

    A NaN is a NaN on every target and in the interpreter. What is computed of one is one: `arith.maximumf` and
    `arith.minimumf` keep it. Three ops compare and leave it out, as `arith.maxnumf` and `arith.minnumf` do:
    `tile.reduce max` is the maximum of the numbers, -inf where there is none, and `tile.topk_update` never selects
    one. So no maximum hides it: a softmax has it in its sum, `tile.encode` in the scale and the sum of its block.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let extraClassDeclaration = [{
    /// On an `scf.for`: how many of its asynchronous tiles of one operand are in flight, at least 2.
    static constexpr ::llvm::StringLiteral stagesAttribute = "tile.stages";
    /// On what makes a host function's buffer: numbers of the first and the last step that use it.
    static constexpr ::llvm::StringLiteral lifeAttribute = "tile.live";
  }];
}

#endif // LONGC_TILE_DIALECT_TD
